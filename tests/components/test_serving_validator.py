import json
import math
import os
import pathlib
import re
import shutil
import types

import numpy as np
import psutil
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2
from tfx import v1 as tfx
from tfx.components.util import model_utils
from tfx.types import artifact_utils

from components.common import examples
from components.serving_validator import canaries
from components.serving_validator import component
from components.serving_validator import executor
from components.serving_validator import probe
from models.training import run_fn
from pipeline.sources import sample_data
from tests import saved_models
from tests import transforming

_artifacts = tfx.types.standard_artifacts
_HPARAMS = {'vocab_size': 300, 'max_length': 40, 'batch_size': 50, 'train_steps': 20}
_hashed, _save = saved_models.hashed, saved_models.save
_PROPERTIES = {'split': 'eval', 'timeout_s': 300, 'thresholds': '{}', 'code': ''}
_REVIEWS = [(text.encode(), label) for text, label in sample_data.generate_reviews(100, seed=7)]
_REVIEWS += [(b'', 0), (b'\xff caf\xe9', 1)]


@pytest.fixture(scope='module', name='exported')
def _exported(tmp_path_factory):
  """A directory with a trained cnn as the Trainer leaves it (model, model_run) and its raw examples."""
  top = tmp_path_factory.mktemp('exported')
  texts, labels = zip(*_REVIEWS)
  rows, _ = transforming.transform(texts, top, _HPARAMS['vocab_size'], _HPARAMS['max_length'], labels=labels)
  transforming.write(rows, transforming.tft.TFTransformOutput(str(top / 'graph')), top / 'transformed.gz')
  run_fn.run_fn(types.SimpleNamespace(
      transform_graph_path=str(top / 'graph'), train_files=[str(top / 'transformed.gz')],
      eval_files=[str(top / 'transformed.gz')], hyperparameters=None,
      serving_model_dir=str(top / 'model' / 'Format-Serving'), model_run_dir=str(top / 'model_run'),
      custom_config={'model': 'cnn', 'preset': 'default', 'model_record': 'models.networks.cnn:CNN',
                     'hparams': _HPARAMS, 'seed': 0}))
  for split, prefix in ('train', 'other'), ('eval', ''):
    (top / 'examples' / f'Split-{split}').mkdir(parents=True)
    with tf.io.TFRecordWriter(str(top / 'examples' / f'Split-{split}' / 'data.gz'), 'GZIP') as writer:
      for number, text in enumerate(texts):
        writer.write(examples.encode_example(text, review_id=f'{prefix}{number}').SerializeToString())
  shutil.rmtree(top / 'graph')  # what is served must not need it
  return top


@pytest.fixture(name='copy')
def _copy(exported, tmp_path):
  """A copy of `exported` to damage."""
  for name in 'model', 'model_run', 'examples':
    shutil.copytree(exported / name, tmp_path / name)
  return tmp_path


def _run(top, **changes):
  """Run the executor; returns the blessing, and report.json as a dict."""
  model, model_run, raw, blessing = (
      _artifacts.Model(), _artifacts.ModelRun(), _artifacts.Examples(), _artifacts.InfraBlessing())
  for name, artifact in ('model', model), ('model_run', model_run), ('examples', raw), ('blessing', blessing):
    artifact.uri = str(top / name)
  raw.split_names = artifact_utils.encode_split_names(['train', 'eval'])
  executor.Executor().Do(
      {'model': [model], 'model_run': [model_run], 'examples': [raw]}, {'blessing': [blessing]},
      {**_PROPERTIES, **changes})
  return blessing, json.loads((top / 'blessing' / 'report.json').read_text())


def _reason(top, **changes):
  """The reason of a refusal, which must be recorded in every place and in one line."""
  blessing, report = _run(top, **changes)
  assert not model_utils.is_infra_validated(blessing) and blessing.get_int_custom_property('blessed') == 0
  assert sorted(os.listdir(blessing.uri)) == ['INFRA_NOT_BLESSED', 'report.json']
  assert report['blessed'] is False
  assert report['reason'] == blessing.get_string_custom_property('reason')
  assert report['reason'] and len(report['reason'].splitlines()) == 1
  return report['reason']


