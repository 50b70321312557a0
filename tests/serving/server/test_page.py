"""The try-it page, used in a real browser, and what the server sends with it."""

import math
import pathlib

import httpx
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support import wait

from components.common import explanation
from tests import browser
from tests.components.common import test_explanation
from tests.serving.server import tiny

pytestmark = pytest.mark.slow

_REVIEW = 'A good, good film <b>but</b> so bad!'


def _get(server, path):
  return httpx.get(f'http://127.0.0.1:{server.port}{path}')


def _log_odds(probability):
  return math.log(probability / (1 - probability))


@pytest.mark.skipif(bool(browser.MISSING), reason=str(browser.MISSING))
@pytest.mark.parametrize('width', [1100, 390])
def test_a_review_is_scored_as_it_is_typed(server, width):
  with browser.opened(width) as driver:
    driver.get(f'http://127.0.0.1:{server.port}/')
    find = lambda name: driver.find_element(By.ID, name)
    assert find('probability').text == '–' and not find('why').is_displayed() and not find('side').is_displayed()
    find('review').send_keys(_REVIEW)
    until = wait.WebDriverWait(driver, 20)
    until.until(lambda _: find('why').is_displayed())
    expected = tiny.expected(_REVIEW)
    assert float(find('probability').get_attribute('data-value')) == pytest.approx(expected, abs=1e-6)
    assert find('probability').text == f'{100 * expected:.1f} %'
    assert find('side').text == ('positive' if expected > 0.5 else 'negative')
    assert find('words').text == _REVIEW and find('version').text == '7'
    without = tiny.expected('A ,  film <b>but</b> so bad!')
    titles = {word.text: float(word.get_attribute('title')) for word in driver.find_elements(By.CLASS_NAME, 'word')
              if word.get_attribute('title')}
    assert titles['good'] == pytest.approx(_log_odds(expected) - _log_odds(without), abs=0.006)
    assert driver.execute_script('return document.documentElement.scrollWidth') <= width
    found = driver.execute_script('return findWords(arguments[0])', test_explanation.WRITTEN)
    keys = [word.key for word in explanation.find_words(test_explanation.WRITTEN) if '&' not in word.key and word.key]
    assert [word['key'] for word in found if len(word['key']) > 2] == [key for key in keys if len(key) > 2]
    find('review').clear()
    find('review').send_keys(' ')
    until.until(lambda _: find('probability').text == '–')
    assert not browser.complaints(driver)
    assert driver.execute_script('return localStorage.length + sessionStorage.length + document.cookie.length') == 0
    assert find('review').get_attribute('autocomplete') == 'off'  # else browsers keep it to restore the page


def test_the_page_may_load_nothing_from_elsewhere(server):
  for path, kind in (('/', 'text/html'), ('/page.css', 'text/css'), ('/page.js', 'text/javascript')):
    reply = _get(server, path)
    assert reply.headers['content-type'] == f'{kind}; charset=utf-8'
    assert "default-src 'none'" in reply.headers['content-security-policy']
    assert "'unsafe-" not in reply.headers['content-security-policy']
    assert 'http' not in reply.text.replace('http-equiv', '')
  assert _get(server, '/../__main__.py').status_code == _get(server, '/page.html').status_code == 404


def test_the_card_is_that_of_the_current_version(start, tmp_path):
  running = start()
  assert _get(running, '/card').status_code == 404
  card = pathlib.Path(tmp_path, 'versions', '1', 'assets.extra', 'model_card', 'model_card.html')
  card.parent.mkdir(parents=True)
  card.write_text('<h1>The card</h1>')
  reply = _get(running, '/card')
  assert reply.text == '<h1>The card</h1>' and "default-src 'none'" in reply.headers['content-security-policy']
