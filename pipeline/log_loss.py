"""TFMA's log loss, without its error: that of 0.46 counts the reviews of one of several Beam workers twice."""

from tensorflow_model_analysis.metrics import cross_entropy_metrics


class _Combiner(cross_entropy_metrics._BinaryCrossEntropyCombiner):  # pylint: disable=protected-access

  def __init__(self, original):
    vars(self).update(vars(original))

  def merge_accumulators(self, accumulators):
    # It adds all that come to the first one; from a list, that one too.
    return super().merge_accumulators(iter(accumulators))


class LogLoss(cross_entropy_metrics.BinaryCrossEntropy):
  """The mean of -log(probability of the label), over all reviews however many workers counted them."""

  def computations(self, *arguments, **settings):
    """See tfma.metrics.Metric."""
    return [computation._replace(combiner=_Combiner(computation.combiner))
            for computation in super().computations(*arguments, **settings)]
