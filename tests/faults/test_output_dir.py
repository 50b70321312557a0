"""Faults of an output directory: it is in use, or its metadata store is missing, broken or of another version."""

import fcntl
import shutil
import sqlite3
import subprocess
import sys
import threading

from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2
import pytest

from pipeline import layout
from pipeline.local import lock
from pipeline.results import metadata
from tests.e2e import pipeline_runs


@pytest.fixture
def output_dir(tmp_path):
  """An output directory with a store and an artifact."""
  config = metadata_store_pb2.ConnectionConfig()
  config.sqlite.filename_uri = layout.metadata(tmp_path)
  config.sqlite.connection_mode = metadata_store_pb2.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
  store = metadata_store.MetadataStore(config)
  store.put_artifact_type(metadata_store_pb2.ArtifactType(name='Examples'))
  (tmp_path / 'artifacts' / 'ImdbExampleGen').mkdir(parents=True)
  return tmp_path


def _set_version(path, version):
  with sqlite3.connect(path) as store:
    store.execute('update MLMDEnv set schema_version = ?', (version,))


_DAMAGES = {
    'gone': (lambda path: path.unlink(), 'the metadata store is missing'),
    'empty': (lambda path: path.write_bytes(b''), 'the metadata store is missing'),
    'overwritten': (lambda path: path.write_bytes(b'?' * 4096 + path.read_bytes()[4096:]), 'file is not a database'),
    'cut': (lambda path: path.write_bytes(path.read_bytes()[:20_000]), 'database disk image is malformed'),
    'older': (lambda path: _set_version(path, 6), 'version 6 is older than library version'),
    'newer': (lambda path: _set_version(path, 99), 'version 99 is greater than library version'),
}


@pytest.mark.parametrize('damage', _DAMAGES)
def test_a_damaged_store_is_refused_and_the_fix_works(output_dir, damage):
  metadata.check_store(output_dir)
  damaging, message = _DAMAGES[damage]
  damaging(output_dir / 'metadata.db')
  with pytest.raises(ValueError, match=message) as error:
    metadata.check_store(output_dir)
  fix = str(error.value).partition('pushed versions stay live): ')[2]
  subprocess.run(fix, shell=True, check=True)
  assert (output_dir / 'artifacts.old' / 'ImdbExampleGen').is_dir()
  metadata.check_store(output_dir)


def test_a_store_without_artifacts_is_created_anew(output_dir):
  shutil.rmtree(output_dir / 'artifacts')
  (output_dir / 'metadata.db').write_bytes(b'half a page')
  metadata.check_store(output_dir)
  assert not (output_dir / 'metadata.db').exists()


@pytest.mark.slow
def test_a_second_run_is_refused_with_the_name_of_the_first(tmp_path):
  holder = subprocess.Popen(
      [sys.executable, '-c', 'import sys; from pipeline.local import lock\n'
       'with lock.hold(sys.argv[1]):\n  print("held", flush=True); sys.stdin.read()', str(tmp_path / 'output')],
      cwd=pipeline_runs.PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
  try:
    assert holder.stdout.readline() == 'held\n'
    (tmp_path / 'a.csv').write_text('text,label\ngood,1\n')
    output = pipeline_runs.run(
        pipeline_runs.PROJECT, '--data', tmp_path / 'a.csv', '--output-dir', tmp_path / 'output', check=2)
    assert f'in use by another run (process {holder.pid}, since ' in output
    assert not (tmp_path / 'output' / 'metadata.db').exists()
  finally:
    holder.kill()
    holder.wait()
  with lock.hold(tmp_path / 'output'):  # the killed holder has left nothing to clean up
    pass


def test_a_run_that_has_just_taken_the_lock_is_named(tmp_path):
  with open(lock.path(tmp_path), 'a', encoding='utf-8') as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    writer = threading.Timer(0.5, print, ['process 5, since 12:00:00: first'], {'file': file, 'flush': True})
    writer.start()
    with pytest.raises(ValueError, match=r'in use by another run \(process 5, since 12:00:00: first\)'):
      with lock.hold(tmp_path):
        pass
    writer.join()
