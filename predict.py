"""Scores raw text with the pushed model. Needs TensorFlow and nothing of this project: the model has it all inside."""

import argparse
import os
import pathlib
import sys
import warnings


def latest_version(model_dir):
  """The pushed model with the highest version number, or None."""
  found = pathlib.Path(model_dir)
  versions = [path for path in found.iterdir() if path.name.isdigit()] if found.is_dir() else []
  return max(versions, key=lambda path: int(path.name), default=None)


def main(argv=None):
  """Returns the exit code."""
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('text', nargs='*', help='reviews to score (default: the lines of standard input)')
  default = pathlib.Path(__file__).resolve().parent / 'output' / 'serving' / 'sentiment'
  parser.add_argument('--model-dir', default=str(default), help='(default: output/serving/sentiment in the project)')
  arguments = parser.parse_args(argv)
  version = latest_version(arguments.model_dir)
  if version is None:
    print(f'{arguments.model_dir}: no pushed model here; run local_runner.py first, or name one with --model-dir',
          file=sys.stderr)
    return 1
  os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
  warnings.simplefilter('ignore')  # Google's libraries announce the end of Python 3.10
  import tensorflow as tf  # pylint: disable=import-outside-toplevel
  texts = arguments.text or [line.rstrip('\n') for line in sys.stdin]
  score = tf.saved_model.load(str(version)).signatures['predict_text']
  for start in range(0, len(texts), 256):
    batch = texts[start:start + 256]
    for text, probability in zip(batch, score(text=tf.constant(batch))['scores'].numpy()[:, 0]):
      print(f'{probability:.4f}  {"positive" if probability >= 0.5 else "negative"}  {text}')
  return 0


if __name__ == '__main__':
  sys.exit(main())
