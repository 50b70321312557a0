"""The server's page behind a reverse proxy that puts it below a path, as https://host/sentiment/."""

import re
import types
import urllib.parse

from starlette import applications
from starlette import testclient

from serving.server import pages

_BASE = 'https://host/sentiment/'


def test_the_addresses_of_the_page_stay_below_its_path():
  versions = types.SimpleNamespace(current=types.SimpleNamespace(version=7, path='/nowhere', manifest={}))
  client = testclient.TestClient(applications.Starlette(routes=pages.routes(versions, 'sentiment')))

  def get(address):
    """Ask as the reverse proxy does, which takes its path off."""
    assert urllib.parse.urljoin(_BASE, address).startswith(_BASE), f'{address} leads out of {_BASE}'
    return client.get('/' + urllib.parse.urljoin(_BASE, address).removeprefix(_BASE))

  page = get('').text
  addresses = re.findall(r'(?:src|href|action)="(?!data:)([^"]*)"', page)
  assert {'page.js', 'page.css', 'card'} <= set(addresses)
  assert {address: get(address).status_code for address in addresses if address != 'card'} == {
      'page.js': 200, 'page.css': 200}
  script = get('page.js').text
  assert re.search(r'[`\'"]v1/models/', script) and 'fetch(' in script
  assert not re.findall(r'[`\'"]/(?:v1|healthz|card|page)', script)
  assert not re.findall(r'fetch\([`\'"]/', script)
