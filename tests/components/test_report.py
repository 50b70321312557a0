"""The content of a report: words and errors, the drawing of the DAG, the marked text, the page for Kubeflow."""

import json
import math
import re

import numpy as np
import pytest

from components.common import artifacts
from components.common import review_scores
from components.report import dag_layout
from components.report import executor
from components.report import insights
from components.report import marked_text
from components.report import rendering

_WEIGHTS = {'good': 2.0, 'fine': 1.0, 'dull': -1.5, 'awful': -3.0}


def _score(texts):
  """Score as a linear model: the log-odds are 0.25 plus the sum of the words' weights."""
  odds = (0.25 + sum(_WEIGHTS.get(word, 0) for word in re.findall(r'\w+', text.lower())) for text in texts)
  return [1 / (1 + math.exp(-each)) for each in odds]


def test_words_have_the_weights_of_a_linear_model():
  others = map(str, range(insights.MAX_WORDS))
  found = insights.find_influential_words(_score, ['the', 'good', 'dull', 'fine', 'awful', *others])
  assert found['count'] == insights.MAX_WORDS
  assert [word for word, _ in found['positive']] == ['good', 'fine']
  assert [word for word, _ in found['negative']] == ['awful', 'dull']
  assert dict(found['positive'] + found['negative']) == pytest.approx(_WEIGHTS, abs=1e-6)


def test_only_the_frequent_words_are_scored():
  assert not insights.find_influential_words(_score, [*map(str, range(insights.MAX_WORDS)), 'good'])['positive']


def test_most_confident_errors_come_first_and_are_explained():
  texts = ['good'] * 3 + ['good good'] * 3 + ['awful', 'dull', 'fine awful', 'good film']
  reviews = [insights.Review(f'r{number}', text, int(number in (6, 7, 9)), 0)
             for number, text in enumerate(texts)]
  found = insights.find_confident_errors(_score, reviews, _score(texts))
  wrong = [review for review in reviews if (_score([review.text])[0] > 0.5) != review.label]
  assert (found['scored'], found['wrong']) == (10, len(wrong)) and len(wrong) == 8
  assert [each['id'] for each in found['reviews']] == ['r3', 'r4', 'r5', 'r0', 'r6', 'r7']
  first, label = found['reviews'][0], 0
  assert first['score'] == _score(['good good'])[0] and first['label'] == label
  assert first['loss'] == pytest.approx(-math.log(1 - first['score']))
  assert found['reviews'][4]['loss'] == pytest.approx(-math.log(_score(['awful'])[0]))
  assert dict(first['effects']) == pytest.approx({'good': 4.0}, abs=1e-5)


def test_scores_that_are_not_finite_are_not_shown():
  assert insights.find_influential_words(lambda texts: [math.nan] * len(texts), ['good'])['positive'] == []
  reviews = [insights.Review('a', 'good', 0, 0), insights.Review('b', 'unknown', 0, 0)]
  found = insights.find_confident_errors(_score, reviews, [*_score(['good']), math.nan])
  assert (found['scored'], found['wrong']) == (1, 1) and json.dumps(found, allow_nan=False)


def test_no_error_no_review():
  found = insights.find_confident_errors(_score, [insights.Review('r', 'good', 1, 10)], _score(['good']))
  assert found == {'scored': 1, 'wrong': 0, 'reviews': []}
  assert insights.find_confident_errors(_score, [], [])['scored'] == 0


def test_words_are_marked_and_markup_is_escaped():
  effects = [('good', 1.0), ('awful', -2.0), ('so', 0.01)]
  html = str(marked_text.mark_words('<script>Good</script><br />awful & "so" awful', effects))
  assert html.count('<mark') == 3 and '<script' not in html
  assert '&lt;script&gt;<mark class="positive" style="--s:0.5" title="+1.00">Good</mark>&lt;/script&gt;<br>' in html
  assert html.endswith('<mark class="negative" style="--s:1.0" title="-2.00">awful</mark> &amp; &#34;so&#34; '
                       '<mark class="negative" style="--s:1.0" title="-2.00">awful</mark>')
  assert marked_text.mark_words('a < b', []) == 'a &lt; b'


