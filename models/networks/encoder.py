"""encoder: a pre-trained encoder of BERT's type, fine-tuned, or used as it is if it is a classifier already."""

import dataclasses
from typing import Any, Callable, Mapping, Optional

import tensorflow as tf

from models import augmentation
from models import encoder_files
from models import features as keys
from models import hparams
from models import model
from models.networks import precision
from models.networks import transformer
from models.training import heads
from models.training import learning_rate
from models.training import optimizers

_PIECES_AT_ONCE = 1_024  # of texts that are scored at the same time: bounds the memory, whatever batch is sent


@dataclasses.dataclass(frozen=True)
class EncoderHparams(augmentation.AugmentedHparams):
  """Hyper-parameters of the encoder, in addition to the common ones.

  Attributes:
    max_pieces: number of WordPieces that the encoder reads of a text; of a longer one, the first and the last ones.
    passes: number of passes over train, if train_steps allows them.
    frozen_layers: number of layers, from the first one, that are not trained; with one or more, the embeddings are not
      trained either.
    dropout: share of the numbers of a hidden state that are dropped in training.
    weight_decay: share of the weights that is subtracted in each step, times the learning rate.
    warm_up: share of the steps in which the learning rate rises from 0; it then decays linearly to 0.
    clip_norm: global norm that the gradient is clipped to.
    mixed_precision: whether matrix products multiply bfloat16 numbers in training, on CPUs and GPUs that do so faster;
      weights, sums, normalisations and the loss are float32 (P. Micikevicius et al., ICLR 2018).
  """

  max_length: int = 400
  batch_size: int = 32
  train_steps: int = 1_000_000
  learning_rate: float = 5e-5
  bucketing: bool = True
  max_pieces: int = 384
  passes: int = 1
  frozen_layers: int = 0
  dropout: float = 0.1
  weight_decay: float = 0.01
  warm_up: float = 0.06
  clip_norm: float = 1.0
  mixed_precision: bool = True

  BOUNDS = {
      'train_steps': hparams.AT_LEAST_0, 'max_pieces': (3, float('inf')), 'passes': hparams.AT_LEAST_1,
      'frozen_layers': hparams.AT_LEAST_0, 'dropout': (0, 0.99), 'weight_decay': hparams.AT_LEAST_0,
      'warm_up': (0, 1), 'clip_norm': hparams.POSITIVE}

  def preprocessing(self) -> dict[str, Any]:
    """Return what the model requests of Transform; see models.hparams.Hparams."""
    return {**super().preprocessing(), 'max_pieces': self.max_pieces}

  def augmentation(self) -> dict[str, float]:
    """Return the doses of augmented training examples, none if nothing is trained; see models.hparams.Hparams."""
    return super().augmentation() if self.train_steps else {}

  def check_encoder(self, directory: str) -> None:
    """Raise ValueError unless these hyper-parameters fit an encoder; see models.hparams.Hparams."""
    config = encoder_files.read_config(directory)
    if self.max_pieces > config.positions:
      raise ValueError(f'{directory} reads at most {config.positions} pieces of a text: lower max_pieces '
                       f'({self.max_pieces})')
    if self.frozen_layers > config.layers:
      raise ValueError(f'{directory} has {config.layers} layers: lower frozen_layers ({self.frozen_layers})')
    if not self.train_steps and not config.is_classifier:
      raise ValueError(f'{directory} is a base encoder without a classifier: omit --train-steps 0, or choose a '
                       'fine-tuned classifier')

  def count_steps(self, steps_per_pass: int) -> int:
    """Return the number of training steps; see models.hparams.Hparams."""
    return min(self.train_steps, self.passes * steps_per_pass)


