"""The HTML of a text whose words are marked by their effect on a score."""

import re
from typing import Iterable

import markupsafe

from components.common import explanation

_MIN_SHOWN = 0.08  # share of the largest effect in a text: words with less stay unmarked
# For pages that lack the report's own style, such as notebooks.
STYLE = markupsafe.Markup('''<style>
mark { color: inherit; border-radius: 3px; }
mark.positive { background: rgb(0 114 178 / calc(var(--s) * 62%)); }
mark.negative { background: rgb(213 94 0 / calc(var(--s) * 62%)); }
</style>''')


def mark_words(text: str, effects: Iterable[tuple[str, float]]) -> markupsafe.Markup:
  """Render a text as HTML, each word tinted by its effect: blue speaks for positive, vermillion for negative.

  Args:
    text: the text; markup in it is shown, not interpreted, except for line breaks.
    effects: (word in lower case, effect on the log-odds) pairs of `explanation.explain`.
  """
  effect_of = {explanation.word_key(word): effect for word, effect in effects}
  largest = max(map(abs, effect_of.values()), default=0) or 1
  parts, end = [], 0
  for word in explanation.find_words(text):
    parts.append(markupsafe.escape(text[end:word.start]))
    end = word.end
    shown = text[word.start:end]
    effect = effect_of.get(word.key, 0) if word.key else 0
    if abs(effect) < _MIN_SHOWN * largest:
      parts.append(markupsafe.Markup('<br>') if re.fullmatch(r'<br\s*/?>', shown) else markupsafe.escape(shown))
    else:
      parts.append(markupsafe.Markup('<mark class="{}" style="--s:{}" title="{}">{}</mark>').format(
          'positive' if effect > 0 else 'negative', round(abs(effect) / largest, 2), f'{effect:+.2f}', shown))
  return markupsafe.Markup('').join([*parts, markupsafe.escape(text[end:])])
