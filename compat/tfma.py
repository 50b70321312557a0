"""TFMA: base classes of our own metrics, and names that extractors of batches need.

BinaryCrossEntropy and BinaryConfusionMetric are needed for right results. components/evaluator/extractors.py says what
the extractors gain.
"""

from typing import Any, Iterable, Sequence

import numpy as np
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.extractors import slice_key_extractor
from tensorflow_model_analysis.extractors import unbatch_extractor
from tensorflow_model_analysis.metrics import confusion_matrix_metrics
from tensorflow_model_analysis.metrics import cross_entropy_metrics
from tensorflow_model_analysis.slicer import slicer_lib

PINNED = {'tensorflow-model-analysis': '0.46.0'}

_MIN_PROBABILITY = 1e-7  # 1 - 1e-8 is 1 in float32
TRANSFORMED_FEATURES_KEY = constants.TRANSFORMED_FEATURES_KEY  # of the extracts
# The name by which TFMA's evaluators find the last stage before them.
SLICE_KEYS_STAGE = slice_key_extractor.SLICE_KEY_EXTRACTOR_STAGE_NAME


def batched_extractors(extractors: Sequence[tfma.extractors.Extractor]) -> list[tfma.extractors.Extractor]:
  """Return those of TFMA's default extractors that work on whole batches.

  Args:
    extractors: what tfma.default_extractors gave.

  Raises:
    ValueError: none of them is the extractor that splits batches in the pinned version.
  """
  names = [extractor.stage_name for extractor in extractors]
  return list(extractors[:names.index(unbatch_extractor.UNBATCH_EXTRACTOR_STAGE_NAME)])


def slice_keys(key: slicer_lib.SliceKeyType) -> np.ndarray:
  """Return a slice's key in the form in which TFMA keeps the slices of an example: object [1]."""
  return slicer_lib.slice_keys_to_numpy_array([key])


class BinaryConfusionMetric(confusion_matrix_metrics.ConfusionMatrixMetric):
  """Base class of metrics that `result` computes from the confusion matrix at 0.5; their default name is `NAME`."""

  NAME: str

  def _default_name(self):
    return self.NAME


class _CrossEntropyCombiner(cross_entropy_metrics._BinaryCrossEntropyCombiner):  # pylint: disable=protected-access
  """TFMA's combiner without its two errors."""

  def __init__(self, original: Any) -> None:
    self.__dict__.update(original.__dict__)

  def merge_accumulators(self, accumulators: Iterable[Any]) -> Any:
    # TFMA takes the first accumulator and adds all others; but it iterates over a list anew, and adds the first twice.
    return super().merge_accumulators(iter(accumulators))

  def _cross_entropy(self, label, prediction):
    # At a probability of 0 or 1, TFMA's sum is NaN for a correct prediction and infinite for a wrong one.
    return super()._cross_entropy(label, np.clip(prediction, _MIN_PROBABILITY, 1 - _MIN_PROBABILITY))


class BinaryCrossEntropy(cross_entropy_metrics.BinaryCrossEntropy):
  """TFMA's binary cross-entropy without two errors of 0.46.

  With several Beam workers, TFMA counts the examples of one of them twice. A probability of exactly 0 or 1 makes its
  result NaN. Here probabilities count as 1e-7 at least and 1 - 1e-7 at most.
  """

  def computations(self, *args: Any, **kwargs: Any) -> list[Any]:
    """See tfma.metrics.Metric."""
    return [computation._replace(combiner=_CrossEntropyCombiner(computation.combiner))
            for computation in super().computations(*args, **kwargs)]
