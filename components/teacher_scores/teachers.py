"""A teacher: the directory of a pushed version, or of a fine-tuned encoder. Imports neither TensorFlow nor TFX."""

import os

from components.versioned_pusher import push_and_rollback
from models import encoder_files

SAW_EVAL_FLAG = '--teacher-saw-eval'
_SAVED_MODEL = 'saved_model.pb'


def is_encoder(directory: str) -> bool:
  """Return whether a teacher is an encoder, and not a SavedModel."""
  return not os.path.exists(os.path.join(directory, _SAVED_MODEL))


def check(directory: str) -> None:
  """Raise ValueError, in one line, unless a directory is that of a teacher."""
  if os.path.isfile(os.path.join(directory, _SAVED_MODEL)):
    return
  if not os.path.isfile(os.path.join(directory, encoder_files.CONFIG_FILE)):
    raise ValueError(f'--teacher {directory}: neither {_SAVED_MODEL} nor {encoder_files.CONFIG_FILE} is there; pass '
                     'the number or the directory of a pushed version, or the directory of a fine-tuned encoder')
  if not encoder_files.check(directory).config.is_classifier:
    raise ValueError(f'--teacher {directory}: a base encoder without a classifier cannot score texts; train it first '
                     'with --model encoder, and pass the pushed version')


def check_pieces(directory: str, max_pieces: int) -> None:
  """Raise ValueError unless an encoder can read so many WordPieces of a text."""
  positions = encoder_files.read_config(directory).positions
  if not 3 <= max_pieces <= positions:
    raise ValueError(f'--set teacher_pieces={max_pieces}: {directory} reads from 3 to {positions} pieces of a text')


def describe(directory: str) -> str:
  """Return what kind of model a teacher is, such as `encoder, version 1764180000`."""
  if is_encoder(directory):
    return encoder_files.check(directory).describe()
  manifest = push_and_rollback.read_manifest(directory)
  if not manifest:
    return 'a SavedModel without a manifest'
  return f'{manifest.get("model", {}).get("model", "a model")}, version {manifest.get("version", "unknown")}'


def explain_seen_eval(directory: str) -> str:
  """Return why a teacher is refused of which it is not known that it has not seen eval."""
  return (f'--teacher {directory} may have seen reviews of eval, by which early stopping and all other choices are '
          f'made: pass {SAW_EVAL_FLAG} to use it all the same, which card and report then say, or a version that was '
          'pushed from the same data with the same splits')
