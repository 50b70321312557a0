"""The gate's components, from Evaluator to Pusher, run in this process on one trained model that tests alter."""

import json
import os
import shutil
import types

import numpy as np
import tensorflow as tf
from tfx import v1 as tfx
from tfx.types import artifact_utils
from tfx.utils import json_utils
from tfx.utils import proto_utils

from components.baseline import executor as baseline_executor
from components.behaviour_validator import domain as domain_lib
from components.behaviour_validator import executor as behaviour_executor
from components.common import artifacts
from components.common import examples
from components.common import scoring
from components.evaluator import executor as evaluator_executor
from components.serving_validator import executor as serving_executor
from components.serving_validator import thresholds as serving_thresholds
from components.versioned_pusher import executor as pusher_executor
from components.versioned_pusher import push_and_rollback
from models.training import run_fn
from pipeline import evaluation
from pipeline.sources import sample_data
from tests import transforming

EVALUATOR, SERVING, BEHAVIOUR = 'Evaluator', 'ServingValidator', 'BehaviourValidator'
_OUTPUTS = {EVALUATOR: 'model_blessing', SERVING: 'infra_blessing', BEHAVIOUR: 'behaviour_report'}
_types = tfx.types.standard_artifacts
_HPARAMS = {'vocab_size': 2000, 'max_length': 100, 'batch_size': 50, 'train_steps': 150}
_DROP, _MIN_ACCURACY, _MIN_AUC, _MIN_SLICE_ACCURACY = 0.01, 0.7, 0.8, 0.6
_MARGIN = 0.02  # of the behaviour tests, below what the trained model passes


def _artifact(kind, path):
  made = kind()
  made.uri = str(path)
  if kind is _types.Examples:
    made.split_names = artifact_utils.encode_split_names(['train', 'eval', 'test'])
  return made


