"""uvicorn's HTTP protocol with bounds on how a request arrives, and errors in JSON."""

import http

from uvicorn.protocols.http import httptools_impl

from serving.server import app

_MAX_HEAD = 64 * 1024  # bytes of request line and headers


class Protocol(httptools_impl.HttpToolsProtocol):
  """A connection on which a request must arrive whole within a time, its head within a size.

  uvicorn itself waits for ever for the rest of a request, and keeps a header of any size. A body that nobody reads,
  as of a refused request, is passed over, so that its sender gets to read the answer.

  Attributes:
    timeout: seconds for a request to arrive.
  """

  timeout = 30.0

  def connection_made(self, transport):
    super().connection_made(transport)
    self._head = 0  # bytes of a head that is not complete yet
    self._in_head, self._asks_no_more = True, False
    self._timer = self.loop.call_later(self.timeout, self._late)

  def connection_lost(self, exc):
    self._timer.cancel()
    super().connection_lost(exc)

  def data_received(self, data):
    super().data_received(data)
    self._head = self._head + len(data) if self._in_head else 0
    if self._head > _MAX_HEAD and not self.transport.is_closing():
      self._refuse(431, f'the request line and headers are larger than {_MAX_HEAD // 1024} KB')

  def eof_received(self):
    """Answers what a client has asked before it closed its side; True keeps the connection open for it."""
    self._asks_no_more = True
    return self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body

  def on_response_complete(self):
    super().on_response_complete()
    if self._asks_no_more and self.cycle.response_complete:
      self.transport.close()

  def on_message_begin(self):
    self._in_head = True
    self._timer.cancel()
    self._timer = self.loop.call_later(self.timeout, self._late)
    super().on_message_begin()

  def on_headers_complete(self):
    self._in_head = False
    super().on_headers_complete()

  def on_message_complete(self):
    self._timer.cancel()
    super().on_message_complete()

  def send_400_response(self, msg):
    """What uvicorn calls for a request that is no HTTP."""
    self._refuse(400, 'this is no valid HTTP request')

  def _late(self):
    answered = self.cycle is None or self.cycle.response_complete
    if not self.pipeline and (self._head if answered else self.cycle.more_body):
      self._refuse(408, f'the request did not arrive whole within {self.timeout:.0f} s')
    else:  # nothing was asked, or something else is being answered
      self.transport.close()

  def _refuse(self, status, message):
    """Answers and hangs up."""
    body = app.error_body(message)
    self.transport.write(
        f'HTTP/1.1 {status} {http.HTTPStatus(status).phrase}\r\ncontent-type: application/json\r\n'
        f'content-length: {len(body)}\r\nconnection: close\r\n\r\n'.encode() + body)
    self.transport.close()
