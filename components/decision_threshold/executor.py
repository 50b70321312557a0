"""Executor of DecisionThreshold: scores eval with the exported model, and writes decision.json."""

import json
import os
from typing import Any

import numpy as np
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import io_utils
from tfx.utils import path_utils

from components.common import artifacts
from components.common import decision as decision_lib
from components.common import evaluation_results
from components.common import examples as examples_lib
from components.common import scoring
from components.decision_threshold import target as target_lib


class Executor(base_executor.BaseExecutor):
  """Writes decision.json; target and threshold are custom properties too."""

  def Do(self, input_dict: artifacts.Artifacts, output_dict: artifacts.Artifacts,
         exec_properties: dict[str, Any]) -> None:
    """Choose the threshold; see tfx.dsl.components.base.base_executor.BaseExecutor."""
    score = scoring.load_scorer(path_utils.serving_model_path(artifact_utils.get_single_uri(input_dict['model'])))
    scores, labels = {}, {}
    for split in (exec_properties['split'], exec_properties['test_split']):
      examples = list(examples_lib.read_examples(artifact_utils.get_single_uri(input_dict['examples']), split))
      scores[split] = np.array(score([example.text.decode() for example in examples]))
      labels[split] = np.array([example.label for example in examples])
    record = decide(exec_properties['target'], scores[exec_properties['split']], labels[exec_properties['split']])
    record['figures'] = {split: measure(scores[split], labels[split], record['threshold']) for split in scores}
    output = artifact_utils.get_single_instance(output_dict['decision'])
    content = json.dumps(record, indent=2, allow_nan=False)
    io_utils.write_string_file(os.path.join(output.uri, decision_lib.FILE), content)
    output.set_string_custom_property('target', record['target'])
    output.set_float_custom_property('threshold', record['threshold'])
    output.set_int_custom_property('reached', int(record['reached']))


def decide(target: str, scores: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
  """Choose a threshold.

  Args:
    target: see `target.parse`.
    scores: float [texts], probabilities of the positive class.
    labels: int [texts], 1 positive and 0 negative.

  Returns:
    `target`, `threshold`, and whether the target is `reached`: if no threshold reaches it, the default is kept.
  """
  found = target_lib.choose_threshold(scores, labels, target_lib.parse(target))
  return {'target': target, 'threshold': decision_lib.THRESHOLD if found is None else found,
          'reached': found is not None}


def measure(scores: np.ndarray, labels: np.ndarray, threshold: float) -> dict[str, Any]:
  """Measure the predictions at a threshold.

  Args:
    scores: float [texts], probabilities of the positive class.
    labels: int [texts], 1 positive and 0 negative.
    threshold: the probability above which a text is predicted positive.

  Returns:
    `matrix` (texts by tp, tn, fp and fn), `metrics` and their 95 % `intervals` (low, high), by name; what has no value,
    such as the precision without a positive prediction, is missing.
  """
  positive, actual = scores > threshold, labels == 1
  matrix = {'tp': int((positive & actual).sum()), 'tn': int((~positive & ~actual).sum()),
            'fp': int((positive & ~actual).sum()), 'fn': int((~positive & actual).sum())}
  return {'matrix': matrix, **evaluation_results.measure_matrix(matrix)}
