"""Model cards of an evaluation that TFMA made, held against scikit-learn's figures."""

import base64
import json
import os
import re
import shutil

import lxml.html
import numpy as np
import pandas as pd
import pytest
from sklearn import metrics
import tensorflow as tf
from tensorflow_metadata.proto.v0 import statistics_pb2
import tensorflow_model_analysis as tfma
from tfx import v1 as tfx

from components.common import artifacts
from components.common import evaluation_summary
from components.common import version_comparison
from components.common.artifacts import BehaviourReport
from components.model_card import component
from components.model_card import executor
from components.model_card import rendering
from pipeline import evaluation
from tests import evaluations

_artifacts = tfx.types.standard_artifacts
_LENGTHS = ('400 words and more', '0-99 words', '100-199 words')
_HPARAMS = {'filters': 128, 'kernel_sizes': '3 4', 'bucketing': True, 'vectors': None}
_FILES = {'model_card.md', 'model_card.html', 'model_card.json', 'precision_recall.svg', 'confusion_matrix.svg'}


def _reviews():
  """Scores of 3,000 reviews, a seventh of them wrong; the label depends on the rating, as in real data."""
  random = np.random.default_rng(0)
  rating = random.choice([1, 2, 3, 4, 7, 8, 9, 10], 3000)
  label = (rating > 5).astype(int)
  score = 1 / (1 + np.exp(-random.normal(2.2 * (2 * label - 1), 2)))
  return pd.DataFrame({
      'label': label, 'score': score.astype(np.float32), 'rating': rating,
      'length_bucket': random.choice(_LENGTHS, 3000),
      'oov_bucket': random.choice(['0-1 % unknown', '1-3 % unknown'], 3000)})


def _evaluate(frame, directory, thresholds=(0.8, 0.88, 0.7), without=()):
  config = evaluation.eval_config(*thresholds)
  kept = [metric for metric in config.metrics_specs[0].metrics if metric.class_name not in without]
  config.metrics_specs[0].ClearField('metrics')
  config.metrics_specs[0].metrics.extend(kept)
  evaluations.evaluate(frame, config, directory)
  return str(directory)


def _evaluate_two(frame, directory, max_drop):
  """Let TFMA compare a model that gives the column `score` with a baseline that gives `former`, as up to 0.2.0."""
  directory.mkdir()
  examples = str(directory / 'examples')
  with tf.io.TFRecordWriter(examples) as writer:
    for row in frame.to_dict('records'):
      example = tf.train.Example()
      example.features.feature['label'].int64_list.value.append(row['label'])
      for key in ('score', 'former'):
        example.features.feature[key].float_list.value.append(row[key])
      writer.write(example.SerializeToString())
  config = evaluation.eval_config(None, None, None)
  config.model_specs[0].ClearField('preprocessing_function_names')
  config.model_specs[0].name = tfma.CANDIDATE_KEY
  config.model_specs.add(name=tfma.BASELINE_KEY, is_baseline=True).MergeFrom(tfma.ModelSpec(
      signature_name='serving_default', prediction_key='scores', label_key='label'))
  change = config.metrics_specs[0].metrics[0].per_slice_thresholds.add(slicing_specs=[tfma.SlicingSpec()])
  change.threshold.change_threshold.direction = tfma.MetricDirection.HIGHER_IS_BETTER
  change.threshold.change_threshold.absolute.value = -max_drop
  del config.slicing_specs[1:]
  models = []
  for spec, column in zip(config.model_specs, ('score', 'former')):
    path = str(directory / column)
    _save_model(path, column)
    models.append(tfma.default_eval_shared_model(path, model_name=spec.name, eval_config=config))
  output = str(directory / 'output')
  tfma.run_model_analysis(models, config, data_location=examples, output_path=output)
  return output


