"""A pre-trained encoder in Hugging Face's layout: its configuration, its vocabulary and its weights.

The kinds are BERT (J. Devlin et al., NAACL 2019), with MiniLM and others that share its structure, and DistilBERT
(V. Sanh et al., 2019). Everything is named as BERT's files name it, without the prefix `bert.`.
"""

import dataclasses
import functools
import json
import os
import re
from typing import Any, Iterator, Mapping, Optional

import numpy as np
import safetensors

CONFIG_FILE, WEIGHTS_FILE, VOCABULARY_FILE = 'config.json', 'model.safetensors', 'vocab.txt'
TOKENIZER_FILE = 'tokenizer_config.json'  # optional
FILES = (CONFIG_FILE, WEIGHTS_FILE, VOCABULARY_FILE, TOKENIZER_FILE)
DIRECTORY_IN_MODEL = os.path.join('assets.extra', 'encoder')  # of FILES without the weights, in a SavedModel
PADDING, UNKNOWN, START, END = SPECIAL_PIECES = ('[PAD]', '[UNK]', '[CLS]', '[SEP]')
ACTIVATIONS = ('gelu', 'gelu_new', 'relu')
_KINDS = ('bert', 'distilbert')
_PICKLES = ('pytorch_model.bin', 'model.bin', 'training_args.bin')
# What others call what BERT's configuration and tensors have.
_DISTILBERT_CONFIG = {
    'dim': 'hidden_size', 'n_layers': 'num_hidden_layers', 'n_heads': 'num_attention_heads',
    'hidden_dim': 'intermediate_size', 'activation': 'hidden_act', 'dropout': 'hidden_dropout_prob'}
_OTHER_NAMES = {  # of DistilBERT, and of the first BERT
    'transformer.layer': 'encoder.layer', 'attention.q_lin': 'attention.self.query',
    'attention.k_lin': 'attention.self.key', 'attention.v_lin': 'attention.self.value',
    'attention.out_lin': 'attention.output.dense', 'sa_layer_norm': 'attention.output.LayerNorm',
    'ffn.lin1': 'intermediate.dense', 'ffn.lin2': 'output.dense', 'output_layer_norm': 'output.LayerNorm',
    'pre_classifier': 'pooler.dense', 'LayerNorm.gamma': 'LayerNorm.weight', 'LayerNorm.beta': 'LayerNorm.bias'}
_MIN_CAPITALS = 0.01  # share of the pieces with a capital letter in a cased vocabulary; BERT's has 40 %


@dataclasses.dataclass(frozen=True)
class Config:
  """The structure of an encoder.

  Attributes:
    kind: 'bert' or 'distilbert', which has no token types, and a ReLU before its classifier.
    vocab_size: number of pieces.
    units: size of a hidden state.
    layers: number of layers.
    heads: number of attention heads, each of units / heads numbers.
    intermediate: units between the two dense layers of a layer.
    positions: the longest text, in pieces.
    types: number of token types; 0 without.
    epsilon: of the layer normalisation.
    activation: one of ACTIVATIONS.
    is_classifier: whether the weights hold a classifier of two labels.
    positive: which of its labels is the positive one, 0 or 1.
  """

  kind: str
  vocab_size: int
  units: int
  layers: int
  heads: int
  intermediate: int
  positions: int
  types: int
  epsilon: float
  activation: str
  is_classifier: bool
  positive: int = 1


@dataclasses.dataclass(frozen=True)
class Tokenizer:
  """How an encoder's WordPiece tokenizer reads a text.

  Attributes:
    pieces: the vocabulary by id.
    lower_case: whether it reads all words in lower case.
    strip_accents: whether it reads letters without their accents.
    split_ideographs: whether each Chinese character is a word.
  """

  pieces: tuple[str, ...]
  lower_case: bool
  strip_accents: bool
  split_ideographs: bool


def read_config(directory: str) -> Config:
  """Read the structure of an encoder; raises ValueError, in one line with the file, for one that cannot be used."""
  path = os.path.join(directory, CONFIG_FILE)
  values = _read_json(path)
  kind = values.get('model_type')
  if kind not in _KINDS:
    raise ValueError(f'{path}: model_type is {kind!r}; choose an encoder of type {" or ".join(_KINDS)}')
  if kind == 'distilbert':
    values = {**values, **{bert: values[own] for own, bert in _DISTILBERT_CONFIG.items() if own in values}}
  types = values.get('type_vocab_size', 2) if kind == 'bert' else 0
  activation, embedding = values.get('hidden_act', 'gelu'), values.get('position_embedding_type', 'absolute')
  if activation not in ACTIVATIONS:
    raise ValueError(f'{path}: the activation {activation!r} is none of {", ".join(ACTIVATIONS)}; choose another '
                     'encoder')
  if embedding != 'absolute':
    raise ValueError(f'{path}: position embeddings of type {embedding!r} are not supported; choose another encoder')
  is_classifier = any(name.endswith('ForSequenceClassification') for name in values.get('architectures') or ())
  try:
    sizes = {field: int(values[name]) for field, name in (
        ('vocab_size', 'vocab_size'), ('units', 'hidden_size'), ('layers', 'num_hidden_layers'),
        ('heads', 'num_attention_heads'), ('intermediate', 'intermediate_size'),
        ('positions', 'max_position_embeddings'))}
    if min(sizes.values()) < 1 or sizes['units'] % sizes['heads']:
      raise ValueError('sizes that do not fit together')
    return Config(kind, types=int(types), epsilon=float(values.get('layer_norm_eps', 1e-12)), activation=activation,
                  is_classifier=is_classifier, positive=_positive_label(values) if is_classifier else 1, **sizes)
  except (KeyError, TypeError, ValueError) as error:
    raise ValueError(f'{path}: not the configuration of an encoder: {error}; download it again') from error


