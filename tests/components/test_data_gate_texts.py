"""The data gate's look at words and labels: two domains, and a served model."""

import json
import random
import re
import shutil

import pytest
import tensorflow as tf
from tensorflow_metadata.proto.v0 import anomalies_pb2
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx import v1 as tfx
from tfx.orchestration.portable import data_types
from tfx.types import artifact_utils

from components.common import artifacts
from components.common import examples
from components.common import scoring
from components.data_gate import component
from components.data_gate import executor
from components.data_gate import served_model
from components.data_gate import text_drift
from tests import saved_models

_artifacts = tfx.types.standard_artifacts
_FRAME = 'the {0} was {1} and a {0} of the {2} is {1} in this {3} , but it has no {2}'
_DOMAINS = {
    'films': ('plot cast scene actor script ending director', 'dull great funny slow bad good fine',
              'story screen camera music', 'film movie picture sequel'),
    'ports': ('ship harbour crane anchor cargo pier', 'late heavy rusty empty good full',
              'sailor dock tide rope', 'port bay town coast')}


def _texts(domain, count, seed):
  """Sentences of a domain; both domains share the function words."""
  choose = random.Random(seed).choice
  kinds = [words.split() for words in _DOMAINS[domain]]
  return [' '.join(_FRAME.format(*map(choose, kinds)) for _ in range(3)).encode() for _ in range(count)]


_FILMS, MORE_FILMS, _PORTS = _texts('films', 400, 1), _texts('films', 400, 2), _texts('ports', 400, 3)
_VOCABULARY = b'\n'.join(sorted({word for text in _FILMS for word in text.split()}))


def _write_examples(path, texts, labels):
  for split in 'train', 'eval', 'test':
    (path / f'Split-{split}').mkdir(parents=True)
    with tf.io.TFRecordWriter(str(path / f'Split-{split}' / 'data.gz'), 'GZIP') as writer:
      for text, label in zip(texts, labels):
        writer.write(examples.encode_example(text, label).SerializeToString())
  return _artifact(_artifacts.Examples, path)


def _artifact(kind, path):
  result = kind()
  result.uri = str(path)
  if hasattr(result, 'split_names'):
    result.split_names = artifact_utils.encode_split_names(['train', 'eval', 'test'])
  return result


def _is_odd(texts):
  """A model: whether the number of bytes of a text is odd."""
  return tf.cast(tf.strings.length(texts) % 2, tf.float32)[:, tf.newaxis]


def predicted_labels(texts, wrong=0.0):
  """What the model says of texts, with a share of the labels exchanged."""
  return [len(text) % 2 ^ (number < wrong * len(texts)) for number, text in enumerate(texts)]


class Place:
  """An output directory in which films were seen before, and a model of films is served as version 17."""

  def __init__(self, top):
    self.top = top
    self.previous = _write_examples(top / 'previous', _FILMS, predicted_labels(_FILMS))
    saved_models.save(top / 'serving' / '17', _is_odd)
    (top / 'serving' / '17' / 'assets').mkdir(exist_ok=True)
    (top / 'serving' / '17' / 'assets' / 'vocabulary').write_bytes(_VOCABULARY)
    self.record(metrics={'binary_accuracy': 0.95}, data=[{'content_hash': 'films'}])

  def record(self, **manifest):
    extra = self.top / 'serving' / '17' / 'assets.extra'
    extra.mkdir(exist_ok=True)
    (extra / 'manifest.json').write_text(json.dumps(manifest))

  def check(self, texts, labels=None, content_hash='new', destination='serving', previous=True):
    """Run the gate on new data; returns the properties of the blessing."""
    new = self.top / 'new'
    shutil.rmtree(new, ignore_errors=True)
    inputs = {'examples': [_write_examples(new / 'examples', texts, labels or predicted_labels(texts))],
              'anomalies': [_artifact(_artifacts.ExampleAnomalies, new / 'anomalies')],
              'statistics': [_artifact(_artifacts.ExampleStatistics, new / 'statistics')]}
    inputs['examples'][0].set_string_custom_property('content_hash', content_hash)
    if previous:
      inputs['previous_examples'] = [self.previous]
    statistics = statistics_pb2.DatasetFeatureStatisticsList()
    statistics.datasets.add(num_examples=len(texts))
    for split in 'train', 'eval', 'test':
      for kind, name, content in (('anomalies', 'SchemaDiff.pb', anomalies_pb2.Anomalies()),
                                  ('statistics', 'FeatureStats.pb', statistics)):
        (new / kind / f'Split-{split}').mkdir(parents=True)
        (new / kind / f'Split-{split}' / name).write_bytes(content.SerializeToString())
    properties = {'destination': str(self.top / destination) if destination else '', 'code': ''}
    found = component.Driver(None).run(data_types.ExecutionInfo(exec_properties=properties, input_dict=inputs))
    blessing = artifacts.DataBlessing()
    served = found.exec_properties['served_version'].string_value
    executor.Executor().Do(inputs, {'blessing': [blessing]}, {**properties, 'served_version': served})
    result = {name: blessing.get_custom_property(name) for name in blessing.mlmd_artifact.custom_properties}
    return {**result, 'served': served}


@pytest.fixture(scope='module', name='served')
def _served(tmp_path_factory):
  return Place(tmp_path_factory.mktemp('data_gate'))


