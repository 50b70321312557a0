"""Scores many reviews with TFX's BulkInferrer, on Beam: for more of them than one process can do."""

import itertools
import logging
import os
import shlex
import shutil
import tempfile
import time
from typing import Iterable, Optional

import numpy as np
import tensorflow as tf
from tfx import v1 as tfx
from tfx.types import artifact_utils
from tfx.utils import path_utils

from models import features
from pipeline import beam_runners
from pipeline.local import console as console_lib
from pipeline.local import interruption
from pipeline import layout
from pipeline.results import metadata

_SPLIT, _ROW, _SCORE = 'all', 'row', 'score'
_SHARD = 5_000  # reviews in a file, which one worker reads
_GZIP = tf.io.TFRecordOptions(compression_type='GZIP', compression_level=1)


def scores(texts: Iterable[str], model: str, work_dir: Optional[str] = None,
           beam_args: str = beam_runners.arguments(None)) -> np.ndarray:
  """Scores reviews with a small TFX pipeline, and says on standard output how it goes.

  Args:
    texts: the reviews; they are streamed into files.
    model: directory of a SavedModel.
    work_dir: what TFX writes goes into a new directory below this one, and stays; None for a temporary directory, which
      stays only when TFX fails. Beam's workers must see it under the same name.
    beam_args: flags of Beam's runner, as beam_runners.arguments gives them.

  Returns:
    float32 [reviews]: the probabilities of the positive class, in the order of `texts`.

  Raises:
    ValueError: TFX failed; the message is one line and names the full log.
    KeyboardInterrupt: SIGINT or SIGTERM came, though it be in the midst of Beam, which makes another error of it.
  """
  interruption.watch()
  if work_dir is not None:
    os.makedirs(work_dir, exist_ok=True)
  directory = os.path.abspath(tempfile.mkdtemp(prefix='batch-', dir=work_dir))
  log_path, kept, start = os.path.join(directory, 'log.txt'), work_dir is not None, time.monotonic()
  former, tempfile.tempdir = tempfile.tempdir, directory  # TFX leaves its packages, 20 MB, with the temporary files
  try:
    with console_lib.quiet(log_path, verbose=False) as console:
      count = _write_examples(texts, _examples(directory))
      # The pusher may remove the version in the meantime.
      shutil.copytree(model, path_utils.serving_model_dir(_model(directory)))
      console.print(f'{count:,} reviews are being scored by BulkInferrer, log in {log_path}', markup=False)
      try:
        pipeline = create_pipeline(directory, beam_args)
        tfx.orchestration.LocalDagRunner().run(pipeline)
        result = _read_scores(directory, count)
      except Exception as error:  # pylint: disable=broad-except
        interruption.check()
        logging.getLogger(__name__).exception('BulkInferrer failed')
        kept = True
        lines = str(error).strip().partition(' [while running')[0].splitlines() or ['']
        raise ValueError(f'BulkInferrer: {type(error).__name__}: {lines[-1]}; full log: {log_path}') from error
      console.print(f'BulkInferrer: done after {time.monotonic() - start:.0f} s')
      return result
  finally:
    tempfile.tempdir = former
    if not kept:
      shutil.rmtree(directory)


def create_pipeline(directory: str, beam_args: str) -> tfx.dsl.Pipeline:
  """Builds the pipeline that scores the examples in a directory with the model in it.

  Args:
    directory: what `scores` made; the outputs go there too.
    beam_args: flags of Beam's runner, as a shell takes them.
  """
  examples = tfx.dsl.Importer(
      source_uri=_examples(directory),
      artifact_type=tfx.types.standard_artifacts.Examples,
      properties={'split_names': artifact_utils.encode_split_names([_SPLIT])}).with_id('Reviews')
  model = tfx.dsl.Importer(
      source_uri=_model(directory), artifact_type=tfx.types.standard_artifacts.Model).with_id('PushedModel')
  bulk_inferrer = tfx.components.BulkInferrer(
      examples=examples.outputs['result'],
      model=model.outputs['result'],
      model_spec=tfx.proto.ModelSpec(model_signature_name=[features.SERVING_SIGNATURE]),
      output_example_spec=tfx.proto.OutputExampleSpec(output_columns_spec=[tfx.proto.OutputColumnsSpec(
          predict_output=tfx.proto.PredictOutput(output_columns=[tfx.proto.PredictOutputCol(
              output_key=features.SCORES, output_column=_SCORE)]))]))
  return tfx.dsl.Pipeline(
      pipeline_name=layout.PIPELINE_NAME,
      pipeline_root=layout.artifacts(directory),
      components=[examples, model, bulk_inferrer],
      metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(
          layout.metadata(directory)),
      beam_pipeline_args=shlex.split(beam_args))


def _examples(directory):
  return os.path.join(directory, 'examples')


def _model(directory):
  return os.path.join(directory, 'model')


def _write_examples(texts: Iterable[str], directory: str) -> int:
  """Writes numbered reviews as gzipped TFRecords of tf.Examples; returns how many there are."""
  split = os.path.join(directory, f'Split-{_SPLIT}')
  os.makedirs(split)
  numbered, count = enumerate(texts), 0
  while shard := list(itertools.islice(numbered, _SHARD)):
    # The model pads a batch to its longest review: those of like length come together.
    shard.sort(key=lambda pair: len(pair[1]))
    with tf.io.TFRecordWriter(os.path.join(split, f'reviews-{count:012d}.gz'), _GZIP) as writer:
      for number, text in shard:
        writer.write(tf.train.Example(features=tf.train.Features(feature={
            features.TEXT: tf.train.Feature(bytes_list=tf.train.BytesList(value=[text.encode()])),
            _ROW: tf.train.Feature(int64_list=tf.train.Int64List(value=[number])),
        })).SerializeToString())
    count += len(shard)
  return count


def _read_scores(directory: str, count: int) -> np.ndarray:
  """The scores that BulkInferrer wrote in any order, in that of the rows: float32 [count]."""
  uri = metadata.Store(directory).latest_execution('BulkInferrer').uri('output_examples')
  files = tf.io.gfile.glob(os.path.join(uri, f'Split-{_SPLIT}', '*'))
  spec = {_ROW: tf.io.FixedLenFeature([], tf.int64), _SCORE: tf.io.FixedLenFeature([], tf.float32)}
  result, found = np.empty(count, np.float32), np.zeros(count, bool)
  for batch in tf.data.TFRecordDataset(files, 'GZIP').batch(1024):
    columns = tf.io.parse_example(batch, spec)
    rows = columns[_ROW].numpy()
    result[rows], found[rows] = columns[_SCORE].numpy(), True
  if not found.all():
    raise ValueError(f'only {found.sum():,} of {count:,} reviews were scored')
  return result
