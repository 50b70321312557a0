"""encoder_wide: a fine-tuned encoder, used as it is, beside wide_deep, which is trained; their logits are added.

An encoder and counts of n-grams err on different reviews, so that together they are better than each alone. Only
wide_deep learns: the encoder scores nothing in training, but all of eval in each evaluation, which are therefore few.
"""

import dataclasses
from typing import Any, Mapping, Optional

import tensorflow as tf

from models import encoder_files
from models import features as keys
from models import hparams
from models import model
from models.networks import encoder
from models.networks import short_texts
from models.networks import transformer
from models.networks import wide_deep
from models.training import heads


@dataclasses.dataclass(frozen=True)
class EncoderWideHparams(wide_deep.WideDeepHparams):
  """Hyper-parameters of encoder_wide, in addition to those of wide_deep.

  Attributes:
    max_pieces: number of WordPieces that the encoder reads of a text; of a longer one, the first and the last ones.
    encoder_share: factor of the encoder's logit in the sum.
    short_encoder_share: the same in the shortest texts; the longer the text, the closer to encoder_share (see
      models.networks.short_texts). 0 leaves them to wide_deep, for an encoder that is sure of texts without an opinion.
    trained_share: factor of wide_deep's logit in the sum.
  """

  eval_every: int = 4_000
  max_pieces: int = 384
  encoder_share: float = 0.4
  short_encoder_share: float = 0.4
  trained_share: float = 0.6

  BOUNDS = {'max_pieces': (3, float('inf')),
            **dict.fromkeys(('encoder_share', 'short_encoder_share', 'trained_share'), hparams.AT_LEAST_0)}

  def preprocessing(self) -> dict[str, Any]:
    """Return what the model requests of Transform; see models.hparams.Hparams."""
    return {**super().preprocessing(), 'max_pieces': self.max_pieces}

  def check_encoder(self, directory: str) -> None:
    """Raise ValueError unless an encoder is fine-tuned, and reads texts of max_pieces."""
    encoder.EncoderHparams(max_pieces=self.max_pieces).check_encoder(directory)
    if not encoder_files.read_config(directory).is_classifier:
      raise ValueError(f'{directory} is a base encoder without a classifier, which encoder_wide does not train: choose '
                       'a fine-tuned classifier, or --model encoder')

  def search_space(self) -> dict[str, Any]:
    """Return what a Tuner tries; see models.hparams.Hparams."""
    share = hparams.Range(0.1, 1)
    return {**super().search_space(), 'encoder_share': share, 'trained_share': share}


def model_fn(features: Mapping[str, tf.Tensor], labels: Optional[tf.Tensor], mode: str,
             params: model.Params[EncoderWideHparams]) -> tf.estimator.EstimatorSpec:
  """Build the model; see models.model.Model."""
  settings = params.hparams
  if params.encoder is None:
    raise ValueError('the model encoder_wide needs a fine-tuned encoder: pass --encoder')
  settings.check_encoder(params.encoder)
  logits, labels, train_op_fn, _ = wide_deep.network(features, labels, mode, params)
  config, scaffold = encoder_files.read_config(params.encoder), None
  with tf.compat.v1.variable_scope('encoder'):
    network = transformer.Transformer(config, config.layers + 1, 0.0, mode, params.seed)
  if mode == tf.estimator.ModeKeys.TRAIN:
    scaffold = encoder.initializing_scaffold(network.variables, params.encoder, config)
  else:
    encoder_logits = encoder.score_in_parts(
        network.logits, features[keys.WORDPIECES], features[keys.WORDPIECE_LENGTH])
    encoder_logits = short_texts.mix(features, settings.encoder_share * encoder_logits,
                                     settings.short_encoder_share * encoder_logits, settings.short_length)
    logits = encoder_logits + settings.trained_share * logits
  return heads.estimator_spec(features, labels, mode, logits, train_op_fn, scaffold, settings.averaging)


ENCODER_WIDE = model.Model(model_fn, EncoderWideHparams(negation_reach=3, **wide_deep.DOSES), is_encoder=True)
