"""What TensorBoard shows of real small runs: its files, and its pages in a real browser, against the artifacts."""

import contextlib
import pathlib
import re
import subprocess

from google.protobuf import text_format
import numpy as np
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support import wait
from tensorboard.plugins import projector
from tensorboard.plugins.hparams import metadata as hparams_metadata
import tensorflow as tf

from models import features
from models.training import summaries
from pipeline.results import runs
from pipeline.tensorboard import entry
from pipeline.tensorboard import folder
from tests import browser
from tests import events
from tests import forks
from tests.e2e import pipeline_runs

# Texts of a page, through its shadow roots.
_TEXTS = """
const found = [];
const walk = (node) => {
  if (['STYLE', 'SCRIPT'].includes(node.nodeName)) return;
  if (node.nodeType === Node.TEXT_NODE && node.textContent.trim()) found.push(node.textContent.trim());
  for (const child of [...(node.shadowRoot?.childNodes ?? []), ...node.childNodes]) walk(child);
};
walk(document.body);
return found;
"""


@pytest.fixture(scope='module', name='output_dir')
def _output_dir(compared):
  """Models compared, then one of them trained with another seed."""
  pipeline_runs.run(pipeline_runs.PROJECT, *compared.flags, '--model', 'cnn', '--seed', 1,
                    '--set', 'cnn.batch_size=20', '--set', 'cnn.eval_every=60')
  return str(compared.output_dir)


@pytest.fixture(scope='module', name='found')
def _found(output_dir):
  """{name: (run, its folder)}."""
  names = folder.update_entries(output_dir)
  evaluated = {}
  for run in runs.load_runs(output_dir):
    evaluated[run.model_id] = run
  assert len(names) == len(evaluated)
  expected = lambda run: f'{run.model}-{run.properties["seed"] + 1}'
  return {expected(run): (run, pathlib.Path(output_dir, 'tensorboard', expected(run))) for run in evaluated.values()}


def test_there_is_one_entry_for_each_model(output_dir, found):
  assert sorted(found) == ['bow_embeddings-1', 'bow_sparse-1', 'cnn-1', 'cnn-2']
  top = pathlib.Path(output_dir, 'tensorboard')
  files = {path: path.stat().st_mtime_ns for path in top.rglob('*') if path.is_file()}
  folder.update_entries(output_dir)
  assert {path: path.stat().st_mtime_ns for path in top.rglob('*') if path.is_file()} == files
  assert len(list(top.glob('events.*'))) == 1


def test_the_entries_follow_the_store(output_dir, found):
  top = pathlib.Path(output_dir, 'tensorboard')
  (top / 'lstm-1').mkdir()  # of another store
  mark, = (top / 'cnn-2').glob('events.*')
  mark.rename(f'{mark}5')
  training = pathlib.Path(output_dir, 'artifacts', 'Trainer', 'model_run', 'unfinished-cnn-0123456789abcdef')
  (training / 'eval').mkdir(parents=True)
  folder.update_entries(output_dir)
  assert (top / training.name / 'eval').is_dir()
  training.joinpath('eval').rmdir()
  training.rmdir()
  folder.update_entries(output_dir)
  assert sorted(path.name for path in top.iterdir() if path.is_dir() or path.is_symlink()) == sorted(found)
  again, = (top / 'cnn-2').glob('events.*')
  assert again.suffix == mark.suffix and (top / 'cnn-2' / 'test').is_dir()


def test_there_is_nothing_to_show_before_a_run(tmp_path):
  with pytest.raises(ValueError, match='no such directory'):
    folder.update_entries(str(tmp_path / 'nothing'))


