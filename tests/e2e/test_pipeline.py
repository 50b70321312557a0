"""The whole DAG on sample data: the executed and the cached components, the pushed version, the numbers."""

import collections
import glob
import json
import os
import pathlib
import re
import shutil

import lxml.html
import numpy as np
import pytest
from sklearn import metrics
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2
import tensorflow_transform as tft

from components.behaviour_validator import cases
from components.common import progress_line
from components.evaluator import progress_line as evaluator_progress_line
from components.imdb_example_gen import progress_line as example_gen_progress_line
from components.versioned_pusher import progress_line as pusher_progress_line
from components.versioned_pusher import push_and_rollback
from models import features
from pipeline import layout
from pipeline.results import garbage as garbage_lib
from pipeline.results import metadata
from pipeline.results import progress_lines
from pipeline.sources import sample_data
from tests.e2e import agreement
from tests.e2e import pipeline_runs

pytestmark = pytest.mark.slow

_FLAGS = ('--model', 'cnn', '--train-steps', 80, '--set', 'augmentation=0', '--set', 'cnn.eval_every=40',
          '--set', 'cnn.batch_size=50', '--set', 'cnn.learning_rate=0.01', '--set', 'min_accuracy=0.6',
          '--set', 'min_auc=0.6', '--set', 'min_slice_accuracy=0.3',
          # From a few hundred reviews of sample data a model learns too few words for the behaviour tests.
          *(word for capability in cases.CAPABILITIES for word in ('--set', f'min_{capability}=0')))


@pytest.fixture(scope='module')
def place(tmp_path_factory):
  """A copy of the project, its data and its output, in a path with a blank and an accent."""
  top = tmp_path_factory.mktemp('a place \u00e9')
  project = pipeline_runs.copy_project(top / 'project')
  (top / 'reviews.jsonl').write_text(''.join(
      json.dumps({'text': text, 'label': label}) + '\n' for text, label in sample_data.generate_reviews(600)))
  (top / 'vectors.txt').write_text(''.join(
      f'{word} {" ".join(map(str, np.random.default_rng(len(word)).normal(size=8).round(4)))}\n'
      for word in ('the', 'plot', 'great', 'boring', 'cast')))
  return top, project


def _run(place, *more, **options):
  top, project = place
  return pipeline_runs.run(
      project, '--data', top / 'reviews.jsonl', '--output-dir', top / 'output', *_FLAGS, *more, **options)


def _edit(path, change):
  """Edit a file so that only its content tells: size and time of modification stay."""
  before = path.stat()
  former = path.read_text(encoding='utf-8')
  path.write_text(change(former), encoding='utf-8')
  os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
  assert path.stat().st_size == before.st_size and path.read_text(encoding='utf-8') != former


@pytest.fixture(scope='module')
def first_run(place):
  return _run(place, cwd=place[0], anew=True)


def _states(top):
  """Executions in the metadata store by component, in order, as 'ran' or 'cached'."""
  store = metadata.Store(str(top / 'output'))._store
  found = collections.defaultdict(list)
  for execution in store.get_executions():
    context = [c.name for c in store.get_contexts_by_execution(execution.id)
               if store.get_context_types_by_id([c.type_id])[0].name == 'node']
    state = {3: 'ran', 5: 'cached'}.get(execution.last_known_state, str(execution.last_known_state))
    found[context[0].partition('.')[2]].append(state)
  return found


def test_the_first_run_executes_and_pushes(place, first_run):
  top, _ = place
  assert sorted(pipeline_runs.executed(first_run)) == sorted(
      set(pipeline_runs.COMPONENTS) - set(pipeline_runs.RESOLVERS))
  states = _states(top)
  assert set(states) == set(pipeline_runs.COMPONENTS)
  assert all(state == ['ran'] for state in states.values())
  store = metadata.Store(str(top / 'output'))
  counts = example_gen_progress_line.split_counts(store.latest_execution('ImdbExampleGen'))
  assert sum(counts.values()) == 600 and min(counts.values()) > 30
  assert evaluator_progress_line.load_evaluation(store.latest_execution('Evaluator')).blessed
  assert len(push_and_rollback.list_versions(str(top / 'output' / 'serving' / 'sentiment'))) == 1
  lines = first_run.splitlines()
  assert lines[0].startswith('cnn on ') and len(lines) < 50


