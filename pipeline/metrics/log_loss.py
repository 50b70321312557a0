"""The log loss of the scores, as a metric of the Evaluator."""

from compat import tfma as tfma_compat


class LogLoss(tfma_compat.BinaryCrossEntropy):
  """The mean of -log(probability of the label) over all examples, however many Beam workers counted them.

  Probabilities count as 1e-7 at least and 1 - 1e-7 at most.
  """
