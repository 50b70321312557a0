"""Machines at their limits: a full or read-only disk, a small /tmp, no network. Mounts and networks of our own."""

import os
import shutil
import subprocess
import sys

import pytest

from pipeline.sources import sample_data
from tests import forks
from tests.e2e import pipeline_runs

_NAMESPACE = ('unshare', '--map-root-user', '--mount', '--net')
_FLAGS = '--model bow_sparse --train-steps 40 --set min_accuracy=0.5 --set min_auc=0.5'.split()


def _possible():
  if not shutil.which('unshare'):
    return False
  return not subprocess.run(
      [*_NAMESPACE, 'mount', '-t', 'tmpfs', 'none', '/mnt'], capture_output=True, check=False).returncode


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not _possible(), reason='no namespaces for users on this system')]


@pytest.fixture(scope='module')
def reviews(tmp_path_factory):
  path = tmp_path_factory.mktemp('data') / 'reviews.jsonl.gz'
  sample_data.write_sample(str(path), 400)
  return path


class _Machine:
  """Runs of the pipeline without a network, where mounts are theirs alone."""

  def __init__(self, reviews, directory):
    environment = {key: value for key, value in os.environ.items() if key not in ('IMDB_DATA', 'PYTHONPATH')}
    self._interpreter = forks.Interpreter(pipeline_runs.LIBRARIES, environment, '/', _NAMESPACE)
    self._disk, self._log = directory / 'disk', directory / 'log'
    self._disk.mkdir()
    self._flags = '--data', reviews, '--output-dir', self._disk / 'o', *_FLAGS

  def sh(self, command):
    """Runs a shell command in the disk's directory, to mount what the runs see."""
    enter = 'nsenter', f'--target={self._interpreter.pid}', '--user', '--mount', '--preserve-credentials'
    subprocess.run([*enter, f'--wd={self._disk}', 'sh', '-ec', command], check=True)

  def run(self, *flags):
    """(exit code, output) of local_runner.py."""
    code = self._interpreter.run(
        pipeline_runs.PROJECT / 'local_runner.py', (*self._flags, *flags), self._log, pipeline_runs.PROJECT)
    output = self._log.read_text(encoding='utf-8')
    assert 'Traceback' not in output, output
    return code, output


def test_a_full_disk_is_named_and_more_room_lets_the_run_resume(reviews, tmp_path):
  machine = _Machine(reviews, tmp_path)
  machine.sh('mount -t tmpfs -o size=100k none .')
  refused = 0
  for size in '200k 800k 1600k 2400k 3200k 4M 5M 6M 8M 12M 20M 1G'.split():
    machine.sh(f'mount -o remount,size={size} {tmp_path}/disk')
    code, output = machine.run()
    if code in (0, 3):
      break
    assert code in (1, 2) and 'the disk is full' in output, output
    refused += 1
  assert refused >= 4
  assert 'Pushed to' in output or 'not blessed' in output.lower(), output


def test_a_directory_that_became_read_only_is_named(reviews, tmp_path):
  machine = _Machine(reviews, tmp_path)
  push = '''--ignore-baseline --set min_accuracy=0.1 --set min_auc=0.1 --set min_slice_accuracy=none
      --set min_invariance=0 --set min_direction=0 --set min_negation=0 --set min_minimum_functionality=0'''.split()
  code, output = machine.run(*push)
  assert code == 0, output
  for place in ('.', 'metadata.db', 'artifacts', 'serving'):
    machine.sh(f'mount --bind o/{place} o/{place} && mount -o remount,ro,bind o/{place}')
    code, output = machine.run(*push, '--seed', 1)
    machine.sh(f'umount o/{place}')
    assert code in (1, 2), (place, output)
    error, = [line for line in output.splitlines() if 'FAILED' in line or 'local_runner.py:' in line]
    assert 'read-only' in error.lower() and str(tmp_path / 'disk/o') in error or 'readonly database' in error, error


def test_a_read_only_project_without_network_or_kfp_is_enough(reviews, tmp_path):
  directory = tmp_path / 'Ausgänge mit Leerzeichen'
  directory.mkdir()
  environment = {**os.environ, 'DIR': str(directory), 'PROJECT': str(pipeline_runs.PROJECT), 'DATA': str(reviews)}
  environment.pop('IMDB_DATA', None)
  script = f'''
    mount --bind "$PROJECT" "$PROJECT" && mount -o remount,ro,bind "$PROJECT"
    mkdir "$DIR/tmp" && mount -t tmpfs -o size=512m none "$DIR/tmp" && export TMPDIR="$DIR/tmp"
    mkdir "$DIR/hidden" && echo 'raise ModuleNotFoundError("No module named kfp", name="kfp")' > "$DIR/hidden/kfp.py"
    PYTHONPATH="$DIR/hidden" PATH=/nowhere "{sys.executable}" "$PROJECT/local_runner.py" \\
      --data "$DATA" --output-dir "$DIR/o" {' '.join(_FLAGS)}
    echo "code $?"
    '''
  output = subprocess.run(
      [*_NAMESPACE, 'sh', '-c', script], cwd=pipeline_runs.PROJECT, env=environment, timeout=600,
      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False).stdout
  assert 'Traceback' not in output, output
  assert output.splitlines()[-1] in ('code 0', 'code 3'), output
