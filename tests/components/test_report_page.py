"""The report in a real browser, wide and narrow, light and dark, compared with TFMA's own results."""

import base64
import json
import pathlib
import re

import lxml.etree
import lxml.html
import pytest
from selenium.webdriver.common.by import By

from components.common import artifacts
from components.common import decision
from components.common import evaluation_results
from components.common import evaluation_summary
from components.common import plots
from components.model_card import executor as card_executor
from components.report import insights
from components.report import rendering
from pipeline import config as config_lib
from pipeline.results import comparison
from pipeline.results import reports
from tests import browser
from tests.components import test_model_card as cards
from tests.components.test_report import _score

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(browser.MISSING), reason=str(browser.MISSING))]
_REVIEWS = [insights.Review('test/neg/1_2', 'A good, <b>good</b> film.<br />Fine & long ' + 'word ' * 400, 0, 2),
            insights.Review('test/pos/2_9', 'awful ' + 'x' * 300, 1, 9)]
_STEPS = [
    {'component': 'First', 'state': 'cached', 'seconds': 1.5, 'description': 'some reviews', 'upstream': []},
    {'component': 'Second', 'state': 'ran', 'seconds': 62.25, 'description': '/a/long/path/' * 12,
     'upstream': ['First']},
    {'component': 'Lookup', 'state': 'resolved', 'seconds': None, 'description': '', 'upstream': ['First']}]
_LOCAL = {'command': 'python local_runner.py --data ' + 'a' * 300, 'inputs': [('Data', '/x/' * 80)],
          'finished': '2026-01-02 03:04:05', 'seconds': 65.2}


@pytest.fixture(scope='module')
def evaluation(tmp_path_factory):
  return cards._evaluate(cards._reviews(), tmp_path_factory.mktemp('evaluation'))


def _decision(folder):
  folder.mkdir()
  figures = {'metrics': {'binary_accuracy': 0.91, 'precision': 0.95}, 'intervals': {'precision': [0.93, 0.97]}}
  (folder / decision.FILE).write_text(json.dumps({
      'target': 'precision>=0.95', 'threshold': 0.73128, 'reached': True,
      'figures': {'eval': figures, 'test': figures}}))
  return cards._with(artifacts.Decision(), folder)


@pytest.fixture(scope='module')
def page(evaluation, tmp_path_factory):
  """The page about a blessed and pushed model, from a model card that its component wrote."""
  folder = tmp_path_factory.mktemp('report')
  inputs = cards._inputs(folder, evaluation)
  inputs['statistics'] = [cards._statistics(folder)]
  inputs['behaviour_report'] = [cards._behaviour(folder / 'behaviour')]
  inputs['infra_blessing'] = [cards._infra(folder, p50_ms=1.5, p99_ms=2.5, cpu_ratio=1.2, memory_ratio=1.1)]
  inputs['decision'] = [_decision(folder / 'decision')]
  card_executor.Executor().Do(inputs, {'card': [cards._with(artifacts.ModelCard(), folder / 'card')]}, {'code': ''})
  found = {
      'card': json.loads((folder / 'card' / 'model_card.json').read_text()),
      'curve': [point._asdict() for point in evaluation_summary.read_precision_recall(evaluation)],
      'words': insights.find_influential_words(_score, ['the', 'good', 'dull', 'fine', 'awful']),
      'errors': {'of': 3000, **insights.find_confident_errors(
          _score, _REVIEWS, _score([review.text for review in _REVIEWS]))},
      'pushed': {'pushed': 1, 'pushed_destination': '/serving/7', 'pushed_version': '7', 'reason': None,
                 'live_version': None},
      'word_vectors': None,
  }
  path = folder / 'page.html'
  path.write_text(rendering.render_run(json.loads(json.dumps(found)), _STEPS, _LOCAL), encoding='utf-8')
  return path


def test_report_and_card_show_the_decision_threshold(page):
  report = page.read_text(encoding='utf-8')
  card = (page.parent / 'card' / 'model_card.md').read_text(encoding='utf-8')
  assert 'data-decision="precision">0.9500<' in report and 'data-decision="recall">not recorded<' in report
  for text in (report, card):
    assert '0.7313' in text and '0.930 to 0.970' in text and 'use 0.5.' in text
  assert 'A score above 0.7313 is classified as positive.' in card and 'target precision\\>=0.95' in card


def test_pass_rates_have_intervals_and_failing_texts_are_folded(page):
  document = lxml.html.parse(str(page)).getroot()
  rows = [[cell.text_content() for cell in row] for row in document.get_element_by_id('capabilities').iter('tr')]
  for name, row in zip(('Negation', 'some'), rows[1:]):
    assert row[:4] == [name, '24 of 40', '60.0 %', '0.440 to 0.740']
  (folded,) = (each for each in document.iter('details') if each[0].text == 'Negation, some: 1 of 40')
  assert 'open' not in folded.attrib
  assert 'The *old* one.' in folded.text_content() and '0.250' in folded.text_content()


