"""Machines at their limits: a full or read-only disk, a small /tmp, no network. Mounts and networks of our own."""

import os
import shutil
import subprocess
import sys

import pytest

from components.imdb_example_gen import sample
from tests.e2e import pipeline_runs

_NAMESPACE = ('unshare', '--map-root-user', '--mount', '--net')
_FLAGS = '--model bow_sparse --train-steps 40 --set min_accuracy=0.5 --set min_auc=0.5'


def _possible():
  if not shutil.which('unshare'):
    return False
  return not subprocess.run(
      [*_NAMESPACE, 'mount', '-t', 'tmpfs', 'none', '/mnt'], capture_output=True, check=False).returncode


pytestmark = pytest.mark.skipif(not _possible(), reason='no namespaces for users on this system')


@pytest.fixture(scope='module')
def reviews(tmp_path_factory):
  path = tmp_path_factory.mktemp('data') / 'reviews.jsonl.gz'
  sample.write(str(path), 400)
  return path


def _script(script, reviews, directory):
  """Runs a shell script without a network; it may mount. RUN stands for a run with `reviews` and DIR."""
  run = f'"{sys.executable}" "{pipeline_runs.PROJECT}/local_runner.py" --data "{reviews}" {_FLAGS} --output-dir "$DIR/o"'
  environment = {**os.environ, 'DIR': str(directory), 'PROJECT': str(pipeline_runs.PROJECT)}
  environment.pop('IMDB_DATA', None)
  process = subprocess.run(
      [*_NAMESPACE, 'sh', '-c', script.replace('RUN', run)], cwd=pipeline_runs.PROJECT, env=environment, timeout=600,
      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
  assert 'Traceback' not in process.stdout, process.stdout
  return process.stdout


def test_a_disk_that_fills_up_at_any_component_is_named_and_more_room_lets_the_run_go_on(reviews, tmp_path):
  output = _script('''
    mount -t tmpfs -o size=100k none "$DIR"
    for size in 200k 800k 1600k 2400k 3200k 4M 5M 6M 8M 12M 20M 1G; do
      mount -o remount,size=$size "$DIR"
      echo "size $size"; RUN; code=$?; echo "code $code"
      [ $code = 0 ] || [ $code = 3 ] && break
    done
    ls "$DIR/o/serving/sentiment"
    ''', reviews, tmp_path)
  runs = output.split('size ')[1:]
  refused = [run for run in runs if 'code 1' in run or 'code 2' in run]
  assert len(refused) == len(runs) - 1 >= 4, output
  for run in refused:
    assert 'the disk is full' in run, run
  assert 'Pushed to' in runs[-1] or 'not blessed' in runs[-1].lower(), runs[-1]


def test_a_place_that_became_read_only_is_named_wherever_it_is(reviews, tmp_path):
  output = _script('''
    pushed="--ignore-baseline --set min_accuracy=0.1 --set min_auc=0.1 --set min_slice_accuracy=none
            --set min_invariance=0 --set min_direction=0 --set min_negation=0 --set min_minimum_functionality=0"
    RUN $pushed > "$DIR/first"
    for place in . metadata.db artifacts serving; do
      echo "place $place"
      mount --bind "$DIR/o/$place" "$DIR/o/$place" && mount -o remount,ro,bind "$DIR/o/$place"
      RUN $pushed --seed 1; echo "code $?"
      umount "$DIR/o/$place"
    done
    ''', reviews, tmp_path)
  for found in output.split('place ')[1:]:
    assert found.splitlines()[-1] in ('code 1', 'code 2'), found
    error, = [line for line in found.splitlines() if 'FAILED' in line or 'local_runner.py:' in line]
    assert 'read-only' in error.lower() and str(tmp_path / 'o') in error or 'readonly database' in error, error


def test_no_network_docker_or_kfp_a_read_only_project_and_half_a_gigabyte_of_tmp_are_enough(reviews, tmp_path):
  directory = tmp_path / 'Ausgänge mit Leerzeichen'
  directory.mkdir()
  output = _script('''
    mount --bind "$PROJECT" "$PROJECT" && mount -o remount,ro,bind "$PROJECT"
    mkdir "$DIR/tmp" && mount -t tmpfs -o size=512m none "$DIR/tmp" && export TMPDIR="$DIR/tmp"
    mkdir "$DIR/hidden" && echo 'raise ModuleNotFoundError("No module named kfp", name="kfp")' > "$DIR/hidden/kfp.py"
    PYTHONPATH="$DIR/hidden" PATH=/nowhere RUN; echo "code $?"
    ''', reviews, directory)
  assert output.splitlines()[-1] in ('code 0', 'code 3'), output
