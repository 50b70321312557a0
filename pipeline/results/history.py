"""All runs of an output directory as ML Metadata recorded them: steps, artifacts, and what was made from what."""

import contextlib
import json
import os
from typing import Any, Iterable, Mapping, NamedTuple, Optional, TypeAlias

from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2

from pipeline.results import locations
from pipeline.results import metadata

_Execution = metadata_store_pb2.Execution
_Event: TypeAlias = metadata_store_pb2.Event
_STATES = {_Execution.COMPLETE: 'ran', _Execution.CACHED: 'cached'}


class Step(NamedTuple):
  """An execution of a component.

  Attributes:
    id: in the store.
    component: id of the node.
    state: ran, cached, resolved or failed (which includes interrupted).
    started: seconds since 1970.
    seconds: duration.
    parameters: execution properties by dotted name; those in JSON, such as custom_config, are one by one.
    inputs: ids of artifacts by input.
    outputs: ids of artifacts by output.
  """

  id: int
  component: str
  state: str
  started: float
  seconds: float
  parameters: dict[str, Any]
  inputs: dict[str, list[int]]
  outputs: dict[str, list[int]]


class Artifact(NamedTuple):
  """An artifact: its id, type, directory and custom properties; `is_live` if it is complete and was not deleted."""

  id: int
  type: str
  uri: str
  is_live: bool
  properties: dict[str, Any]


class Run(NamedTuple):
  """A run of the pipeline: its id and its steps in order."""

  id: str
  steps: list[Step]

  def step(self, component: str) -> Optional[Step]:
    """Return the step of a component; None if the run has none."""
    return next((step for step in self.steps if step.component == component), None)


class History:
  """The runs of an output directory.

  Attributes:
    runs: the oldest first.
    artifacts: by id.
  """

  def __init__(self, output_dir: str):
    store = metadata_store.MetadataStore(metadata.sqlite_connection(output_dir))
    artifacts = store.get_artifacts()
    locations.locate(artifacts, output_dir)
    self.artifacts = {each.id: _artifact(each) for each in sorted(artifacts, key=lambda each: each.id)}
    nodes = {execution.id: context.name.partition('.')[2] for context in _contexts(store, 'node')
             for execution in store.get_executions_by_context(context.id)}
    executions = {execution.id: execution for execution in store.get_executions() if execution.id in nodes}
    events: dict[int, list[_Event]] = {}
    for event in store.get_events_by_execution_ids(list(executions)) if executions else ():
      events.setdefault(event.execution_id, []).append(event)
    steps = {id_: _step(executions[id_], component, events.get(id_, [])) for id_, component in nodes.items()}
    found = [Run(context.name, sorted((
        steps[execution.id] for execution in store.get_executions_by_context(context.id)), key=lambda step: step.id))
             for context in _contexts(store, 'pipeline_run')]
    self.runs = sorted((run for run in found if run.steps), key=lambda run: run.steps[0].id)
    self._steps: dict[str, list[Step]] = {}
    for step in (step for run in self.runs for step in run.steps):
      self._steps.setdefault(step.component, []).append(step)
    self._producers = {id_: step for step in sorted(steps.values(), reverse=True, key=lambda step: step.id)
                       for ids in step.outputs.values() for id_ in ids if step.state in ('ran', 'failed')}

  def steps(self, component: str) -> list[Step]:
    """Return all steps of a component, the oldest first."""
    return self._steps.get(component, [])

  def producer(self, artifact_id: int) -> Optional[Step]:
    """Return the step that made an artifact; None if it is not recorded."""
    return self._producers.get(artifact_id)

  def ancestors(self, artifact_ids: Iterable[int]) -> set[int]:
    """Return the ids of artifacts and of all that they were made from."""
    pending = list(artifact_ids)
    found: set[int] = set()
    while pending:
      id_ = pending.pop()
      if id_ in found:
        continue
      found.add(id_)
      if step := self.producer(id_):
        pending += [input_id for ids in step.inputs.values() for input_id in ids]
    return found

  def value(self, step: Optional[Step], output: str, name: str) -> Any:
    """Return a custom property of a step's output; None without the step, the output or the property."""
    ids = step.outputs.get(output) if step else None
    return self.artifacts[ids[0]].properties.get(name) if ids else None


def load_history(output_dir: str) -> History:
  """Read the metadata store of an output directory.

  Args:
    output_dir: of the runs.

  Raises:
    ValueError: there is no readable store; the message says what to do.
  """
  if not os.path.isdir(output_dir) or not metadata.components_with_artifacts(output_dir):
    raise ValueError(f'{output_dir}: holds no runs; run local_runner.py first, or name another --output-dir')
  metadata.check_store(output_dir)
  return History(output_dir)


def _contexts(store: metadata_store.MetadataStore, kind: str) -> list[metadata_store_pb2.Context]:
  return store.get_contexts_by_type(kind) if kind in {each.name for each in store.get_context_types()} else []


def _properties(found: Mapping[str, metadata_store_pb2.Value]) -> dict[str, Any]:
  return {name: getattr(value, value.WhichOneof('value')) for name, value in found.items()}


def _flatten(properties: Mapping[str, Any], prefix: str = '') -> dict[str, Any]:
  """Return parameters by dotted name; those in JSON, such as custom_config, one by one."""
  result: dict[str, Any] = {}
  for name, value in properties.items():
    if isinstance(value, str) and value.lstrip().startswith(('{', '[')):
      with contextlib.suppress(ValueError):
        value = json.loads(value)
    if isinstance(value, list):
      value = {str(place): item for place, item in enumerate(value)}
    if isinstance(value, dict):
      result.update(_flatten(value, f'{prefix}{name}.'))
    else:
      result[prefix + name] = value
  return result


def _artifact(found: metadata_store_pb2.Artifact) -> Artifact:
  return Artifact(found.id, found.type, found.uri, found.state == metadata_store_pb2.Artifact.LIVE,
                  _properties(found.custom_properties))


def _step(found: metadata_store_pb2.Execution, component: str, events: list[_Event]) -> Step:
  ids: dict[bool, dict[str, list[int]]] = {True: {}, False: {}}
  for event in sorted(events, key=lambda event: event.path.steps[1].index if len(event.path.steps) > 1 else 0):
    if event.path.steps:
      is_input = event.type in (_Event.INPUT, _Event.INTERNAL_INPUT, _Event.DECLARED_INPUT)
      ids[is_input].setdefault(event.path.steps[0].key, []).append(event.artifact_id)
  state = 'resolved' if found.type.endswith('.Resolver') else _STATES.get(found.last_known_state, 'failed')
  return Step(
      found.id, component, state, found.create_time_since_epoch / 1000,
      (found.last_update_time_since_epoch - found.create_time_since_epoch) / 1000,
      _flatten(_properties(found.custom_properties)),
      ids[True], ids[False])