def _save_model(path, column):
  module = tf.Module()
  spec = {column: tf.io.FixedLenFeature([1], tf.float32)}
  module.serve = tf.function(
      lambda examples: {'scores': tf.io.parse_example(examples, spec)[column]},
      input_signature=[tf.TensorSpec([None], tf.string, 'examples')])
  tf.saved_model.save(module, path, {'serving_default': module.serve})


@pytest.fixture(scope='module')
def frame():
  return _reviews()


@pytest.fixture(scope='module')
def measured(frame, tmp_path_factory):
  return _evaluate(frame, tmp_path_factory.mktemp('evaluation'))


def _with(artifact, uri, **properties):
  artifact.uri = str(uri)
  for name, value in properties.items():
    setter = {int: artifact.set_int_custom_property, float: artifact.set_float_custom_property}
    setter.get(type(value), artifact.set_string_custom_property)(name, value)
  return artifact


def _inputs(tmp_path, evaluation_path, blessed=1, name='cnn', hparams=None):
  """What is always there, as TFX hands it to an executor."""
  examples = _with(_artifacts.Examples(), tmp_path, train=2000, eval=200, test=3000, content_hash='abc123', leaked=7)
  examples.split_names = '["train", "eval", "test"]'
  model = _with(
      _artifacts.Model(), tmp_path, model=name, preset='default', seed=3, parameters=1558229, step=1125,
      accuracy=0.9069, average_loss=0.236, training_seconds=89.4, code='c0de', hparams=json.dumps(hparams or _HPARAMS))
  return {
      'examples': [examples],
      'model': [model],
      'evaluation': [_with(_artifacts.ModelEvaluation(), evaluation_path)],
      'model_blessing': [_with(_artifacts.ModelBlessing(), tmp_path, blessed=blessed)],
  }


def _statistics(tmp_path):
  for split, mean in (('train', 0.5), ('eval', 0.25), ('test', 0.125)):
    stats = statistics_pb2.DatasetFeatureStatisticsList()
    dataset = stats.datasets.add(num_examples=8)
    for name in ('label', 'text'):
      dataset.features.add().path.step.append(name)
    dataset.features[0].num_stats.mean = mean
    dataset.features[1].bytes_stats.avg_num_bytes = 1300
    folder = tmp_path / f'Split-{split}'
    folder.mkdir(parents=True)
    (folder / 'FeatureStats.pb').write_bytes(stats.SerializeToString())
  statistics = _with(_artifacts.ExampleStatistics(), tmp_path)
  statistics.split_names = '["train", "eval", "test"]'
  return statistics


def _behaviour(directory, blessed=1, reason='', limits=()):
  directory.mkdir()
  rates = {'negation': (40, 24, 0.3), 'direction': (100, 97, 0.8)}
  reasons = [reason] * bool(reason)
  failures = [{'texts': ['The *old* one.', 'The\nnew one.'], 'scores': [0.25, None], 'expected': 'unchanged'}]

  def result(count, passed):
    return {'count': count, 'passed': passed, 'pass_rate': passed / count, 'interval': [0.44, 0.74]}

  capabilities = {
      name: {'threshold': threshold, **result(count, passed), 'judged_rate': passed / count,
             'tests': {'some': {**result(count, passed), 'failures': failures}}}
      for name, (count, passed, threshold) in rates.items()}
  (directory / 'report.json').write_text(json.dumps(
      {'blessed': bool(blessed), 'reasons': reasons, 'limits': limits, 'capabilities': capabilities}))
  return _with(BehaviourReport(), directory, blessed=blessed, reason=reason)


def _infra(tmp_path, blessed=1, **properties):
  return _with(_artifacts.InfraBlessing(), tmp_path, blessed=blessed, **properties)


def _card(tmp_path, inputs):
  """Run the executor; returns the card's directory, Markdown, page and facts."""
  folder = tmp_path / 'card'
  folder.mkdir()
  executor.Executor().Do(inputs, {'card': [_with(artifacts.ModelCard(), folder)]}, {'code': ''})
  page = (folder / 'model_card.html').read_text(encoding='utf-8')
  facts = json.loads((folder / 'model_card.json').read_text(encoding='utf-8'))
  return folder, (folder / 'model_card.md').read_text(encoding='utf-8'), page, facts


