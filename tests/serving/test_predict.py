"""predict.py as a command line: its flags, messages and exit codes, and what it needs to run."""

import shutil
import signal
import subprocess
import sys
import time

import pytest

import predict
from tests import forks
from tests.e2e import pipeline_runs
from tests.serving import linear_model

_PREDICT = pipeline_runs.PROJECT / 'predict.py'


def _python(*arguments, python=None, **settings):
  return subprocess.run(
      [python or forks.interpreter().executable, *map(str, arguments)], capture_output=True, text=True, timeout=120,
      check=False, **settings)


@pytest.mark.slow
def test_it_runs_isolated_from_any_directory(model_dir, tmp_path):
  (tmp_path / 'a.csv').write_bytes(linear_model.csv_bytes([['text'], *([text] for text in linear_model.TEXTS)]))
  command = ('-I', _PREDICT, '--model-dir', model_dir)
  process = _python(*command, 'good\nfilm', 'bad', cwd=tmp_path)
  assert (process.stdout, process.stderr) == ('0.8808  positive  good film\n0.0474  negative  bad\n', '')
  assert _python(*command, '--input', 'a.csv', '--output', 'b.csv', cwd=tmp_path).returncode == 0
  assert len(linear_model.read_rows(tmp_path / 'b.csv')) == len(linear_model.TEXTS)
  process = _python(*command, '--explain', input='good, bad\n\n', cwd=tmp_path)
  assert process.stdout.splitlines() == ['0.2689  negative  good, bad', '        bad -3.00 good +2.00',
                                         '0.5000  negative  ', '        ']


# Runs predict.py as a script in an interpreter that has TensorFlow, but not the rest of the environment.
_WITHOUT_TFX = '''
import importlib.abc, runpy, sys

class Refuse(importlib.abc.MetaPathFinder):
  def find_spec(self, name, path=None, target=None):
    if name.partition('.')[0] in ('tfx', 'apache_beam', 'tensorflow_transform', 'tensorflow_model_analysis', 'rich'):
      raise ModuleNotFoundError(f'No module named {name!r}', name=name)

sys.meta_path.insert(0, Refuse())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name='__main__')
'''


@pytest.mark.slow
def test_it_needs_tensorflow_but_neither_tfx_nor_beam(model_dir, tmp_path):
  (tmp_path / 'a.txt').write_text('good\n')
  command = ('-I', '-c', _WITHOUT_TFX, _PREDICT, '--model-dir', model_dir)
  process = _python(*command, '--explain', '1', 'good film', cwd=tmp_path, python=sys.executable)
  assert process.stdout == '0.8808  positive  good film\n        good +2.00\n', process.stderr
  process = _python(*command, '--batch', '--input', 'a.txt', '--output', 'b.txt', cwd=tmp_path, python=sys.executable)
  assert process.returncode == 1 and len(process.stderr.splitlines()) == 1
  assert 'No module named' in process.stderr and 'make setup' in process.stderr


def test_versions_are_chosen_by_number(model_dir, capsys):
  assert predict.main(['--model-dir', model_dir, 'good']) == 0
  assert predict.main(['--model-dir', model_dir, '--version', '9', 'good']) == 0
  newest, older = capsys.readouterr().out.splitlines()
  assert newest.startswith(f'{linear_model.probability("good"):.4f}')
  assert older.startswith(f'{linear_model.probability("good", 0.5):.4f}')
  assert predict.main(['--model-dir', model_dir, '--version', '11', 'good']) == 1
  assert 'no version 11; there are: 9, 10' in capsys.readouterr().err


@pytest.mark.parametrize('damage, message', [
    (shutil.rmtree, 'no versions were pushed here'),
    (lambda path: (path / 'saved_model.pb').write_bytes(b'damaged'), 'not a loadable model'),
    (lambda path: shutil.rmtree(path / 'variables'), 'not a loadable model'),
])
def test_a_model_that_cannot_be_loaded_is_one_line(tmp_path, capsys, damage, message):
  linear_model.save(tmp_path, 1)
  damage(tmp_path / '1')
  assert predict.main(['--model-dir', str(tmp_path), 'good']) == 1
  line, = capsys.readouterr().err.splitlines()
  assert str(tmp_path) in line and message in line


@pytest.mark.parametrize('arguments, message', [
    (['--input', 'a.csv', 'good'], 'use one of the two'),
    (['--batch', '--input', 'a.csv'], '--batch requires --input and --output'),
    (['--batch', '--input', 'a.csv', '--output', 'b.csv', '--explain'], 'neither --server nor --explain'),
    (['--beam=flink', 'good'], 'require --batch'),
    (['--explain', '0', 'good'], 'at least 1'),
    (['--explain', '-1', 'good'], 'at least 1'),
    (['--explain', '2.5', 'good'], "invalid int value: '2.5'"),
    ([__file__], f'did you mean --input {__file__}?'),
])
def test_a_usage_error_is_refused(capsys, arguments, message):
  with pytest.raises(SystemExit, match='2'):
    predict.main(arguments)
  assert message in capsys.readouterr().err


@pytest.mark.parametrize('arguments, message', [
    (['--input', 'no.csv'], 'no.csv: No such file or directory'),
    (['--output', 'no/b.csv', 'good'], 'no/b.csv: cannot be written (No such file or directory); choose another'),
    (['--output', '/dev/null', '--format', 'text', 'good'], '/dev/null: not a regular file'),
    (['--server', 'localhost:8501', 'good'], 'write http://host:port or grpc://host:port'),
    (['--server', 'http://127.0.0.1:1', 'good'], 'no answer (URLError'),
    (['--server', 'grpc://127.0.0.1:1', 'good'], 'UNAVAILABLE'),
])
def test_a_failure_is_one_line(capsys, arguments, message):
  assert predict.main(arguments) == 1
  line, = capsys.readouterr().err.splitlines()
  assert message in line


@pytest.mark.slow
@pytest.mark.parametrize('number', [signal.SIGHUP, signal.SIGINT])
def test_a_stopped_process_leaves_nothing(model_dir, tmp_path, number):
  process = subprocess.Popen(
      [forks.interpreter().executable, str(_PREDICT), '--model-dir', model_dir, '--output', str(tmp_path / 'b.csv')],
      stdin=subprocess.PIPE, stderr=subprocess.PIPE,
      preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))  # as in the background of a script
  with process:
    process.stdin.write(b'good\n' * 5000)  # a chunk of 4,096 is written, the rest waits
    process.stdin.flush()
    partial = _wait_for(lambda: [path for path in tmp_path.iterdir() if path.stat().st_size])
    assert partial[0].name != 'b.csv'
    process.send_signal(number)
    assert process.wait(60) == 130
  assert not list(tmp_path.iterdir())


def _wait_for(condition):
  for _ in range(600):
    if found := condition():
      return found
    time.sleep(0.1)
  raise TimeoutError('the condition did not come true')


@pytest.mark.slow
def test_a_reader_that_goes_away_ends_it_quietly(model_dir):
  command = '"$0" "$1" --model-dir "$2" | head -1; exit ${PIPESTATUS[0]}'
  process = subprocess.run(
      ['bash', '-c', command, forks.interpreter().executable, str(_PREDICT), model_dir], input='good\n' * 50_000,
      capture_output=True, text=True, timeout=120, check=False)
  assert (process.returncode, process.stdout, process.stderr) == (0, '0.8808  positive  good\n', '')
