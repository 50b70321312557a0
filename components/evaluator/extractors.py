"""TFMA's extractors, with each batch taken apart by slice, not by review.

TFMA adds up its metrics example by example, in each slice that the example is in: 50,000 times for IMDB's test, which
took nine tenths of an evaluation. But an example may hold many labels and predictions. So all reviews of a batch that
are in a slice become one example here, whose weight is their number, for the metrics that count or average examples.
"""

import apache_beam as beam
import numpy as np
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.extractors import slice_key_extractor
from tensorflow_model_analysis.extractors import unbatch_extractor
from tensorflow_model_analysis.slicer import slicer_lib


def custom_extractors(eval_shared_model, eval_config, tensor_adapter_config):
  """The extractors of an evaluation: this name and these arguments are what TFX's Evaluator looks for.

  Args:
    eval_shared_model: of the candidate, or a list of both.
    eval_config: tfma.EvalConfig; each of its slicing_specs is of one feature, or of none: overall.
    tensor_adapter_config: of the examples.

  Returns:
    A list of tfma.extractors.Extractor.
  """
  extractors = tfma.default_extractors(
      eval_shared_model=eval_shared_model, eval_config=eval_config, tensor_adapter_config=tensor_adapter_config)
  names = [extractor.stage_name for extractor in extractors]
  batched = extractors[:names.index(unbatch_extractor.UNBATCH_EXTRACTOR_STAGE_NAME)]
  # The stage that TFMA's evaluators ask for.
  return [*batched, tfma.extractors.Extractor(
      slice_key_extractor.SLICE_KEY_EXTRACTOR_STAGE_NAME, beam.FlatMap(by_slice, list(eval_config.slicing_specs)))]


def by_slice(extracts, specs):
  """Takes a batch apart by slice.

  Args:
    extracts: TFMA's of a batch, arrays [batch, 1]; those of two models are keyed by model. The slices come from the
      candidate's transformed features and the raw ones: the baseline may be older than the candidate's signature.
    specs: a list of tfma.SlicingSpec.

  Yields:
    For each slice, the extracts that metrics need: labels and predictions [reviews], the weight [1], the slice's key.
  """
  features = {**extracts[constants.FEATURES_KEY], **extracts.get(constants.TRANSFORMED_FEATURES_KEY, {})}
  size = len(next(iter(features.values())))
  for key, rows in _slices(features, specs, size):
    yield {
        constants.SLICE_KEY_TYPES_KEY: slicer_lib.slice_keys_to_numpy_array([key]),
        constants.LABELS_KEY: _of_rows(extracts[constants.LABELS_KEY], rows),
        constants.PREDICTIONS_KEY: _of_rows(extracts[constants.PREDICTIONS_KEY], rows),
        constants.EXAMPLE_WEIGHTS_KEY: np.array([len(rows)], np.float64),
    }


def _of_rows(values, rows):
  """Some rows of an array [batch, 1], as [rows], or of each model's."""
  return {model: array[rows, 0] for model, array in values.items()} if isinstance(values, dict) else values[rows, 0]


def _slices(features, specs, size):
  """Pairs of a slice's key and its rows in the batch."""
  for spec in specs:
    if not spec.feature_keys:
      yield (), np.arange(size)
      continue
    key, = spec.feature_keys
    values, places = np.unique(np.ravel(features[key]), return_inverse=True)
    for place, value in enumerate(values.tolist()):
      yield ((key, value.decode() if isinstance(value, bytes) else value),), np.flatnonzero(places == place)