def test_the_scalars_are_those_of_the_artifacts(found):
  for run, path in found.values():
    step = run.properties['step']
    training, on_eval, on_test = (events.read(path / part) for part in ('train', 'eval', 'test'))
    assert {'loss', summaries.ACCURACY, summaries.AUC, summaries.LEARNING_RATE, 'global_step/sec'} <= set(training)
    for tag, metric in (('accuracy', 'binary_accuracy'), ('auc', 'auc'), ('average_loss', 'log_loss')):
      assert events.number(on_eval[tag][step]) == pytest.approx(run.properties[tag], abs=1e-6)  # which has six digits
      assert events.number(on_test[tag][step]) == pytest.approx(run.results['metrics'][metric])


def test_the_curve_on_test_is_that_of_the_served_scores(found):
  for run, path in found.values():
    curve = tf.make_ndarray(events.read(path / 'test')[summaries.PR_CURVE_TAG][run.properties['step']].tensor)
    reviews = run.examples('test')
    called = run.score(reviews.text)[:, np.newaxis] > np.linspace(0, 1, curve.shape[1])
    positive = reviews.label.to_numpy()[:, np.newaxis] == 1
    for row, counted in zip(curve, (called & positive, called & ~positive, ~called & ~positive, ~called & positive)):
      np.testing.assert_allclose(row, counted.sum(axis=0), atol=3)  # scores may lie on a threshold
    np.testing.assert_allclose(curve[5], curve[0] / positive.sum(), rtol=1e-5)
    assert summaries.PR_CURVE_TAG in events.read(path / 'eval')


def _hparams(path, tag):
  value = next(iter(events.read(path)[tag].values()))
  return value.metadata.plugin_data.content


def test_the_hyper_parameters_are_those_that_it_was_trained_with(output_dir, found):
  for name, (run, path) in found.items():
    content = _hparams(path, hparams_metadata.SESSION_START_INFO_TAG)
    info = hparams_metadata.parse_session_start_info_plugin_data(content)
    shown = {key: getattr(value, value.WhichOneof('kind')) for key, value in info.hparams.items()}
    assert shown == {'model': run.model, 'preset': 'default', 'seed': run.properties['seed'], **run.hparams()}
    assert info.group_name == name
  top = pathlib.Path(output_dir, 'tensorboard')
  columns = hparams_metadata.parse_experiment_plugin_data(_hparams(top, hparams_metadata.EXPERIMENT_TAG))
  assert {'model', 'seed', 'filters', 'ngram_dropout'} <= {info.name for info in columns.hparam_infos}
  assert columns.hparam_infos[0].name != 'patience'  # those that differ come first
  for info in columns.metric_infos:
    assert info.name.tag in events.read(found['cnn-1'][1] / info.name.group)


def test_the_embeddings_are_the_models_with_a_word_for_each_row(found):
  assert not (found['bow_sparse-1'][1] / 'projector_config.pbtxt').exists()
  for name in ('cnn-1', 'bow_embeddings-1'):
    run, path = found[name]
    config = text_format.Parse((path / 'projector_config.pbtxt').read_text(), projector.ProjectorConfig())
    shown, = config.embeddings
    assert shown.tensor_name == {'cnn-1': 'embedding/table', 'bow_embeddings-1': 'embedding/ngrams'}[name]
    labels = (path / shown.metadata_path).read_text().splitlines()
    rows = np.fromfile(path / shown.tensor_path, np.float32).reshape(shown.tensor_shape)
    assert len(labels) == len(rows)
    if name == 'cnn-1':
      assert labels[:3] == list(features.RESERVED_TOKENS) and labels == run.vocabulary()
      np.testing.assert_array_equal(rows, run.word_vectors())
    else:
      assert any(' ' in label for label in labels)


def test_a_large_embedding_is_cut_to_its_first_rows(tmp_path):
  rows = np.arange(3 * 2 * entry.MAX_ROWS, dtype=np.float32).reshape(-1, 2)
  entry.write_embeddings({'table': (rows, [f'word{i}' for i in range(len(rows))])}, str(tmp_path))
  assert len((tmp_path / 'embedding-0.tsv').read_text().splitlines()) == entry.MAX_ROWS
  assert (tmp_path / 'embedding-0.bytes').read_bytes() == rows[:entry.MAX_ROWS].tobytes()


