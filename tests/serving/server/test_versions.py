import gc
import logging
import os
import shutil
import time
import weakref

import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from serving.server import model
from serving.server import versions as versions_lib
from tests.serving.server import tiny


@pytest.fixture
def directory(models, tmp_path):
  """Hold version 1."""
  tiny.push(models[0], tmp_path, 1)
  return tmp_path


@pytest.fixture
def follow(directory):
  """A function that follows the directory."""
  started = []

  def follow_it():
    started.append(versions_lib.Versions(str(directory), interval_s=0.02))
    started[-1].start()
    return started[-1]

  yield follow_it
  for versions in started:
    versions.stop()


def _wait(condition):
  end = time.monotonic() + 60
  while not condition():
    assert time.monotonic() < end, 'it did not happen'
    time.sleep(0.01)


def _states(versions):
  return {int(state['version']): state['state'] for state in versions.status()}


def test_the_highest_number_is_served_not_the_last_by_name(directory, models, follow):
  tiny.push(models[1], directory, 10)
  tiny.push(models[0], directory, 9)
  for other in '.11', 'eleven', '11.tmp', '11_', '9' * 30:
    (directory / other).mkdir()
  (directory / '12').write_text('a file')
  assert _states(follow()) == {10: 'AVAILABLE'}


@pytest.mark.slow
def test_a_newer_version_takes_over_and_the_old_one_is_freed(directory, models, follow):
  versions = follow()
  old = versions.current
  signature, graph = old.signatures['predict_text'], weakref.ref(old.session.graph)
  tiny.push(models[1], directory, 2)
  _wait(lambda: versions.current.version == 2)
  del old
  shutil.rmtree(directory / '1')
  # What still runs on the old one ends there.
  assert signature.run(['x'])['scores'][0, 0] == pytest.approx(tiny.expected('x'))
  assert versions.current.signatures['predict_text'].run(['x'])['scores'][0, 0] == pytest.approx(tiny.expected('x', 2))
  del signature
  gc.disable()  # by itself it would come much later
  try:
    _wait(lambda: graph() is None)
  finally:
    gc.enable()


def test_a_loaded_model_needs_its_files_no_more(models, tmp_path):
  path = shutil.copytree(models[0], tmp_path / '1')
  loaded = model.Model(1, str(path))
  shutil.rmtree(path)
  loaded.warm_up()
  assert loaded.signatures['predict_text'].run(['x'])['scores'].shape == (1, 1)


@pytest.mark.slow
def test_if_the_newest_is_removed_the_one_below_is_served_again(directory, models, follow):
  tiny.push(models[1], directory, 2)
  versions = follow()
  assert versions.current.version == 2
  os.rename(directory / '2', directory / '.gone')
  _wait(lambda: versions.current.version == 1)
  shutil.rmtree(directory)
  time.sleep(0.1)
  assert _states(versions) == {1: 'AVAILABLE'}


@pytest.mark.slow
@pytest.mark.parametrize('damage', ['no variables', 'no graph', 'cut graph', 'cut variables', 'empty'])
def test_a_version_that_cannot_be_loaded_is_reported(directory, models, follow, caplog, damage):
  versions = follow()
  staged = shutil.copytree(models[1], directory / '.staging')
  broken = {'no variables': 'variables', 'no graph': 'saved_model.pb', 'cut graph': 'saved_model.pb',
            'cut variables': 'variables/variables.data-00000-of-00001', 'empty': '.'}[damage]
  if damage.startswith('cut'):
    (staged / broken).write_bytes((staged / broken).read_bytes()[:20])
  elif damage == 'no graph':
    (staged / broken).unlink()
  else:
    shutil.rmtree(staged / broken, ignore_errors=True)
    staged.mkdir(exist_ok=True)
  with caplog.at_level(logging.ERROR, logger=versions_lib.__name__):
    os.rename(staged, directory / '2')
    _wait(lambda: _states(versions) == {1: 'AVAILABLE', 2: 'END'})
    time.sleep(0.2)
  assert len(caplog.messages) == 1 and caplog.messages[0].startswith('version 2 cannot be loaded: ')
  refused = versions.status()[0]['status']
  assert refused['error_code'] != 'OK' and refused['error_message'] and '\n' not in refused['error_message']
  shutil.copytree(models[1], directory / '2', dirs_exist_ok=True)
  _wait(lambda: versions.current.version == 2)
  assert _states(versions) == {2: 'AVAILABLE'}


def test_at_start_a_broken_version_gives_way_to_the_one_below(directory, follow):
  (directory / '2').mkdir()
  assert _states(follow()) == {1: 'AVAILABLE', 2: 'END'}


@pytest.mark.parametrize('path, message', [
    ('none', 'No such file or directory; name the directory'),
    ('1', 'this is itself a version: name the directory above, '),
    ('broken', 'none of its versions can be loaded')])
def test_it_does_not_start_without_a_version(directory, path, message):
  (directory / 'broken' / '3').mkdir(parents=True)
  with pytest.raises(ValueError, match=f'{path}: {message}'):
    versions_lib.Versions(str(directory / path)).start()


def _record(path, signature, name, values):
  log = prediction_log_pb2.PredictionLog()
  log.predict_log.request.model_spec.signature_name = signature
  log.predict_log.request.inputs[name].CopyFrom(tf.make_tensor_proto(values))
  os.makedirs(path / 'assets.extra')
  with tf.io.TFRecordWriter(str(path / 'assets.extra' / 'tf_serving_warmup_requests')) as writer:
    writer.write(log.SerializeToString())


def test_recorded_requests_warm_a_version_up(models, tmp_path, monkeypatch):
  path = shutil.copytree(models[0], tmp_path / '1')
  _record(path, 'predict_text', 'text', [b'recorded', b'\xff'])
  seen = []
  run = model.Signature.run
  monkeypatch.setattr(
      model.Signature, 'run', lambda self, values: seen.append((self.input, values)) or run(self, values))
  model.Model(1, str(path)).warm_up()
  assert seen[0] == ('text', [b'recorded', b'\xff'])
  assert {name for name, _ in seen[1:]} == {'text', 'examples'}


@pytest.mark.parametrize('signature, name, values, error', [
    ('none', 'text', ['x'], ValueError), ('', 'examples', ['no example'], model.BadInputError)])
def test_a_version_that_fails_its_recorded_requests_is_refused(models, tmp_path, signature, name, values, error):
  path = shutil.copytree(models[0], tmp_path / '1')
  _record(path, signature, name, values)
  with pytest.raises(error):
    model.Model(1, str(path)).warm_up()


def test_signatures_that_cannot_be_called_are_not_served(models, tmp_path):
  assert set(model.Model(1, str(models[0])).signatures) == {
      'serving_default', 'predict_text', 'features', 'busy', 'ratio'}
  module = tf.Module()
  module.f = tf.function(lambda x: {'y': x + 1}, [tf.TensorSpec([None], tf.float32)])
  tf.saved_model.save(module, str(tmp_path / 'numbers'), {'serving_default': module.f})
  with pytest.raises(ValueError, match='no signature that can be served: .*serving_default takes something else'):
    model.Model(1, str(tmp_path / 'numbers'))
