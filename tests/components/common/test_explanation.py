"""Leave-one-out explanations, of a linear model whose weights are known."""

import math
import re

import pytest

from components.common import explanation
from components.report import marked_text
from tests.serving import linear_model


def _score(texts):
  return [linear_model.probability(text) for text in texts]


def test_a_linear_model_is_explained_by_its_weights():
  text = 'GOOD, good film;<br /><br />"Bad"<br />the end. Remember!'
  effects = explanation.explain(_score, text, max_effects=4)
  assert [word for word, _ in effects] == ['good', 'bad', 'remember', 'film']
  assert [effect for _, effect in effects] == pytest.approx([4, -3, 1, 0], abs=1e-6)
  assert explanation.explain(_score, '... <br />') == []


def test_an_explanation_of_a_long_text_is_bounded():
  seen = []

  def score(texts):
    seen.extend(texts)
    return _score(texts)

  effects = explanation.explain(score, 'good ' + ' '.join(f'word{number}' for number in range(50_000)), max_effects=1)
  assert [(word, round(effect, 6)) for word, effect in effects] == [('good', 2)]
  assert len(seen) == 501 and max(map(len, seen)) == 20_000


def test_a_probability_of_one_has_finite_effects():
  (_, effect), = explanation.explain(lambda texts: [1.0 if 'good' in text else 0.0 for text in texts], 'good')
  assert effect == pytest.approx(2 * math.log(1e7), rel=1e-3)


WRITTEN = ('Don\u2019t say don&#39;t, DON`T; clich&eacute;d or cliche\u0301d? recom\u00admend &quot;good&quot; '
            '\uff47ood AT&T <b>')


def test_a_word_is_found_however_it_is_written():
  words = [(WRITTEN[word.start:word.end], word.key) for word in explanation.find_words(WRITTEN)]
  assert words == [
      ('Don\u2019t', "don't"), ('say', 'say'), ('don&#39;t', "don't"), ('DON`T', "don't"),
      ('clich&eacute;d', 'clich\u00e9d'), ('or', 'or'), ('cliche\u0301d', 'clich\u00e9d'),
      ('recom\u00admend', 'recommend'), ('good', 'good'), ('\uff47ood', 'good'), ('AT&T', 'at&t'), ('<b>', '')]


def test_all_ways_to_write_a_word_are_left_out_together():
  seen = []
  text = 'Don\u2019t say don&#39;t, &quot;say&quot;'
  effects = explanation.explain(lambda texts: seen.extend(texts) or [0.5] * len(texts), text)
  assert effects == [('don\u2019t', 0.0), ('say', 0.0)]  # as the text has them first
  assert seen[1:] == [' say , &quot;say&quot;', 'Don\u2019t  don&#39;t, &quot;&quot;']


def test_marked_words_are_those_of_the_text():
  marked = str(marked_text.mark_words(WRITTEN, [('don\u2019t', -1.0), ('recom\u00admend', 2.0)]))
  assert re.findall('<mark class="(.*?)".*?>(.*?)</mark>', marked) == [
      ('negative', 'Don\u2019t'), ('negative', 'don&amp;#39;t'), ('negative', 'DON`T'), ('positive', 'recom\u00admend')]
