"""Paths with *, ?, [ and ], which TensorFlow takes for patterns: they work, or are refused by name."""

import shutil
import tempfile

import pytest

import predict
from serving import batch_prediction
from serving.server import model
from tests.serving import linear_model


@pytest.fixture(name='odd')
def _odd(model_dir, tmp_path):
  """A directory of versions, and its name has every wildcard."""
  return shutil.copytree(model_dir, tmp_path / 'a*b?[x]' / 'serving')


def test_a_model_below_wildcards_scores_here_and_in_a_server(odd, capsys):
  assert predict.main(['--model-dir', str(odd), 'bad']) == 0
  assert capsys.readouterr().out == '0.0474  negative  bad\n'
  served = model.Model(10, str(odd / '10'))
  served.warm_up()
  scores = served.signatures['predict_text'].run([b'bad'])['scores']
  assert float(scores[0][0]) == pytest.approx(linear_model.probability('bad'), abs=1e-6)


def test_temporary_directories_with_wildcards_are_refused(odd, monkeypatch, capsys):
  monkeypatch.setattr(tempfile, 'tempdir', str(odd))
  assert predict.main(['--model-dir', str(odd), 'bad']) == 1
  assert f'TMPDIR {odd}: TFX takes *, ?, [ and ] as wildcards' in capsys.readouterr().err


def test_a_work_directory_with_wildcards_is_refused(odd):
  with pytest.raises(ValueError, match='--work-dir .*wildcards'):
    batch_prediction.score(['bad'], str(odd / '10'), str(odd / 'work'))
  assert not (odd / 'work').exists()