def test_the_reviews_shown_have_their_scores(found):
  for run, path in found.values():
    reviews = run.examples('eval')
    scores = run.score(reviews.text)
    values = {tag: value for tag, value in events.read(path).items() if tag.startswith('examples of eval/')}
    assert len(values) == 3
    for steps in values.values():
      text = tf.make_ndarray(steps[run.properties['step']].tensor).item().decode()
      shown = re.findall(r'\*\*score (0\.\d{4}), label (positive|negative):\*\* \S', text)
      assert len(shown) == min(6, len(reviews))
      for score, _ in shown:
        assert np.abs(scores - float(score)).min() < 1e-4


@contextlib.contextmanager
def _started(output_dir):
  """TensorBoard as `make tensorboard` starts it; gives its address."""
  command = [forks.interpreter().executable, '-m', 'pipeline.tensorboard', '--output-dir', output_dir, '--port', '0',
             '--host', '127.0.0.1']
  process = subprocess.Popen(
      command, cwd=pipeline_runs.PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
  try:
    lines = []
    for line in process.stdout:
      lines.append(line)
      if 'TensorBoard 2' in line:
        yield re.search(r'http://\S+', line)[0]
        break
    else:
      raise AssertionError(''.join(lines))
  finally:
    process.terminate()
    process.communicate()


@pytest.mark.skipif(bool(browser.MISSING), reason=str(browser.MISSING))
def test_the_pages_show_the_artifacts_numbers(output_dir, found):
  run, _ = found['cnn-2']
  with _started(output_dir) as address, browser.opened(1500, 1000) as driver:

    def page(tab, *expected):
      """The texts of a tab, once all that is expected is among them."""
      driver.get(f'{address}#{tab}')
      driver.refresh()

      def shown(_):
        driver.switch_to.default_content()
        while frames := driver.find_elements(By.TAG_NAME, 'iframe'):  # the projector has one in another
          driver.switch_to.frame(frames[0])
        texts = driver.execute_script(_TEXTS)
        return texts if all(any(each in text for text in texts) for each in expected) else None

      texts = wait.WebDriverWait(driver, 60).until(shown, f'{tab}: {expected}')
      assert not browser.complaints(driver)
      return texts

    metrics = run.results['metrics']
    texts = page('timeseries', 'cnn-1/train', 'cnn-2/eval', 'bow_sparse-1/test', 'average_loss', 'learning_rate')
    row = texts.index('cnn-2/test', texts.index('Smoothed'))
    assert float(texts[row + 2]) == pytest.approx(metrics['binary_accuracy'], abs=6e-5)
    page('pr_curves', 'pr_curve', 'cnn-2/test', 'cnn-2/eval', 'bow_sparse-1/test')
    # The tab hides some of the other columns.
    expected = [run.properties['accuracy'], metrics['binary_accuracy'], metrics['auc']]

    def missing():
      texts = page('hparams', 'eval: accuracy', 'test: auc', 'cnn-2', 'bow_embeddings-1')
      numbers = [float(text) for text in texts if re.fullmatch(r'\d+(\.\d+)?', text)]
      return [value for value in expected if min(abs(number - value) for number in numbers) >= 1e-4], numbers

    # The table comes row by row.
    wait.WebDriverWait(driver, 30).until(lambda _: not missing()[0] or None, str(missing()))
    page('text', 'examples of eval/most confident errors', 'score 0.', 'label positive')
    sizes = [rows[:entry.MAX_ROWS].shape for each, _ in found.values() for rows, _ in each.embeddings().values()]
    page('projector', 'Points:')

    def projected(_):  # 0 points until they are loaded
      shown = re.search(r'Points: (\d+) .*Dimension: (\d+)', ' '.join(driver.execute_script(_TEXTS)))
      return shown and tuple(map(int, shown.groups())) in sizes

    wait.WebDriverWait(driver, 60).until(projected, f'none of {sizes}')
