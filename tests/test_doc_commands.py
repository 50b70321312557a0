"""Runs the commands of the documentation on the example reviews; of those that take over 30 s, parses the flags.

A new command is run unless it is listed in `_NOT_RUN` or `_OTHER_PROGRAMS` with the reason.
"""

import argparse
import contextlib
import gzip
import importlib
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request

from apache_beam.options import pipeline_options
import pytest

from pipeline import beam_runners
from pipeline.kubeflow import command_line as kubeflow_command_line
from pipeline.local import command_line
from pipeline.tensorboard import __main__ as tensorboard
import predict
from serving.server import __main__ as server
from tests import documents
from tests import forks
from tests.e2e import pipeline_runs

_SAMPLE_RUN = ('.venv/bin/python local_runner.py --data docs/examples/reviews.csv --model bow_sparse --train-steps 20 '
               '--set reads=none')
_EXAMPLE_VERSION = '1795485444'
_REST_ADDRESS = 'http://localhost:8501'
_TIMEOUT_S = 180
# Commands of this project that no test runs as they are: (pattern, reason).
_NOT_RUN = (
    (r'local_runner\.py (?!.*--train-steps 20)', 'trains for more than 30 s, even on the example reviews'),
    (r'kubeflow_runner\.py submit', 'needs Kubeflow Pipelines'),
    (r'predict\.py --server grpc:', 'needs TensorFlow Serving'),
    (r'-m benchmarks', 'measures for minutes'),
    (r's3://', 'needs a bucket; see tests/engines/test_object_store.py'),
    (r'-m tools\.screenshots', 'needs Chromium, and takes more than 30 s'),
)
# Commands of other programs: (pattern, reason).
_OTHER_PROGRAMS = (
    (r'^kubectl ', 'needs a cluster'),
    (r'^docker ', 'needs Docker'),
    (r'^curl -LO ', 'downloads the dataset'),
    (r'^uv pip ', 'downloads 2 GB'),
    (r'^make ', 'sets up .venv; see test_make_targets'),
    (r'^(\.venv/bin/)?python -c ', 'needs Kubeflow Pipelines or Vertex AI; see test_docs.py'),
    (r'^export |^python -m apache_beam\.', 'part of a run with the portable runner; see tests/e2e/test_portable.py'),
)
_SERVERS = ('serving.server', 'pipeline.tensorboard')
_COMMANDS = documents.all_commands()


def _excluded(command, patterns):
  return any(re.search(pattern, command.text) for pattern, _ in patterns)


_OURS = [command for command in _COMMANDS if not _excluded(command, _OTHER_PROGRAMS)]
_RUN = [command for command in _OURS if not _excluded(command, _NOT_RUN) and command.text != _SAMPLE_RUN]
_STARTED = [command for command in _RUN if command.program() and command.program()[0] in _SERVERS]
_FINISHED = [command for command in _RUN if command not in _STARTED]


def _name(command):
  return f'{command.page}: {command.text[:60]}'


# Commands that are run.


def _environment(project):
  """The variables of a user in `project`, with .venv/bin on the PATH."""
  hidden = ('IMDB_DATA', 'GLOVE_FILE', 'PYTHONPATH', 'PYTEST_CURRENT_TEST')
  return {**{key: value for key, value in os.environ.items() if key not in hidden},
          'PATH': f'{project}/.venv/bin:{os.environ["PATH"]}'}


class _Shell:
  """Runs commands in a copy of the project whose Python has imported TFX.

  Attributes:
    project: path of the copy.
  """

  def __init__(self, project):
    self.project = project
    (project / '.venv' / 'bin').mkdir(parents=True)
    (project / '.venv' / 'bin' / 'python').symlink_to(forks.interpreter(has_kfp=True).executable)

  def run(self, text):
    """Run a command as it is written; returns what it printed."""
    process = subprocess.run(
        ['bash', '-c', text], cwd=self.project, env=_environment(self.project), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=_TIMEOUT_S, check=False)
    assert process.returncode == 0, process.stdout
    assert 'Traceback' not in process.stdout, process.stdout
    return process.stdout