def _positive_label(values: Mapping[str, Any]) -> int:
  labels = {int(index): str(label).lower() for index, label in (values.get('id2label') or {0: '0', 1: '1'}).items()}
  if sorted(labels) != [0, 1]:
    raise ValueError(f'{len(labels)} labels, and a sentiment classifier has 2')
  return 0 if labels[0].startswith('pos') or labels[1].startswith('neg') else 1


def _read_json(path: str) -> dict[str, Any]:
  try:
    with open(path, encoding='utf-8') as file:
      values = json.load(file)
  except (OSError, ValueError) as error:
    raise ValueError(f'{path} cannot be read ({getattr(error, "strerror", None) or error}); download it again'
                     ) from error
  if not isinstance(values, dict):
    raise ValueError(f'{path}: expected a JSON object; download it again')
  return values


def read_tokenizer(directory: str) -> Tokenizer:
  """Read the vocabulary and the settings of an encoder's tokenizer; raises ValueError as `read_config` does."""
  path, settings_path = (os.path.join(directory, name) for name in (VOCABULARY_FILE, TOKENIZER_FILE))
  try:
    with open(path, encoding='utf-8', newline='\n') as file:
      pieces = tuple(line.rstrip('\r\n') for line in file)
  except (OSError, UnicodeDecodeError) as error:
    raise ValueError(f'{path} cannot be read ({error}); download it again') from error
  missing = [piece for piece in SPECIAL_PIECES if piece not in pieces]
  if missing or len(set(pieces)) < len(pieces):
    problem = f'no piece {missing[0]}' if missing else 'a piece is in it twice'
    raise ValueError(f'{path}: not a WordPiece vocabulary: {problem}; download it again')
  capitals = sum(piece != piece.lower() for piece in pieces if piece[:1] != '[')
  is_cased = capitals > _MIN_CAPITALS * len(pieces)
  settings = _read_json(settings_path) if os.path.exists(settings_path) else {}
  lower_case = bool(settings.get('do_lower_case', not is_cased))
  if lower_case == is_cased:
    raise ValueError(f'{settings_path}: do_lower_case is {str(lower_case).lower()}, but {capitals} of the '
                     f'{len(pieces)} pieces of {VOCABULARY_FILE} have capital letters: take both from the same encoder')
  accents = settings.get('strip_accents')
  return Tokenizer(pieces, lower_case, lower_case if accents is None else bool(accents),
                   bool(settings.get('tokenize_chinese_chars', True)))


def tensor_shapes(config: Config) -> dict[str, tuple[int, ...]]:
  """Return the shape of each tensor of an encoder with its classifier, by name; matrices are [outputs, inputs]."""
  units = config.units
  shapes: dict[str, tuple[int, ...]] = {
      'embeddings.word_embeddings.weight': (config.vocab_size, units),
      'embeddings.position_embeddings.weight': (config.positions, units)}
  if config.types:
    shapes['embeddings.token_type_embeddings.weight'] = config.types, units

  def add(name, *shape):
    shapes[f'{name}.weight'], shapes[f'{name}.bias'] = shape, shape[:1]

  add('embeddings.LayerNorm', units)
  for layer in (f'encoder.layer.{number}.' for number in range(config.layers)):
    for part in ('self.query', 'self.key', 'self.value', 'output.dense'):
      add(f'{layer}attention.{part}', units, units)
    add(f'{layer}attention.output.LayerNorm', units)
    add(f'{layer}intermediate.dense', config.intermediate, units)
    add(f'{layer}output.dense', units, config.intermediate)
    add(f'{layer}output.LayerNorm', units)
  add('pooler.dense', units, units)
  add('classifier', 1, units)
  return shapes


def name_in_file(name: str, kind: str) -> str:
  """Return the name that the files of a kind of encoder give a tensor of `tensor_shapes`, as Hugging Face writes it."""
  if name.startswith('classifier.'):
    return name
  if kind == 'distilbert':
    for own, bert in _OTHER_NAMES.items():
      if not own.startswith('LayerNorm.'):  # the first BERT's
        name = name.replace(bert, own)
  return name if name.startswith('pre_classifier.') else f'{kind}.{name}'