def test_tfma_agrees_with_scikit_learn(place, first_run):
  """The Evaluator's numbers are those of the pushed model's own scores on the raw test reviews."""
  del first_run
  store = metadata.Store(str(place[0] / 'output'))
  found = evaluator_progress_line.load_evaluation(store.latest_execution('Evaluator')).metrics
  pattern = progress_line.split_path(store.latest_execution('ImdbExampleGen'), 'examples', 'test', '*')
  records = list(tf.data.TFRecordDataset(glob.glob(glob.escape(os.path.dirname(pattern)) + '/*'), 'GZIP'))
  examples = [tf.train.Example.FromString(record.numpy()) for record in records]
  labels = [example.features.feature[features.LABEL].int64_list.value[0] for example in examples]
  model = tf.saved_model.load(pusher_progress_line.pushed_path(store.latest_execution('Pusher')))
  scores = model.signatures['serving_default'](examples=tf.stack(records))[features.SCORES].numpy()[:, 0]
  assert found['example_count'] == len(labels)
  assert found['binary_accuracy'] == pytest.approx(metrics.accuracy_score(labels, scores > 0.5), abs=1e-6)
  assert found['auc'] == pytest.approx(metrics.roc_auc_score(labels, scores), abs=2e-3)
  assert found['precision'] == pytest.approx(metrics.precision_score(labels, scores > 0.5), abs=1e-6)
  assert found['log_loss'] == pytest.approx(metrics.log_loss(labels, scores), abs=1e-4)


def test_the_training_graph_and_the_served_graph_agree(place, first_run):
  del first_run
  agreement.check(metadata.Store(str(place[0] / 'output')), 30)


def _report(top, output, name='Report'):
  """The page whose path a run has printed, parsed."""
  line = next(line for line in output.splitlines() if line.startswith(f'{name}: '))
  path = top / line.partition(': ')[2].strip()
  assert path.parent == top / 'output' / 'reports'
  return path, lxml.html.fromstring(path.read_text(encoding='utf-8'))


def test_the_report_agrees_with_evaluation_terminal_and_metadata(place, first_run):
  top, _ = place
  path, page = _report(top, first_run)
  store = metadata.Store(str(top / 'output'))
  found = evaluator_progress_line.load_evaluation(store.latest_execution('Evaluator'))
  shown = {cell.get('data-metric'): cell.text for cell in page.iter('td') if cell.get('data-metric')}
  assert shown['binary_accuracy'] == f'{found.metrics["binary_accuracy"]:.4f}'
  assert shown['auc'] == f'{found.metrics["auc"]:.4f}' and shown['log_loss'] == f'{found.metrics["log_loss"]:.4f}'
  assert f'accuracy {shown["binary_accuracy"]}, AUC {shown["auc"]}' in first_run
  counts = {cell.get('data-count'): int(cell.text) for cell in page.iter('b') if cell.get('data-count')}
  assert counts == found.slices[()].matrix
  assert {cell.get('data-split'): int(cell.text) for cell in page.iter('td') if cell.get('data-split')} == (
      example_gen_progress_line.split_counts(store.latest_execution('ImdbExampleGen')))
  rows = {row[0].text: row for row in page.get_element_by_id('step-times').iter('tr')}
  assert set(rows) == {'Component', *pipeline_runs.COMPONENTS}
  for name in set(pipeline_runs.COMPONENTS) - set(pipeline_runs.RESOLVERS):
    execution = store.latest_execution(name)
    seconds, result = rows[name][1], rows[name][2].text_content()
    assert seconds.get('data-state') == 'ran' and seconds.text == f'{store.execution_seconds(execution):,.1f}'
    assert result == progress_lines.describe_node(name, execution).text and result in first_run
  assert 'Blessed and pushed' in page.get_element_by_id('verdict').text_content()
  content_hash = store.latest_execution('ImdbExampleGen').value('examples', 'content_hash')
  assert page.xpath('//*[@data-hash]')[0].text == content_hash