def test_a_dag_is_drawn_without_redundant_arrows():
  after = {'A': [], 'B': ['A'], 'C': ['A', 'B'], 'D': ['A'], 'E': ['C', 'D', 'elsewhere'], 'late': []}
  graph = dag_layout.place_components(after)
  boxes = graph['boxes']
  assert set(boxes) == set(after) and len(set(boxes.values())) == len(after)
  pairs = {(start, end) for start, (x, y) in boxes.items() for end, (to_x, to_y) in boxes.items()
           if (x + dag_layout.WIDTH / 2, y + dag_layout.HEIGHT, to_x + dag_layout.WIDTH / 2, to_y) in graph['arrows']}
  assert pairs == {('A', 'B'), ('B', 'C'), ('A', 'D'), ('C', 'E'), ('D', 'E')}
  assert all(boxes[start][1] + dag_layout.HEIGHT < boxes[end][1] for start, end in pairs)
  for name, (x, y) in boxes.items():
    assert 0 <= x <= graph['width'] - dag_layout.WIDTH and 0 <= y <= graph['height'] - dag_layout.HEIGHT
    assert not any(other != name and y == other_y and abs(x - other_x) < dag_layout.WIDTH
                   for other, (other_x, other_y) in boxes.items())


def test_errors_are_chosen_by_the_scores_of_the_evaluator(tmp_path):
  reviews = [insights.Review('a', 'good', 0, 0), insights.Review('b', 'é', 0, 0)]
  with pytest.raises(ValueError, match=f'{review_scores.FILE}: cannot be read'):
    executor._look_up_scores(str(tmp_path), reviews)
  hashes = [review_scores.hash_text(text.encode()) for text in ('é', 'else', 'good')]
  review_scores.write_scores([review_scores.ReviewScores(
      np.array(['b', 'c', 'a'], object), np.array(hashes, np.uint64), np.zeros(3, np.int64),
      np.array([0.25, 0, 0.75], np.float32))], str(tmp_path / review_scores.FILE))
  scores = executor._look_up_scores(str(tmp_path), reviews)
  assert scores == [0.75, 0.25]
  asked = []
  found = insights.find_confident_errors(lambda texts: asked.extend(texts) or _score(texts), reviews, scores)
  assert [each['id'] for each in found['reviews']] == ['a'] and asked == ['good', '']  # for the explanation only


@pytest.mark.parametrize('has_directory', [True, False])
def test_a_page_for_kubeflow(has_directory, tmp_path, monkeypatch):
  monkeypatch.setattr(executor, 'gather_content', lambda inputs, split: {'inputs': inputs, 'split': split})
  monkeypatch.setattr(rendering, 'render_run', lambda content: f'<!DOCTYPE html>{content["split"]}')
  monkeypatch.setenv(executor.KUBEFLOW_PAGE, str(tmp_path / 'shown.json'))
  report = artifacts.Report()
  report.uri = str(tmp_path / 'report')
  if has_directory:  # as local runs and version 1 do
    (tmp_path / 'report').mkdir()
  executor.Executor().Do({}, {'report': [report]}, {'split': 'é'})
  page = tmp_path / 'report' / executor.PAGE_FILE if has_directory else tmp_path / 'report'
  assert page.read_text(encoding='utf-8') == '<!DOCTYPE html>é'
  assert (tmp_path / 'report' / executor.CONTENT_FILE).exists() == has_directory
  shown, = json.loads((tmp_path / 'shown.json').read_text(encoding='utf-8'))['outputs']
  assert shown == {'type': 'web-app', 'storage': 'inline', 'source': '<!DOCTYPE html>é'}
  assert report.get_string_custom_property('display_name') == 'report'


def test_positions_are_limited_to_the_scale():
  assert [rendering._position(value, 0.5, 1) for value in (0.5, 0.75, 1, 0.2, 1.4, None)] == [0, 50, 100, 0, 100, 0]
  assert np.isfinite(rendering._position(1, 1, 1))
