"""The type of the numbers that matrix products multiply."""

import os

import tensorflow as tf

_CPU_FLAGS = '/proc/cpuinfo'
_BFLOAT16_FLAGS = {'amx_bf16', 'avx512_bf16'}  # of CPUs that multiply bfloat16 faster than float32
_BFLOAT16_CAPABILITY = (8, 0)  # of GPUs that do so, from NVIDIA's Ampere on


def fast_product_type() -> tf.DType:
  """Return bfloat16 if the GPUs of this machine, or its CPU if there are none, multiply it fast; otherwise float32."""
  gpus = tf.config.list_physical_devices('GPU')
  capabilities = [tf.config.experimental.get_device_details(gpu).get('compute_capability') or (0, 0) for gpu in gpus]
  is_fast = min(capabilities) >= _BFLOAT16_CAPABILITY if gpus else _has_fast_cpu()
  return tf.bfloat16 if is_fast else tf.float32


def _has_fast_cpu():
  if not os.path.exists(_CPU_FLAGS):  # not Linux
    return False
  with open(_CPU_FLAGS, encoding='utf-8') as file:
    return not _BFLOAT16_FLAGS.isdisjoint(file.read().split())