def _rows(page, heading=None):
  """The cells of a page's table rows, of those below a heading if it is named, by their first cell."""
  found = lxml.html.fromstring(page).iter('tr')
  return {row[0].text_content(): [cell.text_content() for cell in row[1:]] for row in found
          if heading in (None, *row.xpath('preceding::*[self::h1 or self::h2][1]/text()'))}


def test_figures_are_those_of_scikit_learn(tmp_path, frame, measured):
  folder, _, page, facts = _card(tmp_path, _inputs(tmp_path, measured))
  assert {path.name for path in folder.iterdir()} == _FILES
  rows = _rows(page, 'Measured on test')
  predicted = frame.score > 0.5
  for label, expected, tolerance in (
      ('Accuracy at 0.5', metrics.accuracy_score(frame.label, predicted), 1e-4),
      ('Precision at 0.5', metrics.precision_score(frame.label, predicted), 1e-4),
      ('Recall at 0.5', metrics.recall_score(frame.label, predicted), 1e-4),
      ('Log loss', metrics.log_loss(frame.label, frame.score.astype(float)), 1e-3),
      ('AUC (ROC)', metrics.roc_auc_score(frame.label, frame.score), 1e-3)):
    assert float(rows[label][0]) == pytest.approx(expected, abs=tolerance)
  low, high = map(float, rows['Accuracy at 0.5'][1].split(' to '))
  assert low < float(rows['Accuracy at 0.5'][0]) < high < low + 0.04
  tn, fp, fn, tp = metrics.confusion_matrix(frame.label, predicted).ravel()
  assert facts['matrix'] == {'tn': tn, 'fp': fp, 'fn': fn, 'tp': tp}
  assert f'{tp:,} true positives' in page


def test_slices_are_complete_and_in_order(tmp_path, frame, measured):
  _, _, page, facts = _card(tmp_path, _inputs(tmp_path, measured))
  names = [part['name'] for part in facts['slices']]
  assert names == [
      '0-99 words', '100-199 words', '400 words and more', '0-1 % unknown', '1-3 % unknown',
      *(f'rating {stars}' for stars in (1, 2, 3, 4, 7, 8, 9, 10))]
  rows = _rows(page, 'Measured on test')
  part = frame[frame.length_bucket == '100-199 words']
  reviews, accuracy, interval, auc, _ = rows['100-199 words']
  assert int(reviews) == len(part)
  assert float(accuracy) == pytest.approx(metrics.accuracy_score(part.label, part.score > 0.5), abs=1e-4)
  assert float(auc) == pytest.approx(metrics.roc_auc_score(part.label, part.score), abs=2e-3)
  low, high = map(float, interval.split(' to '))
  assert low < float(accuracy) < high
  assert rows['rating 10'][3] == 'one class'


@pytest.mark.parametrize('word, name, setting', [
    ('<identity>', 'cnn', 'shared'), ('korean', 'cnn', 'none'), ('korean', 'encoder', None)])
def test_the_card_counts_the_texts_with_identity_terms(tmp_path, measured, word, name, setting):
  inputs = _inputs(tmp_path, measured, name=name)
  _with(inputs['examples'][0], tmp_path, identity_terms_train=530, identity_terms_eval=61, identity_terms_test=0)
  vocabulary = tmp_path / 'Format-Serving' / 'assets' / 'vocabulary'
  vocabulary.parent.mkdir(parents=True)
  vocabulary.write_text(f'<pad>\nfilm\n{word}\n')
  _, text, _, facts = _card(tmp_path, inputs)
  assert ('Texts with such a term: 530 of train, 61 of eval, 0 of test\n\n## Measured' in text) == (setting == 'shared')
  assert [line for line in facts['command'] if 'identity_terms' in line] == (
      [f'--set identity_terms={setting}'] if setting else [])


