"""Training with early stopping: the checkpoint with the lowest loss on eval wins."""

import json
import logging
import os
import time

import tensorflow as tf

_log = logging.getLogger(__name__)  # what it says at INFO is shown to the user as progress

_BEST = 'best'
_PATIENT_STEPS = 100  # a loss may stand still for so long: the first passes over a small dataset show nothing
_STATE = 'best.json'
_WAIT_S = 600  # for the evaluator's last word, where it is a process of its own


class BestCheckpoint(tf.estimator.Exporter):
  """Keeps a copy of the best checkpoint so far; its state is a file, so it survives an interruption.

  Attributes:
    out_of_patience: whether the loss on eval has not fallen for so long that training is to end.
  """

  name = _BEST

  def __init__(self, model_dir, patience):
    """Takes up the state in a directory; patience: see models.hparams.Hparams."""
    self._model_dir, self._patience = model_dir, patience
    self.out_of_patience = self._judge(self.state)

  @property
  def state(self):
    """{'step', 'evaluations_since', and every eval metric of the best checkpoint}; empty before the first."""
    path = os.path.join(self._model_dir, _STATE)
    if not tf.io.gfile.exists(path):
      return {}
    with tf.io.gfile.GFile(path) as file:
      return json.load(file)

  @property
  def path(self):
    """The path prefix of the best checkpoint."""
    return os.path.join(self._model_dir, _BEST, f'model.ckpt-{self.state["step"]}')

  def export(self, estimator, export_path, checkpoint_path, eval_result, is_the_final_export):
    """Called by train_and_evaluate after each evaluation."""
    metrics = {key: float(value) for key, value in eval_result.items()
               if key != 'global_step' and not isinstance(value, bytes)}  # a curve is bytes
    step = int(eval_result['global_step'])
    state = self.state
    _log.info('step %d: loss %.4f, accuracy %.4f on eval', step, metrics['average_loss'], metrics['accuracy'])
    if not state or metrics['average_loss'] < state['average_loss']:
      self._copy(checkpoint_path)
      state = {'step': step, 'evaluations_since': 0, **metrics}
    elif step > state['last_step']:
      state['evaluations_since'] += 1
    state['last_step'] = step
    self._write(state)
    self.out_of_patience = self._judge(state)

  def _judge(self, state):
    return bool(self._patience and state and state['evaluations_since'] >= self._patience
                and state['last_step'] - state['step'] >= _PATIENT_STEPS)

  def _copy(self, checkpoint_path):
    directory = os.path.join(self._model_dir, _BEST)
    tf.io.gfile.makedirs(directory)
    for path in tf.io.gfile.glob(checkpoint_path + '.*'):
      tf.io.gfile.copy(path, os.path.join(directory, os.path.basename(path)), overwrite=True)
    kept = os.path.basename(checkpoint_path) + '.'
    for name in tf.io.gfile.listdir(directory):
      if not name.startswith(kept):
        tf.io.gfile.remove(os.path.join(directory, name))

  def _write(self, state):
    path = os.path.join(self._model_dir, _STATE)
    with tf.io.gfile.GFile(path + '.new', 'w') as file:
      json.dump(state, file)
    tf.io.gfile.rename(path + '.new', path, overwrite=True)


class _Progress(tf.estimator.SessionRunHook):
  """Says the step and the loss now and then."""

  def __init__(self, train_steps, every=20):
    self._train_steps, self._every, self._calls = train_steps, every, 0

  def before_run(self, run_context):
    self._calls += 1
    if self._calls % self._every:
      return None
    loss = run_context.session.graph.get_collection(tf.compat.v1.GraphKeys.LOSSES)
    fetches = [tf.compat.v1.train.get_global_step(), *loss[:1]]
    return tf.estimator.SessionRunArgs(fetches)

  def after_run(self, run_context, run_values):
    if run_values.results:
      step, *loss = run_values.results
      _log.debug('step %d of at most %d%s', step, self._train_steps, f', loss {loss[0]:.4f}' if loss else '')


def train(estimator, train_input_fn, eval_input_fn, train_steps, patience):
  """Trains, evaluating at each checkpoint, until the eval loss has not fallen `patience` times or the steps are done.

  Goes on from the estimator's latest checkpoint where there is one, and honours TF_CONFIG as
  tf.estimator.train_and_evaluate does. Of several processes the evaluator is the one that evaluates; it waits for the
  last step, so there all steps are done.

  Args:
    estimator: tf.estimator.Estimator; its save_checkpoints_steps is the evaluation interval.
    train_input_fn: (batches to skip) -> tf.data.Dataset.
    eval_input_fn: () -> tf.data.Dataset.
    train_steps: training steps at most.
    patience: see models.hparams.Hparams.

  Returns:
    The `BestCheckpoint`.

  Raises:
    ValueError: the loss is not a number, or there is no evaluator.
  """
  is_alone = not estimator.config.cluster_spec
  best = BestCheckpoint(estimator.model_dir, patience if is_alone else 0)
  latest = estimator.latest_checkpoint()
  done = int(latest.rpartition('-')[2]) if latest else 0
  if is_alone and done > best.state.get('last_step', 0):  # it was interrupted after it had saved
    best.export(estimator, None, latest, estimator.evaluate(eval_input_fn, checkpoint_path=latest), done >= train_steps)
  if best.state and (done >= train_steps or best.out_of_patience):
    return best
  hooks = [
      *_savers(estimator),
      tf.estimator.experimental.make_early_stopping_hook(
          estimator, lambda: best.out_of_patience, run_every_secs=None, run_every_steps=1),
      _Progress(train_steps),
  ]
  try:
    tf.estimator.train_and_evaluate(
        estimator,
        tf.estimator.TrainSpec(lambda: train_input_fn(done), max_steps=train_steps, hooks=hooks),
        tf.estimator.EvalSpec(eval_input_fn, steps=None, exporters=best, start_delay_secs=0, throttle_secs=0),
    )
  except tf.estimator.NanLossDuringTrainingError as error:
    raise ValueError('the training loss is not a number (NaN): nothing was exported; '
                     'lower the learning rate, as with --set MODEL.learning_rate=1e-4') from error
  if estimator.config.is_chief and not is_alone:
    _wait_for_evaluator(estimator, best, train_steps)
  return best


def _savers(estimator):
  """The hook that saves, and so evaluates, for the process that does; Estimator would add its own, behind all others.

  Before the one that stops early, so that what an evaluation says ends the training there, not a step and one more
  evaluation later.
  """
  if not estimator.config.is_chief:
    return []
  hook = tf.compat.v1.train.CheckpointSaverHook(
      estimator.model_dir, save_steps=estimator.config.save_checkpoints_steps,
      save_graph_def=estimator.config.checkpoint_save_graph_def)
  hook._set_steps_per_run(1)  # pylint: disable=protected-access  # or it asks for the step once more after each
  return [hook]


def _wait_for_evaluator(estimator, best, train_steps):
  last = min(train_steps, int(estimator.latest_checkpoint().rpartition('-')[2]))
  deadline = time.monotonic() + _WAIT_S
  while not best.state or best.state['last_step'] < last:
    if time.monotonic() > deadline:
      raise ValueError(f'{estimator.model_dir}: no evaluator has evaluated step {last}; is there one in TF_CONFIG?')
    time.sleep(1)
