"""A proxy in front of a server, which breaks one answer in twenty: errors of the server, slow and cut answers."""

import http.client
import http.server
import itertools
import threading
import time

_EVERY = 20


class BrokenProxy(http.server.ThreadingHTTPServer):
  """A proxy on a free port of the loopback interface.

  Attributes:
    broken: number of answers that were broken.
  """

  daemon_threads = True

  def __init__(self, port):
    """Start the proxy of the server on a port of this machine."""
    super().__init__(('127.0.0.1', 0), _Handler)
    self.server_port_behind, self.broken, self.requests = port, 0, itertools.count(1)
    threading.Thread(target=self.serve_forever, daemon=True).start()

  def handle_error(self, request, client_address):
    """Say nothing: clients are cut off on purpose."""


class _Handler(http.server.BaseHTTPRequestHandler):
  protocol_version = 'HTTP/1.1'

  def _forward(self):
    body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
    is_broken = next(self.server.requests) % _EVERY == 0
    if is_broken:
      self.server.broken += 1
      if self.server.broken % 3 == 0:
        return self._answer(503, [('Content-Length', '0')], b'')
    connection = http.client.HTTPConnection('127.0.0.1', self.server.server_port_behind, timeout=60)
    connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
    for name, value in self.headers.items():
      if name.lower() not in ('connection', 'expect'):
        connection.putheader(name, value)
    connection.endheaders(body)
    answer = connection.getresponse()
    content = answer.read()
    headers = [(name, value) for name, value in answer.getheaders()
               if name.lower() not in ('connection', 'transfer-encoding', 'content-length')]
    length = answer.getheader('Content-Length') if self.command == 'HEAD' else len(content)
    headers.append(('Content-Length', str(length or 0)))
    if is_broken and self.server.broken % 3 == 1:
      time.sleep(2)
    if is_broken and self.server.broken % 3 == 2:  # the work is done, but its answer is cut off
      content = content[:len(content) // 2]
      self.close_connection = True
    self._answer(answer.status, headers, content)

  do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _forward  # noqa: N815  # the names of the base class

  def _answer(self, status, headers, content):
    self.send_response_only(status)
    for name, value in headers:
      self.send_header(name, value)
    self.end_headers()
    self.wfile.write(content)

  def log_message(self, *unused):
    """Say nothing."""