@pytest.fixture(name='place')
def _place(served):
  yield served
  served.record(metrics={'binary_accuracy': 0.95}, data=[{'content_hash': 'films'}])


def test_texts_of_the_same_domain_raise_no_alarm(place):
  found = place.check(MORE_FILMS)
  assert found['drift'] == '' and found['served'].endswith('/17')
  assert found['served_accuracy'] == 1 and found['oov_share'] == found['previous_oov_share'] == 0
  assert abs(found['domain_auc'] - 0.5) < 0.08


def test_texts_of_another_domain_raise_an_alarm(place):
  found = place.check(_PORTS)
  assert found['domain_auc'] > 0.95 and found['domain_auc_chance'] < 0.6
  oov, words = found['drift'].split('; words: a classifier ')
  assert re.match(r"words: [2-5]\d\.\d% are out of the served model's vocabulary \(previous data: 0.0%\)$", oov)
  new, previous = re.search('typical of the new ones: (.*); of the previous ones: (.*)', words).groups()
  assert set(new.split(', ')) <= set(' '.join(_DOMAINS['ports']).split())
  assert set(previous.split(', ')) <= set(' '.join(_DOMAINS['films']).split())


def test_a_third_of_another_domain_warns_without_a_model(place):
  found = place.check(MORE_FILMS[:280] + _PORTS[:120], destination='serving_of_nothing')
  assert found['drift'].startswith('words: a classifier tells new from previous texts, AUC 0.6') and not found['served']
  assert 'served_accuracy' not in found and 'oov_share' not in found


def test_the_same_texts_again_raise_no_alarm(place):
  assert place.check(_FILMS)['drift'] == '' and place.check(_FILMS + MORE_FILMS)['drift'] == ''


def test_few_texts_are_not_compared():
  assert text_drift.compare([[b'a', b'%d' % number] for number in range(49)], [[b'b']] * 500) is None
  assert text_drift.compare([[b'a']] * 500, [[b'b']] * 500) is None


def test_exchanged_labels_are_refused(place):
  exchanged = [1 - label for label in predicted_labels(MORE_FILMS)]
  with pytest.raises(ValueError, match=(
      r'the data is refused: test: version 17, the reference, predicts 0.0% of the labels of 400 reviews '
      r'\(recorded when it was pushed: 95.0%\): are the labels exchanged\? .* pass --ignore-baseline$')):
    place.check(MORE_FILMS, exchanged)
  assert place.check(MORE_FILMS, exchanged, destination='')['drift'] == ''  # --ignore-baseline


@pytest.mark.parametrize('wrong, count, warns', [(0.02, 400, False), (0.12, 400, True), (0.12, 40, False)])
def test_a_fall_of_the_accuracy_warns_beyond_chance(place, wrong, count, warns):
  texts = MORE_FILMS[:count]
  found = place.check(texts, predicted_labels(texts, wrong), previous=False)
  expected = (f'labels: version 17, the reference, predicts {found["served_accuracy"]:.1%} of the labels of 400 '
              'reviews (recorded when it was pushed: 95.0%)')
  assert found['drift'] == (expected if warns else '')


def test_a_model_that_was_never_good_refuses_nothing(place):
  place.record(metrics={'binary_accuracy': 0.45}, data=[])
  assert place.check(MORE_FILMS, predicted_labels(MORE_FILMS, 0.58), previous=False)['drift'] == ''


def test_data_of_the_served_model_is_compared_as_it_was(place):
  assert place.check(_FILMS, content_hash='films')['served'] == ''


def test_the_data_of_the_served_model_comes_first(place, tmp_path):
  _write_examples(tmp_path / 'ports', _PORTS, predicted_labels(_PORTS))
  place.record(metrics={}, data=[{'content_hash': 'ports', 'uri': str(tmp_path / 'ports')}])
  assert 'a classifier tells' in place.check(MORE_FILMS)['drift']
  shutil.rmtree(tmp_path / 'ports')  # then the latest other data
  assert place.check(MORE_FILMS)['drift'] == ''


def test_a_version_that_cannot_be_loaded_is_named(place, tmp_path):
  shutil.copytree(place.top / 'serving', tmp_path / 'serving')
  (tmp_path / 'serving' / '17' / 'saved_model.pb').write_bytes(b'')
  found = place.check(MORE_FILMS, destination=str(tmp_path / 'serving'))
  assert found['drift'].startswith('labels: not compared with the predictions of the served model: ')


def test_previous_data_that_is_gone_is_no_data(place, monkeypatch):
  monkeypatch.setattr(place.previous, 'uri', str(place.top / 'pruned'))
  assert place.check(_PORTS)['drift'] == ''


def test_a_slow_model_scores_what_its_time_allows(place, monkeypatch):
  monkeypatch.setattr(served_model, '_MAX_SECONDS', 0)
  monkeypatch.setattr(scoring, 'load_scorer', lambda path: lambda texts: [0.9] * len(texts))
  version, = served_model.push_and_rollback.list_versions(str(place.top / 'serving'))
  rows = [examples.RawExample(b'a', int(number < 1000), 0, '') for number in range(2000)]
  assert served_model.measure(version, rows)[:2] == (250, 500)