@pytest.mark.slow
def test_good_model_is_blessed(copy, monkeypatch, capfd):
  (copy / 'tensorflow.py').write_text('raise ImportError("PYTHONPATH is in use")')
  monkeypatch.setenv('PYTHONPATH', str(copy))
  monkeypatch.chdir(copy)
  blessing, report = _run(copy)
  assert capfd.readouterr() == ('', '')
  assert report['reason'] == blessing.get_string_custom_property('reason') == ''
  assert model_utils.is_infra_validated(blessing) and report['blessed'] is True
  assert sorted(os.listdir(blessing.uri)) == ['INFRA_BLESSED', 'report.json']
  measured = [name for name in executor.MEASUREMENTS if 'ratio' not in name]  # there is no served model
  figures = {name: blessing.get_float_custom_property(name) for name in measured}
  assert figures == {name: report[name] for name in measured}
  assert not set(executor.MEASUREMENTS) & set(report) - set(measured)
  assert 0 < figures['load_seconds'] < 100
  assert 0 < figures['p50_ms'] <= figures['p99_ms'] < 10_000
  # Of the model's process, not of this one: getrusage would count what a process had when it started another.
  assert 100 < figures['memory_mb'] < psutil.Process().memory_info().rss / 2**20
  assert 0 <= figures['max_score_difference'] <= 1e-5
  assert report['reviews'] == len(_REVIEWS) and len(report['odd_requests']) == 4
  assert set(report['canaries']) == set(canaries.CANARIES)
  assert all(0 < score < 1 for score in report['canaries'].values())


def _remove(name):
  def damage(model):
    (model / name).unlink()
  return damage


def _edit(change):
  def damage(model):
    path = model / 'saved_model.pb'
    saved_model = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    change(saved_model.meta_graphs[0].signature_def)
    path.write_bytes(saved_model.SerializeToString())
  return damage


def _rename_signature(signatures):
  signatures['predict'].CopyFrom(signatures.pop('predict_text'))


def _give_lengths(signatures):
  signatures['predict_text'].outputs['scores'].CopyFrom(signatures['transform_features'].outputs['length'])


def _rename_input(signatures):
  signatures['predict_text'].inputs['review'].CopyFrom(signatures['predict_text'].inputs.pop('text'))


def _make_nan(model):
  prefix = str(model / 'variables' / 'variables')
  reader = tf.train.load_checkpoint(prefix)
  names = sorted(reader.get_variable_to_shape_map())
  values = [reader.get_tensor(name) for name in names]
  values = [value * np.float32(math.nan) if value.dtype == np.float32 else value for value in values]
  tf.raw_ops.SaveV2(prefix=prefix, tensor_names=names, shape_and_slices=[''] * len(names), tensors=values)


def _truncate(model):
  path = model / 'variables' / 'variables.data-00000-of-00001'
  path.write_bytes(path.read_bytes()[:1000])


@pytest.mark.slow
@pytest.mark.parametrize('damage, reason', [
    (_remove('variables/variables.data-00000-of-00001'),
     'loading the model: variables/variables.data-00000-of-00001; No such file'),
    (_remove('assets/vocabulary'), 'loading the model: assets/vocabulary; No such file'),
    (_edit(_rename_signature), 'there is no signature predict_text; there are: count_known_words, predict, '),
    (_make_nan, 'serving_default returns a score that is not finite for a plain sentence'),
], ids=['variables', 'vocabulary', 'signature', 'nan'])
def test_damaged_model_is_refused(copy, damage, reason):
  damage(copy / 'model' / 'Format-Serving')
  assert re.match(reason, _reason(copy))


@pytest.fixture(name='in_this_process')
def _in_this_process(monkeypatch):
  """Where a damage needs no process of its own, there is none."""
  monkeypatch.setattr(executor.processes, 'run_in_turns', saved_models.probe_in_this_process)


