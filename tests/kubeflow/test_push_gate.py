"""PushGate, and the notification of runs that push no model."""

import http.server
import json
import threading

from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2
import pytest
from tfx import v1 as tfx

from components.push_gate import component
from pipeline.kubeflow import notification


def test_the_gate_fails_without_a_push():
  gate = component.PushGate.EXECUTOR_SPEC.executor_class._FUNCTION
  artifact = tfx.types.standard_artifacts.PushedModel()
  artifact.set_string_custom_property('reason', 'refused by Evaluator')
  with pytest.raises(component.NotPushedError, match='the model was not pushed: refused by Evaluator'):
    gate(pushed_model=artifact, code='')
  artifact.set_int_custom_property('pushed', 1)
  gate(pushed_model=artifact, code='')


@pytest.fixture(name='connection')
def _connection(tmp_path, monkeypatch):
  """A store in which the run `pushed` pushed its model, and the run `refused` did not."""
  config = metadata_store_pb2.ConnectionConfig()
  config.sqlite.filename_uri = str(tmp_path / 'metadata.db')
  store = metadata_store.MetadataStore(config)
  run = store.put_context_type(metadata_store_pb2.ContextType(name='pipeline_run'))
  kind = store.put_artifact_type(metadata_store_pb2.ArtifactType(name='PushedModel'))
  for name, properties in ('pushed', {}), ('refused', {'reason': 'refused by Evaluator'}):
    artifact = metadata_store_pb2.Artifact(type_id=kind, uri=name)
    for key, value in properties.items():
      artifact.custom_properties[key].string_value = value
    context, = store.put_contexts([metadata_store_pb2.Context(type_id=run, name=name)])
    artifact_id, = store.put_artifacts([artifact])
    store.put_attributions_and_associations(
        [metadata_store_pb2.Attribution(artifact_id=artifact_id, context_id=context)], [])
  monkeypatch.setattr(notification.kfp_compat, 'metadata_connection', lambda unused_config: config)


class _Webhook(http.server.BaseHTTPRequestHandler):
  """Answers as its server's `answers` say, and keeps what it is told."""

  def do_POST(self):  # pylint: disable=invalid-name
    self.server.messages.append(json.loads(self.rfile.read(int(self.headers['Content-Length']))))
    self.send_response(self.server.answers.pop(0))
    self.end_headers()

  def log_message(self, *unused_arguments):
    pass


@pytest.mark.slow
@pytest.mark.parametrize('run, status, answers, outcome, reasons', [
    ('pushed', 'Succeeded', [], None, []),
    ('refused', 'Succeeded', [503, 200], 'refused', ['refused by Evaluator']),
    ('refused', 'Failed', [200], 'refused', ['refused by Evaluator', 'pushgate: exit code 1']),
    ('unknown', 'Failed', [200], 'failed', ['pushgate: exit code 1']),
    ('unknown', 'Failed', [400], 'failed', ['pushgate: exit code 1']),
])
def test_a_webhook_is_told(run, status, answers, outcome, reasons, connection, monkeypatch, capsys):
  del connection  # needed, not used
  with http.server.ThreadingHTTPServer(('127.0.0.1', 0), _Webhook) as server:
    server.answers, server.messages = list(answers), []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv(notification.URL, f'http://127.0.0.1:{server.server_port}/secret')
    failures = json.dumps(json.dumps([{'displayName': 'pushgate', 'message': 'exit code 1'}]))
    code = notification.main(['--kubeflow_metadata_config', '{}', '--workflow', run, '--status', status,
                              '--failures', failures if status == 'Failed' else '{{workflow.failures}}'])
    server.shutdown()
  assert code == (400 in answers)
  told = [(message['outcome'], message['reasons']) for message in server.messages]
  assert told == [(outcome, reasons)] * len(answers)
  assert 'secret' not in capsys.readouterr().err