def _open(driver, path, scheme='light'):
  browser.prefer(driver, scheme)
  driver.get(pathlib.Path(path).as_uri())


def _rows(driver, table):
  """The cells of a table's rows, by the first line of the first one."""
  rows = driver.execute_script('''return [...document.querySelectorAll(`#${arguments[0]} tbody tr`)]
      .map(row => [...row.cells].map(cell => cell.innerText))''', table)
  return {row[0].splitlines()[0]: row[1:] for row in rows if len(row) > 1}


_WEIGHTS = 0.2126, 0.7152, 0.0722  # of red, green and blue in the luminance


def _picture(image):
  """Return the SVG document that an image shows, which depends on the preferred colour scheme."""
  return base64.b64decode(image.get_property('currentSrc').partition(',')[2]).decode()


def _luminance(colour):
  red, green, blue = (int(part) for part in colour[colour.index('(') + 1:-1].split(',')[:3])
  return sum(weight * part for weight, part in zip(_WEIGHTS, (red, green, blue))) / 255


def _is_whole(driver, width):
  """No complaint, nothing fetched, nothing wider than the window."""
  assert not browser.complaints(driver)
  assert driver.execute_script('return performance.getEntriesByType("resource").length') == 0
  assert driver.execute_script('return document.documentElement.scrollWidth') <= width


@pytest.mark.parametrize('width', [1100, 390])
@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_the_page_can_be_read(page, width, scheme):
  with browser.opened(width) as driver:
    _open(driver, page, scheme)
    _is_whole(driver, width)
    for chart in ('precision-recall', 'roc', 'calibration'):
      image = driver.find_element(By.CSS_SELECTOR, f'img.{chart}')
      assert image.is_displayed() and image.size['width'] > 250 and image.size['height'] > 200
      picture = _picture(image)
      style = {'light': plots.LIGHT, 'dark': plots.DARK}[scheme]
      assert f'stroke: {style["axes.prop_cycle"].by_key()["color"][0].lower()}' in picture.lower()
      texts = lxml.etree.fromstring(picture.encode()).findall('.//{http://www.w3.org/2000/svg}text')
      ground = _luminance(driver.execute_script('return getComputedStyle(document.body).backgroundColor'))
      fills = [re.search('fill: #([0-9a-f]{6})', text.get('style')) for text in texts]
      colours = [f'({",".join(map(str, bytes.fromhex(fill[1])))})' for fill in fills]
      assert len(colours) > 10 and all(abs(_luminance(colour) - ground) > 0.35 for colour in colours)
    for name in ('verdict', 'checks', 'thresholds', 'matrix', 'by-slice', 'capabilities', 'step-times', 'splits'):
      assert driver.find_element(By.ID, name).is_displayed()
    text = driver.execute_script('return getComputedStyle(document.body).color')
    assert abs(_luminance(text) - ground) > 0.7 and (ground > 0.5) == (scheme == 'light')


def test_the_numbers_are_those_of_the_evaluation(page, evaluation):
  expected = evaluation_results.load_evaluation(evaluation)
  with browser.opened() as driver:
    _open(driver, page)
    shown = {cell.get_attribute('data-metric'): cell.text
             for cell in driver.find_elements(By.CSS_SELECTOR, '#metrics td[data-metric]')}
    assert shown == {name: f'{value:,.0f}' if name == 'example_count' else f'{value:.4f}'
                     for name, value in expected.metrics.items() if name != 'accuracy_upper_bound'}
    tiles = {each.get_attribute('data-metric'): each.text
             for each in driver.find_elements(By.CSS_SELECTOR, '.tile .value')}
    assert tiles['binary_accuracy'] == shown['binary_accuracy'] and tiles['auc'] == shown['auc']
    assert tiles['p50_ms'] == '1.5 ms'
    assert tiles['cpu_ratio'] == '1.2 x'
    overall = expected.slices[evaluation_results.OVERALL]
    assert {cell.get_attribute('data-count'): int(cell.text.replace(',', ''))
            for cell in driver.find_elements(By.CSS_SELECTOR, '#matrix b')} == overall.matrix
    slices = _rows(driver, 'by-slice')
    assert len(slices) == len(expected.slices) - 1
    for part in expected.slices.values():
      if part.key:
        reviews, accuracy, _, auc = slices[part.name]
        assert reviews == f'{part.metrics["example_count"]:,.0f}'
        assert accuracy == f'{part.metrics["binary_accuracy"]:.4f}'
        assert auc == (f'{part.metrics["auc"]:.4f}' if 'auc' in part.metrics else 'one class')
    found, bound, _, met = _rows(driver, 'thresholds')['AUC (ROC)']
    assert (found, bound, met) == (shown['auc'], '≥ 0.88', '✓ yes')
    error = evaluation_summary.read_summary(evaluation)['calibration']['expected_error']
    assert tiles['expected_error'] == f'{error:.4f}'
    assert f'expected error {error:.4f}' in _picture(driver.find_element(By.CSS_SELECTOR, 'img.calibration'))


