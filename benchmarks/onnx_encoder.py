"""An encoder in ONNX Runtime: the other side of benchmarks.encoder_scoring, which runs this file.

  PYTHON benchmarks/onnx_encoder.py ENCODER PIECES.npz SCORES.npy

PYTHON is that of an environment with onnx, onnxruntime and safetensors; this file imports nothing of the project. The
graph has one node for each layer normalisation, GELU and softmax, and the session all optimisations. Prints the seconds
that scoring takes, without the loading.
"""

import json
import pathlib
import sys
import time

import numpy as np
import onnx
from onnx import numpy_helper
import onnxruntime
from safetensors import numpy as safetensors_numpy

_PIECES_AT_ONCE = 1_024  # as models.networks.encoder scores
_MASKED = -1e9


class _Graph:
  """Collects nodes and constants; each method returns the name of a tensor."""

  def __init__(self, tensors):
    self._tensors, self.nodes, self.constants = tensors, [], []

  def add(self, operation, *inputs, **attributes):
    output = f'{operation}_{len(self.nodes)}'
    self.nodes.append(onnx.helper.make_node(operation, inputs, [output], **attributes))
    return output

  def constant(self, value):
    name = f'constant_{len(self.constants)}'
    self.constants.append(numpy_helper.from_array(np.asarray(value), name))
    return name

  def dense(self, x, name):
    kernel, bias = self._tensors[f'{name}.weight'], self._tensors[f'{name}.bias']
    return self.add('Add', self.add('MatMul', x, self.constant(np.ascontiguousarray(kernel.T))), self.constant(bias))

  def normalize(self, x, name, epsilon):
    scale, offset = (self.constant(self._tensors[f'{name}.{part}']) for part in ('weight', 'bias'))
    return self.add('LayerNormalization', x, scale, offset, axis=-1, epsilon=epsilon)


def _build(directory):
  """Return the model: ids int64 [batch, time], positions int64 [time], mask float32 [batch, 1, 1, time] -> logits."""
  config = json.loads((directory / 'config.json').read_text())
  tensors = {name.removeprefix('bert.'): value.astype(np.float32)
             for name, value in safetensors_numpy.load_file(directory / 'model.safetensors').items()}
  heads, units, epsilon = config['num_attention_heads'], config['hidden_size'], config['layer_norm_eps']
  graph = _Graph(tensors)
  add, constant = graph.add, graph.constant
  positions = tensors['embeddings.position_embeddings.weight'] + tensors['embeddings.token_type_embeddings.weight'][0]
  words = constant(tensors['embeddings.word_embeddings.weight'])
  x = add('Add', add('Gather', words, 'ids'), add('Gather', constant(positions), 'positions'))
  x = graph.normalize(x, 'embeddings.LayerNorm', epsilon)
  for layer in (f'encoder.layer.{number}.' for number in range(config['num_hidden_layers'])):
    def split(part, order, x=x, layer=layer):
      dense = graph.dense(x, f'{layer}attention.self.{part}')
      return add('Transpose', add('Reshape', dense, constant([0, 0, heads, units // heads])), perm=order)

    scores = add('MatMul', split('query', [0, 2, 1, 3]), split('key', [0, 2, 3, 1]))
    scaled = add('Div', scores, constant(np.float32((units // heads) ** 0.5)))
    shares = add('Softmax', add('Add', scaled, 'mask'), axis=-1)
    attended = add('Transpose', add('MatMul', shares, split('value', [0, 2, 1, 3])), perm=[0, 2, 1, 3])
    attended = graph.dense(add('Reshape', attended, constant([0, 0, units])), f'{layer}attention.output.dense')
    x = graph.normalize(add('Add', attended, x), f'{layer}attention.output.LayerNorm', epsilon)
    inner = graph.dense(add('Gelu', graph.dense(x, f'{layer}intermediate.dense')), f'{layer}output.dense')
    x = graph.normalize(add('Add', inner, x), f'{layer}output.LayerNorm', epsilon)
  first = add('Gather', x, constant(np.int64(0)), axis=1)
  logits = graph.dense(add('Tanh', graph.dense(first, 'pooler.dense')), 'classifier')
  describe = onnx.helper.make_tensor_value_info
  inputs = [describe('ids', onnx.TensorProto.INT64, ['batch', 'time']),
            describe('positions', onnx.TensorProto.INT64, ['time']),
            describe('mask', onnx.TensorProto.FLOAT, ['batch', 1, 1, 'time'])]
  made = onnx.helper.make_graph(
      graph.nodes, 'encoder', inputs, [describe(logits, onnx.TensorProto.FLOAT, ['batch', 2])], graph.constants)
  return onnx.helper.make_model(made, opset_imports=[onnx.helper.make_opsetid('', 20)], ir_version=10)


def _score(session, pieces, lengths):
  """Return the probabilities of label 1, float32 [texts], from parts of texts of similar length."""
  order, scores, start = np.argsort(-lengths), np.empty(len(lengths), np.float32), 0
  while start < len(order):
    longest = lengths[order[start]]
    part = order[start:start + max(1, _PIECES_AT_ONCE // longest)]
    positions = np.arange(longest)
    mask = np.where(positions < lengths[part, np.newaxis], 0, _MASKED).astype(np.float32)[:, np.newaxis, np.newaxis]
    logits, = session.run(None, {'ids': pieces[part, :longest], 'positions': positions, 'mask': mask})
    scores[part] = 1 / (1 + np.exp(logits[:, 0] - logits[:, 1]))
    start += len(part)
  return scores


def main(directory: str, pieces: str, output: str) -> None:
  """Score the texts of a file, write their scores, and print the seconds."""
  arrays = np.load(pieces)
  session = onnxruntime.InferenceSession(
      _build(pathlib.Path(directory)).SerializeToString(), providers=['CPUExecutionProvider'])
  _score(session, arrays['pieces'][:16], arrays['lengths'][:16])  # warm-up
  start = time.perf_counter()
  scores = _score(session, arrays['pieces'], arrays['lengths'])
  print(time.perf_counter() - start)
  np.save(output, scores)


if __name__ == '__main__':
  main(*sys.argv[1:])
