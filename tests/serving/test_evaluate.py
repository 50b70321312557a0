"""`python -m serving.evaluate`: the figures of the model card, for new labelled texts."""

import json

import numpy as np
import pytest
from sklearn import metrics
import tensorflow as tf

from components.common import evaluation_results
from components.common import intervals
from components.imdb_example_gen import review
from components.versioned_pusher import push_and_rollback
from serving import evaluate
from serving import evaluation
from tests.serving import linear_model

_TEXTS = [
    'good', 'bad', 'remember', 'hours', 'not', 'good good', 'bad hours', 'schön film', 'good bad', 'hours remember']
_LABELS = [1, 0, 1, 0, 1, 1, 0, 0, 1, 0]
_RECORDED = {
    'model': {'model': 'linear'}, 'domain': {'texts': 'tickets'},
    'metrics': {'binary_accuracy': 0.99, 'auc': 0.8},
    'intervals': {'binary_accuracy': [0.985, 0.995], 'auc': [0.7, 0.9]},
    'decision': {'threshold': 0.8, 'target': 'precision>=0.9', 'figures': {
        'test': {'matrix': {}, 'metrics': {'binary_accuracy': 0.9}, 'intervals': {'binary_accuracy': [0.85, 0.95]}}}}}


class _Sliced(linear_model._Linear):
  """The linear model with the signature of the slices."""

  @tf.function(input_signature=[tf.TensorSpec([None], tf.string, 'examples')])
  def slice_features(self, examples):
    text = tf.io.parse_example(examples, {'text': tf.io.FixedLenFeature([], tf.string)})['text']
    return {'length_bucket': tf.where(tf.strings.length(text) > 5, '1 word and more', '0-1 words'),
            'oov_bucket': tf.fill(tf.shape(text), '0-1 % unknown')}


@pytest.fixture(scope='module', name='evaluated')
def _evaluated(tmp_path_factory):
  """(exit code, directory with report.json and report.html, what was printed) of an evaluation."""
  top = tmp_path_factory.mktemp('evaluated')
  model = _Sliced(1.0)
  tf.saved_model.save(model, str(top / 'models' / '7'), signatures={
      name: getattr(model, name) for name in ('predict_text', 'serving_default', 'slice_features')})
  (top / 'models' / '7' / 'assets.extra').mkdir()
  (top / 'models' / '7' / push_and_rollback.MANIFEST).write_text(json.dumps(_RECORDED))
  rows = [['review', 'stars', 'rating'], *([text, 'bg'[label], 8] for text, label in zip(_TEXTS * 20, _LABELS * 20)),
          ['no label', '', ''], ['', 'g', ''], ['neither', 'x', '']]
  (top / 'new.csv').write_bytes(linear_model.csv_bytes(rows))
  printed = []
  with pytest.MonkeyPatch.context() as patch:
    patch.setattr('builtins.print', lambda *words, **unused: printed.append(' '.join(map(str, words))))
    code = evaluate.main([
        str(top / 'new.csv'), '--model-dir', str(top / 'models'), '--label-column', 'stars', '--labels',
        'g=positive,b=negative', '--json', str(top / 'report.json'), '--html', str(top / 'report.html')])
  return code, top, printed


def test_figures_are_those_of_another_library(evaluated):
  report = json.loads((evaluated[1] / 'report.json').read_text())
  labels, scores = np.array(_LABELS * 20), np.array([linear_model.probability(text) for text in _TEXTS * 20])
  found = report['summary']['metrics']
  assert found['binary_accuracy'] == pytest.approx(metrics.accuracy_score(labels, scores > 0.5))
  assert found['auc'] == pytest.approx(metrics.roc_auc_score(labels, scores), abs=1e-3)
  assert found['precision'] == pytest.approx(metrics.precision_score(labels, scores > 0.5))
  assert found['log_loss'] == pytest.approx(metrics.log_loss(labels, scores), abs=1e-6)
  assert found['example_count'] == 200 == report['counts']['labeled']
  assert report['decision']['metrics']['recall'] == pytest.approx(metrics.recall_score(labels, scores > 0.8))
  is_long = np.array([len(text) > 5 for text in _TEXTS * 20])
  slices = {part['name']: part['metrics'] for part in report['summary']['slices']}
  assert set(slices) == {'0-1 words', '1 word and more', '0-1 % unknown', 'rating 8'}
  assert slices['1 word and more']['binary_accuracy'] == pytest.approx(
      metrics.accuracy_score(labels[is_long], scores[is_long] > 0.5))