def test_calibration_error_is_that_of_the_scores(tmp_path, frame, measured):
  *_, facts = _card(tmp_path, _inputs(tmp_path, measured))
  groups = frame.groupby(np.minimum((frame.score * 10).astype(int), 9))
  expected = sum(len(part) * abs(part.score.mean() - part.label.mean()) for _, part in groups) / len(frame)
  assert facts['calibration']['expected_error'] == pytest.approx(expected, abs=1e-4)
  assert sum(bucket['reviews'] for bucket in facts['calibration']['buckets']) == len(frame)


def test_the_curve_is_scikit_learns(frame, measured):
  points = executor.evaluation_summary.read_precision_recall(measured)
  assert len(points) > 150
  for point in points[::20]:
    predicted = frame.score > point.threshold
    # A review or two may be on the other side: TFMA counts in bins.
    assert point.precision == pytest.approx(metrics.precision_score(frame.label, predicted), abs=2e-3)
    assert point.recall == pytest.approx(metrics.recall_score(frame.label, predicted), abs=2e-3)


def test_every_threshold_is_in_the_card(tmp_path, measured):
  *_, facts = _card(tmp_path, _inputs(tmp_path, measured))
  assert [(row['metric'], row['slices'], row['bound']) for row in facts['thresholds']] == [
      ('binary_accuracy', None, 0.8), ('auc', None, 0.88),
      *(('accuracy_upper_bound', feature, 0.7) for feature in evaluation.SLICES)]
  assert tfma.load_validation_result(measured).validation_ok
  assert facts['blessed'] and all(row['met'] for row in facts['thresholds'])


@pytest.mark.slow
def test_a_refused_model_has_its_reasons_in_the_card(tmp_path, frame):
  path = _evaluate(frame, tmp_path / 'evaluation', (0.99, 0.88, 0.95))
  inputs = _inputs(tmp_path, path, blessed=0)
  inputs['infra_blessing'] = [_infra(tmp_path, blessed=0, reason='crashed by SIGSEGV')]
  _, text, page, facts = _card(tmp_path, inputs)
  assert not facts['blessed']
  assert 'REFUSED: do not serve this model' in text
  rows = _rows(page)
  assert rows['Evaluator'][0] == 'REFUSED' and 'is below 0.99' in rows['Evaluator'][1]
  assert rows['ServingValidator'] == ['REFUSED', 'crashed by SIGSEGV']
  assert rows['BehaviourValidator'] == ['not run', '']
  rows = _rows(page, 'Thresholds')
  assert rows['Accuracy at 0.5'][-1] == rows['Accuracy at 0.5, upper 95 % bound'][-1] == 'NO'
  assert rows['AUC (ROC)'][-1] == 'yes'
  lowest = min((part for part in facts['slices'] if part['feature'] == 'rating'),
               key=lambda part: part['metrics']['accuracy_upper_bound'])
  (row,) = (row for row in facts['thresholds'] if row['slices'] == 'rating')
  assert (row['lowest_in'], row['value']) == (lowest['name'], lowest['metrics']['accuracy_upper_bound'])


@pytest.mark.slow
def test_an_evaluation_of_version_0_2_0_is_read(tmp_path, frame):
  former = np.where(frame.index % 8, frame.label * 0.8 + 0.1, frame.score).astype(np.float32)
  path = _evaluate_two(frame.assign(former=former), tmp_path / 'evaluation', 0.01)
  facts = evaluation_summary.read_summary(path)
  accuracies = [metrics.accuracy_score(frame.label, scores > 0.5) for scores in (frame.score, former)]
  found = [facts[key]['binary_accuracy'] for key in ('metrics', 'baseline')]
  assert found == pytest.approx(accuracies, abs=1e-4) and facts['comparison'] is None
  assert "is more than 0.01 below the baseline's" in facts['failures'][0]
  (threshold,) = (row for row in facts['thresholds'] if row['kind'].startswith('change'))
  assert threshold['value'] == pytest.approx(accuracies[0] - accuracies[1], abs=1e-6)
  assert threshold['bound'] == -0.01 and not threshold['met']
  assert facts['matrix']['tp'] == ((frame.score > 0.5) & (frame.label == 1)).sum()  # not the baseline's


