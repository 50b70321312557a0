"""docs/serving.md: its clients and requests work; tests/test_doc_commands.py has its commands."""

import json
import re
import urllib.request

import pytest

from tests import documents
from tests.serving import linear_model

_PAGE = 'docs/serving.md'


@pytest.mark.slow
@pytest.mark.parametrize('block', documents.blocks(_PAGE, 'python'), ids=lambda block: block.partition('\n')[0])
def test_the_documented_clients_work(block, model_dir, rest_url, grpc_target, capsys):
  for documented, actual in (
      ('http://localhost:8501', rest_url), ('localhost:8500', grpc_target),
      ('output/serving/sentiment/1795485444', f'{model_dir}/10'), ('output/serving/sentiment', model_dir)):
    block = block.replace(documented, actual)
  exec(compile(block, _PAGE, 'exec'), {})  # pylint: disable=exec-used
  shown = [float(number) for number in re.findall(r'0\.\d+', capsys.readouterr().out)]
  assert shown[0] == pytest.approx(linear_model.probability('remember'), abs=1e-4)


def test_there_is_a_documented_client_of_each_kind():
  kinds = ('from serving import client', 'import tensorflow', 'import urllib', 'import grpc')
  assert [kind for kind in kinds if any(kind in block for block in documents.blocks(_PAGE, 'python'))] == list(kinds)


@pytest.mark.slow
def test_the_documented_requests_get_the_documented_answers(rest_url):
  requests = re.findall(r"curl http://localhost:8501(\S+) -d \\\n  '(.*)'$", documents.read(_PAGE), re.MULTILINE)
  documented = [json.loads(block) for block in documents.blocks(_PAGE, 'json')]
  assert len(requests) == len(documented) == 3
  for (path, body), expected in zip(requests, documented):
    with urllib.request.urlopen(rest_url + path, body.encode(), timeout=30) as answer:
      found = json.load(answer)
    (key, rows), = found.items()
    assert key in expected and [len(row) for row in rows] == [len(row) for row in expected[key]]
    assert [row[0] for row in rows] == pytest.approx(
        [linear_model.probability('remember'), linear_model.probability('hours')][:len(rows)], abs=1e-6)
