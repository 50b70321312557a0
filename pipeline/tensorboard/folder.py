"""Keeps TensorBoard's log directory in step with the metadata store: one entry per evaluated model."""

import glob
import hashlib
import os
import shutil
import tempfile
from typing import Optional

from pipeline import layout
from pipeline.results import metadata
from pipeline.results import runs
from pipeline.tensorboard import entry


def update_entries(output_dir: str, connection: Optional[metadata.Connection] = None) -> list[str]:
  """Add missing entries, and remove those that the metadata store no longer knows.

  Args:
    output_dir: of the runs.
    connection: to the metadata store; None for the one in the output directory.

  Returns:
    The names of the entries; `cnn-2` is the second cnn that was trained there.

  Raises:
    ValueError: there are no runs; the message says what to do.
  """
  found = _by_name(runs.load_runs(output_dir, connection))
  unfinished = _unfinished(output_dir)
  folder = layout.tensorboard(output_dir)
  os.makedirs(folder, exist_ok=True)
  for path in _directories(folder):
    name = os.path.basename(path)
    if os.path.islink(path):
      if name not in unfinished or os.path.realpath(path) != os.path.realpath(unfinished[name]):
        os.remove(path)
    elif name not in found or not _is_marked(path, _mark(found[name])):
      shutil.rmtree(path)
  there = {os.path.basename(path) for path in _directories(folder)}
  for name in sorted(set(found) - there):
    # Written elsewhere first, because TensorBoard must not see half an entry.
    with tempfile.TemporaryDirectory(dir=output_dir, prefix='.tensorboard-') as directory:
      entry.write_entry(found[name], name, os.path.join(directory, name), _mark(found[name]))
      os.rename(os.path.join(directory, name), os.path.join(folder, name))
  for name in sorted(set(unfinished) - there):
    os.symlink(os.path.relpath(unfinished[name], folder), os.path.join(folder, name))
  _update_columns(found, folder)
  return list(found)


def _unfinished(output_dir: str) -> dict[str, str]:
  """Return the directories of trainings that are running or were interrupted, by name."""
  pattern = os.path.join(glob.escape(layout.artifacts(output_dir)), 'Trainer', 'model_run', 'unfinished-*')
  return {os.path.basename(path): os.path.abspath(path) for path in glob.glob(pattern)}


def _by_name(evaluated: list[runs.Run]) -> dict[str, runs.Run]:
  """Return the latest evaluation of each model, by a name that counts the models of its kind in order of training."""
  latest = {run.model_id: run for run in evaluated}
  result: dict[str, runs.Run] = {}
  counts: dict[str, int] = {}
  for _, run in sorted(latest.items()):
    counts[run.model] = counts.get(run.model, 0) + 1
    result[f'{run.model}-{counts[run.model]}'] = run
  return result


def _directories(folder: str) -> list[str]:
  """Return the directories in a folder, and the links, whose directories may be missing."""
  return [each.path for each in os.scandir(folder) if each.is_dir() or each.is_symlink()]


def _mark(run: runs.Run) -> str:
  """Return what distinguishes a model from one with the same id in another store."""
  return f'{run.model_id}-{run.trained_at}'


def _is_marked(folder: str, mark: str) -> bool:
  return bool(glob.glob(os.path.join(glob.escape(folder), f'events.*.{mark}')))


def _update_columns(found, folder):
  """Write the columns of the table of hyper-parameters, unless they are up to date."""
  values: dict[str, set] = {}
  for run in found.values():
    for name, value in entry.run_settings(run).items():
      values.setdefault(name, set()).add(value)
  names = sorted(values, key=lambda name: (-len(values[name]), name))  # those that differ come first
  mark = hashlib.sha256(repr(names).encode()).hexdigest()[:16]
  if not _is_marked(folder, mark):
    for path in glob.glob(os.path.join(glob.escape(folder), 'events.*')):
      os.remove(path)
    entry.write_columns(names, folder, mark)
