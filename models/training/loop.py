"""The training loop with early stopping: the checkpoint with the lowest eval loss is kept."""

import json
import logging
import os
import time
from typing import Any, Callable, Mapping, Optional

import tensorflow as tf

_log = logging.getLogger(__name__)  # pipeline.local.progress shows these messages to the user

_BEST_DIR = 'best'
_STATE_FILE = 'best.json'
_MIN_STEPS_WITHOUT_IMPROVEMENT = 100  # before training stops: on a small dataset the loss hardly falls at first
_EVALUATOR_TIMEOUT_S = 600  # how long the chief waits for the last evaluation of an evaluator process


class BestCheckpoint(tf.estimator.Exporter):
  """Keeps a copy of the checkpoint with the lowest eval loss; its state is a file, so it survives an interruption.

  Attributes:
    out_of_patience: whether the eval loss has not fallen for so long that training has to stop.
  """

  name = _BEST_DIR

  def __init__(self, model_dir: str, patience: int):
    """Restore the state of a directory, if there is one.

    Args:
      model_dir: directory of the training.
      patience: see models.hparams.Hparams.
    """
    self._model_dir, self._patience = model_dir, patience
    self.out_of_patience = self._is_out_of_patience(self.state)

  @property
  def state(self) -> dict[str, Any]:
    """Metrics of the best checkpoint on eval, with `step`, `last_step` and `evaluations_since`; empty at first."""
    path = os.path.join(self._model_dir, _STATE_FILE)
    if not tf.io.gfile.exists(path):
      return {}
    with tf.io.gfile.GFile(path) as file:
      return json.load(file)

  @property
  def path(self) -> str:
    """The path prefix of the best checkpoint."""
    return os.path.join(self._model_dir, _BEST_DIR, f'model.ckpt-{self.state["step"]}')

  def export(self, estimator: tf.estimator.Estimator, export_path: Optional[str], checkpoint_path: str,
             eval_result: Mapping[str, Any], is_the_final_export: bool) -> None:
    """Record an evaluation; train_and_evaluate calls this after each one."""
    metrics = {key: float(value) for key, value in eval_result.items()
               if key != 'global_step' and not isinstance(value, bytes)}  # the precision-recall curve is bytes
    step = int(eval_result['global_step'])
    state = self.state
    _log.info('step %d: loss %.4f, accuracy %.4f on eval', step, metrics['average_loss'], metrics['accuracy'])
    if not state or metrics['average_loss'] < state['average_loss']:
      self._copy_checkpoint(checkpoint_path)
      state = {'step': step, 'evaluations_since': 0, **metrics}
    elif step > state['last_step']:
      state['evaluations_since'] += 1
    state['last_step'] = step
    self._write_state(state)
    self.out_of_patience = self._is_out_of_patience(state)

  def _is_out_of_patience(self, state):
    return bool(self._patience and state and state['evaluations_since'] >= self._patience
                and state['last_step'] - state['step'] >= _MIN_STEPS_WITHOUT_IMPROVEMENT)

  def _copy_checkpoint(self, checkpoint_path):
    directory = os.path.join(self._model_dir, _BEST_DIR)
    tf.io.gfile.makedirs(directory)
    for path in tf.io.gfile.glob(checkpoint_path + '.*'):
      tf.io.gfile.copy(path, os.path.join(directory, os.path.basename(path)), overwrite=True)
    kept = os.path.basename(checkpoint_path) + '.'
    for name in tf.io.gfile.listdir(directory):
      if not name.startswith(kept):
        tf.io.gfile.remove(os.path.join(directory, name))

  def _write_state(self, state):
    path = os.path.join(self._model_dir, _STATE_FILE)
    with tf.io.gfile.GFile(path + '.new', 'w') as file:
      json.dump(state, file)
    tf.io.gfile.rename(path + '.new', path, overwrite=True)


class _ProgressHook(tf.estimator.SessionRunHook):
  """Logs the step and the training loss at intervals."""

  def __init__(self, train_steps: int, steps_between_messages: int = 20):
    self._train_steps, self._interval, self._calls = train_steps, steps_between_messages, 0

  def before_run(self, run_context):
    self._calls += 1
    if self._calls % self._interval:
      return None
    loss = run_context.session.graph.get_collection(tf.compat.v1.GraphKeys.LOSSES)
    fetches = [tf.compat.v1.train.get_global_step(), *loss[:1]]
    return tf.estimator.SessionRunArgs(fetches)

  def after_run(self, run_context, run_values):
    if run_values.results:
      step, *loss = run_values.results
      _log.debug('step %d of at most %d%s', step, self._train_steps, f', loss {loss[0]:.4f}' if loss else '')


