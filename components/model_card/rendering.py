"""The content of a model card as Markdown, and the Markdown as one self-contained HTML page."""

import base64
import os
import re
from typing import Any, Mapping, Optional, Sequence

import jinja2
import markdown_it
import markupsafe

TEMPLATES = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'templates')
_NOT_RECORDED = 'not recorded'
_LABELS = {
    'example_count': 'Texts',
    'binary_accuracy': 'Accuracy at 0.5',
    'auc': 'AUC (ROC)',
    'auc_precision_recall': 'AUC (precision-recall)',
    'precision': 'Precision at 0.5',
    'recall': 'Recall at 0.5',
    'log_loss': 'Log loss',
    'calibration': 'Mean score / share of positive',
    'accuracy_upper_bound': 'Accuracy at 0.5, upper 95 % bound',
    'length_bucket': 'Length',
    'oov_bucket': 'Out-of-vocabulary words',
    'rating': 'Star rating',
}


def render_markdown(content: Mapping[str, Any], pictures: Mapping[str, bytes]) -> str:
  """Render the card as Markdown, which refers to the pictures by relative name.

  Args:
    content: of `content.gather_content`.
    pictures: SVG documents by file name, without those that could not be drawn.
  """
  return _environment().get_template('card.md.j2').render(**content, pictures=pictures)


def render_html(text: str, title: str, pictures: Mapping[str, bytes]) -> str:
  """Render Markdown as an HTML page with the pictures inlined.

  Args:
    text: the Markdown.
    title: of the page.
    pictures: as `render_markdown` takes them.
  """
  body = markdown_it.MarkdownIt('commonmark', {'html': False}).enable('table').render(text)
  for name, picture in pictures.items():
    data = base64.b64encode(picture).decode()
    body = body.replace(f'src="{name}"', f'src="data:image/svg+xml;base64,{data}"')
  # A wide table scrolls on its own instead of widening the page.
  body = body.replace('<table>', '<div class="wide"><table>').replace('</table>', '</table></div>')
  page = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True).get_template('card.html.j2')
  return page.render(title=title, body=markupsafe.Markup(body))


def _environment():
  result = jinja2.Environment(
      loader=jinja2.FileSystemLoader(TEMPLATES), trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined,
      keep_trailing_newline=True, finalize=_escape)
  result.filters.update(FILTERS, as_is=markupsafe.Markup)
  return result


def _escape(value: Any) -> str:
  """Convert the value of any expression of the Markdown template to one line of plain text that contains no markup."""
  if value is None:
    return _NOT_RECORDED
  if isinstance(value, markupsafe.Markup):
    return value
  line = ' '.join(str(value).split())
  # An underscore within a word is not markup, and many names have one.
  return re.sub(r'[\\`*\[\]<>|#&!~]|(?<!\w)_|_(?!\w)', r'\\\g<0>', line)


def _label(name: str) -> str:
  return _LABELS.get(name, name.replace('_', ' ').capitalize())


def _sort_metrics(metrics: Mapping[str, Any]) -> list[str]:
  """Sort names of metrics: those with a label first, in the order of the labels."""
  names = list(_LABELS)
  return sorted(metrics, key=lambda name: (names.index(name) if name in names else len(names), name))


def _number(value: Optional[float], form: str = ',', unit: str = '') -> str:
  return _NOT_RECORDED if value is None else format(value, form) + unit


def _percent(value: Optional[float]) -> str:
  return _NOT_RECORDED if value is None else f'{value:.1%}'.replace('%', ' %')


def _interval(value: Optional[Sequence[float]]) -> str:
  return f'{value[0]:.3f} to {value[1]:.3f}' if value else ''


FILTERS = {'label': _label, 'ordered': _sort_metrics, 'number': _number, 'percent': _percent, 'interval': _interval}
