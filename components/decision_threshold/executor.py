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
from components.common import review_scores
from components.decision_threshold import target as target_lib
from models import features


class Executor(base_executor.BaseExecutor):
  """Writes decision.json; target and threshold are custom properties too."""

  def Do(self, input_dict: artifacts.Artifacts, output_dict: artifacts.Artifacts,
         exec_properties: dict[str, Any]) -> None:
    """Choose the threshold; see tfx.dsl.components.base.base_executor.BaseExecutor."""
    model, examples, evaluation = (
        artifact_utils.get_single_uri(input_dict[name]) for name in ('model', 'examples', 'evaluation'))
    on_eval = review_scores.score_split(path_utils.serving_model_path(model), examples, features.EVAL)
    path = os.path.join(evaluation, review_scores.FILE)
    on_test = review_scores.read_scores(path)
    if on_test is None:
      raise ValueError(f'{path}: cannot be read; run this again with --set enable_cache=false')
    record = decide(exec_properties['target'], on_eval.score, on_eval.label)
    record['figures'] = {split: measure(found.score, found.label, record['threshold'])
                         for split, found in ((features.EVAL, on_eval), (features.TEST, on_test))}
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