def model_fn(features: Mapping[str, tf.Tensor], labels: Optional[tf.Tensor], mode: str,
             params: model.Params[EncoderHparams]) -> tf.estimator.EstimatorSpec:
  """Build the model; see models.model.Model."""
  settings = params.hparams
  if params.encoder is None:
    raise ValueError('the model encoder needs a pre-trained encoder: pass --encoder')
  settings.check_encoder(params.encoder)
  config = encoder_files.read_config(params.encoder)
  is_training = mode == tf.estimator.ModeKeys.TRAIN
  product_type = precision.fast_product_type() if is_training and settings.mixed_precision else tf.float32
  with tf.compat.v1.variable_scope('encoder'):
    network = transformer.Transformer(
        config, settings.frozen_layers, settings.dropout, mode, params.seed, product_type)
  pieces, lengths = features[keys.WORDPIECES], features[keys.WORDPIECE_LENGTH]
  logits = network.logits(pieces, lengths) if is_training else score_in_parts(network.logits, pieces, lengths)
  rate = learning_rate.warm_up_and_decay(settings.learning_rate, settings.train_steps, settings.warm_up)
  train_op_fn = optimizers.adamw(rate, settings.weight_decay, settings.clip_norm)
  scaffold = initializing_scaffold(network.variables, params.encoder, config) if is_training else None
  return heads.estimator_spec(features, labels, mode, logits, train_op_fn, scaffold)


def score_in_parts(score: Callable[[tf.Tensor, tf.Tensor], tf.Tensor], pieces: tf.Tensor, lengths: tf.Tensor,
                   pieces_at_once: int = _PIECES_AT_ONCE) -> tf.Tensor:
  """Score a batch in parts of texts of similar length.

  So the memory does not grow with the batch, and short texts do not take the time of long ones.

  Args:
    score: (pieces, lengths) -> float32 [batch, 1].
    pieces: int64 [batch, time], ids, padded.
    lengths: int64 [batch], the number of ids of each text.
    pieces_at_once: number of ids, with the padding, of a part that holds more than one text.

  Returns:
    float32 [batch, 1].
  """
  order = tf.argsort(lengths, direction='DESCENDING')
  pieces, lengths = tf.gather(pieces, order), tf.gather(lengths, order)
  count = tf.size(lengths)
  # TensorFlow joins matrix products with the GELU that follows only outside of loops, so also in a function of its own.
  score_alone = tf.function(score, experimental_attributes={'_noinline': True})

  def score_part(start, logits):
    longest = tf.cast(lengths[start], tf.int32)
    end = start + tf.maximum(1, pieces_at_once // longest)
    part = score_alone(pieces[start:end, :longest], lengths[start:end])
    return end, tf.concat([logits, part], axis=0)

  _, logits = tf.while_loop(
      lambda start, _: start < count, score_part, (0, tf.zeros([0, 1])), parallel_iterations=1,
      shape_invariants=(tf.TensorShape([]), tf.TensorShape([None, 1])))
  return tf.gather(logits, tf.math.invert_permutation(order))


def initializing_scaffold(variables: Mapping[str, tf.Variable], directory: str, config: encoder_files.Config
                          ) -> tf.compat.v1.train.Scaffold:
  """Make a Scaffold that reads the weights of an encoder once, at the start of a training.

  Args:
    variables: of a transformer.Transformer, by name; those of a base encoder's new head keep their initial values.
    directory: of the encoder, see models.encoder_files.
    config: its structure.

  Returns:
    The Scaffold.
  """
  placeholders = {name: tf.compat.v1.placeholder(variable.dtype.base_dtype, variable.shape)
                  for name, variable in variables.items()}
  assign = {name: variable.assign(placeholders[name]).op for name, variable in variables.items()}

  def init_fn(unused_scaffold, session):
    for name, weights in encoder_files.read_weights(directory, config).items():
      session.run(assign[name], {placeholders[name]: weights})

  return tf.compat.v1.train.Scaffold(init_fn=init_fn)


# Half of what models need that start from nothing: an encoder knows the language, and each example takes time.
_DOSES = {name: dose / 2 for name, dose in augmentation.DOSES.items()}

ENCODER = model.Model(model_fn, EncoderHparams(**_DOSES), is_encoder=True)
