"""TFMA's log loss without two errors of 0.46: the reviews of one of several workers count twice, sure scores give NaN."""

import numpy as np
from tensorflow_model_analysis.metrics import cross_entropy_metrics


_LEAST = 1e-7  # a float32 comes no closer to 1


class _Combiner(cross_entropy_metrics._BinaryCrossEntropyCombiner):  # pylint: disable=protected-access

  def __init__(self, original):
    vars(self).update(vars(original))

  def merge_accumulators(self, accumulators):
    # It adds all that come to the first one; from a list, that one too.
    return super().merge_accumulators(iter(accumulators))

  def _cross_entropy(self, label, prediction):
    # 0 log 0 is no number; a sure score that is wrong would cost all there is.
    return super()._cross_entropy(label, np.clip(prediction, _LEAST, 1 - _LEAST))


class LogLoss(cross_entropy_metrics.BinaryCrossEntropy):
  """The mean of -log(probability of the label), over all reviews however many workers counted them.

  Probabilities count as 1e-7 at least and as 1 - 1e-7 at most.
  """

  def computations(self, *arguments, **settings):
    """See tfma.metrics.Metric."""
    return [computation._replace(combiner=_Combiner(computation.combiner))
            for computation in super().computations(*arguments, **settings)]
