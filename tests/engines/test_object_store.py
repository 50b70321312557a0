"""A run, pushes, a rollback, predictions and the server on a real S3 server, of whose answers one in twenty is broken.

`make engines ARGS="s3 s3-client"` fetches the server, versitygw, and boto3.
"""

import contextlib
import json
import re
import subprocess
import threading
import urllib.request

import psutil
import pytest

from components.versioned_pusher import push_and_rollback
from pipeline.results import metadata
from pipeline.sources import sample_data
from tests.engines import s3_store

pytestmark = pytest.mark.engines
_OUTPUT, _VERSIONS = 's3://bucket/runs', 's3://bucket/runs/serving/sentiment'


@pytest.fixture(scope='module', name='store')
def _store(tmp_path_factory):
  with s3_store.start(tmp_path_factory.mktemp('s3')) as store:
    (store.bucket / 'reviews').mkdir()
    for seed in range(3):
      sample_data.write_sample(str(store.bucket / 'reviews' / f'{seed}.jsonl.gz'), 170, seed)
    yield store


def _run_command(output):
  return ('local_runner.py', '--data', 's3://bucket/reviews', '--model', 'bow_sparse', '--train-steps', 40,
          '--set', 'reads=none', '--set', 'augmentation=0', '--set', 'min_accuracy=0.5', '--set', 'min_auc=0.5',
          '--output-dir', output)


@pytest.fixture(scope='module', name='runs')
def _runs(store):
  """What two runs at once print whose data and output are in the bucket, first that one which is not refused.

  The command lines of all processes were searched for the secret.
  """
  titles, done = set(), threading.Event()

  def watch():
    while not done.wait(0.2):
      for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
          titles.add(' '.join(process.cmdline()))

  watcher = threading.Thread(target=watch)
  watcher.start()
  try:
    results = store.run_at_once(*[(_run_command(_OUTPUT), {})] * 2)
  finally:
    done.set()
    watcher.join()
  assert any('--train-steps 40' in title for title in titles) and not any(s3_store.SECRET in title for title in titles)
  assert sorted(code for code, _ in results) == [0, 2], results
  return [output for _, output in sorted(results)]


@pytest.fixture(scope='module', name='run')
def _run(runs):
  """What the run prints that was not refused."""
  return runs[0]


@pytest.fixture(name='working_directory')
def _working_directory(store, run):
  found, = (path.parent for path in store.state.glob('sentiment-pipeline/*/metadata.db'))
  return found


def test_a_run_publishes_all_but_metadata_and_logs(store, run, working_directory):
  published = {path.relative_to(store.bucket / 'runs').as_posix()
               for path in (store.bucket / 'runs').rglob('*') if path.is_file()}
  local = {path.relative_to(working_directory).as_posix()
           for name in ('artifacts', 'serving', 'reports', 'tensorboard')
           for path in (working_directory / name).rglob('*') if path.is_file() and not path.name.startswith('.')}
  assert {name for name in published if not name.startswith('.owner-')} == local
  for pattern in ('artifacts/Trainer/.*/saved_model.pb', r'serving/sentiment/\d+/assets.extra/manifest.json',
                  r'reports/.*\.html'):
    assert any(re.fullmatch(pattern, name) for name in published), pattern
  assert 'Published: ' in run and store.proxy.broken > 3
  assert metadata.Store(str(working_directory)).latest_execution('Pusher')


def test_the_secret_is_nowhere(store, run, working_directory):
  assert s3_store.SECRET not in run
  searched = 0
  for directory in store.state, store.bucket:
    for path in directory.rglob('*'):
      if path.is_file():
        searched += 1
        assert s3_store.SECRET.encode() not in path.read_bytes(), path
  assert searched > 100


def test_a_run_beside_another_one_is_refused(runs):
  line, = (line for line in runs[1].splitlines() if line.startswith('FAILED'))
  assert re.search(r'is in use by another run \(process \d+, since .*\): wait for it to end', line)
  assert 'Published: ' not in runs[1]


_REFUSED = 'is the output of runs with another state directory: pass its --state-dir'


def test_another_state_directory_is_refused(store, run):
  output = store.run('local_runner.py', '--data', 's3://bucket/reviews', '--output-dir', _OUTPUT, code=2,
                     XDG_STATE_HOME=str(store.state / 'other'))
  assert _REFUSED in output