@pytest.mark.parametrize('damage, reason', [
    (shutil.rmtree, 'loading the model: .*saved_model'),
    (_remove('variables/variables.index'), 'loading the model: .* files for variables/variables$'),
    (_truncate, 'loading the model: Read less bytes than requested'),
    (_edit(_rename_input),
     r'signature predict_text takes review: string \(None,\); expected text: string \(None,\)$'),
    (_edit(_give_lengths),
     r'signature predict_text returns scores: int64 \(None,\); expected scores: float32 \(None, 1\)$'),
], ids=['directory', 'index', 'truncated', 'input', 'dtype'])
@pytest.mark.usefixtures('in_this_process')
def test_damage_seen_in_this_process_is_refused(copy, damage, reason):
  damage(copy / 'model' / 'Format-Serving')
  assert re.match(reason, _reason(copy))


def _set_scores(top, change):
  path = top / 'model_run' / 'training_scores.json'
  path.write_text(json.dumps(change(json.loads(path.read_text()))))


@pytest.mark.usefixtures('in_this_process')
def test_scores_that_differ_from_the_training_are_refused(copy):
  _set_scores(copy, lambda scores: {**scores, '17': scores['17'] + 2e-5})
  assert re.match(r'scores differ for 1 of 102, most for 17: the training graph 0\.\d+, serving_default 0\.\d+; '
                  '1e-05 is allowed$', _reason(copy))


@pytest.mark.parametrize('change, reason', [
    (lambda scores: {}, 'training_scores.json: holds no scores of the training graph; train again'),
    (lambda scores: [0.5], 'training_scores.json: holds no scores of the training graph; train again'),
    (lambda scores: {**scores, '3': math.nan}, 'training_scores.json: 3: expected a probability, not nan'),
    (lambda scores: {**scores, '3': 'high'}, "training_scores.json: 3: expected a probability, not 'high'"),
    (lambda scores: {**scores, 'other3': 0.5},
     '1 of the 103 reviews that the training graph scored are not among the examples, such as other3: '),
])
def test_unusable_training_scores_are_refused(copy, change, reason):
  _set_scores(copy, change)
  assert reason in _reason(copy)


@pytest.mark.parametrize('content', [None, '{"1": 0.'])
def test_missing_training_scores_are_refused(copy, content):
  path = copy / 'model_run' / 'training_scores.json'
  path.unlink()
  if content:
    path.write_text(content)
  assert 'training_scores.json: cannot be read (' in _reason(copy)


def _hang(texts):
  forever = tf.while_loop(lambda number: number >= 0, lambda number: number * 0, [tf.size(texts)])[0]
  return _hashed(texts) + tf.cast(forever, tf.float32)


def _abort(texts, **how):
  with tf.control_dependencies([tf.raw_ops.Abort(error_msg='the model gives up', **how)]):
    return _hashed(tf.identity(texts))


@pytest.mark.slow
@pytest.mark.parametrize('score, seconds, reason', [
    (_hang, 8, r'.*: no answer within 8 s; '),
    (_abort, 300, r'sending canary requests: the process crashed \(SIGABRT\)'),
    (lambda texts: _abort(texts, exit_without_error=True), 300,
     r'sending canary requests: the process ended without a verdict \(exit status 0\)'),
], ids=['hang', 'crash', 'exit'])
def test_process_without_a_verdict_is_a_refusal(copy, score, seconds, reason):
  shutil.rmtree(copy / 'model')
  _save(copy / 'model' / 'Format-Serving', score)
  before = set(psutil.Process().children(recursive=True))  # TensorFlow's and the tests' own
  assert re.match(reason, _reason(copy, timeout_s=seconds))
  assert set(psutil.Process().children(recursive=True)) <= before


def _check(path, score, score_examples=None):
  """What the probe notes of a model by `_save`, in this process."""
  _save(path, score, score_examples)
  texts = [b'review %d' % number for number in range(30)]
  ids = [f'id {number}' for number in range(30)]
  reviews = {id_: examples.encode_example(text).SerializeToString() for id_, text in zip(ids, texts)}
  scores = dict(zip(ids, _hashed(tf.constant(texts))[:, 0].numpy().tolist()))
  found = {}
  probe.check_model(executor.make_job(str(path), reviews, scores), lambda **known: found.update(known), range(4))
  return found


