"""What compat/beam.py assumes of Beam's gzip files and of TFX's flags for Beam."""

import gzip
import types

from apache_beam.io import filesystem
from apache_beam.io import filesystems
from apache_beam.runners.worker import worker_id_interceptor
import pytest
from tfx.utils import dependency_utils

from compat import beam

_TEXT = b'It is one of the better films of its year. ' * 2_000
_FASTEST, _OTHER = 4, 0  # zlib's note on the level, byte 8 of a gzip file


@pytest.fixture(name='unpatched')
def _unpatched(monkeypatch):
  """Sets Beam's own method for a test, and afterwards what was there before."""
  own = getattr(filesystem.CompressedFile._initialize_compressor, '__wrapped__',
                filesystem.CompressedFile._initialize_compressor)
  monkeypatch.setattr(filesystem.CompressedFile, '_initialize_compressor', own)


def _write(path):
  with filesystems.FileSystems.create(str(path)) as file:
    file.write(_TEXT)
  content = path.read_bytes()
  with filesystems.FileSystems.open(str(path)) as file:
    assert file.read(len(_TEXT) + 1) == _TEXT
  return content


def test_gzip_files_get_the_lowest_level_and_are_readable(unpatched, tmp_path):
  slow = _write(tmp_path / 'slow.gz')
  assert slow[8] == _OTHER and gzip.decompress(slow) == _TEXT
  for name in ('first.gz', 'again.gz'):
    beam.compress_faster()
    fast = _write(tmp_path / name)
    assert fast[8] == _FASTEST and gzip.decompress(fast) == _TEXT


@pytest.mark.parametrize('suffix', ['.bz2', '.deflate', '.zst', '.txt'])
def test_other_files_are_as_without_the_patch(unpatched, tmp_path, suffix):
  before = _write(tmp_path / f'before{suffix}')
  beam.compress_faster()
  assert _write(tmp_path / f'after{suffix}') == before


def test_the_flag_keeps_tfx_from_packing_itself(monkeypatch):
  packed = []
  monkeypatch.setattr(dependency_utils, 'build_ephemeral_package', lambda: packed.append(1) or '/tmp/tfx.tar.gz')
  flags = ['--runner=DirectRunner']
  assert dependency_utils.make_beam_dependency_flags([*flags, beam.NO_PACKAGE_FLAG]) == [*flags, beam.NO_PACKAGE_FLAG]
  assert not packed
  assert dependency_utils.make_beam_dependency_flags(flags) == [*flags, '--extra_package=/tmp/tfx.tar.gz']
  assert packed


def test_a_forked_worker_sends_its_id(monkeypatch):
  monkeypatch.setattr(worker_id_interceptor.WorkerIdInterceptor, '_worker_id', None)
  beam.set_worker_id('1-2')
  details = types.SimpleNamespace(method='', timeout=1, metadata=None, credentials=None)
  sent = worker_id_interceptor.WorkerIdInterceptor().intercept_unary_unary(lambda call, request: call, details, None)
  assert sent.metadata == [('worker_id', '1-2')]
