"""Executor of VersionedPusher: pushes a model that every gate has blessed, and records what is known about it."""

import json
import os
import shutil
from typing import Any, Mapping, Sequence

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils
from tfx.utils import path_utils

from compat import tfx as tfx_compat
from components.common import artifacts
from components.common import custom_properties
from components.common import decision
from components.common import examples as examples_lib
from components.common import review_scores
from components.common import version_comparison
from components.versioned_pusher import push_and_rollback
from components.versioned_pusher import served_versions
from components.versioned_pusher import warmup

# The component that each input has its verdict from.
VERDICTS = {'model_blessing': 'Evaluator', 'infra_blessing': 'ServingValidator',
            'behaviour_report': 'BehaviourValidator'}
_CARD, _EVALUATION = 'model_card', 'evaluation'


class Executor(base_executor.BaseExecutor):
  """Pushes, or records why not, as custom properties of `pushed_model`."""

  def Do(self, input_dict: artifacts.Artifacts, output_dict: artifacts.Artifacts,
         exec_properties: dict[str, Any]) -> None:
    """Push; see tfx.dsl.components.base.base_executor.BaseExecutor."""
    output = artifact_utils.get_single_instance(output_dict['pushed_model'])
    refusals = find_refusals(input_dict)
    if refusals:
      output.set_int_custom_property('pushed', 0)
      output.set_string_custom_property('reason', f'refused by {", ".join(refusals)}')
      live = push_and_rollback.newest_version(exec_properties['destination'])
      output.set_string_custom_property('live_version', str(live.number) if live else '')
      return
    model = artifact_utils.get_single_instance(input_dict['model'])

    def add_files(copy):
      _add_files(copy, input_dict, exec_properties)

    version = push_and_rollback.push(
        path_utils.serving_model_path(model.uri), exec_properties['destination'],
        _make_manifest(input_dict, exec_properties, tfx_compat.executor_context(self)), add_files,
        exec_properties['keep'])
    output.set_int_custom_property('pushed', 1)
    output.set_string_custom_property('pushed_destination', str(version.path))
    output.set_string_custom_property('pushed_version', str(version.number))


def find_refusals(inputs: Mapping[str, Sequence[types.Artifact]]) -> list[str]:
  """Return the names of the components that refuse the model.

  Args:
    inputs: artifacts by the component's input.
  """
  return [component for key, component in VERDICTS.items() for artifact in inputs.get(key) or ()
          if not artifact.get_int_custom_property('blessed')]


def _make_manifest(inputs: artifacts.Artifacts, exec_properties: Mapping[str, Any], context: Any) -> dict[str, Any]:
  """Return what is recorded with the version; `pipeline` and `run` are None if they are unknown, as on Kubeflow."""
  card = inputs.get(_CARD) or []
  model = artifact_utils.get_single_instance(inputs['model'])
  return {
      'model_name': exec_properties['model_name'],
      'model_uri': model.uri,
      'state': exec_properties.get('destination_state', ''),
      'pipeline': context and context.pipeline_info and context.pipeline_info.id,
      'run': context and context.pipeline_run_id,
      'model': _artifact_record(model),
      'data': [{'uri': artifact.uri, **_artifact_record(artifact)} for artifact in inputs.get('examples') or ()],
      'verdicts': {key: _artifact_record(artifact) for key in VERDICTS for artifact in inputs.get(key) or ()},
      **read_decision(inputs),
      **(_read_metrics(card[0].uri) if card else {}),
      **_comparison_record(inputs.get(_EVALUATION) or ()),
  }


def read_decision(inputs: Mapping[str, Sequence[types.Artifact]]) -> dict[str, Any]:
  """Return the decision threshold as the manifest has it, by its key; empty if none was chosen.

  Args:
    inputs: artifacts by the component's input.
  """
  if not inputs.get('decision'):
    return {}
  with fileio.open(os.path.join(inputs['decision'][0].uri, decision.FILE)) as file:
    return {decision.RECORD: json.loads(file.read())}


def _artifact_record(artifact: types.Artifact) -> dict[str, Any]:
  """Return an artifact's id and custom properties as JSON values."""
  return {'artifact_id': artifact.id, **custom_properties.read_properties(artifact)}


def _read_metrics(card: str) -> dict[str, Any]:
  with fileio.open(os.path.join(card, 'model_card.json')) as file:
    content = json.loads(file.read())
  return {key: content[key] for key in ('domain', 'metrics', 'intervals', 'thresholds', 'baseline') if key in content}


def _comparison_record(evaluations: Sequence[types.Artifact]) -> dict[str, Any]:
  """Return what the next runs need to know to compare with this version, and to compare it in the same way again."""
  comparison = version_comparison.read_comparison(evaluations[0].uri) if evaluations else None
  if comparison is None:
    return {}
  return {
      served_versions.TEST_HASH: comparison.data_hash,
      served_versions.IGNORED_BASELINE: comparison.ignored_baseline,
      push_and_rollback.COMPARED_WITH: {each.role: each._asdict() for each in comparison.compared},
  }


def _add_files(copy: str, inputs: artifacts.Artifacts, exec_properties: Mapping[str, Any]) -> None:
  """Add warm-up requests, the scores on test and the model card to the copy of the model."""
  if inputs.get('examples'):
    uri = artifact_utils.get_single_uri(inputs['examples'])
    texts = [example.text
             for example in examples_lib.read_examples(uri, exec_properties['split'], limit=warmup.MAX_TEXTS)]
    if texts:
      warmup.write_requests(copy, texts, exec_properties['model_name'])
  if inputs.get(_EVALUATION):
    scores = os.path.join(artifact_utils.get_single_uri(inputs[_EVALUATION]), review_scores.FILE)
    if os.path.exists(scores):
      shutil.copyfile(scores, review_scores.path_in_version(copy))
  if inputs.get(_CARD):
    shutil.copytree(artifact_utils.get_single_uri(inputs[_CARD]), os.path.join(copy, push_and_rollback.EXTRA, _CARD))