def is_new(name: str) -> bool:
  """Return whether a tensor belongs to the head, which a base encoder may lack."""
  return name.startswith(('pooler.', 'classifier.'))


def read_weights(directory: str, config: Config) -> dict[str, np.ndarray]:
  """Read the weights of an encoder.

  Args:
    directory: of the encoder.
    config: as `read_config` returns it.

  Returns:
    float32 arrays with the names and shapes of `tensor_shapes`; a base encoder may lack those of the head. The
    classifier is the difference of the two labels' rows: the sigmoid of its output is the softmax of theirs.

  Raises:
    ValueError: the file cannot be read, or does not fit the configuration.
  """
  path = os.path.join(directory, WEIGHTS_FILE)
  found = dict(_read_tensors(path))
  labels = [found.pop(f'classifier.{part}', None) for part in ('weight', 'bias')]
  if config.is_classifier:
    for part, rows in zip(('weight', 'bias'), labels):
      if rows is None or len(rows) != 2:
        raise ValueError(f'{path}: no classifier.{part} of 2 labels, although {CONFIG_FILE} names a classifier; '
                         'download it again')
      found[f'classifier.{part}'] = (rows[config.positive] - rows[1 - config.positive])[np.newaxis]
  weights = {}
  for name, shape in tensor_shapes(config).items():
    if name not in found:
      if is_new(name) and not config.is_classifier:
        continue
      raise ValueError(f'{path}: there is no tensor {name}, which {CONFIG_FILE} asks for; download it again')
    if found[name].shape != shape:
      raise ValueError(f'{path}: {name} has the shape {found[name].shape}, and {CONFIG_FILE} asks for {shape}; '
                       'download both again')
    if not np.isfinite(found[name]).all():
      raise ValueError(f'{path}: {name} has a number that is not finite; download it again')
    weights[name] = found[name]
  return weights


def _read_tensors(path: str) -> Iterator[tuple[str, np.ndarray]]:
  """Yield the tensors of a file as float32, named as BERT names them."""
  try:
    with safetensors.safe_open(path, framework='numpy') as file:
      for own in file.keys():
        name = re.sub('^(bert|distilbert)[.]', '', own)
        for part, bert in _OTHER_NAMES.items():
          name = name.replace(part, bert)
        yield name, file.get_tensor(own).astype(np.float32)
  except (OSError, TypeError, ValueError, safetensors.SafetensorError) as error:
    raise ValueError(f'{path} cannot be read ({error}); download it again, in the format safetensors and in float16 or '
                     'float32') from error


@dataclasses.dataclass(frozen=True)
class Encoder:
  """An encoder whose files were found to fit together.

  Attributes:
    config: its structure.
    parameters: number of weights.
  """

  config: Config
  parameters: int

  def describe(self) -> str:
    """Return one line: the kind, the size, and whether its classifier is used or a new head is trained."""
    config = self.config
    head = 'a fine-tuned classifier' if config.is_classifier else 'a base encoder: a new head is trained'
    return (f'{config.kind}, {config.layers} layers, {config.units} units, {self.parameters / 1e6:.1f} million '
            f'parameters: {head}')


@functools.lru_cache(maxsize=1)
def check(directory: str) -> Encoder:
  """Check that a directory holds an encoder that can be used.

  Args:
    directory: with the files of FILES; TOKENIZER_FILE may be missing.

  Returns:
    The encoder.

  Raises:
    ValueError: it does not; the message, one line, names the file and says what to do.
  """
  _check_files(directory)
  config, tokenizer = read_config(directory), read_tokenizer(directory)
  if len(tokenizer.pieces) > config.vocab_size:
    raise ValueError(f'{os.path.join(directory, VOCABULARY_FILE)}: {len(tokenizer.pieces)} pieces, and {CONFIG_FILE} '
                     f'has a vocab_size of {config.vocab_size}: take both from the same encoder')
  return Encoder(config, sum(tensor.size for tensor in read_weights(directory, config).values()))


def _check_files(directory: str) -> None:
  if not os.path.isdir(directory):
    raise ValueError(f'{directory}: no such directory; --encoder takes a directory with {", ".join(FILES[:3])}')
  missing: Optional[str] = next(
      (name for name in FILES[:3] if not os.path.isfile(os.path.join(directory, name))), None)
  pickle = next((name for name in _PICKLES if os.path.isfile(os.path.join(directory, name))), None)
  if missing == WEIGHTS_FILE and pickle:
    raise ValueError(f'{os.path.join(directory, pickle)}: a pickle, which can run any code when it is read; save the '
                     f'weights as {WEIGHTS_FILE} instead')
  if missing:
    raise ValueError(f'{os.path.join(directory, missing)}: no such file; --encoder takes a directory with '
                     f'{", ".join(FILES[:3])}')
