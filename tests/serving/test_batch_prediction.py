"""predict.py --batch, with real TFX and Beam and a small model."""

import json
import os
import re
import shutil
import signal
import tempfile

import apache_beam as beam
import pytest

from pipeline.results import metadata
import predict
from serving import batch_prediction
from tests.serving import linear_model

# More than a file of examples holds, of all lengths, so that BulkInferrer gets them in another order.
_ROWS = [
    {'id': number, 'label': 0, 'text': f'{"good " * (number % 4)}{"bad, " * (number % 3)}"ü" {"x " * (number % 97)}'}
    for number in range(2 * batch_prediction._SHARD_TEXTS + 500)]


@pytest.fixture(autouse=True)
def _temporary(tmp_path, monkeypatch):
  """Temporary directories are made where the test can see what is left."""
  (tmp_path / 'temporary').mkdir()
  monkeypatch.setattr(tempfile, 'tempdir', str(tmp_path / 'temporary'))


@pytest.fixture(scope='module')
def model_dir(tmp_path_factory):
  # For the module, so before `_temporary`: TensorFlow leaves temporary files when it makes a model.
  return linear_model.save(tmp_path_factory.mktemp('serving'), 1)


def _arguments(tmp_path, model_dir, output):
  return ['--model-dir', model_dir, '--input', str(tmp_path / 'a.jsonl'), '--output', str(tmp_path / output)]


def _write(path, rows):
  path.write_text(''.join(json.dumps(row) + '\n' for row in rows))


@pytest.mark.slow
def test_it_writes_what_the_process_writes(tmp_path, model_dir, capfd):
  _write(tmp_path / 'a.jsonl', _ROWS)
  assert predict.main([*_arguments(tmp_path, model_dir, 'b.jsonl'), '--batch']) == 0
  shown = capfd.readouterr()
  assert re.fullmatch(r'BulkInferrer is scoring 10,500 texts, log in \S+\nBulkInferrer finished after \d+ s\n',
                      shown.out)
  assert len(shown.err.splitlines()) == 1
  assert predict.main(_arguments(tmp_path, model_dir, 'c.jsonl')) == 0
  batch, process = (linear_model.read_rows(tmp_path / name) for name in ('b.jsonl', 'c.jsonl'))
  assert [list(row) for row in batch] == [['id', 'label', 'text', 'probability', 'prediction']] * len(_ROWS)
  assert [{key: row[key] for key in _ROWS[0]} for row in batch] == _ROWS
  assert [row['probability'] for row in batch] == pytest.approx([row['probability'] for row in process], abs=1e-6)
  assert [row['prediction'] for row in batch] == [row['prediction'] for row in process]
  assert not os.listdir(tempfile.tempdir)


@pytest.mark.slow
def test_several_processes_score_the_same_in_a_given_directory(tmp_path, model_dir):
  _write(tmp_path / 'a.jsonl', [*_ROWS[:10], {'id': 20}, *_ROWS[10:20]])
  assert predict.main([*_arguments(tmp_path, model_dir, 'b.csv'), '--batch', '--beam', 'multiprocess',
                       '--beam-arg=--direct_num_workers=2', '--work-dir', str(tmp_path / 'work')]) == 4
  scored = linear_model.read_rows(tmp_path / 'b.csv')
  bad = scored.pop(10)
  assert bad['error'].endswith("a.jsonl, line 11: no 'text'; found: id") and not bad['probability']
  assert [float(row['probability']) for row in scored] == pytest.approx(
      [linear_model.probability(row['text']) for row in _ROWS[:20]], abs=1e-6)
  directory, = (tmp_path / 'work').iterdir()
  execution = metadata.Store(str(directory)).latest_execution('BulkInferrer')
  assert os.listdir(execution.uri('output_examples')) == ['Split-all']
  assert not os.listdir(tempfile.tempdir)


def test_a_failure_of_tfx_is_one_line_that_names_the_log(tmp_path, model_dir, capfd):
  _write(tmp_path / 'a.jsonl', _ROWS[:20])
  damaged = shutil.copytree(model_dir, tmp_path / 'damaged')
  (damaged / '1' / 'saved_model.pb').write_bytes(b'damaged')
  assert predict.main([*_arguments(tmp_path, str(damaged), 'b.jsonl'), '--batch']) == 1
  line, = capfd.readouterr().err.splitlines()
  log_path = re.search(r'^predict.py: BulkInferrer: .*; full log: (\S+)$', line)[1]
  with open(log_path, encoding='utf-8') as file:
    assert 'Traceback' in file.read()
  assert not (tmp_path / 'b.jsonl').exists()


def test_an_incomplete_runner_is_refused_before_writing(tmp_path, model_dir, capfd):
  _write(tmp_path / 'a.jsonl', _ROWS[:20])
  assert predict.main([*_arguments(tmp_path, model_dir, 'b.jsonl'), '--batch', '--beam', 'portable']) == 1
  line, = capfd.readouterr().err.splitlines()
  assert line.startswith('predict.py: --beam portable requires --beam-arg=--job_endpoint=HOST:PORT')
  assert not os.listdir(tempfile.tempdir) and not (tmp_path / 'b.jsonl').exists()


def test_an_interruption_in_the_midst_of_beam_is_no_failure(tmp_path, model_dir, monkeypatch, capfd):

  def create_pipeline(*unused):
    with beam.Pipeline() as pipeline:
      _ = pipeline | beam.Create([None]) | beam.Map(lambda _: signal.raise_signal(signal.SIGINT))

  monkeypatch.setattr(batch_prediction, 'create_pipeline', create_pipeline)
  _write(tmp_path / 'a.jsonl', _ROWS[:20])
  assert predict.main([*_arguments(tmp_path, model_dir, 'b.jsonl'), '--batch']) == 130
  assert not capfd.readouterr().err
  assert not (tmp_path / 'b.jsonl').exists() and not os.listdir(tempfile.tempdir)
