"""A card's facts as Markdown, and that as one self-contained page of HTML."""

import base64
import os
import re
from typing import Any, Mapping

import jinja2
import markdown_it
import markupsafe

FOLDER = os.path.dirname(os.path.abspath(__file__))
MARKDOWN, PAGE = TEMPLATES = ('card.md.j2', 'card.html.j2')
_NOT_RECORDED = 'not recorded'
_LABELS = {
    'example_count': 'Reviews',
    'binary_accuracy': 'Accuracy at 0.5',
    'auc': 'AUC (ROC)',
    'auc_precision_recall': 'AUC (precision-recall)',
    'precision': 'Precision at 0.5',
    'recall': 'Recall at 0.5',
    'log_loss': 'Log loss',
    'calibration': 'Mean score over share of positive',
    'accuracy_upper_bound': 'Accuracy at 0.5, upper end of the interval',
    'length_bucket': 'Length',
    'oov_bucket': 'Unknown words',
    'rating': 'Stars given',
}


def markdown(facts: Mapping[str, Any], pictures: Mapping[str, bytes]) -> str:
  """The card as Markdown; pictures by relative name.

  Args:
    facts: of `facts.gather`.
    pictures: SVG documents by file name; those that could not be drawn are missing.
  """
  return _environment().get_template(MARKDOWN).render(**facts, pictures=pictures)


def html(text: str, title: str, pictures: Mapping[str, bytes]) -> str:
  """A page of the Markdown, with the pictures within."""
  body = markdown_it.MarkdownIt('commonmark', {'html': False}).enable('table').render(text)
  for name, picture in pictures.items():
    data = base64.b64encode(picture).decode()
    body = body.replace(f'src="{name}"', f'src="data:image/svg+xml;base64,{data}"')
  # A wide table scrolls by itself, not the page.
  body = body.replace('<table>', '<div class="wide"><table>').replace('</table>', '</table></div>')
  page = jinja2.Environment(loader=jinja2.FileSystemLoader(FOLDER), autoescape=True).get_template(PAGE)
  return page.render(title=title, body=markupsafe.Markup(body))


def _environment():
  result = jinja2.Environment(
      loader=jinja2.FileSystemLoader(FOLDER), trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined,
      keep_trailing_newline=True, finalize=_escaped)
  result.filters.update(FILTERS, as_is=markupsafe.Markup)
  return result


def _escaped(value: Any) -> str:
  """What any expression of the Markdown template comes out as: plain text, which can start no markup, in one line."""
  if value is None:
    return _NOT_RECORDED
  if isinstance(value, markupsafe.Markup):
    return value
  line = ' '.join(str(value).split())
  # An underscore within a word starts nothing, and names are full of them.
  return re.sub(r'[\\`*\[\]<>|#&!~]|(?<!\w)_|_(?!\w)', r'\\\g<0>', line)


def _label(name: str) -> str:
  return _LABELS.get(name, name.replace('_', ' ').capitalize())


def _ordered(metrics: Mapping[str, Any]) -> list[str]:
  """Names of metrics: those with a label first, in the labels' order."""
  names = list(_LABELS)
  return sorted(metrics, key=lambda name: (names.index(name) if name in names else len(names), name))


def _number(value, form: str = ',', unit: str = '') -> str:
  return _NOT_RECORDED if value is None else format(value, form) + unit


def _percent(value) -> str:
  return _NOT_RECORDED if value is None else f'{value:.1%}'.replace('%', ' %')


def _interval(value) -> str:
  return f'{value[0]:.3f} to {value[1]:.3f}' if value else ''


FILTERS = {'label': _label, 'ordered': _ordered, 'number': _number, 'percent': _percent, 'interval': _interval}
