"""What compat/beam.py assumes of Beam's gzip files, DoFns, pickler and options, and of TFX's flags for Beam."""

import base64
import bz2
import gzip
import logging
import pickle
import types

import apache_beam
from apache_beam.internal import dill_pickler
from apache_beam.internal import pickler
from apache_beam.io import filesystem
from apache_beam.io import filesystems
from apache_beam.options import pipeline_options
from apache_beam.runners import common
from apache_beam.runners.worker import worker_id_interceptor
from apache_beam.transforms import core
from apache_beam.transforms import userstate
from dill import _dill
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


class _Counter(apache_beam.DoFn):
  """Has state and a timer."""

  COUNT = apache_beam.DoFn.StateParam(userstate.CombiningValueStateSpec('count', sum))
  TIMER = apache_beam.DoFn.TimerParam(userstate.TimerSpec('timer', apache_beam.TimeDomain.WATERMARK))

  def process(self, element, other, *, count=COUNT, time=apache_beam.DoFn.TimestampParam):
    pass

  @userstate.on_timer(TIMER.timer_spec)
  def end(self, count=COUNT, timer=TIMER):
    pass


class _Twice(apache_beam.DoFn):
  """Has the same state twice in one method."""

  def process(self, element, count=_Counter.COUNT, other=_Counter.COUNT):
    pass


def test_a_class_of_dofns_is_inspected_once(monkeypatch):
  own = getattr(userstate.get_dofn_specs, '__wrapped__', userstate.get_dofn_specs)
  monkeypatch.setattr(userstate, 'get_dofn_specs', own)
  inspected, wrapper = [], common.MethodWrapper
  monkeypatch.setattr(common, 'MethodWrapper', lambda dofn, name: inspected.append(name) or wrapper(dofn, name))
  dofns = (_Counter(), _Counter(), core.CallableWrapperDoFn(str.strip), core.CallableWrapperDoFn(lambda element: None),
           core.CallableWrapperDoFn(_Counter().process))
  expected = [own(dofn) for dofn in dofns]
  assert any(map(all, expected)) and not all(map(any, expected))
  for _ in range(2):
    beam.inspect_dofns_once()
    for dofn, specs in zip(dofns, expected):
      found = userstate.get_dofn_specs(dofn)
      assert found == specs
      for each in found:  # a caller's own sets
        each.clear()
    with pytest.raises(ValueError, match='duplicate process method parameters'):
      userstate.get_dofn_specs(_Twice())
  inspected.clear()
  userstate.get_dofn_specs(_Counter())
  assert not inspected


def test_a_method_of_one_dofn_alone_is_inspected(monkeypatch):
  monkeypatch.setattr(userstate, 'get_dofn_specs', getattr(
      userstate.get_dofn_specs, '__wrapped__', userstate.get_dofn_specs))
  beam.inspect_dofns_once()
  other = core.CallableWrapperDoFn(lambda element: None)
  assert userstate.get_dofn_specs(other) == (set(), set())
  other.end = _Counter().end
  assert userstate.get_dofn_specs(other)[0] == {_Counter.COUNT.state_spec}
  assert userstate.get_dofn_specs(core.CallableWrapperDoFn(lambda element: None)) == (set(), set())


def test_pickling_leaves_the_log_level_of_dill(monkeypatch):
  monkeypatch.setattr(_dill, '_trace', getattr(_dill._trace, '__wrapped__', _dill._trace))
  changes = []
  monkeypatch.setattr(_dill.log, 'setLevel', lambda level: changes.append(level) or setattr(_dill.log, 'level', level))
  pickler.dumps(1)
  assert changes == [logging.WARNING]  # Beam sets what it was
  changes.clear()
  for _ in range(2):
    beam.keep_log_level_of_dill()
    assert pickler.loads(pickler.dumps([1])) == [1]
  assert not changes
  for on in True, False:
    _dill._trace(on)
  assert changes == [logging.INFO, logging.WARNING]


def test_pickled_objects_are_compressed_at_the_lowest_level(monkeypatch):
  monkeypatch.setattr(dill_pickler, 'bz2', bz2)
  slow = base64.b64decode(pickler.dumps(_TEXT))
  beam.compress_pickles_faster()
  fast = base64.b64decode(pickler.dumps(_TEXT))
  assert (slow[:4], fast[:4]) == (b'BZh9', b'BZh1')
  assert bz2.decompress(slow) == bz2.decompress(fast)
  assert pickler.loads(base64.b64encode(slow)) == pickler.loads(base64.b64encode(fast)) == _TEXT


def test_a_view_of_options_is_parsed_once_and_follows_them(monkeypatch):
  own = getattr(pipeline_options.PipelineOptions.view_as, '__wrapped__', pipeline_options.PipelineOptions.view_as)
  monkeypatch.setattr(pipeline_options.PipelineOptions, 'view_as', own)
  for _ in range(2):
    beam.view_options_once()
  options, other = (pipeline_options.PipelineOptions([f'--runner={name}']) for name in ('one', 'other'))
  view = options.view_as(pipeline_options.StandardOptions)
  assert options.view_as(pipeline_options.StandardOptions) is view
  assert isinstance(options.view_as(pipeline_options.TypeOptions), pipeline_options.TypeOptions)
  assert (view.runner, other.view_as(pipeline_options.StandardOptions).runner) == ('one', 'other')
  view.view_as(pipeline_options.StandardOptions).runner = 'changed'
  assert view.runner == options.get_all_options()['runner'] == 'changed'
  copy = pickle.loads(pickle.dumps(options))
  copy.view_as(pipeline_options.StandardOptions).runner = 'copied'
  assert (view.runner, copy.get_all_options()['runner']) == ('changed', 'copied')


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
