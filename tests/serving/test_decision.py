"""predict.py classifies a text as positive above the threshold of the model, wherever it is scored."""

import io
import json
import shutil

import pytest

from components.common import proxies
import predict
from tests.serving import linear_model

_SCORES = ['0.8808  {}  good', '0.7311  {}  remember', '0.2689  negative  hours']


@pytest.fixture(scope='module', name='decided_dir')
def _decided_dir(model_dir, tmp_path_factory):
  """Version 9 without a manifest, and version 10 with a threshold."""
  directory = tmp_path_factory.mktemp('decided')
  shutil.copytree(f'{model_dir}/10', directory / '9')
  shutil.copytree(f'{model_dir}/10', directory / '10')
  (directory / '10' / 'assets.extra').mkdir()
  (directory / '10' / 'assets.extra' / 'manifest.json').write_text(json.dumps({'decision': {'threshold': 0.8}}))
  return str(directory)


@pytest.mark.parametrize('flags, labels', [
    ([], ('positive', 'negative')), (['--version', '9'], ('positive', 'positive')),
    (['--threshold', '0.5'], ('positive', 'positive')), (['--threshold', '0.9'], ('negative', 'negative'))])
def test_the_version_has_its_threshold(decided_dir, capsys, flags, labels):
  assert predict.main(['--model-dir', decided_dir, *flags, 'good', 'remember', 'hours']) == 0
  expected = [line.format(*labels[index:]) for index, line in enumerate(_SCORES)]
  assert capsys.readouterr().out.splitlines() == expected


def test_files_have_the_class_of_the_threshold(decided_dir, tmp_path):
  (tmp_path / 'a.csv').write_bytes(linear_model.csv_bytes([['text'], ['good'], ['remember']]))
  assert predict.main(['--model-dir', decided_dir, '--input', str(tmp_path / 'a.csv'), '--output',
                       str(tmp_path / 'b.csv')]) == 0
  assert [row['prediction'] for row in linear_model.read_rows(tmp_path / 'b.csv')] == ['positive', 'negative']


@pytest.mark.parametrize('metadata, label', [
    ({'signature_def': {}, 'decision': {'threshold': 0.8, 'target': 'f1'}}, 'negative'),
    ({'signature_def': {}}, 'positive')])
def test_a_server_says_the_threshold_of_its_model(monkeypatch, capsys, metadata, label):
  answers = {'/v1/models/sentiment/versions/7/metadata': {'metadata': metadata},
             '/v1/models/sentiment/versions/7:predict': {'predictions': [[0.7311]]}}

  class _Opener:
    def open(self, request, timeout):
      del timeout
      return io.BytesIO(json.dumps(answers[request.selector]).encode())

  monkeypatch.setattr(proxies, 'http_opener', lambda url: _Opener())
  assert predict.main(['--server', 'http://127.0.0.1:8501', '--version', '7', 'remember']) == 0
  assert capsys.readouterr().out == f'0.7311  {label}  remember\n'


@pytest.mark.parametrize('value', ['1.5', '-0.1', 'nan', 'high'])
def test_a_threshold_is_a_probability(capsys, value):
  with pytest.raises(SystemExit):
    predict.parse(['--threshold', value, 'good'])
  assert '--threshold' in capsys.readouterr().err
