"""What the server takes from the manifest of a version."""

import json

import pytest

from tests.serving.server import tiny

_MANIFEST = {'domain': {'question': 'Is it <urgent>?', 'prompt': 'Paste a ticket.', 'example': 'It "burns".'},
             'decision': {'threshold': 0.75, 'target': 'precision>=0.9', 'figures': {}}}


@pytest.fixture(scope='module', name='described')
def _described(models, tmp_path_factory):
  """The application of a version with a manifest, in this process."""
  directory = tmp_path_factory.mktemp('described')
  tiny.push(models[0], directory, 7)
  (directory / '7' / 'assets.extra').mkdir()
  (directory / '7' / 'assets.extra' / 'manifest.json').write_text(json.dumps(_MANIFEST))
  running = tiny.Application(directory)
  yield running
  running.close()


def test_the_page_asks_what_the_domain_asks(described, application):
  page = described.page()
  assert '<h1>Is it &lt;urgent&gt;?</h1>' in page and '>Paste a ticket. It is scored' in page
  assert 'placeholder="It &quot;burns&quot;."' in page and '{{' not in page
  assert '<h1>Is the review positive?</h1>' in application.page()  # a version without a manifest


@pytest.mark.parametrize('path', ['', '/versions/7'])
def test_the_metadata_has_the_decision_threshold(described, application, path):
  address = f'/v1/models/{tiny.NAME}{path}/metadata'
  assert described.ask('GET', address)[1]['metadata']['decision'] == {'threshold': 0.75, 'target': 'precision>=0.9'}
  assert list(application.ask('GET', address)[1]['metadata']) == ['signature_def']
