"""Disks that are full or became read-only: mounts of the tests' own."""

import os
import subprocess

import pytest

from pipeline.sources import sample_data
from tests import forks
from tests.e2e import pipeline_runs
from tests.faults import namespaces

_FLAGS = '''--model bow_sparse --train-steps 40 --ignore-baseline --domain none --set min_accuracy=0.1
    --set min_auc=0.1 --set min_slice_accuracy=none'''.split()


pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(namespaces.MISSING), reason=str(namespaces.MISSING))]


class _Machine:
  """Runs of the pipeline without a network, where mounts are theirs alone."""

  def __init__(self, reviews, directory):
    self.disk = directory / 'disk'
    self._interpreter = forks.Interpreter(['-kfp', *forks.LIBRARIES], namespaces.COMMAND)
    self.disk.mkdir()
    self._flags = '--data', reviews, '--output-dir', self.disk / 'o', *_FLAGS

  def sh(self, command):
    """Run a shell command in the disk's directory, to mount what the runs see."""
    enter = 'nsenter', f'--target={self._interpreter.pid}', '--user', '--mount', '--preserve-credentials'
    subprocess.run([*enter, f'--wd={self.disk}', 'sh', '-ec', command], check=True)

  def run(self, *flags):
    """(exit code, output) of local_runner.py."""
    command = self._interpreter.executable, pipeline_runs.PROJECT / 'local_runner.py', *self._flags, *flags
    environment = {key: value for key, value in os.environ.items() if key not in ('IMDB_DATA', 'PYTHONPATH')}
    done = subprocess.run([str(word) for word in command], env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert 'Traceback' not in done.stdout, done.stdout
    return done.returncode, done.stdout


@pytest.fixture(scope='module')
def machine(tmp_path_factory):
  directory = tmp_path_factory.mktemp('machine')
  sample_data.write_sample(str(directory / 'reviews.jsonl.gz'), 400)
  return _Machine(directory / 'reviews.jsonl.gz', directory)


def test_a_full_disk_is_named_and_more_room_lets_the_run_resume(machine):
  machine.sh('mount -t tmpfs -o size=100k none .')
  refused = 0
  for size in '200k 1600k 3200k 5M 8M 16M 1G'.split():
    machine.sh(f'mount -o remount,size={size} {machine.disk}')
    code, output = machine.run()
    if code == 0:
      break
    assert code in (1, 2) and 'the disk is full' in output, output
    refused += 1
  assert refused >= 4
  assert 'Pushed to' in output, output


def test_a_directory_that_became_read_only_is_named(machine):
  code, output = machine.run()  # takes what an earlier test has left, if there is something
  assert code == 0, output
  for place in ('.', 'metadata.db', 'artifacts', 'serving'):
    machine.sh(f'mount --bind o/{place} o/{place} && mount -o remount,ro,bind o/{place}')
    code, output = machine.run('--seed', 1)
    machine.sh(f'umount o/{place}')
    assert code in (1, 2), (place, output)
    error, = [line for line in output.splitlines() if 'FAILED' in line or 'local_runner.py:' in line]
    assert 'read-only' in error.lower() and str(machine.disk / 'o') in error or 'readonly database' in error, error
