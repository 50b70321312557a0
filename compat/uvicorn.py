"""uvicorn: bounds on how a request arrives, which none of its settings offers.

uvicorn waits without limit for the rest of a request, keeps a head of any size, answers invalid HTTP with plain text,
and hangs up on a client that closes its side after asking. A subclass of its HTTP protocol changes that; uvicorn's
documented setting `http` accepts one. It uses these names of uvicorn's class, which are not documented: `cycle`,
`pipeline`, `loop`, `transport`, `on_response_complete` and `send_400_response`. The other on_* are httptools' own.

What would need no private names does less: uvicorn's h11 implementation has a setting for the size of a head
(h11_max_incomplete_event_size), but none for the time, and takes twice as long for a request; hypercorn has h11 too;
granian 2.8 has no limit on the time of a body, hangs up on half-closed connections, and refuses without a JSON body.
"""

import asyncio
import http
from typing import Callable

from uvicorn.protocols.http import httptools_impl

PINNED = {'uvicorn': '0.54.0', 'httptools': '0.9.0'}

_MAX_HEAD_BYTES = 64 * 1024  # of the request line and the headers


def make_protocol(timeout_s: float, error_body: Callable[[str], bytes]) -> type[asyncio.Protocol]:
  """Make a class for uvicorn's `http` setting.

  Args:
    timeout_s: seconds within which a request must have arrived completely.
    error_body: message -> JSON for a client.

  Returns:
    The class of a connection.
  """
  return type('BoundedProtocol', (_BoundedProtocol,), {'timeout_s': timeout_s, 'error_body': staticmethod(error_body)})


class _BoundedProtocol(httptools_impl.HttpToolsProtocol):
  """A connection on which a request must arrive completely within a time, and its head within a size.

  The body of a request that is refused early is still read, so that a client that sends all of it before it reads
  receives the answer.

  Attributes:
    timeout_s, error_body: see make_protocol.
  """

  timeout_s: float
  error_body: Callable[[str], bytes]

  def connection_made(self, transport):
    super().connection_made(transport)
    self._head_bytes = 0  # received of a head that is not complete yet
    self._is_in_head, self._is_half_closed = True, False
    self._timer = self.loop.call_later(self.timeout_s, self._time_out)

  def connection_lost(self, exc):
    self._timer.cancel()
    super().connection_lost(exc)

  def data_received(self, data):
    super().data_received(data)
    self._head_bytes = self._head_bytes + len(data) if self._is_in_head else 0
    if self._head_bytes > _MAX_HEAD_BYTES and not self.transport.is_closing():
      self._refuse(431, f'the request line and headers are larger than {_MAX_HEAD_BYTES // 1024} KB')

  def eof_received(self):
    """Return whether the connection stays open: until what the client asked before it closed its side is answered."""
    self._is_half_closed = True
    return self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body

  def on_response_complete(self):
    super().on_response_complete()
    if self._is_half_closed and self.cycle.response_complete:
      self.transport.close()

  def on_message_begin(self):
    self._is_in_head = True
    self._timer.cancel()
    self._timer = self.loop.call_later(self.timeout_s, self._time_out)
    super().on_message_begin()

  def on_headers_complete(self):
    self._is_in_head = False
    super().on_headers_complete()

  def on_message_complete(self):
    self._timer.cancel()
    super().on_message_complete()

  def send_400_response(self, msg):
    """Refuse a request that is not valid HTTP."""
    self._refuse(400, 'this is not a valid HTTP request')

  def _time_out(self):
    is_answered = self.cycle is None or self.cycle.response_complete
    if not self.pipeline and (self._head_bytes if is_answered else self.cycle.more_body):
      self._refuse(408, f'the request did not arrive completely within {self.timeout_s:.0f} s')
    else:  # nothing was asked, or an earlier request is being answered
      self.transport.close()

  def _refuse(self, status, message):
    """Answer and close the connection."""
    body = self.error_body(message)
    self.transport.write(
        f'HTTP/1.1 {status} {http.HTTPStatus(status).phrase}\r\ncontent-type: application/json\r\n'
        f'content-length: {len(body)}\r\nconnection: close\r\n\r\n'.encode() + body)
    self.transport.close()
