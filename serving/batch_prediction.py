"""Scores texts with TFX's BulkInferrer, on Beam: for more texts than one process should score."""

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

from components.common import examples
from components.common import wildcards
from models import features
from pipeline import beam_runners
from pipeline import layout
from pipeline.local import console as console_lib
from pipeline.local import interruption
from pipeline.results import metadata

_SPLIT, _ROW, _SCORE = 'all', 'row', 'score'
_SHARD_TEXTS = 5_000  # texts of one file, which one worker reads
_GZIP = tf.io.TFRecordOptions(compression_type='GZIP', compression_level=1)


def score(texts: Iterable[str], model: str, work_dir: Optional[str] = None,
          beam_args: str = beam_runners.beam_args(None)) -> np.ndarray:
  """Score texts with a small TFX pipeline, and report its progress on standard output.

  Args:
    texts: the texts; they are streamed into files.
    model: path of a SavedModel.
    work_dir: directory below which a new directory keeps what TFX writes; Beam's workers must see it under the same
      name. None for a temporary directory, which is kept only if TFX fails.
    beam_args: flags of Beam's runner, as beam_runners.beam_args returns them.

  Returns:
    float32 [texts]: the probabilities of the positive class, in the order of `texts`.

  Raises:
    ValueError: TFX failed; the message is one line and names the full log.
    KeyboardInterrupt: SIGINT or SIGTERM arrived, even if Beam turned it into another error.
  """
  interruption.watch()
  wildcards.refuse(os.path.abspath(work_dir or tempfile.gettempdir()), '--work-dir' if work_dir else 'TMPDIR')
  if work_dir is not None:
    os.makedirs(work_dir, exist_ok=True)
  directory = os.path.abspath(tempfile.mkdtemp(prefix='batch-', dir=work_dir))
  log_path, keep, start = os.path.join(directory, 'log.txt'), work_dir is not None, time.monotonic()
  try:
    with console_lib.redirect_to_log(log_path, verbose=False) as console:
      count = _write_examples(texts, _examples_path(directory))
      # A copy, because the pusher may remove the version in the meantime.
      shutil.copytree(model, path_utils.serving_model_dir(_model_path(directory)))
      console.print(f'BulkInferrer is scoring {count:,} texts, log in {log_path}', markup=False)
      try:
        pipeline = create_pipeline(directory, beam_args)
        tfx.orchestration.LocalDagRunner().run(pipeline)
        probabilities = _read_scores(directory, count)
      except Exception as error:  # pylint: disable=broad-except
        interruption.check()
        logging.getLogger(__name__).exception('BulkInferrer failed')
        keep = True
        lines = str(error).strip().partition(' [while running')[0].splitlines() or ['']
        raise ValueError(f'BulkInferrer: {type(error).__name__}: {lines[-1]}; full log: {log_path}') from error
      console.print(f'BulkInferrer finished after {time.monotonic() - start:.0f} s')
      return probabilities
  finally:
    if not keep:
      shutil.rmtree(directory)


def create_pipeline(directory: str, beam_args: str) -> tfx.dsl.Pipeline:
  """Build the pipeline that scores the examples in a directory with the model in it.

  Args:
    directory: the directory that `score` has made; the outputs go there too.
    beam_args: flags of Beam's runner, quoted as for a shell.

  Returns:
    The pipeline of two importers and BulkInferrer.
  """
  example_importer = tfx.dsl.Importer(
      source_uri=_examples_path(directory),
      artifact_type=tfx.types.standard_artifacts.Examples,
      properties={'split_names': artifact_utils.encode_split_names([_SPLIT])}).with_id('Texts')
  model_importer = tfx.dsl.Importer(
      source_uri=_model_path(directory), artifact_type=tfx.types.standard_artifacts.Model).with_id('PushedModel')
  bulk_inferrer = tfx.components.BulkInferrer(
      examples=example_importer.outputs['result'],
      model=model_importer.outputs['result'],
      model_spec=tfx.proto.ModelSpec(model_signature_name=[features.SERVING_SIGNATURE]),
      output_example_spec=tfx.proto.OutputExampleSpec(output_columns_spec=[tfx.proto.OutputColumnsSpec(
          predict_output=tfx.proto.PredictOutput(output_columns=[tfx.proto.PredictOutputCol(
              output_key=features.SCORES, output_column=_SCORE)]))]))
  return tfx.dsl.Pipeline(
      pipeline_name=layout.PIPELINE_NAME,
      pipeline_root=layout.artifacts(directory),
      components=[example_importer, model_importer, bulk_inferrer],
      metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(
          layout.metadata(directory)),
      beam_pipeline_args=shlex.split(beam_args))


def _examples_path(directory):
  return os.path.join(directory, 'examples')


def _model_path(directory):
  return os.path.join(directory, 'model')


def _write_examples(texts: Iterable[str], directory: str) -> int:
  """Write numbered texts as gzipped TFRecords of tf.Examples; returns their number."""
  split = os.path.join(directory, f'Split-{_SPLIT}')
  os.makedirs(split)
  numbered, count = enumerate(texts), 0
  while shard := list(itertools.islice(numbered, _SHARD_TEXTS)):
    # The model pads a batch to its longest text, so texts of similar length stand together.
    shard.sort(key=lambda pair: len(pair[1]))
    with tf.io.TFRecordWriter(os.path.join(split, f'texts-{count:012d}.gz'), _GZIP) as writer:
      for number, text in shard:
        example = examples.encode_example(text.encode())
        example.features.feature[_ROW].int64_list.value.append(number)
        writer.write(example.SerializeToString())
    count += len(shard)
  return count


def _read_scores(directory: str, count: int) -> np.ndarray:
  """Return the scores that BulkInferrer has written in any order, in the order of the rows: float32 [count]."""
  uri = metadata.Store(directory).latest_execution('BulkInferrer').uri('output_examples')
  spec = {_ROW: tf.io.FixedLenFeature([], tf.int64), _SCORE: tf.io.FixedLenFeature([], tf.float32)}
  result, is_scored = np.empty(count, np.float32), np.zeros(count, bool)
  for batch in examples.read_records(uri, _SPLIT).batch(1024):
    columns = tf.io.parse_example(batch, spec)
    rows = columns[_ROW].numpy()
    result[rows], is_scored[rows] = columns[_SCORE].numpy(), True
  if not is_scored.all():
    raise ValueError(f'only {is_scored.sum():,} of {count:,} texts were scored')
  return result