@pytest.fixture(scope='module', name='shell')
def _shell(tmp_path_factory):
  """A copy of the project in which the README's command for the example reviews has pushed a model."""
  project = pipeline_runs.copy_project(tmp_path_factory.mktemp('docs') / 'project')
  for name in ('kubeflow_runner.py', 'tools', 'docs'):
    source = documents.PROJECT / name
    (shutil.copytree if source.is_dir() else shutil.copy)(source, project / name)
  sample = project / 'docs' / 'examples' / 'reviews.csv'
  shutil.copy(sample, project)
  texts = ['A film to remember.', 'Two hours that I want back.']
  (project / 'reviews.txt').write_text('\n'.join(texts))
  (project / 'reviews.jsonl').write_text(''.join(json.dumps({'body': text}) + '\n' for text in texts))
  with gzip.open(project / 'reviews.jsonl.gz', 'wt') as file:
    file.writelines(json.dumps({'text': text}) + '\n' for text in texts)
  vertex, = (block for block in documents.blocks('docs/kubeflow.md', 'yaml') if 'mount_path' in block)
  (project / 'vertex.yaml').write_text(vertex)
  shell = _Shell(project)
  output = shell.run(_SAMPLE_RUN)
  assert (project / 'output' / 'serving').is_dir(), output
  return shell


@pytest.fixture(scope='module', name='version')
def _version(shell):
  """The first of two pushed versions, for the commands that name one."""
  folder, = (shell.project / 'output' / 'serving' / 'sentiment').glob('[0-9]*')
  shutil.copytree(folder, folder.with_name(str(int(folder.name) + 1)))
  return folder.name


@contextlib.contextmanager
def _started(project, text):
  """Start the command of a server on any free port; yields its address."""
  port = '--port 0' if 'serving.server' in text else '--port 0 --load_fast false'
  command = f'exec {re.sub("--port [0-9]+", "", text.partition("#")[0])} {port}'
  with subprocess.Popen(
      ['bash', '-c', command], cwd=project, env=_environment(project), stdout=subprocess.PIPE,
      stderr=subprocess.STDOUT, text=True) as process:
    try:
      yield next(match[0] for line in process.stdout if (match := re.search(r'http://[\w.]+:\d+', line)))
    finally:
      process.terminate()
      process.stdout.read()


@pytest.fixture(scope='module', name='rest')
def _rest(shell, version):
  """The address of the server that the README starts."""
  del version  # The server starts with both versions.
  command = next(command for command in _STARTED if command.program()[0] == 'serving.server')
  with _started(shell.project, command.text) as address:
    yield address


@pytest.mark.slow
@pytest.mark.parametrize('command', _FINISHED, ids=_name)
def test_command_runs(command, shell, version, request):
  text = command.text.replace(_EXAMPLE_VERSION, version)
  if _REST_ADDRESS in text:
    text = text.replace(_REST_ADDRESS, request.getfixturevalue('rest'))
  assert '"error"' not in shell.run(text)


@pytest.mark.slow
@pytest.mark.parametrize('command', _STARTED, ids=_name)
def test_server_command_answers(command, shell, version, request):
  del version
  if command.program()[0] == 'serving.server' and '--port' not in command.text:
    address = request.getfixturevalue('rest')
    assert urllib.request.urlopen(address, timeout=_TIMEOUT_S).status == 200
  else:
    with _started(shell.project, command.text) as address:
      assert urllib.request.urlopen(address, timeout=_TIMEOUT_S).status == 200


def test_sample_run_is_documented_in_readme():
  assert _SAMPLE_RUN in [command.text.partition(' #')[0].strip() for command in documents.commands('README.md')]


# Commands whose flags are parsed.


_PARSERS = {
    'local_runner': lambda arguments: command_line.build_parser().parse_args(arguments),
    'kubeflow_runner': lambda arguments: kubeflow_command_line.build_parser().parse_args(arguments),
    'predict': predict.parse,
    'serving.server': server.parse,
    'pipeline.tensorboard': lambda arguments: tensorboard.parse_flags(arguments)[0],
}


class _ParsedError(Exception):
  """Stops a program after it has parsed its command line."""