def test_a_second_run_executes_nothing_and_opens_the_report(place, first_run, tmp_path, monkeypatch):
  top, _ = place
  path, _ = _report(top, first_run)
  before = path.stat().st_mtime_ns
  (tmp_path / 'browser').write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
  (tmp_path / 'browser').chmod(0o755)
  monkeypatch.setenv('BROWSER', f'{tmp_path}/browser %s')
  output = _run(place, '--open', cwd=top)
  assert pipeline_runs.executed(output) == []
  assert 'every component was reused' in output
  assert all(states[-1] == 'cached' for name, states in _states(top).items() if name not in pipeline_runs.RESOLVERS)
  assert _report(top, output)[0] == path
  assert path.stat().st_mtime_ns == before  # nothing ran, nothing written
  assert (tmp_path / 'opened').read_text().strip() == path.as_uri()


def test_errors_have_the_scores_of_the_pushed_model(place, first_run):
  del first_run
  store = metadata.Store(str(place[0] / 'output'))
  found = json.loads(pathlib.Path(store.latest_execution('ReportGen').uri('report'), 'report.json').read_text())
  reviews = found['errors']['reviews']
  assert reviews and found['errors']['scored'] == found['errors']['of'] == example_gen_progress_line.split_counts(
      store.latest_execution('ImdbExampleGen'))['test']
  model = tf.saved_model.load(pusher_progress_line.pushed_path(store.latest_execution('Pusher')))
  scores = model.signatures['predict_text'](text=tf.constant([review['text'] for review in reviews]))[features.SCORES]
  np.testing.assert_allclose(scores[:, 0], [review['score'] for review in reviews], atol=1e-5)
  metrics_found = evaluator_progress_line.load_evaluation(store.latest_execution('Evaluator')).slices[()].matrix
  assert found['errors']['wrong'] == metrics_found['fp'] + metrics_found['fn']
  assert {word for side in ('positive', 'negative') for word, _ in found['words'][side]} <= {
      word.decode() for word in tft.TFTransformOutput(
          store.latest_execution('Transform').uri('transform_graph')).vocabulary_by_name(features.VOCABULARY)[3:]}


def test_a_push_is_recorded_warms_up_and_is_repeated_if_deleted(place, first_run):
  del first_run
  top, _ = place
  store = metadata.Store(str(top / 'output'))
  pushed = pathlib.Path(pusher_progress_line.pushed_path(store.latest_execution('Pusher')))
  manifest = json.loads((pushed / 'assets.extra' / 'manifest.json').read_text())
  measured = evaluator_progress_line.load_evaluation(store.latest_execution('Evaluator')).metrics
  assert manifest['metrics']['binary_accuracy'] == measured['binary_accuracy']
  assert manifest['sha256'] == push_and_rollback.content_hash(str(pushed)) and manifest['data'][0]['content_hash']
  assert manifest['model']['model'] == 'cnn' and manifest['model']['code']
  card = (pushed / 'assets.extra' / 'model_card' / 'model_card.md').read_text()
  assert f'{manifest["metrics"]["binary_accuracy"]:.4f}'.lstrip('0') in card
  model = tf.saved_model.load(str(pushed))
  records = list(tf.data.TFRecordDataset(str(pushed / 'assets.extra' / 'tf_serving_warmup_requests')))
  assert len(records) == 4
  for record in records:
    request = prediction_log_pb2.PredictionLog.FromString(record.numpy()).predict_log.request
    inputs = {key: tf.constant(tf.make_ndarray(value)) for key, value in request.inputs.items()}
    scores = model.signatures[request.model_spec.signature_name](**inputs)[features.SCORES]
    assert scores.shape[0] in (1, 32) and np.isfinite(scores).all()
  shutil.rmtree(pushed.parent)
  assert pipeline_runs.executed(_run(place)) == ['Pusher', 'ReportGen']
  assert pipeline_runs.executed(_run(place)) == []
  assert len(push_and_rollback.list_versions(str(pushed.parent))) == 1


