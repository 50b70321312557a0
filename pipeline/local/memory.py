"""Whether a model fits into the memory of this machine: an estimate from its graph, before anything is trained."""

import inspect
import math
import os
import pathlib
import re
from typing import Any, Mapping, Optional

import tensorflow as tf

from models import features as keys
from models import model as model_lib
from models import registry
from pipeline.config import PipelineConfig

_AVAILABLE = pathlib.Path('/proc/meminfo')
_LIMITS = '/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes'  # of a container
_WITHOUT_MEMORY = 'train_steps', 'eval_every', 'patience'
_LONGEST_TEXT = 1_000  # tokens of the longest text of a batch, to which training batches are trimmed
_TRANSFORM_BATCH = 1_000  # texts that Transform pads to max_length at a time
_COPIES = 3  # of a padded batch, in TensorFlow and in Arrow; of an activation, with its gradient and a temporary one


def check_memory(config: PipelineConfig) -> None:
  """Check that a model whose hyper-parameters were changed fits into memory.

  Args:
    config: of the run; nothing is checked if all its hyper-parameters that take memory have their defaults.

  Raises:
    ValueError: the estimate exceeds the memory at hand; the message names the hyper-parameters to lower.
  """
  hparams = config.model_hparams()
  changed = {name: getattr(hparams, name) for name in config.hparams if name not in _WITHOUT_MEMORY}
  changed = {name: value for name, value in changed.items() if not isinstance(value, (bool, float))}
  if not changed:
    return
  model = registry.get(config.model, config.preset)
  if model.is_encoder:
    try:
      hparams.check_encoder(config.encoder or '')
    except ValueError:
      return  # the files are found later, and refused if they do not fit
  needed, available = estimate_bytes(model, hparams, config.encoder), available_bytes()
  if needed > available:
    estimate = 'more memory than any machine has' if math.isinf(needed) else f'about {needed / 1e9:,.1f} GB of memory'
    raise ValueError(f'{config.model}: {", ".join(f"{name} {value}" for name, value in changed.items())} would take '
                     f'{estimate}, and {available / 1e9:,.1f} GB are available here: choose a lower value')


def available_bytes() -> float:
  """Return the memory that this machine or container has left, in bytes."""
  if _AVAILABLE.exists():
    left = re.search(r'MemAvailable: *(\d+) kB', _AVAILABLE.read_text(encoding='utf-8'))
    found = [1024 * int(left[1])] if left else []
  else:
    found = [os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES')]
  for path in map(pathlib.Path, _LIMITS):
    if path.exists() and (limit := path.read_text(encoding='utf-8').strip()).isdecimal():
      found.append(int(limit))
  return min(found, default=math.inf)


def estimate_bytes(model: model_lib.Model, hparams: Any, encoder: Optional[str] = None) -> float:
  """Estimate the peak memory of Transform and of a training, in bytes; the libraries themselves are not counted.

  Args:
    model: the model.
    hparams: its hyper-parameters.
    encoder: directory of the pre-trained encoder, or None.

  Returns:
    The larger of the two; infinite if a tensor is larger than TensorFlow can address.
  """
  padded = _TRANSFORM_BATCH * hparams.max_length * tf.int64.size * _COPIES
  with tf.Graph().as_default() as graph:
    tf.compat.v1.train.create_global_step()
    takes_config = 'config' in inspect.signature(model.model_fn).parameters
    try:
      model.model_fn(_features(hparams), tf.zeros([hparams.batch_size], tf.int64), tf.estimator.ModeKeys.TRAIN,
                     model_lib.Params(hparams, vocab_size=hparams.vocab_size, seed=0, encoder=encoder),
                     **({'config': tf.estimator.RunConfig()} if takes_config else {}))
    except (ValueError, OverflowError, tf.errors.OpError):
      return math.inf
    variables = sum(map(_bytes, tf.compat.v1.global_variables()))
    largest = max(_bytes(tensor) for operation in graph.get_operations() for tensor in operation.outputs)
  return max(padded, variables + _COPIES * largest)


def _bytes(tensor: Any) -> int:
  return (tensor.shape.num_elements() or 0) * tensor.dtype.size


def _features(hparams: Any) -> Mapping[str, Any]:
  """Return a batch of features without content, as Transform makes them."""
  batch, length = hparams.batch_size, min(hparams.max_length, _LONGEST_TEXT)
  pieces = getattr(hparams, 'max_pieces', 1)
  placeholder, sparse = tf.compat.v1.placeholder, tf.compat.v1.sparse_placeholder
  return {
      keys.REVIEW_ID: placeholder(tf.string, [batch]), keys.TOKENS: placeholder(tf.int64, [batch, length]),
      keys.LENGTH: placeholder(tf.int64, [batch]),
      keys.SHORT_TOKENS: placeholder(tf.int64, [batch, getattr(hparams, 'short_length', 0)]),
      keys.WORDPIECES: placeholder(tf.int64, [batch, pieces]), keys.WORDPIECE_LENGTH: placeholder(tf.int64, [batch]),
      keys.NGRAM_IDS: sparse(tf.int64, [batch, length]), keys.NGRAM_WEIGHTS: sparse(tf.float32, [batch, length])}
