"""A package of version 1, run step by step to a pushed model, its metadata in a MariaDB.

The steps run as its security context says: as another user, on a read-only file system.
"""

import http.server
import json
import threading

import pytest

from pipeline.tensorboard import folder
from tests.e2e import pipeline_runs
from tests.kubeflow import back_end_v1
from tests.kubeflow import image as image_lib
from tests.kubeflow import packages

pytestmark = pytest.mark.slow


class _Webhook(http.server.BaseHTTPRequestHandler):
  """Keeps what it is told."""

  def do_POST(self):  # pylint: disable=invalid-name
    self.server.messages.append(json.loads(self.rfile.read(int(self.headers['Content-Length']))))
    self.send_response(204)
    self.end_headers()

  def log_message(self, *unused_arguments):
    pass


@pytest.fixture(name='webhook')
def _webhook():
  server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), _Webhook)
  server.messages = []
  threading.Thread(target=server.serve_forever, daemon=True).start()
  yield server
  server.shutdown()
  server.server_close()


@pytest.mark.skipif(bool(back_end_v1.MISSING), reason=str(back_end_v1.MISSING))
def test_a_workflow_pushes_and_the_next_run_has_a_baseline(place, tmp_path, webhook):
  volume, logs = place.v1 / 'volume', place.v1 / 'logs'
  volume.mkdir()
  reviews = packages.write_reviews(volume / 'reviews.jsonl')
  package = tmp_path / 'package.yaml'
  packages.compile_package(
      'v1', package, volume, '--model', 'bow_sparse', '--fail-if-not-blessed', *packages.NO_THRESHOLDS,
      settings='notification_secret: webhook')
  secrets = {('webhook', 'url'): f'http://127.0.0.1:{webhook.server_port}'}
  image = image_lib.WarmImage(place.image)
  parameters = {'data': reviews, 'pipeline-root': volume / 'elsewhere', 'min_accuracy': 0.5, 'min_auc': 0.5}
  with back_end_v1.metadata_store(tmp_path / 'db') as metadata_config:
    first = back_end_v1.run(
        package, image, metadata_config, logs, 'run-1', secrets, train_steps=40, **parameters)
    assert not webhook.messages
    assert folder.update_entries(str(volume), back_end_v1.connection(metadata_config)) == ['bow_sparse-1']
    serving = volume / 'serving' / 'sentiment'
    assert len(list(serving.glob('[0-9]*'))) == 1
    second = back_end_v1.run(package, image, metadata_config, logs, 'run-2', secrets, ['pushgate'],
                             train_steps=60, **{**parameters, 'min_accuracy': 0.99})
  message, = webhook.messages
  assert message == {
      'workflow': 'run-2', 'outcome': 'refused', 'text': 'run-2: no model was pushed\n' + '\n'.join(message['reasons']),
      'reasons': ['refused by Evaluator', 'pushgate: Error (exit code 1)']}
  good, bad = pipeline_runs.predict(serving, 'A great film, I loved it.', 'Awful and boring, avoid it!', cwd=tmp_path)
  assert good > bad
  shown = {output['type']: output['source'] for output in first['trainer']['outputs']}
  assert shown['tensorboard'].startswith(f'{volume}/elsewhere/Trainer/model_run')
  assert '**train\\_steps**: 40' in shown['markdown']
  report = next(output for output in first['reportgen']['outputs'] if output['type'] == 'web-app')
  assert report['storage'] == 'inline' and report['source'].startswith('<!DOCTYPE html>')
  assert 'Blessed and pushed' in report['source']

  uri = back_end_v1.uri
  assert uri(second['trainer'], 'transform_graph') == uri(first['transform'], 'transform_graph')  # from the cache
  assert uri(second['trainer'], 'model') != uri(first['trainer'], 'model')
  assert '/Baseline/best/' in uri(second['evaluator'], 'best')
  assert uri(second['evaluator'], 'baseline') != uri(first['evaluator'], 'baseline')  # none was served before
  assert len(list(serving.glob('[0-9]*'))) == 1  # .99 was asked of the second
