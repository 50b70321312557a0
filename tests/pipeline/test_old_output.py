"""An output directory of version 0.1.0: its models are listed, rolled back to, served, reported and compared with.

tests/data/output-0.1.0.tar.xz is what version 0.1.0 wrote in two runs of bow_sparse, with 200 words, on 160 reviews of
sample data. The logs and the events of the trainings are left out.
"""

import pathlib
import shutil
import tarfile

import pytest
import tensorflow as tf
from tfx.types import standard_artifacts

from components.baseline import executor as baseline
from components.common import examples as examples_lib
from components.versioned_pusher import __main__ as versions
from components.versioned_pusher import push_and_rollback
from models import features
from pipeline.results import runs
from pipeline.tensorboard import folder
import predict
from tests.serving.server import tiny

_ARCHIVE = pathlib.Path(__file__).resolve().parents[1] / 'data' / 'output-0.1.0.tar.xz'
_FIRST, _SECOND = 1795691261, 1795691314
_TEXTS = ['A film to remember, great cast and superb plot.', 'Two hours that I want back: boring and awful.', '']
_SCORES = {_FIRST: [0.3387, 0.2367, 0.4343], _SECOND: [0.2501, 0.1092, 0.3501]}  # of predict.py of 0.1.0


@pytest.fixture(name='output_dir')
def _output_dir(tmp_path):
  """A copy of the directory, elsewhere than the runs were."""
  with tarfile.open(_ARCHIVE) as archive:
    archive.extractall(tmp_path)
  return tmp_path / 'output'


@pytest.fixture(name='serving')
def _serving(output_dir):
  return output_dir / 'serving' / 'sentiment'


def test_versions_are_listed_and_rolled_back_to(serving, capsys):
  assert versions.main(['list', str(serving)]) == 0
  lines = capsys.readouterr().out.splitlines()
  assert [line.split()[0] for line in lines] == [str(_FIRST), str(_SECOND)]
  assert 'test accuracy 0.7714' in lines[0] and 'test accuracy 0.7429' in lines[1] and lines[1].endswith('live')
  assert versions.main(['rollback', str(serving), str(_FIRST)]) == 0
  first, _, copy = push_and_rollback.list_versions(str(serving))
  assert copy.manifest['rolled_back_to'] == first.number
  for version in first, copy:
    assert version.manifest['sha256'] == push_and_rollback.content_hash(version.path)


@pytest.mark.parametrize('version', _SCORES)
def test_scores_are_those_of_the_old_code(version, serving, capsys):
  assert predict.main(['--model-dir', str(serving), '--version', str(version), *_TEXTS]) == 0
  assert [float(line.split()[0]) for line in capsys.readouterr().out.splitlines()] == _SCORES[version]


@pytest.mark.slow
def test_the_server_scores_with_it(serving):
  application = tiny.Application(serving)
  try:
    status, answer = application.predict({'signature_name': features.TEXT_SIGNATURE, 'instances': _TEXTS})
    assert status == 200
    assert [score for score, in answer['predictions']] == pytest.approx(_SCORES[_SECOND], abs=5e-5)
    status, card, _ = application.ask('GET', f'/v1/models/{tiny.NAME}')
    assert status == 200 and str(_SECOND) in str(card)
  finally:
    application.close()


@pytest.mark.slow
def test_runs_are_reported_with_their_figures(output_dir):
  found = runs.load_runs(str(output_dir))
  assert [run.results['metrics']['binary_accuracy'] for run in found] == pytest.approx([0.7714, 0.7429], abs=5e-5)
  assert [run.results['metrics']['auc'] for run in found] == pytest.approx([0.8562, 0.8366], abs=5e-5)
  for run, scores in zip(found, _SCORES.values()):
    assert run.score(_TEXTS) == pytest.approx(scores, abs=5e-5)
    reviews = run.examples('test')
    assert len(reviews) == 35 == run.data_properties()['test'] and len(run.vocabulary()) == 200
    accuracy = ((run.score(reviews.text) > 0.5) == reviews.label).mean()
    assert run.results['metrics']['binary_accuracy'] == pytest.approx(accuracy)
  assert {'slices', 'calibration', 'thresholds'} <= found[0].results.keys() and found[0].weights() is not None
  assert folder.update_entries(str(output_dir)) == ['bow_sparse-1', 'bow_sparse-2']


@pytest.mark.slow
def test_the_next_candidate_is_compared_with_its_versions(output_dir, serving, tmp_path):
  model, examples = standard_artifacts.Model(), standard_artifacts.Examples()
  model.uri = str(tmp_path / 'candidate')
  shutil.copytree(serving / str(_SECOND), tmp_path / 'candidate' / 'Format-Serving')
  (tmp_path / 'candidate' / 'Format-Serving' / 'fingerprint.pb').write_bytes(b'another model')
  examples.uri = str(output_dir / 'artifacts' / 'ImdbExampleGen' / 'examples' / '1')
  content_hash = runs.latest_run(str(output_dir)).data_properties()['content_hash']
  examples.set_string_custom_property('content_hash', content_hash)
  found = baseline.find_versions(
      {'model': [model], 'examples': [examples]}, {'destination': str(serving), 'split': features.TEST})
  assert {role: version.number for role, version in found.items()} == {'baseline': _SECOND, 'best': _FIRST}
  signature = tf.saved_model.load(str(found['baseline'].path)).signatures[features.SERVING_SIGNATURE]  # the Evaluator's
  records = [examples_lib.encode_example(text.encode()).SerializeToString() for text in _TEXTS]
  scores = signature(examples=tf.constant(records))[features.SCORES].numpy()[:, 0]
  assert scores == pytest.approx(_SCORES[_SECOND], abs=5e-5)
