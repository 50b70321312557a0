"""Packages as `kubeflow_runner.py compile` writes them."""

import subprocess
import sys

from tests.kubeflow import image

# For a model that was trained for some seconds.
NO_BARS = [word for name in ('min_slice_accuracy=none', 'max_accuracy_drop=1', 'min_minimum_functionality=0',
                             'min_direction=0', 'min_invariance=0', 'min_negation=0') for word in ('--set', name)]


def compile_package(engine, path, volume, *flags, cwd=None):
  """Compiles for a cluster whose volume is the directory `volume`."""
  config = path.with_suffix('.settings.yaml')
  config.write_text(f'image: example.org/sentiment:1\nmount_path: {volume}\n')
  command = [sys.executable, image.PROJECT / 'kubeflow_runner.py', 'compile', '--engine', engine, '--output', path,
             '--config', config, *flags]
  subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=True)
