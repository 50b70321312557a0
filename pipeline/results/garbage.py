"""Finds and deletes what no pushed version and no latest run needs: artifacts, unfinished trainings, reports, logs."""

import glob
import os
import pathlib
import shutil
import time
from typing import Iterator, NamedTuple, Sequence

from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2

from components.versioned_pusher import push_and_rollback
from pipeline import layout
from pipeline.results import history as history_lib
from pipeline.results import metadata

_LOG_TIME = '%Y%m%d-%H%M%S.log'  # pipeline/local/session.py names logs after their start


class Garbage(NamedTuple):
  """What can be deleted from an output directory.

  Attributes:
    paths: files and directories.
    artifact_ids: of the artifacts that no kept run or version needs.
    kept_runs: ids of the runs whose artifacts are needed.
    versions: numbers of the pushed versions, which are all kept.
  """

  paths: list[pathlib.Path]
  artifact_ids: list[int]
  kept_runs: list[str]
  versions: list[int]


def find_garbage(output_dir: str) -> Garbage:
  """Find what no pushed version and no latest run of a model needs, neither itself nor for the cache.

  Args:
    output_dir: of the runs.

  Raises:
    ValueError: there are no runs; the message says what to do.
  """
  history = history_lib.load_history(output_dir)
  versions = push_and_rollback.list_versions(layout.serving(output_dir))
  runs = _needed_runs(history, versions)
  needed = _needed_artifacts(history, versions, runs)
  paths = [*_unneeded_directories(history, needed, output_dir), *_unneeded_reports(needed, output_dir),
           *_unneeded_logs(runs, output_dir)]
  return Garbage(paths, [id_ for id_ in history.artifacts if id_ not in needed], [run.id for run in runs],
                 [version.number for version in versions])


def size_of(path: pathlib.Path) -> int:
  """Return the bytes of the files at or below a path."""
  return sum(each.stat().st_size for each in (path, *path.rglob('*')) if each.is_file() and not each.is_symlink())


def delete(garbage: Garbage, output_dir: str) -> None:
  """Delete garbage, after it is marked as deleted in the metadata store, so that no run reuses half of it.

  Raises:
    OSError: a file cannot be deleted.
  """
  store = metadata_store.MetadataStore(metadata.sqlite_connection(
      output_dir, metadata_store_pb2.SqliteMetadataSourceConfig.READWRITE))
  artifacts = store.get_artifacts_by_id(garbage.artifact_ids)
  for artifact in artifacts:
    artifact.state = metadata_store_pb2.Artifact.DELETED
  if artifacts:
    store.put_artifacts(artifacts)
  for path in garbage.paths:
    if path.is_dir() and not path.is_symlink():
      shutil.rmtree(path)
    else:
      path.unlink()


def _needed_runs(history: history_lib.History,
                 versions: Sequence[push_and_rollback.Version]) -> list[history_lib.Run]:
  """Return the runs whose artifacts are kept: the latest one of each model, and those that pushed the versions.

  Versions themselves are deleted by pushes alone, as `push_and_rollback.protected_versions` allows.
  """
  latest = {(history.value(run.step('Trainer'), 'model', 'model'), run.step('Pusher') is None): run.id
            for run in history.runs}  # a comparison ends without a Pusher
  kept = {*latest.values(), *(version.manifest.get('run') for version in versions)}
  return [run for run in history.runs if run.id in kept]


def _needed_artifacts(history: history_lib.History, versions: Sequence[push_and_rollback.Version],
                      runs: Sequence[history_lib.Run]) -> set[int]:
  """Return the ids of the artifacts of runs and versions, and of all that they were made from."""
  ids = {id_ for run in runs for step in run.steps for many in (step.inputs, step.outputs) for found in many.values()
         for id_ in found}
  models = {_place(version.manifest.get('model_uri', '')) for version in versions}
  return history.ancestors(ids | {each.id for each in history.artifacts.values() if _place(each.uri) in models})


def _unneeded_directories(history: history_lib.History, needed: set[int], output_dir: str) -> Iterator[pathlib.Path]:
  """Yield the directories of artifacts, and of unfinished trainings that are older than a finished one."""
  kept = {_place(history.artifacts[id_].uri) for id_ in needed}
  trained = max((step.started + step.seconds for step in history.steps('Trainer') if step.state == 'ran'), default=0.0)
  for path in sorted(glob.glob(os.path.join(glob.escape(layout.artifacts(output_dir)), '*', '*', '*'))):
    is_resumable = os.path.basename(path).startswith('unfinished-') and os.path.getmtime(path) > trained
    if _place(path) not in kept and not is_resumable:
      yield pathlib.Path(path)


def _place(uri: str) -> str:
  """Return `component/output/execution` of an artifact's directory: an output directory may have been moved."""
  return '/'.join(uri.rstrip('/').split('/')[-3:])


def _unneeded_reports(needed: set[int], output_dir: str) -> Iterator[pathlib.Path]:
  for path in sorted(pathlib.Path(layout.reports(output_dir)).glob('*-*.html')):
    id_ = path.stem.rpartition('-')[2]
    if id_.isdecimal() and int(id_) not in needed:
      yield path


def _unneeded_logs(runs: Sequence[history_lib.Run], output_dir: str) -> Iterator[pathlib.Path]:
  """Yield the logs, except for the latest and those of the given runs; a log starts before its runs."""
  starts: dict[float, pathlib.Path] = {}
  for path in pathlib.Path(layout.logs(output_dir)).glob('*.log'):
    try:
      starts[time.mktime(time.strptime(path.name, _LOG_TIME))] = path
    except ValueError:
      continue  # not a log of a run
  kept = {max((start for start in starts if start <= run.steps[0].started), default=0.0) for run in runs}
  for start, path in sorted(starts.items())[:-1]:
    if start not in kept:
      yield path