@pytest.mark.slow
def test_pushed_versions_are_compared_with(tmp_path, measured):
  path = shutil.copytree(measured, tmp_path / 'compared')
  compared = [version_comparison.Compared(
      role, number, 'cnn', 'a', 'uri', 0.95, 0.99, -0.0221, (-0.03, -0.014), 1e-6, 12, 78, False)
              for role, number in (('baseline', 8), ('best', 7))]
  version_comparison.write_comparison(version_comparison.Comparison(
      3000, 0, 'hash', 0.01, False, tuple(compared)), str(path))
  _, text, page, facts = _card(tmp_path, _inputs(tmp_path, str(path), blessed=0))
  assert _rows(page)['served: 8'] == ['cnn', '0.9500', '-0.0221', '-0.0300 to -0.0140', '12', '78']
  assert 'best kept: 7' in text and facts['baseline'] == {'binary_accuracy': 0.95, 'auc': 0.99}
  assert [reason for reason in facts['verdicts'][0]['reasons'] if 'served version 8 (cnn), 0.9500' in reason]
  rows = [row for row in facts['thresholds'] if row['kind'].startswith('change')]
  assert [(row['bound'], row['value'], row['met']) for row in rows] == [(-0.01, -0.0221, False)] * 2


def test_all_inputs(tmp_path, measured):
  inputs = _inputs(tmp_path, measured)
  inputs['statistics'] = [_statistics(tmp_path / 'statistics')]
  inputs['infra_blessing'] = [_infra(
      tmp_path, load_seconds=1.5, p50_ms=2.25, p99_ms=4.75, memory_mb=512.0, max_score_difference=1.5e-7, reason='',
      cpu_ratio=1.5, max_p99_ms=300.0, max_cpu_ratio=10.0)]
  inputs['behaviour_report'] = [_behaviour(tmp_path / 'behaviour')]
  _, text, page, facts = _card(tmp_path, inputs)
  rows = _rows(page)
  assert 'Passed every check' in text and facts['blessed']
  assert rows['eval'] == ['200', '25.0 %', '1,300 bytes']
  assert rows['One text, p99'] == ['4.8 ms', 'at most 300 ms']
  assert rows['CPU time, relative to the served model'] == ['1.50', 'at most 10']
  assert rows['Peak memory'] == ['512 MB', 'not checked']
  assert rows['Negation'] == ['24', '40', '60.0 %', '0.440 to 0.740', '30.0 %', 'yes']
  assert rows['Negation: some'] == ['24', '40', '60.0 %', '0.440 to 0.740', '', '']
  assert ('- Negation, some: "The \\*old\\* one." scores 0.250, then "The new one." scores not recorded, expected '
          'unchanged\n') in text
  assert rows['Direction'][-1] == 'yes'
  assert rows['Weights'] == ['1,558,229']
  assert 'abc123' in text and rows['Fingerprint of the training code'] == ['c0de']
  assert "--set 'cnn.kernel_sizes=3 4'" in text and '--set cnn.vectors=None' in text
  assert rows['vectors'] == ['None']


def test_the_limits_of_a_blessed_model_are_in_the_card(tmp_path, measured):
  inputs = _inputs(tmp_path, measured)
  inputs['behaviour_report'] = [_behaviour(tmp_path / 'behaviour', limits=['does not read negation'])]
  _, text, page, facts = _card(tmp_path, inputs)
  assert '**Passed with limits.**' in text and 'Passed every check' not in text
  assert '\n- does not read negation\n' in text and facts['limits'] == ['does not read negation']
  assert [_rows(page)[name][0] for name in ('Evaluator', 'BehaviourValidator')] == ['passed', 'passed with limits']