def test_an_edit_runs_what_depends_on_it(place, first_run):
  del first_run
  top, project = place
  _edit(project / 'models' / 'networks' / 'cnn.py', lambda text: text.replace('Kim', 'KIM'))
  # The same weights: compared with what the served version, which is the same, was compared with.
  assert set(pipeline_runs.executed(_run(place))) == {
      'Trainer', 'Baseline', 'BehaviourValidator', 'Evaluator', 'ServingValidator', 'ModelCardGen', 'Pusher',
      'ReportGen'}
  schema = project / 'pipeline' / 'schema' / 'schema.pbtxt'
  content = schema.read_text(encoding='utf-8')
  schema.write_text(content + 'feature { name: "director" type: BYTES presence { min_fraction: 1 } }', encoding='utf-8')
  output = _run(place, check=1)
  assert pipeline_runs.executed(output)[0] == 'ImportSchemaGen'
  assert 'DataGate: the data is refused: ' in output and 'director' in output
  schema.write_text(content, encoding='utf-8')


def test_other_reviews_are_noticed_and_their_drift_is_named(place, first_run):
  del first_run
  top, _ = place
  former = (top / 'reviews.jsonl').read_text()
  # In a third of the reviews, negative ones become positive, and many words one long one.
  rows = [json.loads(line) for line in former.splitlines()]
  for number, row in enumerate(rows):
    row['label'] |= number % 3 == 0
    row['text'] = row['text'].replace(' ', '_') if number % 3 == 0 else row['text']
  _edit(top / 'reviews.jsonl', lambda _: ''.join(json.dumps(row) + '\n' for row in rows))
  output = _run(place, '--train-steps', 1, '--set', 'max_accuracy_drop=1', check=None)
  assert 'Trainer' in pipeline_runs.executed(output) and 'ImportSchemaGen' not in pipeline_runs.executed(output)
  assert pipeline_runs.executed(output)[0] == 'ImdbExampleGen'
  gate, = [line for line in output.splitlines() if line.startswith('  DataGate')]
  assert re.search('WARNING: drift from the previous data: label: .*Jensen-Shannon divergence.* is 0.0.* threshold.*; '
                   'word_count_bucket: .*Linfty distance.* is 0.[2-4].* threshold 0.1', gate), gate
  (top / 'reviews.jsonl').write_text(former)


def test_a_model_below_a_threshold_is_not_pushed(place, first_run):
  del first_run
  before = os.listdir(place[0] / 'output' / 'serving' / 'sentiment')
  output = _run(
      place, '--set', 'min_accuracy=0.999', '--set', 'min_negation=1', '--ignore-baseline', check=3, cwd=place[0])
  verdict = _report(place[0], output)[1].get_element_by_id('verdict').text_content()
  assert 'Refused' in verdict and 'is below 0.999' in verdict
  assert 'is below 0.999' in output and 'negation' in output
  assert re.search(r'Not pushed; version \d+ is still live: refused by Evaluator, BehaviourValidator', output)
  assert os.listdir(place[0] / 'output' / 'serving' / 'sentiment') == before


@pytest.fixture(scope='module')
def worse(place, first_run):
  """What was printed for an untrained model: refused, and then, as its baseline was ignored, pushed."""
  del first_run
  flags = ('--train-steps', 1, '--set', 'cnn.learning_rate=1e-9', '--set', 'min_accuracy=0.1',
           '--set', 'min_auc=none', '--set', 'min_slice_accuracy=none')
  return _run(place, *flags, check=3), _run(place, *flags, '--ignore-baseline')


def test_a_model_worse_than_the_baseline_is_refused(place, worse):
  refused, pushed = worse
  assert re.search(r'is more than 0\.01 below that of the served version \d+ \(cnn\), 0\.\d+ \(-0', refused)
  assert re.search(r'^  Push +Not pushed; version \d+ is still live$', refused, re.M)
  assert re.search('^Score a text with the older model that is still live: ', refused, re.M)
  assert 'ignored (--ignore-baseline)' in pushed
  execution = metadata.Store(str(place[0] / 'output')).latest_execution('Evaluator')
  assert execution.properties['ignore_baseline'] == 1  # for the record


