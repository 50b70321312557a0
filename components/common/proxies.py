"""Proxies between a client and a server: which one is used, and that none is on the way to this machine itself.

Needs the standard library only.
"""

import ipaddress
from typing import Optional
import urllib.parse
import urllib.request

_GRPC = 'grpc', 'https', 'http'  # gRPC looks for these <scheme>_proxy, in this order


def is_loopback(host: str) -> bool:
  """Return whether a host name or IP address is that of this machine itself."""
  try:
    address = ipaddress.ip_address(host.strip('[]'))
  except ValueError:
    return f'.{host.lower()}'.endswith('.localhost')
  return address.is_loopback or address.is_unspecified


def find_proxy(url: str) -> Optional[str]:
  """Find the proxy through which requests go.

  Args:
    url: of the server, with the scheme http, https or grpc.

  Returns:
    The proxy's host and port, and the variable that names it; None if there is none.
  """
  scheme, host = urllib.parse.urlsplit(url).scheme, urllib.parse.urlsplit(url).hostname or ''
  if is_loopback(host) or urllib.request.proxy_bypass(host):
    return None
  proxies = urllib.request.getproxies()
  name = next((name for name in (_GRPC if scheme == 'grpc' else (scheme,)) if proxies.get(name)), None)
  return name and f'{proxies[name].rpartition("@")[2].rpartition("://")[2]} ({name}_proxy)'


def http_opener(url: str) -> urllib.request.OpenerDirector:
  """Return what opens the URLs of a server: through the proxy, if there is one for it."""
  return urllib.request.build_opener(*([] if find_proxy(url) else [urllib.request.ProxyHandler({})]))


def describe(url: str) -> str:
  """Return the end of a message about a server that did not answer: the proxy on the way, or nothing."""
  proxy = find_proxy(url)
  return f'; it was asked through the proxy {proxy}: to ask it directly, add its host to no_proxy' if proxy else ''
