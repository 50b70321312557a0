"""Usage errors: exit code 2 and one line that names the cause, before anything is loaded or written."""

import errno
import os
import signal
import subprocess
import sys
import tempfile
from unittest import mock

import pytest

from components.imdb_example_gen import readers
import local_runner
from pipeline.local import session
from tests import forks
from tests.e2e import pipeline_runs

_ODD = os.fsdecode(b'odd\xff.csv')


@pytest.fixture(scope='module')
def place(tmp_path_factory):
  """A directory with a table and a file."""
  top = tmp_path_factory.mktemp('place')
  for name in ('a.csv', 'more.csv', _ODD):
    (top / name).write_text('text,label\ngood,1\nbad,0\n')
  (top / 'we[').mkdir()
  (top / 'we[/x]ird.jsonl').write_text('{"text": "a", "\\u001b[31m": 1}\n')
  (top / 'file').touch()
  return top


def _run(place, *flags, expected=2, project=pipeline_runs.PROJECT):
  environment = {key: value for key, value in os.environ.items() if key != 'IMDB_DATA'}
  process = subprocess.run(
      [forks.interpreter().executable, project / 'local_runner.py', *flags], cwd=place, env=environment, timeout=300,
      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
  assert process.returncode == expected, process.stdout
  assert ('Traceback' in process.stdout) == ('--verbose' in flags)
  return process.stdout


@pytest.fixture(name='run_here')
def _run_here(monkeypatch):
  """Run local_runner.py in this process, without a trace in it: returns the exit code."""
  monkeypatch.delenv('IMDB_DATA', raising=False)
  monkeypatch.setattr(signal, 'signal', lambda *unused: None)
  monkeypatch.setattr(sys, 'path_hooks', [*sys.path_hooks])
  return lambda *flags: local_runner.main([str(flag) for flag in flags])


@pytest.mark.parametrize('flags, message', [
    (['--data', 'none.csv'], 'none.csv: no such file or directory; --data takes'),
    (['--data', ''], '--data is empty: give a path, or omit the flag'),
    (['--data', '.'], "odd\\udcff.csv': the name is not UTF-8; rename the file"),
    (['--data', '/dev/null'], '/dev/null: unknown kind of file'),
    (['--data', _ODD], "odd\\udcff.csv': the name is not UTF-8; rename it"),
    (['--unlabeled', ''], '--unlabeled is empty'),
    (['--output-dir', ''], '--output-dir is empty'),
    (['--output-dir', 'o[1]'], 'o[1]: TFX takes *, ?, [ and ] as wildcards; choose a path without them'),
    (['--output-dir', 'file'], 'cannot be written: {}/file/logs: Not a directory; choose another directory'),
    (['--model', ''], "unknown model ''; choose from: bow_sparse"),
    (['--model', 'cnnn'], "unknown model 'cnnn'; choose from: bow_sparse"),
    (['--preset', 'fast'], "unknown preset 'fast'; choose from: default, tutorial"),
    (['--compare', 'cnn,,lstm'], "unknown model ''"),
    (['--compare', 'cnn', '--model', 'lstm'], '--model lstm is not among the models of --compare: add it'),
    (['--embeddings', 'none.txt'], 'none.txt: no such file; --embeddings takes a GloVe text file'),
    (['--embeddings', 'a.zip:b.txt'], 'a.zip: no such file'),
    (['--set', 'filters'], '--set filters: expected KEY=VALUE'),
    (['--set', 'min_acuracy=1'], "unknown key 'min_acuracy'; choose from: approximate_vocabulary, "),
    (['--max-length', '1000000000'], 'wide_cnn: max_length 1000000000 would take about 24,000.0 GB of memory, and '),
    (['--set', 'data=b.csv'], '--set data=...: use --data instead'),
    (['--set', 'wide_cnn.filterz=1'], "wide_cnn: unknown key 'filterz'; choose from: "),
    (['--compare', 'cnn,lstm', '--set', 'lstm.units=x'], "lstm: units must be a whole number, not 'x'"),
    (['--set', 'beam_args="'], 'beam_args \'"\': No closing quotation'),
    (['--compare', 'cnn_pretrained'], 'all of these models require word vectors or an encoder: pass --embeddings'),
    (['--compare', 'cnn, cnn_pretrained', '--model', 'cnn_pretrained'], '--embeddings is required by cnn_pretrained'),
    (['--compare', 'cnn', '--unlabeled', 'more.csv'], '--unlabeled is used by none of the models of --compare'),
    (['--compare', 'cnn', '--embeddings', 'glove.6B.50d'], '--embeddings is used by none of the models of --compare'),
    (['--model', 'cnn_pretrained'], '--embeddings is required by cnn_pretrained: pass a GloVe file, a name such as'),
    (['--seed', '-1'], 'seed must be from 0 to 2147483647, not -1'),
    (['--seed', '99999999999'], 'seed must be from 0 to 2147483647, not 99999999999'),
    (['--tune', '-3'], 'tune_trials must be from 0 to'),
    (['--beam', 'portable'], '--beam portable requires --beam-arg=--job_endpoint='),
])
def test_a_usage_error_is_one_line(place, run_here, monkeypatch, capfd, flags, message):
  monkeypatch.chdir(place)
  data = [] if '--data' in flags else ['--data', 'a.csv']
  assert run_here(*data, *flags) == 2
  line, = ''.join(capfd.readouterr()).splitlines()
  assert line.startswith('local_runner.py: ') and message.replace('{}', str(place)) in line
  assert sorted(os.listdir(place)) == sorted(['a.csv', 'more.csv', 'we[', 'file', _ODD])


def test_a_temporary_directory_with_wildcards_is_refused(place, run_here, monkeypatch, capsys):
  monkeypatch.setattr(tempfile, 'tempdir', str(place / 'we['))
  assert run_here('--data', place / 'a.csv', '--output-dir', place / 'o') == 2
  assert capsys.readouterr().err == (
      f'local_runner.py: TMPDIR {place}/we[: TFX takes *, ?, [ and ] as wildcards; choose a path without them\n')


@pytest.mark.slow
def test_settings_are_checked_before_a_download(place, tmp_path):
  project = pipeline_runs.copy_project(tmp_path / 'project')
  line, = _run(place, '--set', 'wide_cnn.filters=x', project=project).splitlines()
  assert line == "local_runner.py: wide_cnn: filters must be a whole number, not 'x'"
  assert not (project / 'data').exists() and not (project / 'output').exists()


@pytest.mark.slow
def test_an_unwritable_place_for_downloads_is_named(place, tmp_path):
  project = pipeline_runs.copy_project(tmp_path / 'project')
  (project / 'data').touch()
  line = _run(place, '--output-dir', tmp_path / 'output', project=project).splitlines()[-1]
  assert line.startswith(f'local_runner.py: {project}/data cannot be written (') and '--data' in line
  assert not (tmp_path / 'output').exists()


@pytest.mark.slow
def test_user_content_is_shown_without_control_sequences(place, tmp_path):
  output = _run(place, '--data', 'we[/x]ird.jsonl', '--output-dir', tmp_path, expected=1)
  first, error, last = output.splitlines()
  assert first.startswith(f'wide_cnn on {place}/we[/x]ird.jsonl, seed 0') and 'full log' in last
  assert error.startswith(
      f"FAILED  ImdbExampleGen: {place}/we[/x]ird.jsonl, line 1: no 'label'; found: text, \\x1b[31m; name others ")
  _run(place, '--data', 'we[/x]ird.jsonl', '--output-dir', tmp_path, '--verbose', expected=1)


def test_a_file_that_cannot_be_read_is_named_with_its_flag(place, run_here, monkeypatch, capsys):
  error = PermissionError(errno.EACCES, 'Permission denied', str(place / 'we['))
  monkeypatch.setattr(readers, 'check', mock.Mock(side_effect=error))
  assert run_here('--data', place / 'we[', '--output-dir', place / 'o') == 2
  assert capsys.readouterr().err == (
      f'local_runner.py: --data {place}/we[ cannot be read ({place}/we[: Permission denied)\n')


@pytest.mark.parametrize('error, line', [
    (FileNotFoundError(errno.ENOENT, 'No such file or directory', '/a/template.j2'),
     '/a/template.j2: No such file or directory'),
    (OSError(errno.EIO, 'Input/output error'), 'Input/output error'), (TimeoutError(), 'TimeoutError')])
def test_an_error_of_another_file_names_that_file(error, line, run_here, monkeypatch, capsys):
  monkeypatch.setattr(session, 'execute', mock.Mock(side_effect=error))
  assert run_here() == 2
  assert capsys.readouterr().err == f'local_runner.py: {line}\n'


@pytest.mark.slow
def test_a_file_of_the_output_directory_is_named(place, tmp_path):
  (tmp_path / 'run.lock').mkdir()
  error = _run(place, '--data', 'a.csv', '--output-dir', tmp_path, expected=1).splitlines()[1]
  assert error == f'FAILED  {tmp_path}/run.lock: Is a directory'