@pytest.mark.slow
def test_missing_values_are_shown_as_not_recorded(tmp_path, frame):
  path = _evaluate(frame, tmp_path / 'evaluation', without=(
      'ConfusionMatrixPlot', 'CalibrationPlot', 'ConfusionMatrixAtThresholds'))
  inputs = _inputs(tmp_path, path)
  for key in ('examples', 'model'):
    inputs[key][0].mlmd_artifact.custom_properties.clear()
  inputs.update(statistics=[], infra_blessing=[])
  folder, text, page, _ = _card(tmp_path, inputs)
  assert not list(folder.glob('*.svg')) and '<img' not in page
  for sentence in ('No precision-recall curve', 'No confusion matrix', 'no CalibrationPlot', 'Not run.',
                   'SHA-256 of the source: not recorded', '# Model card: not recorded'):
    assert sentence in text
  rows = _rows(page)
  assert rows['train'] == rows['Weights'] * 3 == ['not recorded'] * 3
  assert rows['Peak memory'][0] == rows['Training time'][0] == 'not recorded'


def test_unlabeled_augmented_and_sample_reviews_are_named(tmp_path, measured):
  inputs = _inputs(tmp_path, measured)
  _with(inputs['examples'][0], tmp_path, content_hash='both', data_hash='one', unlabeled_hash='two',
        unlabeled_source='more.csv', unlabeled_flag='--unlabeled', sample_reviews=2200,
        settings=json.dumps({'eval_share': 0.2, 'near_duplicates': 0.0, 'text_column': 'the text', 'labels': ''}))
  _with(inputs['model'][0], tmp_path, git_commit='c0ffee-dirty', lock_hash='10c4')
  inputs['augmented_examples'] = [
      _with(_artifacts.Examples(), tmp_path, augmented=json.dumps({'negation': 2250, 'snippets': 5850}))]
  _, text, page, facts = _card(tmp_path, inputs)
  rows = _rows(page, 'Data')
  assert (rows['negation'], rows['snippets']) == (['2,250'], ['5,850'])
  assert facts['command'][:5] == [
      'python local_runner.py --data DATA', '--unlabeled UNLABELED', '--set eval_share=0.2',
      "--text-column 'the text'", '--model cnn']
  assert 'UNLABELED (more.csv): two' in text and 'DATA: one' in text and 'both hashes: both' in text
  assert 'WARNING: 2,200 reviews are SAMPLE DATA' in page and facts['warning']
  rows = _rows(page, 'How to reproduce')
  assert rows['Git commit of the training'] == ['c0ffee-dirty']
  assert rows['SHA-256 of requirements.lock'] == ['10c4']


def test_the_teacher_and_what_it_may_have_seen_are_named(tmp_path, measured):
  inputs = _inputs(tmp_path, measured)
  _with(inputs['model'][0], tmp_path, teacher='slow-model', teacher_hash='5ec0', teacher_description='encoder',
        teacher_seen_eval=1, teacher_scored=1500, teacher_available=2000, teacher_pieces=128, teacher_sentences=0.5)
  _, _, page, facts = _card(tmp_path, inputs)
  assert _rows(page, 'The model')['Teacher'] == [
      'slow-model: encoder (SHA-256 of its files 5ec0); it scored 1,500 of 2,000 texts']
  assert 'slow-model, that may have seen reviews of eval' in facts['warning'] and facts['warning'] in page
  for flag in ('--teacher TEACHER', '--teacher-reviews 1500', '--teacher-saw-eval', '--set teacher_pieces=128',
               '--set teacher_sentences=0.5'):
    assert flag in facts['command']


def test_nan_becomes_null_in_json(tmp_path, measured):
  inputs = _inputs(tmp_path, measured)
  inputs['model'][0].set_float_custom_property('average_loss', float('nan'))
  *_, page, facts = _card(tmp_path, inputs)
  assert facts['model']['eval_metrics']['average_loss'] is None
  assert _rows(page)['On eval: Average loss'] == ['not recorded']


