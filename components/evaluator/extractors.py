"""TFMA's extractors, but each slice of a batch becomes one example, instead of each row, and all scores are kept.

TFMA adds up its metrics example by example, in each slice of the example: 50,000 times for the test split of IMDB,
which took nine tenths of an evaluation. But an example may hold many labels and predictions. So here all rows of a
batch that are in a slice become one example. Its weight is their number, for the metrics that count or average
examples: supported_metrics.py says which.

TFX chooses the size of batches by the time that they take, and makes them small if the machine is busy or the first one
is slow, as that which prepares a model is: an evaluation took up to twice the CPU time. So batches are joined first.

A score that is not a probability would make TFMA fail. Here it counts as the worst one for its label, and the executor
refuses the model.
"""

from typing import Any, Iterator, Mapping, Sequence, Union

import apache_beam as beam
import numpy as np
import pyarrow as pa
import tensorflow_model_analysis as tfma

from compat import tfma as tfma_compat
from components.common import review_scores
from components.evaluator import score_writer

_BATCH = 256  # examples
_SliceKey = tuple[tuple[str, Union[str, int, float]], ...]


def custom_extractors(eval_shared_model: Any, eval_config: tfma.EvalConfig,
                      tensor_adapter_config: Any) -> list[tfma.extractors.Extractor]:
  """Return the extractors of an evaluation: TFX's Evaluator looks for this name and these arguments.

  Args:
    eval_shared_model: TFMA's object for the model.
    eval_config: each of its slicing_specs has one feature, or none for all examples.
    tensor_adapter_config: TFX's description of the examples.
  """
  extractors = tfma.default_extractors(
      eval_shared_model=eval_shared_model, eval_config=eval_config, tensor_adapter_config=tensor_adapter_config)
  return [
      tfma.extractors.Extractor('JoinBatches', _JoinBatches()),
      *tfma_compat.batched_extractors(extractors),
      tfma.extractors.Extractor(tfma_compat.SLICE_KEYS_STAGE, _TakeApart(list(eval_config.slicing_specs)))]


class _JoinBatches(beam.PTransform):
  """Joins batches to ones of up to _BATCH examples; larger ones stay as they are."""

  def expand(self, extracts):  # pylint: disable=arguments-renamed
    return (extracts
            | beam.BatchElements(_BATCH, _BATCH, element_size_fn=_count_rows)
            | 'Join' >> beam.Map(join_batches).with_output_types(tfma.types.Extracts))


def _count_rows(extracts):
  return extracts[tfma.ARROW_RECORD_BATCH_KEY].num_rows


def join_batches(batches: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
  """Join batches of TFMA's extracts, of which some may lack a feature of the others.

  Args:
    batches: extracts of a pyarrow.RecordBatch each, as TFX reads it.
  """
  tables = [pa.Table.from_batches([extracts[tfma.ARROW_RECORD_BATCH_KEY]]) for extracts in batches]
  joined, = pa.concat_tables(tables, promote=True).combine_chunks().to_batches()
  return {tfma.ARROW_RECORD_BATCH_KEY: joined}


class _TakeApart(beam.PTransform):
  """Splits batches by slice, and writes the scores beside that."""

  def __init__(self, specs: Sequence[tfma.SlicingSpec]):
    super().__init__()
    self._specs = specs

  def expand(self, extracts):  # pylint: disable=arguments-renamed
    _ = extracts | 'WriteScores' >> score_writer.WriteScores()
    return extracts | 'BySlice' >> beam.FlatMap(by_slice, self._specs)


def by_slice(extracts: Mapping[str, Any], specs: Sequence[tfma.SlicingSpec]) -> Iterator[dict[str, Any]]:
  """Split a batch by slice.

  Args:
    extracts: TFMA's extracts of a batch: arrays [batch, 1]. The slices come from the features and from the transformed
      features.
    specs: the slices.

  Yields:
    For each slice, the extracts that metrics need: labels and predictions [rows], the weight [1], and the slice's key.
  """
  features = {**extracts[tfma.FEATURES_KEY], **extracts.get(tfma_compat.TRANSFORMED_FEATURES_KEY, {})}
  labels, scores = extracts[tfma.LABELS_KEY][:, 0], extracts[tfma.PREDICTIONS_KEY][:, 0]
  scores = np.where(review_scores.is_probability(scores), scores, 1 - labels).astype(scores.dtype)
  for key, rows in _slices(features, specs, len(labels)):
    yield {
        tfma.SLICE_KEY_TYPES_KEY: tfma_compat.slice_keys(key),
        tfma.LABELS_KEY: labels[rows],
        tfma.PREDICTIONS_KEY: scores[rows],
        tfma.EXAMPLE_WEIGHTS_KEY: np.array([len(rows)], np.float64),
    }


def _slices(features: Mapping[str, np.ndarray], specs: Sequence[tfma.SlicingSpec],
            size: int) -> Iterator[tuple[_SliceKey, np.ndarray]]:
  """Yield the key of each slice and the slice's rows in the batch."""
  for spec in specs:
    if not spec.feature_keys:
      yield (), np.arange(size)
      continue
    key, = spec.feature_keys
    values, indices = np.unique(np.ravel(features[key]), return_inverse=True)
    for index, value in enumerate(values.tolist()):
      yield ((key, value.decode() if isinstance(value, bytes) else value),), np.flatnonzero(indices == index)