def test_models_of_the_next_test_are_good_otherwise(tmp_path):
  found = _check(tmp_path / 'model', _hashed)
  assert all(found[name] < 1e-6 for name in ('max_score_difference', 'batch_difference', 'signature_difference'))
  assert found['canaries'] == pytest.approx(
      dict(zip(canaries.CANARIES, _hashed(tf.constant(list(canaries.CANARIES.values())))[:, 0].numpy())))
  assert found['odd_requests'][0] == 'serving_default scores an empty batch'
  assert 'no example' in found['odd_requests'][1] and 'cannot score' in found['odd_requests'][1]


def _short_only(texts):
  with tf.control_dependencies([tf.debugging.assert_less(tf.strings.length(texts), 100_000)]):
    return _hashed(texts)


def _utf8_only(texts):
  characters = tf.strings.unicode_decode(texts, 'UTF-8', errors='strict').flat_values
  with tf.control_dependencies([tf.debugging.assert_non_negative(characters)]):
    return _hashed(texts)


def _all_but_empty(score):
  return lambda texts: tf.where(texts[:, tf.newaxis] == '', score, _hashed(texts))


def _spread(texts, rows):
  return _hashed(texts) * (1 - 1e-4 * tf.cast(tf.size(texts) > rows, tf.float32))


@pytest.mark.parametrize('score, score_examples, reason', [
    (lambda texts: tf.cast(_hashed(texts), tf.float64), _hashed,
     r'signature predict_text returns scores: float64 \(None, 1\); expected'),
    (lambda texts: _hashed(texts)[:, 0], _hashed, r'signature predict_text returns scores: float32 \(None,\); '),
    (_all_but_empty(math.nan), None, 'serving_default returns a score that is not finite for an empty text'),
    (_all_but_empty(math.inf), _hashed, 'predict_text returns a score that is not finite for an empty text'),
    (_all_but_empty(1.5), None, 'serving_default returns scores from 1.5 to 1.5 for an empty text, not from 0 to 1'),
    (_short_only, None, 'serving_default cannot score 100,000 words: '),
    (_utf8_only, None, 'serving_default cannot score invalid UTF-8: '),
    (lambda texts: _hashed(texts[:1]) * tf.ones([tf.size(texts), 1]), None,
     r'scores differ for 9 of 10, most for .*: serving_default alone .*, in one batch'),
    (lambda texts: _spread(texts, 500), None, 'scores differ for .*: the review alone .*, in a batch of 512'),
    (_hashed, lambda texts: _hashed(tf.strings.lower(texts)), 'scores differ .*: serving_default .*, predict_text'),
    (lambda texts: _hashed(texts) * 0.99, None, 'scores differ for .*: the training graph .*, serving_default'),
], ids=['dtype', 'shape', 'nan', 'inf', 'range', 'length', 'utf-8', 'neighbours', 'size', 'signatures', 'training'])
def test_model_that_scores_inconsistently_is_refused(tmp_path, score, score_examples, reason):
  with pytest.raises(probe.RefusalError, match=reason):
    _check(tmp_path / 'model', score, score_examples)


def test_timeout_is_checked_before_anything_runs():
  channels = {'model': _artifacts.Model, 'model_run': _artifacts.ModelRun, 'examples': _artifacts.Examples}
  inputs = {name: tfx.dsl.Channel(type=kind) for name, kind in channels.items()}
  node = component.ServingValidator(**inputs, timeout_s=60, code='')
  assert node.outputs['blessing'].type is _artifacts.InfraBlessing
  with pytest.raises(ValueError, match='timeout_s must be at least 1 second, not 0'):
    component.ServingValidator(**inputs, timeout_s=0, code='')


def test_probe_imports_nothing_of_the_project():
  source = pathlib.Path(probe.__file__).read_text(encoding='utf-8')
  modules = {line.split()[1] for line in source.splitlines() if line.startswith(('import ', 'from '))}
  assert modules == {
      'base64', 'itertools', 'json', 'os', 're', 'resource', 'sys', 'time', 'typing', 'numpy', 'tensorflow'}