class _StopAtOnceHook(tf.estimator.SessionRunHook):
  """Ends a training before its first step: the hook that saves checkpoints has saved the initial weights by then."""

  def after_create_session(self, session, coord):
    coord.request_stop()


def train(estimator: tf.estimator.Estimator, train_input_fn: Callable[[int], tf.data.Dataset],
          eval_input_fn: Callable[[], tf.data.Dataset], train_steps: int, patience: int) -> BestCheckpoint:
  """Train, and evaluate at each checkpoint, until the eval loss stops falling or all steps are done.

  Continues from the latest checkpoint of the estimator's directory, if there is one, and follows TF_CONFIG as
  tf.estimator.train_and_evaluate does. With several processes the evaluator process evaluates; it waits for the last
  step, so there is no early stopping.

  Args:
    estimator: the Estimator; its save_checkpoints_steps is the number of steps between two evaluations.
    train_input_fn: (number of batches to skip) -> tf.data.Dataset.
    eval_input_fn: () -> tf.data.Dataset.
    train_steps: maximum number of training steps; 0 evaluates the initial weights, for models that are trained already.
    patience: see models.hparams.Hparams.

  Returns:
    The best checkpoint.

  Raises:
    ValueError: the training loss is NaN, or there is no evaluator process.
  """
  is_single_process = not estimator.config.cluster_spec
  best = BestCheckpoint(estimator.model_dir, patience if is_single_process else 0)
  latest = estimator.latest_checkpoint()
  done = int(latest.rpartition('-')[2]) if latest else 0
  if is_single_process and done > best.state.get('last_step', 0):  # interrupted between saving and evaluating
    best.export(estimator, None, latest, estimator.evaluate(eval_input_fn, checkpoint_path=latest), done >= train_steps)
  if best.state and (done >= train_steps or best.out_of_patience):
    return best
  if not train_steps:
    estimator.train(lambda: train_input_fn(0), max_steps=1, hooks=[*_checkpoint_hooks(estimator), _StopAtOnceHook()])
    latest = estimator.latest_checkpoint()
    best.export(estimator, None, latest, estimator.evaluate(eval_input_fn, checkpoint_path=latest), True)
    return best
  hooks = [
      *_checkpoint_hooks(estimator),
      tf.estimator.experimental.make_early_stopping_hook(
          estimator, lambda: best.out_of_patience, run_every_secs=None, run_every_steps=1),
      _ProgressHook(train_steps),
  ]
  try:
    tf.estimator.train_and_evaluate(
        estimator,
        tf.estimator.TrainSpec(lambda: train_input_fn(done), max_steps=train_steps, hooks=hooks),
        tf.estimator.EvalSpec(eval_input_fn, steps=None, exporters=best, start_delay_secs=0, throttle_secs=0),
    )
  except tf.estimator.NanLossDuringTrainingError as error:
    raise ValueError('the training loss is not a number (NaN), so no model was exported: lower the learning rate, for '
                     'example with --set MODEL.learning_rate=1e-4') from error
  if estimator.config.is_chief and not is_single_process:
    _wait_for_evaluator(estimator, best, train_steps)
  return best


def _checkpoint_hooks(estimator):
  """Return the hook that saves checkpoints, in the process that does.

  An evaluation follows each checkpoint. Estimator would add a hook of its own behind all others: then the hook that
  stops early would act on an evaluation one step later, after one more evaluation.
  """
  if not estimator.config.is_chief:
    return []
  return [tf.compat.v1.train.CheckpointSaverHook(
      estimator.model_dir, save_steps=estimator.config.save_checkpoints_steps,
      save_graph_def=estimator.config.checkpoint_save_graph_def)]


def _wait_for_evaluator(estimator, best, train_steps):
  last = min(train_steps, int(estimator.latest_checkpoint().rpartition('-')[2]))
  deadline = time.monotonic() + _EVALUATOR_TIMEOUT_S
  while not best.state or best.state['last_step'] < last:
    if time.monotonic() > deadline:
      raise ValueError(f'{estimator.model_dir}: step {last} was not evaluated within {_EVALUATOR_TIMEOUT_S} s: start '
                       'an evaluator process with the cluster of this TF_CONFIG')
    time.sleep(1)