def test_words_errors_steps_and_lineage_are_shown(page):
  with browser.opened() as driver:
    _open(driver, page)
    assert 'Blessed and pushed: version 7' in driver.find_element(By.ID, 'verdict').text
    assert _rows(driver, 'words-positive')['good'][0] == '+2.00'
    assert _rows(driver, 'words-negative')['awful'][0] == '-3.00'
    reviews = driver.find_elements(By.CSS_SELECTOR, 'article.review')
    assert [review.find_element(By.TAG_NAME, 'b').text for review in reviews] == [
        'Label: negative (2 of 10 stars)', 'Label: positive (9 of 10 stars)']
    first = _score([_REVIEWS[0].text])[0]
    assert reviews[0].find_element(By.CLASS_NAME, 'score').text == f'{first:.4f}'
    marks = {mark.text: (mark.get_attribute('class'), mark.get_attribute('title'))
             for review in reviews for mark in review.find_elements(By.TAG_NAME, 'mark')}
    assert marks['Fine'] == ('positive', '+1.00') and marks['awful'] == ('negative', '-3.00')
    assert '<b>' in reviews[0].text and not reviews[0].find_elements(By.CSS_SELECTOR, 'div b')
    steps = _rows(driver, 'step-times')
    assert (steps['First'][0], steps['Second'][0], steps['Lookup'][0]) == ('cached', '62.2', 'resolved')
    boxes = [box.text.split('\n') for box in driver.find_elements(By.CSS_SELECTOR, 'svg.dag g')]
    assert boxes == [['First', 'cached, 1.5 s'], ['Second', '62.2 s'], ['Lookup', 'resolved']]
    assert len(driver.find_elements(By.CSS_SELECTOR, 'svg.dag > path')) == 2
    assert driver.find_element(By.CSS_SELECTOR, '[data-hash=data]').text == 'abc123'
    assert driver.find_element(By.ID, 'command').text == _LOCAL['command']


def test_small_slices_and_limits_have_a_page(page):
  card = json.loads((page.parent / 'card' / 'model_card.json').read_text())
  found = {'card': {**card, 'slices': []}, 'curve': [], 'words': insights.find_influential_words(_score, []),
           'errors': {'of': None, **insights.find_confident_errors(_score, [], [])}, 'word_vectors': None,
           'pushed': {'pushed': 1, 'pushed_destination': '/serving/7', 'pushed_version': '7', 'reason': None,
                      'live_version': None}}
  assert 'worst_slice' in page.read_text(encoding='utf-8')
  assert 'worst_slice' not in rendering.render_run(found, _STEPS, _LOCAL)
  limited = rendering.render_run({**found, 'card': {**card, 'limits': ['does not read']}}, _STEPS, _LOCAL)
  verdict = lxml.html.fromstring(limited).get_element_by_id('verdict')
  assert verdict.get('class') == 'verdict limited' and '✓' not in verdict.text_content()
  assert '! Blessed and pushed, with limits' in verdict.text_content() and 'does not read' in verdict.text_content()


@pytest.mark.parametrize('learned', [0, 1, None])  # None: of a run before vectors could be learned
def test_the_source_of_word_vectors_is_shown(page, learned):
  found = {'card': json.loads((page.parent / 'card' / 'model_card.json').read_text()), 'curve': [],
           'words': insights.find_influential_words(_score, []),
           'errors': {'of': None, **insights.find_confident_errors(_score, [], [])},
           'pushed': {'pushed': 0, 'pushed_destination': None, 'pushed_version': None, 'reason': 'refused',
                      'live_version': None},
           'word_vectors': {'dimension': 9, 'vocabulary_coverage': 0.5, 'token_coverage': 0.75, 'learned': learned,
                            'source_hash': '' if learned else 'abc123'}}
  shown = lxml.html.fromstring(rendering.render_run(found))
  command, text = shown.get_element_by_id('reproduce').text_content(), shown.text_content()
  assert command.endswith(f'--embeddings {"reviews" if learned else "VECTORS"}')
  assert ('9 dimensions, learned from the reviews' in text) == bool(learned)
  assert ('SHA-256 of the word vectors' in text) == ('and VECTORS' in text) == (not learned)


