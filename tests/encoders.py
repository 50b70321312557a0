"""Tiny encoders in Hugging Face's layout, made by the tests, and a float64 forward pass of them in NumPy."""

import json
import math

import numpy as np
from safetensors import numpy as safetensors_numpy

from models import encoder_files

WORDS = ('the', 'a', 'film', 'plot', 'was', 'is', 'not', 'but', 'cast', 'and', 'i', 'it', "'", '.', ',', '!',
         'great', 'wonderful', 'superb', 'touching', 'funny', 'brilliant', 'clever', 'lovely', 'perfect', 'excellent',
         'awful', 'boring', 'terrible', 'dull', 'stupid', 'wooden', 'lame', 'poor', 'horrible', 'weak')
_LETTERS = 'abcdefghijklmnopqrstuvwxyz'
PIECES = tuple(dict.fromkeys((
    *encoder_files.SPECIAL_PIECES, *WORDS, *_LETTERS, *(f'##{letter}' for letter in _LETTERS), '##in', '##ing',
    '##ed')))
CONFIG = {'model_type': 'bert', 'architectures': ['BertForSequenceClassification'], 'hidden_size': 8,
          'num_hidden_layers': 2, 'num_attention_heads': 2, 'intermediate_size': 16, 'max_position_embeddings': 64,
          'type_vocab_size': 2, 'hidden_act': 'gelu', 'layer_norm_eps': 1e-12, 'vocab_size': len(PIECES)}
_DISTILBERT = {'dim': 'hidden_size', 'n_layers': 'num_hidden_layers', 'n_heads': 'num_attention_heads',
               'hidden_dim': 'intermediate_size', 'activation': 'hidden_act'}


def write(directory, is_classifier=True, pieces=PIECES, tensors=lambda tensors: tensors, settings=(), **config):
  """Write an encoder with random weights.

  Args:
    directory: created.
    is_classifier: whether it has a classifier of two labels.
    pieces: the vocabulary.
    tensors: changes the tensors by name before they are written.
    settings: the tokenizer's, by name.
    **config: values of config.json that differ from CONFIG.

  Returns:
    The path of the directory.
  """
  directory.mkdir(parents=True)
  architecture = ['BertForSequenceClassification' if is_classifier else 'BertModel']
  values = {**CONFIG, 'architectures': architecture, 'vocab_size': len(pieces), **config}
  (directory / encoder_files.CONFIG_FILE).write_text(json.dumps(values))
  (directory / encoder_files.VOCABULARY_FILE).write_text(''.join(f'{piece}\n' for piece in pieces))
  if settings:
    (directory / encoder_files.TOKENIZER_FILE).write_text(json.dumps(settings))
  shapes = dict(encoder_files.tensor_shapes(encoder_files.read_config(str(directory))))
  shapes.update({'classifier.weight': (2, values['hidden_size']), 'classifier.bias': (2,)})
  random = np.random.default_rng(0)
  deviations = {'bias': 0.1, 'weight': 0.6}
  made = {name: random.normal('LayerNorm.weight' in name, deviations[name.rpartition('.')[2]], shape).astype(np.float32)
          for name, shape in shapes.items() if is_classifier or not encoder_files.is_new(name)}
  safetensors_numpy.save_file(tensors(made), directory / encoder_files.WEIGHTS_FILE)
  return str(directory)


def write_distilbert(directory):
  """Write a DistilBERT, with the names of its own files; returns the path of the directory."""
  names = {'encoder.layer': 'distilbert.transformer.layer', 'embeddings.LayerNorm': 'distilbert.embeddings.LayerNorm',
           'attention.self.query': 'attention.q_lin', 'attention.self.key': 'attention.k_lin',
           'attention.self.value': 'attention.v_lin', 'attention.output.dense': 'attention.out_lin',
           'attention.output.LayerNorm': 'sa_layer_norm', 'intermediate.dense': 'ffn.lin1',
           '.output.dense': '.ffn.lin2', '.output.LayerNorm': '.output_layer_norm', 'pooler.dense': 'pre_classifier'}

  def rename(tensors):
    for bert, own in names.items():
      tensors = {name.replace(bert, own): value for name, value in tensors.items()}
    return tensors

  return write(directory, tensors=rename, model_type='distilbert',
               architectures=['DistilBertForSequenceClassification'],
               **{own: CONFIG[bert] for own, bert in _DISTILBERT.items()})


def score(directory, ids):
  """Return the probability of label 1 of one text, from its piece ids, by a forward pass in float64."""
  config = encoder_files.read_config(directory)
  weights = {name: value.astype(np.float64) for name, value in encoder_files.read_weights(directory, config).items()}

  def dense(x, name):
    return x @ weights[f'{name}.weight'].T + weights[f'{name}.bias']

  def normalize(x, name):
    deviation = np.sqrt(x.var(axis=-1, keepdims=True) + config.epsilon)
    return (x - x.mean(axis=-1, keepdims=True)) / deviation * weights[f'{name}.weight'] + weights[f'{name}.bias']

  x = weights['embeddings.word_embeddings.weight'][ids] + weights['embeddings.position_embeddings.weight'][:len(ids)]
  if config.types:
    x = x + weights['embeddings.token_type_embeddings.weight'][0]
  x = normalize(x, 'embeddings.LayerNorm')
  for layer in (f'encoder.layer.{number}.' for number in range(config.layers)):
    heads = []
    query, key, value = (np.split(dense(x, f'{layer}attention.self.{part}'), config.heads, axis=1)
                         for part in ('query', 'key', 'value'))
    for q, k, v in zip(query, key, value):
      attention = np.exp(q @ k.T / math.sqrt(q.shape[1]))
      heads.append(attention / attention.sum(axis=1, keepdims=True) @ v)
    attended = dense(np.concatenate(heads, axis=1), f'{layer}attention.output.dense')
    x = normalize(x + attended, f'{layer}attention.output.LayerNorm')
    inner = dense(x, f'{layer}intermediate.dense')
    gelu = inner * (1 + np.vectorize(math.erf)(inner / math.sqrt(2))) / 2
    x = normalize(x + dense(gelu, f'{layer}output.dense'), f'{layer}output.LayerNorm')
  pooled = dense(x[:1], 'pooler.dense')
  pooled = np.maximum(pooled, 0) if config.kind == 'distilbert' else np.tanh(pooled)
  return float(1 / (1 + np.exp(-dense(pooled, 'classifier')[0, 0])))
