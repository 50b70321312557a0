"""docs/serving.md: its clients, requests and commands work."""

import json
import re
import urllib.request

import pytest

import predict
from tests.e2e import pipeline_runs
from tests.serving import linear_model

_DOCUMENT = (pipeline_runs.PROJECT / 'docs' / 'serving.md').read_text(encoding='utf-8')


def _blocks(language):
  return re.findall(rf'^```{language}\n(.*?)^```$', _DOCUMENT, re.DOTALL | re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize('block', _blocks('python'), ids=lambda block: block.partition('\n')[0])
def test_the_documented_clients_work(block, model_dir, rest_url, grpc_target, capsys):
  for documented, actual in (
      ('http://localhost:8501', rest_url), ('localhost:8500', grpc_target),
      ('output/serving/sentiment/1795485444', f'{model_dir}/10'), ('output/serving/sentiment', model_dir)):
    block = block.replace(documented, actual)
  exec(compile(block, 'docs/serving.md', 'exec'), {})  # pylint: disable=exec-used
  shown = [float(number) for number in re.findall(r'0\.\d+', capsys.readouterr().out)]
  assert shown[0] == pytest.approx(linear_model.probability('remember'), abs=1e-4)


def test_there_is_a_documented_client_of_each_kind():
  kinds = ('from serving import client', 'import tensorflow', 'import urllib', 'import grpc')
  assert [kind for kind in kinds if any(kind in block for block in _blocks('python'))] == list(kinds)


@pytest.mark.slow
def test_the_documented_requests_get_the_documented_answers(rest_url):
  requests = re.findall(r"curl http://localhost:8501(\S+) -d \\\n  '(.*)'$", _DOCUMENT, re.MULTILINE)
  documented = [json.loads(block) for block in _blocks('json')]
  assert len(requests) == len(documented) == 3
  for (path, body), expected in zip(requests, documented):
    with urllib.request.urlopen(rest_url + path, body.encode(), timeout=30) as answer:
      found = json.load(answer)
    (key, rows), = found.items()
    assert key in expected and [len(row) for row in rows] == [len(row) for row in expected[key]]
    assert [row[0] for row in rows] == pytest.approx(
        [linear_model.probability('remember'), linear_model.probability('hours')][:len(rows)], abs=1e-6)


def test_the_documented_commands_are_understood():
  commands = re.findall(r'^python predict\.py ([^<#\n]*)', ''.join(_blocks('sh')), re.MULTILINE)
  assert len(commands) == 10
  for command in commands:
    predict.parse(re.findall(r'"[^"]*"|\S+', command))
