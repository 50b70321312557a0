"""The line for the terminal: the best hyper-parameters."""

import json
import os

from components.common import progress_line

_RESULTS_FILE = 'tuner_results.json'  # TFX's, the best trial first


def describe(execution: progress_line.Execution) -> progress_line.Description:
  """Return the line for the terminal."""
  with open(os.path.join(execution.uri('tuner_results'), _RESULTS_FILE), encoding='utf-8') as file:
    trials = json.load(file)
  best = sorted((key, value) for key, value in trials[0].items() if key not in ('trial_id', 'score'))
  settings = ', '.join(f'{key}={value:.3g}' if isinstance(value, float) else f'{key}={value}' for key, value in best)
  return progress_line.Description(f'best of {len(trials)} trials: eval loss {trials[0]["score"]:.4f}, {settings}')
