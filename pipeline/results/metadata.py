"""Reads what a run did from the MLMD store."""

import os
import shlex
from typing import Any, NamedTuple, Optional, Union

from ml_metadata import errors
from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2
from tfx.utils import path_utils

from pipeline import layout

_State = metadata_store_pb2.Execution
Connection = Union[metadata_store_pb2.ConnectionConfig, metadata_store_pb2.MetadataStoreClientConfig]


class Execution(NamedTuple):
  """The latest execution of a component.

  Attributes:
    id: in the store.
    cached: whether former outputs were reused.
    is_resolver: whether it is a Resolver's, which only looks artifacts up.
    outputs: artifacts by key.
    properties: execution properties by name.
  """

  id: int
  cached: bool
  is_resolver: bool
  outputs: dict[str, list[metadata_store_pb2.Artifact]]
  properties: dict[str, Any]

  def uri(self, key: str) -> str:
    return self.outputs[key][0].uri

  def value(self, key: str, name: str):
    """A custom property of an output artifact; None where it is not there."""
    found = self.outputs[key][0].custom_properties.get(name)
    return found and getattr(found, found.WhichOneof('value'))


def check_store(output_dir: str) -> None:
  """Raises ValueError, with the way out, where the store of an output directory cannot be gone on with."""
  path, artifacts = layout.metadata(output_dir), layout.artifacts(output_dir)
  problem = _problem(output_dir)
  if problem and components_with_artifacts(output_dir):
    olds = [f'mv {shlex.quote(old)} {shlex.quote(old + ".old")}' for old in (path, artifacts) if os.path.exists(old)]
    raise ValueError(f'{path}: {problem}. Put back a copy of it, or start anew (what was pushed stays): '
                     + '; '.join(olds))
  if problem and os.path.exists(path):
    os.remove(path)  # of a run that was killed before it made anything


def components_with_artifacts(output_dir: str) -> list[str]:
  """Names of the components that have left something in an output directory."""
  artifacts = layout.artifacts(output_dir)
  return os.listdir(artifacts) if os.path.isdir(artifacts) else []


def _problem(output_dir: str) -> Optional[str]:
  path = layout.metadata(output_dir)
  if not os.path.exists(path) or not os.path.getsize(path):
    return 'the metadata store is gone, but not what earlier runs made'
  try:
    Store(output_dir).artifact_types()
  except (RuntimeError, errors.StatusError) as error:
    reason = str(error).removeprefix('Error when executing query: ')
    return f'the metadata store cannot be read ({reason.partition(" query:")[0].partition(". ")[0]})'
  return None


def service_connection(address: str) -> Connection:
  """The connection to a metadata service, as Kubeflow's, at HOST:PORT."""
  host, _, port = address.rpartition(':')
  if not host or not port.isdecimal():
    raise ValueError(f'--metadata {address}: HOST:PORT was expected')
  return metadata_store_pb2.MetadataStoreClientConfig(host=host, port=int(port))


def _sqlite(output_dir: str) -> Connection:
  config = metadata_store_pb2.ConnectionConfig()
  config.sqlite.filename_uri = layout.metadata(output_dir)
  config.sqlite.connection_mode = metadata_store_pb2.SqliteMetadataSourceConfig.READONLY
  return config


class Store:
  """The MLMD store of an output directory, or that of a connection."""

  def __init__(self, output_dir: str, connection: Optional[Connection] = None):
    self._store = metadata_store.MetadataStore(connection or _sqlite(output_dir))

  def artifact_types(self) -> list[str]:
    """Names of the artifact types that runs have left."""
    return [kind.name for kind in self._store.get_artifact_types()]

  def latest_execution(self, component: str) -> Execution:
    """The component's latest execution."""
    context = self._store.get_context_by_type_and_name('node', f'{layout.PIPELINE_NAME}.{component}')
    executions = self._store.get_executions_by_context(context.id)
    execution = max(executions, key=lambda e: e.id)
    outputs = {}
    events = [
        event for event in self._store.get_events_by_execution_ids([execution.id])
        if event.type in (metadata_store_pb2.Event.OUTPUT, metadata_store_pb2.Event.INTERNAL_OUTPUT)]
    artifacts = {a.id: a for a in self._store.get_artifacts_by_id([event.artifact_id for event in events])}
    for event in events:
      outputs.setdefault(event.path.steps[0].key, []).append(artifacts[event.artifact_id])
    return Execution(
        execution.id, execution.last_known_state == _State.CACHED, execution.type.endswith('.Resolver'), outputs,
        {key: getattr(v, v.WhichOneof('value')) for key, v in execution.custom_properties.items()})

  def execution_seconds(self, execution: Execution) -> float:
    """How long the execution took that made an execution's outputs: an earlier one where they were reused."""
    made = [artifact.id for artifacts in execution.outputs.values() for artifact in artifacts]
    makers = [event.execution_id for event in self._store.get_events_by_artifact_ids(made)
              if event.type == metadata_store_pb2.Event.OUTPUT]
    found = self._store.get_executions_by_id([min(makers, default=execution.id)])[0]
    return (found.last_update_time_since_epoch - found.create_time_since_epoch) / 1000


def split_file(execution: Execution, key: str, split: str, name: str) -> str:
  """Path of a file in a split of an output artifact."""
  return os.path.join(execution.uri(key), f'Split-{split}', name)


def exported_model(trainer: Execution) -> str:
  """The SavedModel that a Trainer exported."""
  return path_utils.serving_model_path(trainer.uri('model'))


class Lineage(Store):
  """What was made from what, in the MLMD store of an output directory."""

  def artifacts(self, kind: str) -> list[metadata_store_pb2.Artifact]:
    """Those of a type that were finished, the oldest first."""
    found = self._store.get_artifacts_by_type(kind)
    return sorted((each for each in found if each.state == metadata_store_pb2.Artifact.LIVE), key=lambda each: each.id)

  def latest_artifact(self, kind: str) -> metadata_store_pb2.Artifact:
    """The newest of a type."""
    return self.artifacts(kind)[-1]

  def inputs_of(self, artifact: metadata_store_pb2.Artifact) -> dict[str, metadata_store_pb2.Artifact]:
    """The inputs, by key, of the execution that made an artifact."""
    events = [event for event in self._store.get_events_by_execution_ids([self._maker(artifact)])
              if event.type == metadata_store_pb2.Event.INPUT]
    found = {each.id: each for each in self._store.get_artifacts_by_id([event.artifact_id for event in events])}
    return {event.path.steps[0].key: found[event.artifact_id] for event in events}

  def sibling_output(self, artifact: metadata_store_pb2.Artifact, key: str) -> metadata_store_pb2.Artifact:
    """Another output, by its key, of the execution that made an artifact."""
    events = self._store.get_events_by_execution_ids([self._maker(artifact)])
    found = next(event.artifact_id for event in events if event.path.steps and event.path.steps[0].key == key
                 and event.type == metadata_store_pb2.Event.OUTPUT)
    return self._store.get_artifacts_by_id([found])[0]

  def _maker(self, artifact):
    """The id of the execution that made an artifact."""
    return next(event.execution_id for event in self._store.get_events_by_artifact_ids([artifact.id])
                if event.type == metadata_store_pb2.Event.OUTPUT)

  def latest_derived(self, artifact: metadata_store_pb2.Artifact, kind: str) -> metadata_store_pb2.Artifact:
    """The newest artifact of a type that was made from this one."""
    return [each for each in self.artifacts(kind)
            if artifact.id in {source.id for source in self.inputs_of(each).values()}][-1]
