"""A run that nothing disturbs, for tests to compare theirs with."""

import dataclasses
import pathlib

import pytest

from components.evaluator import progress_line as evaluator_progress_line
from pipeline.results import metadata
from pipeline.sources import sample_data
from tests.e2e import pipeline_runs

SECRET = 'geheim-5f3a9c'


def load_metrics(output_dir):
  """The metrics of the latest evaluation."""
  return evaluator_progress_line.load_evaluation(metadata.Store(str(output_dir)).latest_execution('Evaluator')).metrics


@dataclasses.dataclass(frozen=True)
class Undisturbed:
  """A run: what to give local_runner.py for another one like it, its output directory, and what it printed."""

  flags: tuple
  output_dir: pathlib.Path
  output: str


@pytest.fixture(scope='session')
def undisturbed(tmp_path_factory):
  """A bow_sparse that was trained without a break, in a process whose environment holds secrets."""
  top = tmp_path_factory.mktemp('undisturbed')
  sample_data.write_sample(str(top / 'reviews.jsonl.gz'), 400)
  flags = ('--data', top / 'reviews.jsonl.gz', '--model', 'bow_sparse', '--train-steps', 100,
           '--set', 'bow_sparse.eval_every=20', '--set', 'bow_sparse.patience=0', '--set', 'min_accuracy=0.5',
           '--set', 'min_auc=0.5', '--domain', 'none')
  with pytest.MonkeyPatch.context() as patch:
    for name in ('AWS_SECRET_ACCESS_KEY', 'GOOGLE_API_KEY', 'HF_TOKEN', 'PASSWORD'):
      patch.setenv(name, SECRET)
    patch.setenv('HTTPS_PROXY', f'http://me:{SECRET}@127.0.0.1:9')
    output = pipeline_runs.run(
        pipeline_runs.PROJECT, *flags, '--output-dir', top / 'output', cwd='/', check=None)
  return Undisturbed(flags, top / 'output', output)
