"""Says why each component ran or was reused: which code, parameter or input differs from earlier executions."""

import json
import time
from typing import Any, Mapping, Optional

from components.common import files
from components.common import hashing
from pipeline import layout
from pipeline.results import history as history_lib

_MAX_COMPARED = 50  # earlier executions
_MAX_LENGTH = 60  # characters of a value
_MEANINGS = {
    'content_hash': 'the content of the source changed',
    'unlabeled_hash': 'the content of the unlabeled reviews changed',
    'destination_state': 'the pushed versions changed',
}


def record_fingerprints(output_dir: str) -> None:
  """Add the fingerprints that this process has computed to those of the output directory.

  They are in a file beside the metadata store, because only the fingerprint may be part of a cache key.

  Args:
    output_dir: of the runs.
  """
  known = read_fingerprints(output_dir)
  if hashing.recorded_parts().keys() - known.keys():
    with files.write_atomically(layout.fingerprints(output_dir)) as file:
      json.dump({**known, **hashing.recorded_parts()}, file)


def read_fingerprints(output_dir: str) -> dict[str, dict[str, str]]:
  """Return the hash of each file behind each fingerprint; empty without a readable record."""
  try:
    with open(layout.fingerprints(output_dir), encoding='utf-8') as file:
      return json.load(file)
  except (OSError, ValueError):
    return {}


def explain_step(history: history_lib.History, step: history_lib.Step,
                 fingerprints: Mapping[str, Mapping[str, str]]) -> str:
  """Explain why a component ran or was reused.

  Of the last earlier executions, the one with the fewest differences counts: runs of other models may lie between.

  Args:
    history: of the output directory.
    step: one of its steps.
    fingerprints: of `read_fingerprints`.

  Returns:
    One line.
  """
  if step.state == 'resolved':
    return 'finds the outputs of earlier runs each time'
  if step.state == 'cached':
    maker = next(filter(None, (history.producer(id_) for ids in step.outputs.values() for id_ in ids)), None)
    made = f' since {time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(maker.started))}' if maker else ''
    return f'same code, parameters and inputs{made}'
  earlier = [other for other in history.steps(step.component) if other.id < step.id and other.state == 'ran']
  earlier = earlier[-_MAX_COMPARED:]
  if not earlier:
    return 'no earlier execution that was completed'
  differences = min((_find_differences(history, other, step, fingerprints) for other in reversed(earlier)), key=len)
  return '; '.join(differences) or 'nothing changed: the cache is off, or the previous outputs were deleted'


def _find_differences(history: history_lib.History, old: history_lib.Step, new: history_lib.Step,
                      fingerprints: Mapping[str, Mapping[str, str]]) -> list[str]:
  """Return what differs between two executions of a component, one line each."""
  result = []
  for name in _differing_keys(old.inputs, new.inputs):
    makers = {step.component for id_ in new.inputs.get(name, ()) if (step := history.producer(id_))}
    result.append(f'input {name} is new ({", ".join(makers)})' if makers else f'input {name} is missing')
  for key in _differing_keys(old.parameters, new.parameters):
    name, former, now = key.rpartition('.')[2], old.parameters.get(key, ''), new.parameters.get(key, '')
    if name == 'code':
      result.append(_explain_code(fingerprints.get(former), fingerprints.get(now)))
    else:
      result.append(_MEANINGS.get(name) or (
          f'{key.removeprefix("custom_config.")}: {_shorten(former)} -> {_shorten(now)}'))
  return result


def _explain_code(old: Optional[Mapping[str, str]], new: Optional[Mapping[str, str]]) -> str:
  if old is None or new is None:
    return 'code changed, in files that were not recorded'
  return f'code changed: {", ".join(_differing_keys(old, new))}'


def _differing_keys(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
  return sorted(key for key in {*old, *new} if old.get(key) != new.get(key))


def _shorten(value: Any) -> str:
  text = ' '.join(str(value).split()) or 'unset'
  return text if len(text) <= _MAX_LENGTH else f'{text[:_MAX_LENGTH]}...'
