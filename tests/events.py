"""Reads TensorBoard's event files."""

import glob

import tensorflow as tf


def read(directory) -> dict[str, dict[int, tf.compat.v1.Summary.Value]]:
  """What a directory's own event files hold, by tag and step."""
  found = {}
  for path in sorted(glob.glob(f'{directory}/events.*')):
    for event in tf.compat.v1.train.summary_iterator(path):
      for value in event.summary.value:
        found.setdefault(value.tag, {})[event.step] = value
  return found


def number(value) -> float:
  """A scalar, in the old form or the new."""
  return tf.make_ndarray(value.tensor).item() if value.HasField('tensor') else value.simple_value
