"""Reads the ML Metadata store of an output directory: executions of the latest runs, and the lineage of artifacts."""

import os
import shlex
from typing import Any, NamedTuple, Optional, TypeAlias, Union

from ml_metadata import errors
from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2
from tfx.utils import path_utils

from pipeline import layout
from pipeline.results import locations

Connection: TypeAlias = Union[metadata_store_pb2.ConnectionConfig, metadata_store_pb2.MetadataStoreClientConfig]
_Artifact: TypeAlias = metadata_store_pb2.Artifact
_Event = metadata_store_pb2.Event


class Execution(NamedTuple):
  """The latest execution of a component.

  Attributes:
    id: in the store.
    cached: whether previous outputs were reused.
    is_resolver: whether it is a Resolver's, which finds existing artifacts and makes none.
    outputs: artifacts by output.
    properties: execution properties by name.
  """

  id: int
  cached: bool
  is_resolver: bool
  outputs: dict[str, list[_Artifact]]
  properties: dict[str, Any]

  def uri(self, key: str) -> str:
    """Return the directory of an output artifact."""
    return self.outputs[key][0].uri

  def value(self, key: str, name: str) -> Any:
    """Return a custom property of an output artifact; None if the artifact lacks it."""
    found = self.outputs[key][0].custom_properties.get(name)
    return found and getattr(found, found.WhichOneof('value'))


def check_store(output_dir: str) -> None:
  """Check that runs can be resumed in an output directory; removes a store that never recorded an artifact.

  Args:
    output_dir: of the runs; may be empty or missing.

  Raises:
    ValueError: the store is missing or unreadable although there are artifacts; the message says what to do.
  """
  path, artifacts = layout.metadata(output_dir), layout.artifacts(output_dir)
  problem = _find_problem(output_dir)
  if problem and components_with_artifacts(output_dir):
    moves = [f'mv {shlex.quote(old)} {shlex.quote(old + ".old")}' for old in (path, artifacts) if os.path.exists(old)]
    raise ValueError(f'{path}: {problem}. Restore a copy of it, or start over (pushed versions stay live): '
                     + '; '.join(moves))
  if problem and os.path.exists(path):
    os.remove(path)  # left by a run that was killed before it made anything


def components_with_artifacts(output_dir: str) -> list[str]:
  """Return the names of the components that have stored artifacts in an output directory."""
  artifacts = layout.artifacts(output_dir)
  return os.listdir(artifacts) if os.path.isdir(artifacts) else []


def _find_problem(output_dir: str) -> Optional[str]:
  """Return what is wrong with the store of an output directory, or None."""
  path = layout.metadata(output_dir)
  if not os.path.exists(path) or not os.path.getsize(path):
    return 'the metadata store is missing, but not the artifacts of previous runs'
  try:
    Store(output_dir).artifact_types()
  except (RuntimeError, errors.StatusError) as error:
    reason = str(error).removeprefix('Error when executing query: ')
    return f'the metadata store cannot be read ({reason.partition(" query:")[0].partition(". ")[0]})'
  return None


def service_connection(address: str) -> Connection:
  """Return the connection to a metadata service, such as Kubeflow's.

  Args:
    address: HOST:PORT.

  Raises:
    ValueError: the address has another form.
  """
  host, _, port = address.rpartition(':')
  if not host or not port.isdecimal():
    raise ValueError(f'--metadata {address}: expected HOST:PORT')
  return metadata_store_pb2.MetadataStoreClientConfig(host=host, port=int(port))


def sqlite_connection(output_dir: str, mode: 'metadata_store_pb2.SqliteMetadataSourceConfig.ConnectionMode' =
                      metadata_store_pb2.SqliteMetadataSourceConfig.READONLY) -> Connection:
  """Return the connection to the store of an output directory."""
  config = metadata_store_pb2.ConnectionConfig()
  config.sqlite.filename_uri = layout.metadata(output_dir)
  config.sqlite.connection_mode = mode
  return config


def update_locations(output_dir: str) -> None:
  """Make the store of an output directory agree with the files in it, before a run relies on the store.

  A run in a directory that was moved or copied must neither read nor write where it was before; one whose old
  artifacts were deleted must not resolve these.

  Args:
    output_dir: of the runs; may be empty or missing.
  """
  if not os.path.exists(layout.metadata(output_dir)):
    return
  store = metadata_store.MetadataStore(
      sqlite_connection(output_dir, metadata_store_pb2.SqliteMetadataSourceConfig.READWRITE))
  changed = locations.locate(store.get_artifacts(), output_dir)
  if changed:
    store.put_artifacts(changed)