def test_rows_that_cannot_be_used_are_named(evaluated):
  report = json.loads((evaluated[1] / 'report.json').read_text())
  assert report['counts'] == {'labeled': 200, 'unlabeled': 0, 'bad_rows': 3}
  assert "new.csv, row 201" in report['bad_rows'][0] and "'stars' is missing" in report['bad_rows'][0]
  assert any('skipped: 3 rows that cannot be used' in line for line in evaluated[2])


def test_a_drop_below_the_recorded_figures_is_an_exit_code(evaluated):
  code, top, printed = evaluated
  report = json.loads((top / 'report.json').read_text())
  assert code == 3 and report['worse'] == ['binary_accuracy']
  assert printed[-1].startswith('WORSE: accuracy, than on test')
  accuracy = next(line.split() for line in printed if line.startswith('  accuracy'))
  assert accuracy[1] == '0.7000' and '0.9900' in accuracy and '-0.2900' in accuracy
  assert any(line.startswith('above the decision threshold 0.8, chosen for precision>=0.9') for line in printed)


def test_the_page_has_the_same_figures(evaluated):
  page = (evaluated[1] / 'report.html').read_text()
  assert 'data-metric="binary_accuracy">0.7000<' in page and page.count('<img class="chart') == 3
  assert 'Worse than when the model was pushed' in page and '3 rows could not be used' in page
  assert 'id="matrix"' in page and '1 word and more' in page and '<th class="n">Tickets</th>' in page


@pytest.mark.parametrize('value, interval, is_worse', [
    (0.9, (0.88, 0.92), False), (0.87, (0.85, 0.89), True), (0.89, (0.86, 0.92), False), (0.95, (0.94, 0.96), False)])
def test_only_a_drop_beyond_chance_is_worse(value, interval, is_worse):
  change = evaluation_results.difference_interval(value, interval, 0.91, (0.9, 0.92))
  assert change[0] < value - 0.91 < change[1] and (change[1] < 0) is is_worse


def test_an_interval_is_that_of_newcombe():
  # R. G. Newcombe, Statistics in Medicine 17 (1998), table II (a): 56/70 and 48/80, method 10.
  first, second = ((count / of, intervals.wilson_interval(count, of)) for count, of in ((56, 70), (48, 80)))
  assert evaluation_results.difference_interval(*first, *second) == pytest.approx((0.0524, 0.3339), abs=1e-4)


@pytest.mark.parametrize('arguments, message', [
    (['nowhere.csv'], 'nowhere.csv: no such file'), (['a.csv', '--version', '3'], 'no version 3; there are: 9, 10'),
    (['a.csv', '--model-dir', 'nowhere'], 'nowhere: '), (['a.csv', '--label-column', 'stars'], 'needs the columns'),
    (['empty.csv'], 'there are no texts')])
def test_what_cannot_be_evaluated_is_one_line(model_dir, tmp_path, monkeypatch, capsys, arguments, message):
  monkeypatch.chdir(tmp_path)
  (tmp_path / 'a.csv').write_text('text,label\ngood,1\n')
  (tmp_path / 'empty.csv').write_text('text,label\n')
  assert evaluate.main(['--model-dir', model_dir, *arguments]) == 1
  line, = capsys.readouterr().err.splitlines()
  assert message in line


def test_slices_of_the_data_need_no_signature_of_the_model(model_dir):
  scores = evaluation.score_reviews(f'{model_dir}/10', [
      review.Review(None, text.encode(), label, 0, '') for text, label in (('good', 1), ('bad\0', 0), ('', -1))])
  assert scores.unlabeled == 1
  assert scores.column('score') == pytest.approx([linear_model.probability(text) for text in ('good', 'bad')])
  config = evaluation._eval_config(scores.batches[0])
  assert [list(spec.feature_keys) for spec in config.slicing_specs] == [[], ['rating']]


def test_a_version_without_figures_is_compared_with_none():
  summary = {'metrics': {'auc': 0.8}, 'intervals': {'auc': (0.7, 0.9)}}
  assert evaluation._compare(summary, {'metrics': {}, 'intervals': {}}) == {}