class Gate:
  """A trained model that is served as the first version, its data, and its verdicts."""

  def __init__(self, top):
    self.top = top
    self.destination = str(top / 'serving')
    reviews = list(sample_data.generate_reviews(1400, seed=3))
    splits = {'train': reviews[:600], 'eval': reviews[600:700], 'test': reviews[700:]}
    for split, rows in splits.items():
      self._write_split(split, rows)
    self.examples = _artifact(_types.Examples, top / 'examples')
    self.examples.set_string_custom_property('content_hash', 'sample')
    self.eval_texts = [text.encode() for text, _ in splits['eval']]
    self._train(splits['train'])
    self.model = top / 'trained' / 'Format-Serving'
    score = scoring.load_scorer(str(self.model))
    self._eval_scores = score([text.decode() for text in self.eval_texts])
    texts = [text for text, _ in splits['test']]
    right = [(value > 0.5) == (label == 1) for value, (_, label) in zip(score(texts), splits['test'])]
    self.right = [text for text, is_right in zip(texts, right) if is_right]  # test reviews that it gets right
    found = behaviour_executor.run_tests(str(self.model), {}, domain_lib.load('films'))
    self._behaviour = {name: result['judged_rate'] - _MARGIN for name, result in found['capabilities'].items()}
    self.verdicts = self.run(self.model, 'trained', of_trained=True)
    self.push('trained', self.verdicts)

  def _write_split(self, split, rows):
    path = self.top / 'examples' / f'Split-{split}'
    path.mkdir(parents=True)
    with tf.io.TFRecordWriter(str(path / 'data.gz'), 'GZIP') as writer:
      for number, (text, label) in enumerate(rows):
        writer.write(examples.encode_example(text.encode(), label, 0, f'{split}{number}').SerializeToString())

  def _train(self, rows):
    texts, labels = zip(*((text.encode(), label) for text, label in rows))
    transformed, graph = transforming.transform(
        texts, self.top, _HPARAMS['vocab_size'], _HPARAMS['max_length'], labels=labels)
    transforming.write(transformed, graph, self.top / 'transformed.gz')
    run_fn.run_fn(types.SimpleNamespace(
        transform_graph_path=str(self.top / 'graph'), train_files=[str(self.top / 'transformed.gz')],
        eval_files=[str(self.top / 'transformed.gz')], hyperparameters=None,
        serving_model_dir=str(self.top / 'trained' / 'Format-Serving'), model_run_dir=str(self.top / 'run'),
        custom_config={'model': 'cnn', 'preset': 'default', 'model_record': 'models.networks.cnn:CNN',
                       'hparams': _HPARAMS, 'seed': 0}))

  def versions(self):
    """Return the numbers and hashes of all pushed versions."""
    return [(version.number, push_and_rollback.content_hash(str(version.path)))
            for version in push_and_rollback.list_versions(self.destination)]

  def run(self, saved_model, name, checks=tuple(_OUTPUTS), of_trained=False, bounds=None, compares=False):
    """Run checks on a SavedModel; return {check: (blessing, reasons)}.

    Args:
      saved_model: its directory.
      name: of a directory for the artifacts.
      checks: of EVALUATOR, SERVING and BEHAVIOUR.
      of_trained: whether the trained model stands for the training graph, instead of the SavedModel itself.
      bounds: other thresholds of ServingValidator.
      compares: whether ServingValidator measures the served model, too.
    """
    top = self.top / 'runs' / name
    model = _artifact(_types.Model, top / 'model')
    if saved_model.exists():
      shutil.copytree(saved_model, top / 'model' / 'Format-Serving')
    served = self._find_baseline(model)
    steps = {EVALUATOR: lambda: self._evaluate(model, served, top),
             SERVING: lambda: self._validate(
                 model, served if compares else {}, top, None if of_trained else saved_model, bounds or {}),
             BEHAVIOUR: lambda: self._test_behaviour(model, top)}
    return {check: steps[check]() for check in checks}

  def _find_baseline(self, model):
    served = {role: artifacts.ServedVersion() for role in ('baseline', 'best')}
    if os.path.isdir(model.uri):
      baseline_executor.Executor().Do(
          {'model': [model], 'examples': [self.examples]}, {role: [each] for role, each in served.items()},
          {'destination': self.destination, 'split': 'test'})
    return {role: [each] for role, each in served.items()}

  def _evaluate(self, model, served, top):
    outputs = {'evaluation': _artifact(_types.ModelEvaluation, top / 'evaluation'),
               'blessing': _artifact(_types.ModelBlessing, top / 'blessing')}
    for output in outputs.values():
      os.makedirs(output.uri)
    context = evaluator_executor.Executor.Context(beam_pipeline_args=[], tmp_dir=str(top / 'tmp'), unique_id='1')
    evaluator_executor.Executor(context).Do(
        {'examples': [self.examples], 'model': [model], **served}, {key: [value] for key, value in outputs.items()}, {
            'eval_config': proto_utils.proto_to_json(
                evaluation.eval_config(_MIN_ACCURACY, _MIN_AUC, _MIN_SLICE_ACCURACY)),
            'example_splits': json_utils.dumps(['test']), 'fairness_indicator_thresholds': 'null',
            'ignore_baseline': 0, 'max_accuracy_drop': _DROP, 'code': ''})
    failures = evaluator_executor.evaluation_results.load_evaluation(outputs['evaluation'].uri).failures
    return outputs['blessing'], '; '.join(map(str, failures))

  def _validate(self, model, served, top, scores_of, bounds):
    (top / 'run').mkdir(parents=True)
    scores = self._eval_scores if scores_of is None else scoring.load_scorer(str(scores_of))(
        [text.decode() for text in self.eval_texts])
    (top / 'run' / 'training_scores.json').write_text(json.dumps(
        {f'eval{number}': score for number, score in enumerate(scores)}))
    blessing = _artifact(_types.InfraBlessing, top / 'infra_blessing')
    serving_executor.Executor().Do(
        {'model': [model], 'model_run': [_artifact(_types.ModelRun, top / 'run')], 'examples': [self.examples],
         'baseline': served.get('baseline', [])}, {'blessing': [blessing]},
        {'split': 'eval', 'timeout_s': 120, 'thresholds': json.dumps({**serving_thresholds.DEFAULTS, **bounds})})
    return blessing, blessing.get_string_custom_property('reason')

  def _test_behaviour(self, model, top):
    report = _artifact(artifacts.BehaviourReport, top / 'behaviour')
    behaviour_executor.Executor().Do({'model': [model]}, {'report': [report]}, {
        'domain': domain_lib.load('films').json(), 'thresholds': json.dumps(self._behaviour), 'reads': 'full'})
    return report, report.get_string_custom_property('reason')

  def push(self, name, verdicts):
    """Run the Pusher with the verdicts of a run, those that it lacks from the trained model; return its output."""
    output = _artifact(_types.PushedModel, self.top / 'runs' / name / 'pushed')
    found = {**self.verdicts, **verdicts}
    evaluated = self.top / 'runs' / name / 'evaluation'
    card = self.top / 'runs' / name / 'card'
    if evaluated.exists():
      card.mkdir(exist_ok=True)
      metrics = evaluator_executor.evaluation_results.load_evaluation(str(evaluated)).metrics
      (card / 'model_card.json').write_text(json.dumps({'metrics': metrics}))
    pusher_executor.Executor().Do({
        'model': [_artifact(_types.Model, self.top / 'runs' / name / 'model')], 'examples': [self.examples],
        **({'evaluation': [_artifact(_types.ModelEvaluation, evaluated)],
            'model_card': [_artifact(artifacts.ModelCard, card)]} if evaluated.exists() else {}),
        **{key: [found[check][0]] for check, key in _OUTPUTS.items()}}, {'pushed_model': [output]},
        {'destination': self.destination, 'keep': 5, 'model_name': 'sentiment', 'split': 'test'})
    return output


def wrap(saved_model, path, change):
  """Save a model whose scores are changed.

  Args:
    saved_model: the model.
    path: where to save the other one.
    change: scores, float32 [batch, 1], and texts, string [batch], to scores, in the graph.
  """
  module = tf.Module()
  module.model = tf.saved_model.load(str(saved_model))
  signatures = module.model.signatures

  @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name='text')])
  def predict_text(text):
    return {'scores': change(signatures['predict_text'](text=text)['scores'], text)}

  @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name='examples')])
  def serving_default(serialized):
    text = tf.io.parse_example(serialized, {'text': tf.io.FixedLenFeature([], tf.string)})['text']
    return {'scores': change(signatures['serving_default'](examples=serialized)['scores'], text)}

  rest = {name: signatures[name] for name in ('transform_features', 'slice_features')}
  tf.saved_model.save(module, str(path), signatures={
      'predict_text': predict_text, 'serving_default': serving_default, **rest})


def edit_variables(model, change):
  """Change each float variable of a SavedModel by a function of its name and value."""
  prefix = str(model / 'variables' / 'variables')
  reader = tf.train.load_checkpoint(prefix)
  names = sorted(reader.get_variable_to_shape_map())
  values = [reader.get_tensor(name) for name in names]
  values = [np.asarray(change(value), np.float32) if value.dtype == np.float32 else value for value in values]
  tf.raw_ops.SaveV2(prefix=prefix, tensor_names=names, shape_and_slices=[''] * len(names), tensors=values)
