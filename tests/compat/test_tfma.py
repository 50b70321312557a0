"""What compat/tfma.py assumes of TFMA, and that the errors it corrects are still there."""

import math

import numpy as np
import pandas as pd
import pytest
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.metrics import cross_entropy_metrics

from compat import tfma as tfma_compat


def _measure(metric, parts, merge=list):
  """Add parts (labels, predictions) up, each by a worker of its own."""
  computation, = metric.computations(example_weighted=True)
  combiner = computation.combiner
  accumulators = [
      combiner.add_input(combiner.create_accumulator(), tfma.metrics.StandardMetricInputs(
          label=np.array(labels), prediction=np.array(predictions), example_weight=np.array([len(labels)])))
      for labels, predictions in parts]
  result, = combiner.extract_output(combiner.merge_accumulators(merge(accumulators))).values()
  return result


_PARTS = ([0, 1], [0.1, 0.8]), ([1], [0.3])
_EXPECTED = -(math.log(0.9) + math.log(0.8) + math.log(0.3)) / 3


def test_tfma_counts_the_first_of_several_workers_twice():
  assert _measure(tfma_compat.BinaryCrossEntropy(), _PARTS) == pytest.approx(_EXPECTED)
  assert _measure(cross_entropy_metrics.BinaryCrossEntropy(), _PARTS) != pytest.approx(_EXPECTED)
  assert _measure(cross_entropy_metrics.BinaryCrossEntropy(), _PARTS, iter) == pytest.approx(_EXPECTED)


@pytest.mark.filterwarnings('ignore::RuntimeWarning')
def test_tfma_has_no_number_for_certain_predictions():
  certain = [([0, 1], [0.0, 1.0])]
  assert _measure(tfma_compat.BinaryCrossEntropy(), certain) == pytest.approx(0, abs=1e-6)
  assert math.isnan(_measure(cross_entropy_metrics.BinaryCrossEntropy(), certain))


def test_the_combiner_overrides_methods_that_tfma_calls():
  # pylint: disable=protected-access
  original, ours = cross_entropy_metrics._BinaryCrossEntropyCombiner, tfma_compat._CrossEntropyCombiner
  for name in ('merge_accumulators', '_cross_entropy'):
    assert callable(getattr(original, name)) and name in vars(ours)


class Counts(tfma_compat.BinaryConfusionMetric):
  """The cells of the confusion matrix, as digits."""

  NAME = 'counts'

  def result(self, tp, tn, fp, fn):
    return tp + 10 * tn + 100 * fp + 1000 * fn


@pytest.mark.slow
def test_a_confusion_metric_gets_the_counts_at_one_half():
  frame = pd.DataFrame({'label': [1, 0, 1, 0, 0], 'prediction': [0.6, 0.4, 0.3, 0.9, 0.5]})
  metric = tfma.MetricConfig(class_name=Counts.__name__, module=__name__)
  config = tfma.EvalConfig(
      model_specs=[tfma.ModelSpec(label_key='label', prediction_key='prediction')], slicing_specs=[tfma.SlicingSpec()],
      metrics_specs=[tfma.MetricsSpec(metrics=[metric])])
  found = tfma.analyze_raw_data(frame, config).get_metrics_for_all_slices()[()]
  assert found['counts']['doubleValue'] == 1 + 10 * 2 + 100 + 1000


def test_default_extractors_unbatch_once_and_batches_come_before():
  extractors = tfma.default_extractors(eval_config=tfma.EvalConfig(model_specs=[tfma.ModelSpec(
      prediction_key='score', label_key='label')]))
  batched = tfma_compat.batched_extractors(extractors)
  names = [extractor.stage_name for extractor in extractors]
  assert 0 < len(batched) < len(extractors) and names[len(batched)] == 'ExtractUnbatchedInputs'
  assert tfma_compat.SLICE_KEYS_STAGE in names[len(batched):]


def test_slice_keys_are_as_tfma_splits_examples():
  key = (('rating', 8),)
  found = tfma_compat.slice_keys(key)
  assert found.shape == (1,) and found.dtype == object and found[0] == key
  assert tfma_compat.slice_keys(())[0] == ()
