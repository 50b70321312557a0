"""The report as one HTML page that needs no network."""

import base64
import functools
import json
import os
from typing import Any, Callable, Mapping, Optional, Sequence

import jinja2
import markupsafe

from components.common import evaluation_summary
from components.common import plots
from components.model_card import rendering as card_rendering
from components.report import dag_layout
from components.report import marked_text

TEMPLATES = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'templates')
_PICTURE = markupsafe.Markup(
    '<picture><source media="(prefers-color-scheme: dark)" srcset="data:image/svg+xml;base64,{dark}">'
    '<img class="chart {name}" alt="{label}" src="data:image/svg+xml;base64,{light}"></picture>')


def render_run(content: Mapping[str, Any], steps: Sequence[Mapping[str, Any]] = (),
               local: Optional[Mapping[str, Any]] = None) -> str:
  """Render the page about a run.

  Args:
    content: what report.json holds; see executor.gather_content.
    steps: the pipeline steps, if they are known: `component`, `state` (ran, cached or resolved), `seconds` (of the run
      that made the outputs), `description` (one line) and `upstream` (the components that it waited for).
    local: of a run on this machine: `command`, `inputs` [(name, path)], `finished` and `seconds`.

  Returns:
    The HTML document.
  """
  card = content['card']
  pictures = _render_pictures(json.dumps([content['curve'], card['matrix'], card['calibration']]))
  graph = dag_layout.place_components({step['component']: step['upstream'] for step in steps}) if steps else None
  return render_page('run.html.j2', **content, steps=steps, graph=graph, box=(dag_layout.WIDTH, dag_layout.HEIGHT),
                     local=local, pictures=pictures)


@functools.lru_cache(maxsize=1)
def _render_pictures(figures: str) -> list[markupsafe.Markup]:
  """Render the plots of a run once: a run on this machine has two pages with them, ReportGen's and its own.

  Args:
    figures: the curve, the confusion matrix and the calibration, as JSON.
  """
  curve, matrix, calibration = json.loads(figures)
  pictures = []
  if curve:
    curves = {'the model, by threshold': [evaluation_summary.Point(**point) for point in curve]}
    pictures = [
        render_picture(name, label, functools.partial(draw, curves, matrix=matrix)) for name, label, draw in (
            ('precision-recall', 'Precision-recall curve', plots.draw_precision_recall),
            ('roc', 'ROC curve', plots.draw_roc))]
  if calibration:
    pictures.append(render_picture(
        'calibration', 'Calibration curve', functools.partial(plots.draw_calibration, calibration)))
  return pictures


def render_picture(name: str, label: str, draw: Callable[..., Any]) -> markupsafe.Markup:
  """Render a plot as HTML that follows the reader's preference for a light or a dark page.

  Args:
    name: of the plot, one of its classes.
    label: what it shows, for readers who cannot see it.
    draw: draws on the matplotlib axes `axes`.
  """
  images = {
      scheme: base64.b64encode(plots.render_svg(name, draw, style)).decode()
      for scheme, style in (('light', plots.LIGHT), ('dark', plots.DARK))}
  return _PICTURE.format(name=name, label=label, **images)


def render_page(template: str, **content: Any) -> str:
  """Render one of the templates."""
  environment = jinja2.Environment(
      loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True,
      undefined=jinja2.StrictUndefined)
  environment.filters.update(card_rendering.FILTERS, marked=marked_text.mark_words, position=_position)
  return environment.get_template(template).render(**content)


def _position(value: Optional[float], low: float, high: float) -> float:
  """Return where a value lies between two others, in percent, limited to 0 and 100."""
  return round(100 * min(max((value - low) / (high - low), 0), 1), 2) if value is not None and high > low else 0
