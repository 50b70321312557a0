"""A training job: a model, its data and its settings, as the Trainer and the Tuner run it."""

import math
from typing import Any, Sequence

import tensorflow as tf
import tensorflow_transform as tft

from models import augmentation
from models import features as keys
from models import hparams as hparams_lib
from models import model as model_lib
from models.text import identity_terms
from models.training import inputs
from models.training import loop
from models.training import teacher_labels

_MIN_AUGMENTED = 10_000  # fewer examples do not teach a part of its own how to read short texts
_MIN_EVAL_EVERY = 100  # steps between two evaluations: with fewer, evaluating takes longer than training
_KEPT_FOR_EVALUATOR = 20  # checkpoints: an evaluator process may lag behind, and fails if its checkpoint was removed
_SCORED_BATCHES, _SCORED_BATCH_SIZE = 4, 64


class TrainingJob:
  """All that a training needs except for the hyper-parameters and a directory.

  Attributes:
    hparams: the model's hyper-parameters with the user's changes.
    seed: seed of the initial weights, of dropout and of the order of the examples.
    transform_output: output of Transform.
  """

  def __init__(self, fn_args: Any):
    """Read the arguments of a run_fn or tuner_fn.

    Args:
      fn_args: tfx.v1.components.FnArgs with the custom_config of models.training.run_fn.run_fn; train_files are the
        patterns of train and, optionally, of augmented, unlabeled and sentences. A pass over train is one over all of
        them. Without the labels of a teacher, in custom_config['teacher_scores'], there are no sentences.
    """
    config = fn_args.custom_config
    self._model = model_lib.load(config['model_record'])
    self._fn_args = fn_args
    self.hparams = self._model.hparams.replace(config['hparams'])
    self.seed = config['seed']
    self.transform_output = tft.TFTransformOutput(fn_args.transform_graph_path)

  def train(self, hparams: hparams_lib.Hparams, model_dir: str
            ) -> tuple[tf.estimator.Estimator, loop.BestCheckpoint]:
    """Train in a directory, or continue the interrupted training that is there.

    Args:
      hparams: hyper-parameters of this training.
      model_dir: directory of checkpoints and summaries.

    Returns:
      The Estimator and its best checkpoint.
    """
    train_files, eval_files = self._fn_args.train_files, self._fn_args.eval_files
    if hparams.unlabeled and not inputs.count_examples(inputs.split_files(train_files, keys.UNLABELED)):
      hparams = hparams.replace({'unlabeled': False})  # saves the second pass over each batch for pseudo-labels
    augmented = inputs.count_examples(inputs.split_files(train_files, keys.AUGMENTED))
    if hparams.short_length and augmented < _MIN_AUGMENTED:
      hparams = hparams.replace({'short_length': 0})
    teacher = teacher_labels.create(self._fn_args.custom_config.get('teacher_scores'), hparams)
    if teacher:
      train_files, hparams = weigh_augmented(train_files, hparams, teacher)
    steps_per_pass = max(1, inputs.count_examples(train_files, teacher) // hparams.batch_size)
    hparams = hparams.replace({'train_steps': hparams.count_steps(steps_per_pass)})
    params = model_lib.Params(
        hparams=hparams,
        vocab_size=self.transform_output.vocabulary_size_by_name(keys.VOCABULARY),
        seed=self.seed,
        word_vectors=self._fn_args.custom_config.get('word_vectors'),
        encoder=self._fn_args.custom_config.get('encoder'),
        identity_ids=_find_identity_terms(self.transform_output.vocabulary_by_name(keys.VOCABULARY)),
    )
    eval_every = steps_per_pass * math.ceil(_MIN_EVAL_EVERY / steps_per_pass)
    estimator = build_estimator(self._model, params, model_dir, hparams.eval_every or eval_every)
    spec = self.transform_output.transformed_feature_spec()
    # Processes that train one model together must not read the examples in the same order.
    seed = self.seed + (estimator.config.global_id_in_cluster or 0)
    best = loop.train(
        estimator,
        lambda skip: inputs.input_fn(train_files, spec, hparams.batch_size, seed, skip, hparams.bucketing, teacher),
        lambda: inputs.input_fn(eval_files, spec, hparams.batch_size),
        hparams.train_steps,
        hparams.patience,
    )
    return estimator, best

  def score_eval_examples(self, estimator: tf.estimator.Estimator, checkpoint: str) -> dict[str, float]:
    """Scores the first 256 eval examples with the training graph.

    Args:
      estimator: the trained Estimator.
      checkpoint: path prefix of the checkpoint.

    Returns:
      The probability of the positive class by review id.
    """
    spec = self.transform_output.transformed_feature_spec()

    def read_batches():
      return inputs.input_fn(self._fn_args.eval_files, spec, _SCORED_BATCH_SIZE).take(_SCORED_BATCHES)

    ids = [id_.decode() for batch, _ in read_batches() for id_ in batch[keys.REVIEW_ID].numpy()]
    predictions = estimator.predict(read_batches, checkpoint_path=checkpoint)
    return {id_: float(prediction['logistic'][0]) for id_, prediction in zip(ids, predictions)}


def _find_identity_terms(vocabulary):
  terms = {term.encode() for term in identity_terms.TERMS}
  return tuple(id_ for id_, word in enumerate(vocabulary) if word in terms)


def weigh_augmented(files: Sequence[str], hparams: hparams_lib.Hparams, teacher: teacher_labels.TeacherLabels
                    ) -> tuple[list[str], hparams_lib.Hparams]:
  """Let augmented examples keep their share of a pass, although a teacher labels more texts than train has.

  AugmentationGen has made more short ones, up to a limit; beyond it, all are repeated. A student that reads too few
  fails the behaviour tests of neutral texts and of fairness. The part that reads short texts needs them all; in the
  rest of the model, they would cost accuracy, so short texts weigh less there.

  Args:
    files: patterns of the files of all splits that the student learns from.
    hparams: the student's hyper-parameters.
    teacher: whose labels it learns from.

  Returns:
    The patterns, those of augmented examples repeated, and the hyper-parameters with the changed weight.
  """
  augmented = inputs.split_files(files, keys.AUGMENTED)
  others = [file for file in files if file not in augmented]
  train = inputs.count_examples(inputs.split_files(others, keys.TRAIN))
  made = min(inputs.count_examples(others) / train, augmentation.MOST_TIMES)
  times = max(1, round(inputs.count_examples(others, teacher) / train / made))
  if hparams.short_length:
    hparams = hparams.replace({'short_weight': hparams.short_weight / (made * times)})
  return others + times * augmented, hparams


def build_estimator(model: model_lib.Model, params: model_lib.Params, model_dir: str, eval_every: int
                    ) -> tf.estimator.Estimator:
  """Build the Estimator of a model.

  Args:
    model: the model.
    params: the `params` of its model_fn.
    model_dir: directory of checkpoints and summaries.
    eval_every: training steps between two evaluations.

  Returns:
    The Estimator.
  """
  config = tf.estimator.RunConfig(
      model_dir=model_dir,
      tf_random_seed=params.seed,
      save_checkpoints_steps=eval_every,
      keep_checkpoint_max=2,
      checkpoint_save_graph_def=False,
      save_summary_steps=100,
      log_step_count_steps=100,
  )
  if config.cluster_spec:
    config = config.replace(keep_checkpoint_max=_KEPT_FOR_EVALUATOR)
  return tf.estimator.Estimator(model.model_fn, config=config, params=params)
