import json
import re

import pytest
import tensorflow as tf
from tfx import v1 as tfx

from components.common import examples
from components.serving_validator import component
from components.serving_validator import executor
from components.serving_validator import processes
from components.serving_validator import thresholds
from tests import saved_models

_artifacts = tfx.types.standard_artifacts
_MEASURED = {'p99_ms': 3.0, 'cpu_ms': 1.0, 'memory_mb': 500.0, 'size_mb': 20.0, 'cpu_ratio': 1.5, 'memory_ratio': 1.1}


@pytest.mark.parametrize('measured, bounds, expected', [
    ({}, {}, []),
    ({'p99_ms': 395.2}, {}, ['p99 latency 395.2 ms: above max_p99_ms=300 (to allow it: --set max_p99_ms=396)']),
    ({'p99_ms': 395.2}, {'p99_ms': None}, []),
    ({'memory_mb': 6500.0}, {}, []),
    ({'memory_mb': 6500.0}, {'memory_mb': 2000}, [
        'peak memory 6,500 MB: above max_memory_mb=2000 (to allow it: --set max_memory_mb=6500)']),
    ({}, {'size_mb': 10}, ['size 20.0 MB: above max_size_mb=10 (to allow it: --set max_size_mb=20)']),
    ({'cpu_ms': 66.0, 'cpu_ratio': 60.0, 'memory_mb': 6500.0, 'memory_ratio': 10.0}, {},
     ['CPU time 66.00 ms per review, 60.0 times that of the served model: above max_cpu_ratio=10 '
      '(to allow it: --set max_cpu_ratio=60)',
      'peak memory 6,500 MB, 10.0 times that of the served model: above max_memory_ratio=3 '
      '(to allow it: --set max_memory_ratio=10)']),
    ({'cpu_ratio': 60.0, 'memory_ratio': 10.0}, {'cpu_ratio': None, 'memory_ratio': None}, []),
])
def test_each_threshold_refuses_and_can_be_disabled(measured, bounds, expected):
  assert thresholds.find_violations({**_MEASURED, **measured}, {**thresholds.DEFAULTS, **bounds}) == expected


def test_without_a_served_model_no_ratio_is_judged():
  measured = {name: value for name, value in _MEASURED.items() if name not in thresholds.RATIOS}
  assert not thresholds.find_violations(measured, thresholds.DEFAULTS)


@pytest.mark.parametrize('bounds, message', [
    ({'p99_ms': 0}, 'max_p99_ms must be above 0 and finite, or none, not 0'),
    ({'memory_mb': float('nan')}, 'max_memory_mb must be above 0 and finite, or none, not nan'),
    ({'latency': 3}, 'unknown threshold max_latency; choose from: max_p99_ms, '),
])
def test_wrong_threshold_is_named(bounds, message):
  channels = {'model': _artifacts.Model, 'model_run': _artifacts.ModelRun, 'examples': _artifacts.Examples}
  inputs = {name: tfx.dsl.Channel(type=kind) for name, kind in channels.items()}
  with pytest.raises(ValueError, match=message):
    component.ServingValidator(**inputs, timeout_s=1, code='', thresholds=bounds)


_TEXTS = [b'review %d' % number for number in range(60)]


@pytest.fixture(name='validate')
def _validate(tmp_path):
  """A function: scores of the candidate and of the served model, by texts -> the report."""
  scores = saved_models.hashed(tf.constant(_TEXTS))[:, 0].numpy().tolist()
  (tmp_path / 'scores.json').write_text(json.dumps({str(number): score for number, score in enumerate(scores)}))
  (tmp_path / 'examples' / 'Split-eval').mkdir(parents=True)
  with tf.io.TFRecordWriter(str(tmp_path / 'examples' / 'Split-eval' / 'data.gz'), 'GZIP') as writer:
    for number, text in enumerate(_TEXTS):
      writer.write(examples.encode_example(text, review_id=str(number)).SerializeToString())

  def validate(candidate, served=None, bounds=thresholds.DEFAULTS, timeout_s=300):
    saved_models.save(tmp_path / 'candidate', candidate)
    if served:
      saved_models.save(tmp_path / 'served', served)
    return executor.validate(
        str(tmp_path / 'candidate'), str(tmp_path / 'scores.json'), str(tmp_path / 'examples'), 'eval', timeout_s,
        bounds, str(tmp_path / 'served'))

  return validate


def _busy(texts):
  """Multiply matrices, and keep 1.6 GB of numbers for a moment when there are many texts."""
  matrix = tf.random.uniform([500, 500])
  for _ in range(4):
    matrix = tf.linalg.matmul(matrix, matrix) / 1e3
  large = tf.cond(
      tf.size(texts) > 500, lambda: tf.reduce_sum(tf.fill([20_000, 20_000], matrix[0, 0])), lambda: matrix[0, 0])
  return saved_models.hashed(texts) + 0 * tf.clip_by_value(large, 0, 1)


@pytest.mark.slow  # two processes with TensorFlow
def test_slower_and_larger_than_the_served_model_is_refused(validate):
  report = validate(_busy, saved_models.hashed)
  assert not report['blessed']
  assert re.match(r'CPU time .* ms per review, .* times that of the served model: above max_cpu_ratio=10 .*; '
                  r'peak memory .* MB, .* times that of the served model: above max_memory_ratio=3 '
                  r'.*$', report['reason'])
  served = report['served_model']
  assert served['reason'] == '' and 'max_score_difference' not in served
  assert report['cpu_ratio'] == pytest.approx(report['cpu_ms'] / served['cpu_ms'])
  assert 1000 < report['memory_mb'] - served['memory_mb'] < 3000


def test_served_model_that_cannot_be_loaded_is_no_dead_end(validate, monkeypatch):
  monkeypatch.setattr(executor.processes, 'run_in_turns', saved_models.probe_in_this_process)
  report = validate(saved_models.hashed)
  assert report['blessed'] and not set(thresholds.RATIOS) & set(report)
  assert re.match('loading the model: .*', report['served_model']['reason'])


def test_models_take_turns(monkeypatch, tmp_path):
  """Each process gets its turn when the other one has finished its own."""
  log = tmp_path / 'log'
  (tmp_path / 'probe.py').write_text(f'''
import json, sys, time
name = json.load(open(sys.argv[1]))['name']
print('ready', flush=True)
while sys.stdin.readline():
  for event in 'starts', 'ends':
    open({str(log)!r}, 'a').write(f'{{name}} {{event}}\\n')
    time.sleep(0.02)
  print('ready', flush=True)
json.dump({{'reason': ''}}, open(sys.argv[2], 'w'))
''')
  monkeypatch.setattr(processes.probe, '__file__', str(tmp_path / 'probe.py'))
  reports = processes.run_in_turns(str(tmp_path), {'name': 'candidate'}, {'served_model': {'name': 'served'}}, 60)
  assert reports == {'candidate': {'reason': ''}, 'served_model': {'reason': ''}}
  turn = ['candidate starts', 'candidate ends', 'served starts', 'served ends']
  assert log.read_text().splitlines() == turn * processes.TURNS