class _LocatedStore(metadata_store.MetadataStore):
  """A metadata store whose artifacts are where the output directory is now; see `locations`."""

  def __init__(self, output_dir: str):
    super().__init__(sqlite_connection(output_dir))
    self._output_dir = output_dir

  def get_artifacts_by_id(self, *arguments: Any, **options: Any) -> list[_Artifact]:
    return self._locate(super().get_artifacts_by_id(*arguments, **options))

  def get_artifacts_by_type(self, *arguments: Any, **options: Any) -> list[_Artifact]:
    return self._locate(super().get_artifacts_by_type(*arguments, **options))

  def _locate(self, artifacts):
    locations.locate(artifacts, self._output_dir)
    return artifacts


class Store:
  """The metadata store of an output directory, or the one of a connection."""

  def __init__(self, output_dir: str, connection: Optional[Connection] = None):
    self._store = metadata_store.MetadataStore(connection) if connection else _LocatedStore(output_dir)

  def artifact_types(self) -> list[str]:
    """Return the names of the artifact types in the store."""
    return [kind.name for kind in self._store.get_artifact_types()]

  def latest_execution(self, component: str) -> Execution:
    """Return the latest execution of a component.

    Args:
      component: the id of the node in the pipeline.
    """
    context = self._store.get_context_by_type_and_name('node', f'{layout.PIPELINE_NAME}.{component}')
    execution = max(self._store.get_executions_by_context(context.id), key=lambda execution: execution.id)
    outputs: dict[str, list[_Artifact]] = {}
    events = [event for event in self._store.get_events_by_execution_ids([execution.id])
              if event.type in (_Event.OUTPUT, _Event.INTERNAL_OUTPUT)]
    artifacts = {a.id: a for a in self._store.get_artifacts_by_id([event.artifact_id for event in events])}
    for event in events:
      outputs.setdefault(event.path.steps[0].key, []).append(artifacts[event.artifact_id])
    return Execution(
        execution.id, execution.last_known_state == metadata_store_pb2.Execution.CACHED,
        execution.type.endswith('.Resolver'), outputs,
        {key: getattr(v, v.WhichOneof('value')) for key, v in execution.custom_properties.items()})

  def execution_seconds(self, execution: Execution) -> float:
    """Return the duration of the execution that made an execution's outputs: an earlier one if they were reused."""
    artifact_ids = [artifact.id for artifacts in execution.outputs.values() for artifact in artifacts]
    producers = [event.execution_id for event in self._store.get_events_by_artifact_ids(artifact_ids)
                 if event.type == _Event.OUTPUT]
    found = self._store.get_executions_by_id([min(producers, default=execution.id)])[0]
    return (found.last_update_time_since_epoch - found.create_time_since_epoch) / 1000


def exported_model(trainer: Execution) -> str:
  """Return the directory of the SavedModel that a Trainer exported."""
  return path_utils.serving_model_path(trainer.uri('model'))


class Lineage(Store):
  """Which artifact was made from which others."""

  def artifacts(self, kind: str) -> list[_Artifact]:
    """Return the finished artifacts of a type, the oldest first."""
    found = self._store.get_artifacts_by_type(kind)
    return sorted((each for each in found if each.state == _Artifact.LIVE), key=lambda each: each.id)

  def latest_artifact(self, kind: str) -> _Artifact:
    """Return the latest artifact of a type."""
    return self.artifacts(kind)[-1]

  def inputs_of(self, artifact: _Artifact) -> dict[str, _Artifact]:
    """Return the inputs, by key, of the execution that made an artifact."""
    events = [event for event in self._store.get_events_by_execution_ids([self._producer_id(artifact)])
              if event.type == _Event.INPUT]
    found = {each.id: each for each in self._store.get_artifacts_by_id([event.artifact_id for event in events])}
    return {event.path.steps[0].key: found[event.artifact_id] for event in events}

  def sibling_output(self, artifact: _Artifact, key: str) -> _Artifact:
    """Return another output, by its key, of the execution that made an artifact."""
    events = self._store.get_events_by_execution_ids([self._producer_id(artifact)])
    found = next(event.artifact_id for event in events
                 if event.path.steps and event.path.steps[0].key == key and event.type == _Event.OUTPUT)
    return self._store.get_artifacts_by_id([found])[0]

  def latest_derived(self, artifact: _Artifact, kind: str) -> _Artifact:
    """Return the latest artifact of a type among those that were made from an artifact."""
    return [each for each in self.artifacts(kind)
            if artifact.id in {source.id for source in self.inputs_of(each).values()}][-1]

  def _producer_id(self, artifact: _Artifact) -> int:
    return next(event.execution_id for event in self._store.get_events_by_artifact_ids([artifact.id])
                if event.type == _Event.OUTPUT)
