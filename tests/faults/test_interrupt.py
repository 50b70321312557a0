"""Runs that end early: the same command resumes them, a training from its checkpoint."""

import fcntl
import glob
import json
import os
import re
import signal
import subprocess
import time

import pytest

from pipeline.local import lock
from pipeline.sources import sample_data
from tests import forks
from tests.e2e import pipeline_runs
from tests.e2e import same_results

pytestmark = pytest.mark.slow

_LINE = 'interrupted: finished components are kept; run the same command again to resume\n'
# A file of a component, a line of it, and what is inserted before that line.
_REPLACED = (
    'components/imdb_example_gen/executor.py', '  problems = _Problems(part.source.options.max_bad_rows)\n',
    '  signal.raise_signal(signal.SIGINT)\n')
_SWALLOWED = 'components/data_gate/executor.py', '    reasons = []\n    for', '''    try:
      signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
      pass
'''


def _interrupt(command, after, ignored):
  """Start a run, and interrupts it, with all its processes, as soon as it says that a component has finished.

  Where `ignored`, the run starts as in the background of a script: the shell has it inherit that SIGINT is ignored.
  Returns the exit code, what it wrote to standard error, and the lines that it had printed before.
  """
  process = subprocess.Popen(
      command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
      start_new_session=True, preexec_fn=lambda: ignored and signal.signal(signal.SIGINT, signal.SIG_IGN))
  lines = []
  while not lines or lines[-1].split()[:1] != [after]:
    assert process.poll() is None, process.stderr.read()
    lines.append(process.stdout.readline())
  os.killpg(process.pid, signal.SIGINT)
  _, errors = process.communicate(timeout=60)
  return process.returncode, errors, ''.join(lines)


@pytest.mark.parametrize('edit, last', [(_REPLACED, None), (_SWALLOWED, 'DataGate')])
def test_a_replaced_or_swallowed_interruption_ends_the_run(edit, last, tmp_path):
  project = pipeline_runs.copy_project(tmp_path / 'project')
  name, code, added = edit
  before = (project / name).read_text(encoding='utf-8')
  assert before.count(code) == 1
  (project / name).write_text('import signal\n' + before.replace(code, added + code), encoding='utf-8')
  sample_data.write_sample(str(tmp_path / 'reviews.jsonl.gz'), 400)
  output = pipeline_runs.run(
      project, '--data', tmp_path / 'reviews.jsonl.gz', '--output-dir', tmp_path / 'output', '--model', 'bow_sparse',
      check=130)
  assert output.endswith(_LINE) and 'FAILED' not in output
  assert (pipeline_runs.executed(output) or [None])[-1] == last


def _kill_in_training(command, output_dir, step):
  """Start a run without standard streams, and kills it, with all its processes, once it has trained so many steps."""
  process = subprocess.Popen(command, start_new_session=True, preexec_fn=lambda: os.closerange(0, 3))
  while process.poll() is None:
    for path in glob.glob(f'{output_dir}/artifacts/Trainer/model_run/unfinished-*/best.json'):
      with open(path, encoding='utf-8') as file:
        if json.load(file)['last_step'] >= step:
          os.killpg(process.pid, signal.SIGKILL)
    time.sleep(0.01)
  assert process.returncode == -signal.SIGKILL
  with open(lock.path(str(output_dir)), encoding='utf-8') as file:  # a fork ends later than what is killed
    fcntl.flock(file, fcntl.LOCK_EX)


def test_a_run_that_ends_early_resumes_to_the_same_model(undisturbed, tmp_path):
  former_dir, output_dir = tmp_path / 'before the move', tmp_path / 'output'
  python = forks.interpreter().executable
  command = [python, pipeline_runs.PROJECT / 'local_runner.py', *undisturbed.flags, '--output-dir']
  assert _interrupt([*map(str, command), str(former_dir)], 'DataGate', ignored=True)[:2] == (130, _LINE)
  former_dir.rename(output_dir)
  flags = (*undisturbed.flags, '--output-dir', output_dir)
  command = [*map(str, command), str(output_dir)]
  assert _interrupt(command, 'Transform', ignored=False)[:2] == (130, _LINE)
  _kill_in_training(command, output_dir, 40)
  code, errors, output = _interrupt(command, 'Trainer', ignored=False)
  assert (code, errors, pipeline_runs.executed(output)) == (130, _LINE, ['Trainer'])
  with open(max(glob.glob(f'{output_dir}/logs/*.log')), encoding='utf-8') as file:
    restored = re.findall(r'Restoring parameters from .*/unfinished-[\w-]+/model.ckpt-(\d+)', file.read())
  assert int(restored[0]) >= 40  # before that of the first evaluation
  assert not glob.glob(f'{output_dir}/artifacts/Trainer/model_run/unfinished-*')
  output = pipeline_runs.run(pipeline_runs.PROJECT, *flags, check=None)
  assert not {'ImdbExampleGen', 'Transform', 'Trainer'} & set(pipeline_runs.executed(output))
  assert not former_dir.exists()
  assert same_results.load_metrics(output_dir) == pytest.approx(
      same_results.load_metrics(undisturbed.output_dir), abs=1e-6)
