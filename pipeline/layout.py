"""Where things lie below the output directory."""

import os

PIPELINE_NAME = 'sentiment'


def artifacts(output_dir: str) -> str:
  """The pipeline root."""
  return os.path.join(output_dir, 'artifacts')


def metadata(output_dir: str) -> str:
  """The MLMD store, an SQLite file."""
  return os.path.join(output_dir, 'metadata.db')


def serving(output_dir: str) -> str:
  """Pushed SavedModels, one numbered directory a version: TensorFlow Serving's layout."""
  return os.path.join(output_dir, 'serving', PIPELINE_NAME)


def tensorboard(output_dir: str) -> str:
  """What TensorBoard shows, an entry for each model."""
  return os.path.join(output_dir, 'tensorboard')


def logs(output_dir: str) -> str:
  """Full logs, one file a run."""
  return os.path.join(output_dir, 'logs')


def reports(output_dir: str) -> str:
  """Tables and reports for people."""
  return os.path.join(output_dir, 'reports')