def test_two_pages_of_a_run_share_their_plots(page, monkeypatch):
  card = json.loads((page.parent / 'card' / 'model_card.json').read_text())
  drawn = []
  monkeypatch.setattr(rendering.plots, 'render_svg', lambda name, *unused: drawn.append(name) or b'')
  words = insights.find_influential_words(_score, [])
  errors = {'of': None, **insights.find_confident_errors(_score, [], [])}
  curve = [{'threshold': 0.5, 'precision': 0.25, 'recall': 0.75, 'false_positive_rate': 0.5}]
  found = {'card': card, 'curve': curve, 'words': words, 'errors': errors, 'word_vectors': None,
           'pushed': {'pushed': 0, 'pushed_destination': None, 'pushed_version': None, 'reason': 'refused',
                      'live_version': None}}
  rendering.render_run(found)
  assert drawn == 2 * ['precision-recall'] + 2 * ['roc'] + 2 * ['calibration']  # light and dark
  rendering.render_run(json.loads(json.dumps(found)), _STEPS, _LOCAL)
  assert len(drawn) == 6
  rendering.render_run({**found, 'card': {**card, 'matrix': dict.fromkeys(card['matrix'], 1)}})
  assert len(drawn) == 12


def test_a_refusal_is_shown_first_with_its_reason(evaluation, tmp_path):
  strict = cards._evaluate(cards._reviews(), tmp_path / 'strict', thresholds=(0.999, 0.88, 0.7))
  inputs = cards._inputs(tmp_path, strict, blessed=0)
  inputs['examples'][0].set_int_custom_property('sample_reviews', 7)
  card_executor.Executor().Do(inputs, {'card': [cards._with(artifacts.ModelCard(), tmp_path / 'card')]}, {'code': ''})
  found = {
      'card': json.loads((tmp_path / 'card' / 'model_card.json').read_text()), 'curve': [], 'word_vectors': None,
      'words': insights.find_influential_words(_score, []),
      'errors': {'of': None, **insights.find_confident_errors(_score, [], [])},
      'pushed': {'pushed': 0, 'pushed_destination': None, 'pushed_version': None, 'reason': 'refused',
                 'live_version': '6'}}
  page = rendering.render_run(found, local=_LOCAL)
  (tmp_path / 'page.html').write_text(page, encoding='utf-8')
  with browser.opened(390) as driver:
    _open(driver, tmp_path / 'page.html')
    _is_whole(driver, 390)
    verdict = driver.find_element(By.ID, 'verdict').text
    assert verdict.startswith('✗ Refused: not pushed. Version 6 is still live.') and 'is below 0.999' in verdict
    assert driver.find_element(By.ID, 'warning').text.startswith('7 reviews are SAMPLE DATA')
    assert _rows(driver, 'thresholds')['Accuracy at 0.5'][-1] == '✗ NO'


@pytest.mark.parametrize('width', [1100, 390])
def test_a_comparison_shows_every_model(evaluation, tmp_path, width):
  accuracy = evaluation_results.load_evaluation(evaluation).metrics['binary_accuracy']
  rows = [comparison.Row(name, accuracy - loss, 0.9, 0.91, 0.3, 0.02, 3000, seconds, 1234.5, 6.25, 0.88, 0.9, 0.8,
                         0.7, 0.5, 0.6, 0.9, 0.8, 0.99, name == 'cnn', False)
          for name, loss, seconds in (('lstm', 0.01, 90.0), ('cnn', 0.0, 9.0))]
  rows[0] = rows[0]._replace(difference=-0.01, difference_low=-0.015, difference_high=-0.005)
  models = [reports.ComparedModel(row, evaluation, _STEPS) for row in rows]
  config = config_lib.PipelineConfig('reviews.csv', str(tmp_path))
  path = reports.write_comparison_report(models, 'cnn', False, config, None)
  assert pathlib.Path(path) == tmp_path / 'reports' / 'comparison.html'
  with browser.opened(width) as driver:
    _open(driver, path, 'dark')
    _is_whole(driver, width)
    verdict = driver.find_element(By.ID, 'verdict').text
    assert verdict.startswith('cnn proceeds to the gate: best eval accuracy among blessed')
    table = _rows(driver, 'table')
    assert list(table) == ['cnn', 'lstm'] and table['cnn'][0] == f'{accuracy:.4f}'
    assert (table['cnn'][-1], table['lstm'][-1]) == ('✓ yes', '✗ no')
    assert table['cnn'][2] == '–' and table['lstm'][2].split() == ['-0.0100', '-0.0150', 'to', '-0.0050']
    assert _rows(driver, 'cost-table')['lstm'] == ['90', '1,234', '6.2', '3,000']
    assert _rows(driver, 'step-seconds')['First'] == ['(1.5)', '(1.5)']
    for chart in ('precision-recall', 'roc', 'cost'):
      image = driver.find_element(By.CSS_SELECTOR, f'img.{chart}')
      assert image.is_displayed() and 'cnn' in _picture(image) and 'lstm' in _picture(image)