def _assert_whole(folder, count):
  """A folder of the bucket has a number of versions, each with the files that its manifest has the hash of."""
  versions = list(folder.glob('[0-9]*'))
  assert len(versions) == count
  for version in versions:
    assert push_and_rollback.content_hash(version) == push_and_rollback.read_manifest(version)['sha256']


def test_of_two_state_directories_at_most_one_goes_on(store):
  command = _run_command('s3://bucket/claimed')
  results = store.run_at_once(*((command, {'XDG_STATE_HOME': str(store.state / name)}) for name in ('one', 'two')))
  codes = sorted(code for code, _ in results)
  assert codes in ([0, 2], [2, 2]) and all(_REFUSED in output for code, output in results if code)
  _assert_whole(store.bucket / 'claimed' / 'serving' / 'sentiment', codes.count(0))


_PUSH = """
import pathlib, sys, time
from components.versioned_pusher import push_and_rollback, working_copy
model = pathlib.Path(sys.argv[1])
model.mkdir(parents=True)
for name in 'assets', 'saved_model.pb', 'variables':
  (model / name).write_text(str(model))
try:
  with working_copy.open_versions('s3://bucket/pushed', publish=True) as directory:
    time.sleep(-time.time() % 4)  # at once with the other one
    push_and_rollback.push(str(model), directory, {}, lambda copy: None, 100)
except OSError as error:
  sys.exit(str(error))
"""


def test_pushes_at_once_end_whole_or_are_refused(store, tmp_path):
  pushed, names = 0, ('one', 'two')
  for turn in range(4):
    results = store.run_at_once(*(
        (('-c', _PUSH, tmp_path / name / str(turn)), {'XDG_STATE_HOME': str(tmp_path / f'state of {name}')})
        for name in names[:1 if turn == 3 else 2]))
    assert all('was pushed by another run in the same second' in output for code, output in results if code)
    pushed += sum(not code for code, _ in results)
    _assert_whole(store.bucket / 'pushed', pushed)
  assert not results[0][0]


def _predict(store, *flags):
  output = store.run('predict.py', '--model-dir', _VERSIONS, *flags)
  return float(output.split()[0])


def test_server_follows_push_and_rollback(store, run, working_directory):
  first = push_and_rollback.newest_version(str(working_directory / 'serving' / 'sentiment')).number
  text = 'A wonderful film, which I loved.'
  probability = _predict(store, text)
  server = subprocess.Popen(
      store.command('-u', '-m', 'serving.server', '--model-dir', _VERSIONS, '--port', 0), cwd=s3_store.PROJECT,
      env={**store.environment, 'XDG_STATE_HOME': str(store.state / 'server')}, stdout=subprocess.PIPE, text=True)
  try:
    lines = iter(server.stdout.readline, '')
    url = next(found[0] for line in lines if (found := re.search('http://[0-9.:]+', line)))
    request = urllib.request.Request(
        f'{url}/v1/models/sentiment:predict', json.dumps(
            {'signature_name': 'predict_text', 'instances': [text]}).encode(), {'Content-Type': 'application/json'})
    with urllib.request.urlopen(request, timeout=60) as answer:
      assert json.load(answer)['predictions'][0] == pytest.approx([probability], abs=1e-3)
    # The same model with another threshold is another version.
    store.run('-c', f'''
from components.versioned_pusher import push_and_rollback, working_copy
with working_copy.open_versions({_VERSIONS!r}, publish=True) as directory:
  live = push_and_rollback.newest_version(directory)
  record = {{'decision': {{'threshold': 0.6}}}}
  push_and_rollback.push(str(live.path), directory, record, lambda copy: None, 5)
''')
    assert 'before that version' in next(line for line in lines if 'serving version' in line)
    assert 'a copy of version' in store.run('-m', 'components.versioned_pusher', 'rollback', _VERSIONS, first)
    assert 'before that version' in next(line for line in lines if 'serving version' in line)
  finally:
    server.terminate()
    server.wait(30)
  listed = store.run('-m', 'components.versioned_pusher', 'list', _VERSIONS).splitlines()
  assert len(listed) == 3 and f'copy of {first}' in listed[2]


def test_batch_prediction_of_a_file_in_the_bucket(store, run, tmp_path):
  output = tmp_path / 'scores.jsonl'
  store.run('predict.py', '--model-dir', _VERSIONS, '--input', 's3://bucket/reviews/0.jsonl.gz', '--output', output,
            '--batch')
  rows = [json.loads(line) for line in output.read_text(encoding='utf-8').splitlines()]
  assert len(rows) == 170 and all(0 <= row['probability'] <= 1 for row in rows)
