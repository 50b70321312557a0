"""Reading of TensorBoard's event files."""

import glob
import os

import tensorflow as tf


def read(directory: str | os.PathLike) -> dict[str, dict[int, tf.compat.v1.Summary.Value]]:
  """Return the values in the event files of a directory, without its subdirectories, by tag and step."""
  found: dict[str, dict[int, tf.compat.v1.Summary.Value]] = {}
  for path in sorted(glob.glob(f'{directory}/events.*')):
    for event in tf.compat.v1.train.summary_iterator(path):
      for value in event.summary.value:
        found.setdefault(value.tag, {})[event.step] = value
  return found


def number(value: tf.compat.v1.Summary.Value) -> float:
  """Return a scalar, which has one form in TensorFlow 1 and another in TensorFlow 2."""
  return tf.make_ndarray(value.tensor).item() if value.HasField('tensor') else value.simple_value
