"""Where things are: the project's packages, and the files below an output directory. Imports on any Python 3."""

import os

# Each list of our packages (code fingerprints, the import hook, the tests' copies of the project) is this one; those of
# Dockerfile, .dockerignore and pyproject.toml are compared with it by a test.
PACKAGES = ('compat', 'components', 'models', 'pipeline', 'serving')
PIPELINE_NAME = 'sentiment'
PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OUTPUT_DIR = os.path.join(PROJECT, 'output')  # the default of all commands


def artifacts(output_dir: str) -> str:
  """Return the pipeline root: the artifacts of all components."""
  return os.path.join(output_dir, 'artifacts')


def metadata(output_dir: str) -> str:
  """Return the path of the ML Metadata store, an SQLite file."""
  return os.path.join(output_dir, 'metadata.db')


def fingerprints(output_dir: str) -> str:
  """Return the path of the hashes of code files, by fingerprint: see pipeline/results/cache_explanation.py."""
  return os.path.join(output_dir, 'fingerprints.json')


def serving(output_dir: str) -> str:
  """Return the directory of pushed SavedModels: one numbered directory per version, as TensorFlow Serving reads it."""
  return os.path.join(output_dir, 'serving', PIPELINE_NAME)


def tensorboard(output_dir: str) -> str:
  """Return TensorBoard's log directory, which has one entry per evaluated model."""
  return os.path.join(output_dir, 'tensorboard')


def logs(output_dir: str) -> str:
  """Return the directory of full logs, one file per run."""
  return os.path.join(output_dir, 'logs')


def reports(output_dir: str) -> str:
  """Return the directory of the reports and comparison tables."""
  return os.path.join(output_dir, 'reports')
