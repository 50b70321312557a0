"""TFMA's extractors, with the slices of the candidate seen where there is a baseline too."""

import apache_beam as beam
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.extractors import slice_key_extractor


def custom_extractors(eval_shared_model, eval_config, tensor_adapter_config):
  """The extractors of an evaluation: this name and these arguments are what TFX's Evaluator looks for.

  TFMA 0.46 keys transformed features by the model's name only where both models give some, but looks them up by name
  whenever there are two: slices that only the candidate gives would be lost. It is the candidate's that count: the
  baseline may be older than the signature, and another vocabulary would put a review into two buckets of one kind.

  Args:
    eval_shared_model: of the candidate, or a list of both.
    eval_config: tfma.EvalConfig.
    tensor_adapter_config: of the examples.

  Returns:
    A list of tfma.extractors.Extractor.
  """
  extractors = tfma.default_extractors(
      eval_shared_model=eval_shared_model, eval_config=eval_config, tensor_adapter_config=tensor_adapter_config)
  if len(eval_config.model_specs) == 1:
    return extractors
  names = [extractor.stage_name for extractor in extractors]
  place = names.index(slice_key_extractor.SLICE_KEY_EXTRACTOR_STAGE_NAME)
  candidate = next(spec.name for spec in eval_config.model_specs if not spec.is_baseline)
  extractors.insert(place, tfma.extractors.Extractor('KeySlicesByModel', beam.Map(_keyed, candidate)))
  return extractors


def _keyed(extracts, model_name):
  features = extracts[constants.TRANSFORMED_FEATURES_KEY]
  return {**extracts, constants.TRANSFORMED_FEATURES_KEY: {model_name: features}}