def _parse(program, arguments, monkeypatch):
  """Return what the program's own parser makes of the arguments; exits as the program does if they are wrong."""
  if program in _PARSERS:
    return _PARSERS[program](arguments)
  is_package = (documents.PROJECT / program.replace('.', '/')).is_dir()
  module = importlib.import_module(f'{program}.__main__' if is_package else program)
  original = argparse.ArgumentParser.parse_args

  def parse_args(self, args=None, namespace=None):
    raise _ParsedError(original(self, args, namespace))

  monkeypatch.setattr(argparse.ArgumentParser, 'parse_args', parse_args)
  monkeypatch.setattr(sys, 'argv', [program, *arguments])
  with pytest.raises(_ParsedError) as stopped:
    module.main()
  return stopped.value.args[0]


@pytest.mark.parametrize('command', [command for command in _OURS if command.program()], ids=_name)
def test_flags_are_accepted(command, monkeypatch):
  program, arguments = command.program()
  parsed = _parse(program, arguments, monkeypatch)
  if getattr(parsed, 'beam_flags', None):
    beam_runners.beam_args(parsed.beam, parsed.beam_flags)


def test_flags_of_other_commands_are_accepted(monkeypatch):
  wrapped = [command for command in _COMMANDS if _excluded(command, _OTHER_PROGRAMS) and command.program()]
  assert len(wrapped) == 2  # kubectl exec and docker run of local_runner.py
  for command in wrapped:
    parsed = _parse(*command.program(), monkeypatch)
    beam_runners.beam_args(parsed.beam, parsed.beam_flags)


def test_beam_flags_are_known_to_beam():
  parser = pipeline_options._BeamArgumentParser(allow_abbrev=False)  # pylint: disable=protected-access
  for options in pipeline_options.PipelineOptions.__subclasses__():
    options._add_argparse_args(parser)  # pylint: disable=protected-access
  flags = [word.removeprefix('--beam-arg=') for command in documents.commands('docs/scale.md')
           for word in command.words if word.startswith('--beam-arg=')]
  assert len(flags) > 10
  # CORES stands for a number.
  assert not parser.parse_known_args([flag.replace('=CORES', '=4') for flag in flags])[1]


def test_make_targets():
  makefile = documents.read('Makefile')
  used = [command.words for command in _COMMANDS if command.words[0] == 'make']
  assert len(used) > 5
  for _, target, *variables in used:
    recipe = re.search(rf'^{target}:.*\n((?:\t.*\n)+)', makefile, re.MULTILINE)
    assert recipe, f'make {target}: the Makefile has no such target'
    for variable in variables:
      assert f'$({variable.partition("=")[0]})' in recipe[1], f'make {target} does not use {variable}'


_PROGRAMS_OF_MAKE = {'bench': 'benchmarks', 'prune': 'pipeline.local.prune', 'engines': 'tools.engines'}


def test_make_arguments(monkeypatch):
  declared = re.search(r'markers = \[\n(.*?)\]', documents.read('pyproject.toml'), re.DOTALL)[1]
  markers = re.findall(r'^  "(\w+):', declared, re.MULTILINE)
  for command in _COMMANDS:
    if command.words[0] != 'make' or not command.words[-1].startswith('ARGS='):
      continue
    arguments = command.words[-1].removeprefix('ARGS=').split()
    if program := _PROGRAMS_OF_MAKE.get(command.words[1]):
      _parse(program, arguments, monkeypatch)
    else:
      assert command.words[1] == 'test'
      marked = [value for flag, value in itertools.pairwise(arguments) if flag == '-m']
      assert set(marked) <= set(markers)
      assert all((documents.PROJECT / word).exists() for word in arguments if '/' in word)


def test_exclusions_are_used():
  for patterns in (_NOT_RUN, _OTHER_PROGRAMS):
    for pattern, _ in patterns:
      assert any(re.search(pattern, command.text) for command in _COMMANDS), f'{pattern}: no command needs this'
  for command in _OURS:
    assert command.program() or command.words[0] in ('curl', 'sed'), f'{command.page}: {command.text}'