@pytest.mark.parametrize('hostile', [
    '<script>alert(1)</script>', 'a | b', '`code` *bold* _em_ [link](javascript:alert(1)) ![x](http://x/y.png)',
    'two\n\n# lines', '```\n<b>', '&lt;i&gt; \\| "quoted" \'too\'', 'src="precision_recall.svg"', '{{ 7 * 7 }}'])
def test_names_cannot_break_a_card(tmp_path, measured, hostile):
  inputs = _inputs(tmp_path, measured, name=hostile, hparams={'vectors': hostile, hostile: 1})
  *_, page, facts = _card(tmp_path, inputs)
  line = ' '.join(hostile.split())
  document = lxml.html.fromstring(page)
  assert document.findtext('.//h1') == f'Model card: {line}'
  assert _rows(page)['Name'] == _rows(page)['vectors'] == [line]
  assert _rows(page)[line] == ['1']
  assert facts['model']['model'] == hostile
  assert len(list(document.iter('h1'))) == 1 and len(list(document.iter('img'))) == 2
  assert not list(document.iter('script', 'b', 'i', 'a', 'em'))
  (code,) = document.iterfind('.//pre/code')
  assert code.text_content().startswith('python local_runner.py')


def test_the_page_is_self_contained(tmp_path, measured):
  folder, text, page, _ = _card(tmp_path, _inputs(tmp_path, measured))
  document = lxml.html.fromstring(page)
  pictures = [image.get('src') for image in document.iter('img')]
  for name, source in zip(('precision_recall.svg', 'confusion_matrix.svg'), pictures, strict=True):
    assert f']({name})' in text
    kind, _, data = source.partition(',')
    assert kind == 'data:image/svg+xml;base64'
    assert base64.b64decode(data) == (folder / name).read_bytes()
  assert not list(document.iter('script', 'link', 'iframe'))
  assert not re.search(r'(src|href)="(?!data:)', page) and 'url(' not in page


def test_the_same_evaluation_gives_the_same_pictures(tmp_path, measured):
  first, second = (tmp_path / name for name in ('first', 'second'))
  for folder in (first, second):
    folder.mkdir()
    _card(folder, _inputs(folder, measured))
  for name in ('precision_recall.svg', 'confusion_matrix.svg'):
    assert (first / 'card' / name).read_bytes() == (second / 'card' / name).read_bytes()


def test_optional_inputs_can_be_omitted():
  required = {
      'examples': _artifacts.Examples, 'model': _artifacts.Model, 'evaluation': _artifacts.ModelEvaluation,
      'model_blessing': _artifacts.ModelBlessing}
  optional = {
      'statistics': _artifacts.ExampleStatistics, 'infra_blessing': _artifacts.InfraBlessing,
      'behaviour_report': BehaviourReport}
  for kinds in (required, {**required, **optional}):
    node = component.ModelCardGen(code='', **{key: tfx.dsl.Channel(type=kind) for key, kind in kinds.items()})
    assert set(node.inputs) == set(kinds)
    assert node.outputs['card'].type is artifacts.ModelCard


def test_an_edited_template_changes_the_cache_key(tmp_path, monkeypatch):
  channels = {key: tfx.dsl.Channel(type=kind) for key, kind in {
      'examples': _artifacts.Examples, 'model': _artifacts.Model, 'evaluation': _artifacts.ModelEvaluation,
      'model_blessing': _artifacts.ModelBlessing}.items()}
  key = lambda code: component.ModelCardGen(code=code, **channels).exec_properties['code']
  before = key('code')
  assert key('code') == before != key('other code')
  templates = shutil.copytree(rendering.TEMPLATES, tmp_path / 'templates')
  monkeypatch.setattr(rendering, 'TEMPLATES', str(templates))
  assert key('code') == before
  for name in os.listdir(templates):
    content = (templates / name).read_bytes()
    (templates / name).write_bytes(content + b'edited')
    assert key('code') != before
    (templates / name).write_bytes(content)