@pytest.fixture(scope='module')
def tuned(place, first_run):
  """The flags of a run with a Tuner and word vectors, and what it printed."""
  del first_run
  # What is set is not searched; all but two of cnn's searched hyper-parameters are.
  flags = ('--embeddings', place[0] / 'vectors.txt', '--tune', 2, '--train-steps', 40, '--set', 'cnn.filters=16',
           '--set', 'cnn.kernel_sizes=2', '--set', 'cnn.hidden=20', '--set', 'cnn.word_dropout=0',
           '--set', 'max_accuracy_drop=1', '--set', 'min_accuracy=0.1', '--set', 'min_auc=0.1')
  return flags, _run(place, *flags)


def test_word_vectors_are_those_of_the_file(place, tuned):
  _, output = tuned
  assert '8 dimensions' in output
  store = metadata.Store(str(place[0] / 'output'))
  rows = np.load(os.path.join(store.latest_execution('WordVectors').uri('word_vectors'), 'vectors.npy'))
  graph = tft.TFTransformOutput(store.latest_execution('Transform').uri('transform_graph'))
  ids = {word.decode(): id_ for id_, word in enumerate(graph.vocabulary_by_name(features.VOCABULARY))}
  lines = [line.split() for line in (place[0] / 'vectors.txt').read_text().splitlines()]
  assert all(line[0] in ids for line in lines)
  for word, *numbers in lines:
    np.testing.assert_array_equal(rows[ids[word]], np.array(numbers, np.float32))


def test_the_trainer_takes_the_hyper_parameters_of_the_tuner(place, tuned):
  del tuned
  store = metadata.Store(str(place[0] / 'output'))
  results = store.latest_execution('Tuner').uri('tuner_results')
  with open(os.path.join(results, 'tuner_results.json'), encoding='utf-8') as file:
    trials = sorted(json.load(file), key=lambda trial: trial['score'])
  assert len(trials) == 2
  trained = json.loads(store.latest_execution('Trainer').value('model', 'hparams'))
  assert trained['dropout'] == trials[0]['dropout'] and trained['filters'] == 16
  assert store.latest_execution('Trainer').value('model', 'average_loss') == pytest.approx(trials[0]['score'], abs=1e-5)


def test_an_edit_of_the_word_vectors_runs_what_reads_them(place, tuned):
  flags, output = tuned
  reading = ['WordVectors', 'Tuner', 'Trainer']
  assert pipeline_runs.executed(output)[:3] == reading
  # Of all runs of this module, prune leaves what the pushed versions and the latest run need.
  output_dir = str(place[0] / 'output')
  versions = push_and_rollback.list_versions(layout.serving(output_dir))
  garbage_lib.delete(garbage_lib.find_garbage(output_dir), output_dir)
  output = _run(place, *flags, '--explain-cache')
  assert pipeline_runs.executed(output) == []
  assert re.search(r'^  Trainer +cached +same code, parameters and inputs since 20', output, re.MULTILINE)
  assert push_and_rollback.list_versions(layout.serving(output_dir)) == versions
  _edit(place[0] / 'vectors.txt', lambda text: text.replace('great', 'music'))
  output = _run(place, *flags, '--explain-cache')
  assert pipeline_runs.executed(output)[:3] == reading
  assert re.search(r'^  WordVectors +ran +the content of the source changed$', output, re.MULTILINE)


def test_bad_data_stops_the_run_and_names_the_reason(place, tmp_path):
  _, project = place
  (tmp_path / 'one.csv').write_text('text,label\n' + ''.join(f'review {i},1\n' for i in range(200)))
  output = pipeline_runs.run(
      project, '--data', tmp_path / 'one.csv', '--output-dir', tmp_path / 'output', check=1)
  assert 'DataGate: the data is refused: train: all ' in output and 'have the label 1' in output
  assert not (tmp_path / 'output' / 'artifacts' / 'Trainer').exists()
