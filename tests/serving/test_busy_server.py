"""A busy server: it is asked again for a while, so that one refusal does not end a whole job."""

import datetime
import email.message
import email.utils
import io
import json
import time
import urllib.error

import pytest

from components.common import proxies
import predict
from serving import patience


class _Server:
  """Gives answers in turn, the last one for ever: (status, Retry-After).

  Attributes:
    pauses: seconds that were waited.
  """

  def __init__(self, *answers):
    self._answers = list(answers)
    self.pauses = []

  def open(self, request, timeout):
    del timeout
    if request.data is None:  # what predict.py asks before: for the decision threshold
      return io.BytesIO(b'{"metadata": {}}')
    status, retry_after = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
    if status == 200:
      count = len(json.loads(request.data)['instances'])
      return io.BytesIO(json.dumps({'predictions': [[0.25]] * count}).encode())
    headers = email.message.Message()
    if retry_after is not None:
      headers['Retry-After'] = retry_after
    raise urllib.error.HTTPError(request.full_url, status, 'busy', headers, io.BytesIO(b'{"error": "queue full"}'))


@pytest.fixture(name='ask')
def _ask(monkeypatch):
  """Returns predict.py's exit code and the server; time passes at once."""
  def ask(*answers):
    server, now = _Server(*answers), [0.0]
    monkeypatch.setattr(proxies, 'http_opener', lambda url: server)
    monkeypatch.setattr(time, 'monotonic', lambda: now[0])

    def sleep(seconds):
      server.pauses.append(seconds)
      now[0] += seconds

    monkeypatch.setattr(patience.time, 'sleep', sleep)
    return predict.main(['--server', 'http://10.0.0.1:8501', 'good']), server
  return ask


@pytest.mark.parametrize('status', [429, 503])
def test_a_busy_server_is_asked_again(ask, capsys, status):
  code, server = ask((status, None), (status, '3'), (status, 'soon'), (200, None))
  assert (code, server.pauses) == (0, [0.5, 3, 2])
  assert capsys.readouterr().out == '0.2500  negative  good\n'


def test_retry_after_may_be_a_date(ask):
  date = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=40)
  code, server = ask((503, email.utils.format_datetime(date, usegmt=True)), (200, None))
  assert code == 0 and 35 < server.pauses[0] <= 40


@pytest.mark.parametrize('retry_after', [None, '1', '100000'])
def test_patience_has_an_end(ask, capsys, retry_after):
  code, server = ask((503, retry_after))
  assert code == 1 and sum(server.pauses) <= 120
  assert 'refused (503): {"error": "queue full"}' in capsys.readouterr().err


def test_other_refusals_are_final(ask):
  code, server = ask((500, '1'), (200, None))
  assert (code, server.pauses) == (1, [])
