"""Runs the real executor of ImdbExampleGen on a file, and reads back what it wrote."""

import glob

import tensorflow as tf
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils
from tfx.types import standard_artifacts

from components.imdb_example_gen import executor
from models import features
from pipeline import beam_runners

_BEAM = beam_runners.beam_args(None).split()


def run_example_gen(path, directory, eval_share=0.1, test_share=0.2, unlabeled='', **options):
  """Return the artifact of the examples."""
  examples = standard_artifacts.Examples()
  examples.uri = str(directory / 'examples')
  context = base_beam_executor.BaseBeamExecutor.Context(
      beam_pipeline_args=_BEAM, tmp_dir=str(directory / 'temp'), unique_id='1')
  executor.Executor(context).Do(
      {}, {'examples': [examples]},
      {'data': str(path), 'unlabeled': str(unlabeled), 'eval_share': eval_share, 'test_share': test_share, **options})
  return examples


def ingest(path, directory, **options):
  """Return the counts that were recorded and the tf.Examples by split."""
  examples = run_example_gen(path, directory, **options)
  names = (*features.SPLITS, features.UNLABELED, *executor.COUNTS)
  found = {}
  for split in artifact_utils.decode_split_names(examples.split_names):
    files = glob.glob(f'{glob.escape(examples.uri)}/Split-{split}/*')
    found[split] = [
        tf.train.Example.FromString(record.numpy()) for record in tf.data.TFRecordDataset(files, 'GZIP')]
  counts = {name: examples.get_int_custom_property(name) for name in names}
  assert bool(counts['bad_rows']) == bool(examples.get_string_custom_property(executor.BAD_ROW_EXAMPLES))
  return counts, found


def texts(examples):
  """The texts of tf.Examples."""
  return [example.features.feature['text'].bytes_list.value[0] for example in examples]
