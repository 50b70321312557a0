"""Makes the metadata store of an output directory with runs that never ran, and the files that they would have left."""

import json
import os
import pathlib

from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2

from components.versioned_pusher import push_and_rollback
from pipeline import layout
from pipeline.results import metadata

_STATES = {'ran': metadata_store_pb2.Execution.COMPLETE, 'cached': metadata_store_pb2.Execution.CACHED,
           'failed': metadata_store_pb2.Execution.FAILED}
_TYPES = {'examples': 'Examples', 'model': 'Model', 'pushed_model': 'PushedModel', 'report': 'system.HTML'}


class Recorder:
  """Records runs, as TFX does: `run` begins one, `step` adds an execution to it."""

  def __init__(self, output_dir: pathlib.Path):
    self._output_dir = output_dir
    (output_dir / 'artifacts').mkdir(parents=True)
    self._store = metadata_store.MetadataStore(metadata.sqlite_connection(
        str(output_dir), metadata_store_pb2.SqliteMetadataSourceConfig.READWRITE_OPENCREATE))
    self._run, self._nodes = None, {}

  def run(self, name):
    """Begin a run."""
    self._run = self._context('pipeline_run', name)

  def _context(self, kind, name):
    type_id = self._store.put_context_type(metadata_store_pb2.ContextType(name=kind))
    return self._store.put_contexts([metadata_store_pb2.Context(type_id=type_id, name=name)])[0]

  def step(self, component, properties=None, inputs=None, outputs=None, state='ran'):
    """Record an execution.

    Args:
      component: id of the node.
      properties: execution properties.
      inputs: ids of artifacts by input.
      outputs: by output an id, or the custom properties of a new artifact.
      state: ran, cached or failed.

    Returns:
      The ids of the outputs, by output.
    """
    if component not in self._nodes:
      self._nodes[component] = self._context('node', f'sentiment.{component}')
    execution = metadata_store_pb2.Execution(
        type_id=self._store.put_execution_type(metadata_store_pb2.ExecutionType(name=component)),
        last_known_state=_STATES[state])
    _set(execution.custom_properties, properties)
    execution_id, = self._store.put_executions([execution])
    ids = {key: value if isinstance(value, int) else self._artifact(component, key, execution_id, value)
           for key, value in (outputs or {}).items()}
    events = [(metadata_store_pb2.Event.INPUT, inputs or {}), (metadata_store_pb2.Event.OUTPUT, ids)]
    self._store.put_events([
        metadata_store_pb2.Event(execution_id=execution_id, artifact_id=id_, type=kind, path={'steps': [
            {'key': key}, {'index': 0}]}) for kind, by_key in events for key, id_ in by_key.items()])
    self._store.put_attributions_and_associations([], [
        metadata_store_pb2.Association(execution_id=execution_id, context_id=context)
        for context in (self._run, self._nodes[component])])
    return ids

  def _artifact(self, component, key, execution_id, properties):
    uri = self._output_dir / 'artifacts' / component / key / str(execution_id)
    uri.mkdir(parents=True)
    (uri / 'content').write_text('x' * 1000)
    artifact = metadata_store_pb2.Artifact(
        type_id=self._store.put_artifact_type(metadata_store_pb2.ArtifactType(name=_TYPES[key])), uri=str(uri),
        state=metadata_store_pb2.Artifact.LIVE)
    _set(artifact.custom_properties, properties)
    return self._store.put_artifacts([artifact])[0]

  def push(self, number, **manifest):
    """Make a version in the serving directory."""
    path = pathlib.Path(layout.serving(str(self._output_dir)), str(number))
    (path / push_and_rollback.EXTRA).mkdir(parents=True)
    (path / push_and_rollback.MANIFEST).write_text(json.dumps(manifest))


def _set(target, properties):
  for name, value in (properties or {}).items():
    setattr(target[name], 'int_value' if isinstance(value, int) else 'string_value', value)


def record_example(output_dir: pathlib.Path) -> Recorder:
  """Record four runs: `first` pushes version 7, `second` is refused, `other` fails in its Trainer, `last` is cached."""
  recorder = Recorder(output_dir)
  data = {'data': '/data/reviews.csv', 'content_hash': 'd1'}
  config = lambda code, **hparams: {'custom_config': json.dumps({'code': code, 'hparams': hparams})}
  counts = {'content_hash': 'd1', 'train': 10, 'sample_reviews': 10}
  recorder.run('first')
  examples = recorder.step('ImdbExampleGen', data, outputs={'examples': counts})
  model = recorder.step('Trainer', config('c1', width=2), examples, {
      'model': {'model': 'cnn', 'git_commit': 'abc-dirty'}})
  pushed = recorder.step('Pusher', {'destination_state': 's1'}, model, {
      'pushed_model': {'pushed': 1, 'pushed_version': '7'}})
  recorder.step('ReportGen', {}, pushed, {'report': {}})
  recorder.push(7, run='first', metrics={'binary_accuracy': 0.875})
  recorder.run('second')
  recorder.step('ImdbExampleGen', data, outputs=examples, state='cached')
  model = recorder.step('Trainer', config('c2', width=3), examples, {'model': {'model': 'cnn'}})
  pushed = recorder.step('Pusher', {'destination_state': 's2'}, model, {
      'pushed_model': {'pushed': 0, 'reason': 'refused by Evaluator'}})
  recorder.step('ReportGen', {}, pushed, {'report': {}})
  recorder.run('other')
  examples = recorder.step('ImdbExampleGen', {**data, 'content_hash': 'd2'}, outputs={
      'examples': {'content_hash': 'd2', 'train': 20}})
  recorder.step('Trainer', config('c1', width=2), examples, state='failed')
  recorder.run('last')
  recorder.step('ImdbExampleGen', {**data, 'content_hash': 'd2'}, outputs=examples, state='cached')
  model = recorder.step('Trainer', config('c1', width=2), examples, {'model': {'model': 'cnn'}})
  pushed = recorder.step('Pusher', {'destination_state': 's3'}, model, {
      'pushed_model': {'pushed': 0, 'reason': 'refused by Evaluator'}})
  recorder.step('ReportGen', {}, pushed, {'report': {}})
  os.makedirs(layout.reports(str(output_dir)))
  return recorder
