"""Texts that hold no word that the model knows: they are neither negative nor positive."""

import csv
import json

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support import wait

from components.report import insights
import predict
from serving import client
from tests import browser
from tests.serving import conftest
from tests.serving import linear_model
from tests.serving.server import tiny

_KNOWN = ['good film', 'bad']
_UNKNOWN = ['', '\u2605\u2605\u2605\u2605', '\U0001f600', '\u041f\u043b\u043e\u0445\u043e!']
_LABELS = ['positive', 'negative', *['unknown'] * 4]


@pytest.fixture(scope='module', name='telling_dir')
def _telling_dir(tmp_path_factory):
  return linear_model.save(tmp_path_factory.mktemp('serving'), 7, tells_coverage=True)


@pytest.fixture(scope='module', name='application')
def _application(telling_dir):
  application = tiny.Application(telling_dir)
  yield application
  application.close()


@pytest.mark.parametrize('kind', ['csv', 'tsv', 'jsonl', 'text'])
def test_a_text_without_a_known_word_is_unknown(telling_dir, capsys, kind):
  assert predict.main(['--model-dir', telling_dir, '--format', kind, '--', *_KNOWN, *_UNKNOWN]) == 0
  lines = capsys.readouterr().out.splitlines()
  if kind == 'text':
    assert [line.split()[:2] for line in lines[2:]] == [['0.5000', 'unknown']] * 4
  rows = {'jsonl': lambda: map(json.loads, lines), 'text': lambda: [{'prediction': line.split()[1]} for line in lines],
          'csv': lambda: csv.DictReader(lines), 'tsv': lambda: csv.DictReader(lines, delimiter='\t')}[kind]()
  assert [row['prediction'] for row in rows] == _LABELS


def test_the_server_labels_texts(application):
  for path in f'/v1/models/{tiny.NAME}:label', f'/v1/models/{tiny.NAME}/versions/7:label':
    status, answer = application.predict({'instances': [*_KNOWN, *_UNKNOWN]}, path)
    assert status == 200
    assert [row['prediction'] for row in answer['predictions']] == _LABELS
    assert [row['known_words'] for row in answer['predictions']] == [1, 1, 0, 0, 0, 0]
    assert [row['probability'] for row in answer['predictions']] == pytest.approx(
        [linear_model.probability(text) for text in [*_KNOWN, *_UNKNOWN]])
  status, answer = application.predict({'instances': [3]}, path)
  assert status == 400 and 'instances[0]' in answer['error']
  # TensorFlow Serving's own API answers as before.
  assert application.predict({'signature_name': 'predict_text', 'instances': ['']})[1] == {'predictions': [[0.5]]}


def test_a_model_of_an_earlier_version_knows_no_unknown(tmp_path, capsys):
  old = linear_model.save(tmp_path, 7)
  assert client.local_scorers(old)[1] is None and insights.count_unknown(None, []) is None
  assert predict.main(['--model-dir', old, '--', '']) == 0
  assert capsys.readouterr().out.split() == ['0.5000', 'negative']
  application = tiny.Application(old)
  answer = application.predict({'instances': ['']}, f'/v1/models/{tiny.NAME}:label')[1]
  application.close()
  assert answer == {'predictions': [{'prediction': 'negative', 'probability': 0.5, 'known_words': None}]}


def test_unknown_reviews_are_counted(telling_dir):
  reviews = [insights.Review('1', text, 0, 0) for text in [*_KNOWN, *_UNKNOWN]]
  assert insights.count_unknown(client.local_scorers(telling_dir)[1], reviews) == 4


@pytest.mark.slow
def test_servers_are_asked_for_the_known_words(telling_dir, rest_url, grpc_target, tmp_path):
  server = tiny.Server(telling_dir, tmp_path / 'log')
  score, count, _ = client.open_server(f'http://127.0.0.1:{server.port}', 'sentiment')
  assert count(['good bad', '\u2605']) == [2, 0] and score(['']) == [0.5]
  assert server.stop() == 0
  with conftest.serve_grpc(conftest.Service(f'{telling_dir}/7')) as target:
    _, count, _ = client.open_server(f'grpc://{target}', 'sentiment')
    assert count(['good bad', '\u2605']) == [2, 0]
  for url in rest_url, f'grpc://{grpc_target}':  # of a model of an earlier version
    assert client.open_server(url, 'sentiment')[1] is None


@pytest.mark.slow
@pytest.mark.skipif(bool(browser.MISSING), reason=str(browser.MISSING))
def test_the_page_says_so(telling_dir, tmp_path):
  server = tiny.Server(telling_dir, tmp_path / 'log')
  with browser.opened(1100) as driver:
    driver.get(f'http://127.0.0.1:{server.port}/')
    side = driver.find_element(By.ID, 'side')
    driver.find_element(By.ID, 'review').send_keys('\u2605\u2605\u2605')
    wait.WebDriverWait(driver, 20).until(lambda _: side.text == 'unknown')
    assert driver.find_element(By.ID, 'probability').text == '50.0 %'
    assert driver.find_element(By.ID, 'rule').text == '(the model knows no word of it)'
    driver.find_element(By.ID, 'review').send_keys(' good')
    wait.WebDriverWait(driver, 20).until(lambda _: side.text == 'positive')
  server.stop()
