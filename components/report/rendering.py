"""The report as one page of HTML, which has all in it and needs no network."""

import os
import re
from typing import Any, Mapping, Optional, Sequence

import jinja2
import markupsafe

from components.common import evaluation_summary
from components.common import explanation
from components.model_card import rendering as card_render
from components.report import dag_layout
from components.report import svg

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'templates')
_LEAST_SHOWN = 0.08  # of the strongest effect in a review: weaker ones stay without colour


def run(found: Mapping[str, Any], steps: Sequence[Mapping[str, Any]] = (),
        local: Optional[Mapping[str, Any]] = None) -> str:
  """The page about a run.

  Args:
    found: what report.json holds; see executor.gather.
    steps: of the run, where they are known: `component`, `state` (ran, cached or resolved), `seconds` (of the run that
      made the outputs), `fact` (a line) and `after` (the components that it waited for).
    local: of a run on this machine: `command`, `inputs` [(name, path)], `warning` (or None), `finished` and `seconds`.
  """
  card = found['card']
  points = [evaluation_summary.Point(**point) for point in found['curve']]
  pictures = {
      'precision_recall': svg.precision_recall(points, card['matrix']),
      'roc': svg.roc(points, card['matrix']),
      'calibration': svg.calibration(card['calibration']),
  }
  graph = dag_layout.layout({step['component']: step['after'] for step in steps}) if steps else None
  return page('run.html.j2', **found, steps=steps, graph=graph, box=(dag_layout.WIDTH, dag_layout.HEIGHT), local=local,
              pictures=pictures)


def page(template: str, **facts) -> str:
  """Renders one of the templates."""
  environment = jinja2.Environment(
      loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True,
      undefined=jinja2.StrictUndefined)
  environment.filters.update(card_render.FILTERS, coloured=coloured, place=_place)
  return environment.get_template(template).render(**facts)


def coloured(text: str, effects: Sequence[Sequence]) -> markupsafe.Markup:
  """A review as HTML, each word marked by its effect: see explanation.explain."""
  effect_of = dict(effects)
  largest = max(map(abs, effect_of.values()), default=0) or 1
  parts, end = [], 0
  for match in explanation.WORD.finditer(text):
    parts.append(markupsafe.escape(text[end:match.start()]))
    end = match.end()
    effect = effect_of.get((match[1] or '').lower(), 0)
    if not match[1]:
      parts.append(markupsafe.Markup('<br>') if re.fullmatch(r'<br\s*/?>', match[0]) else markupsafe.escape(match[0]))
    elif abs(effect) < _LEAST_SHOWN * largest:
      parts.append(markupsafe.escape(match[0]))
    else:
      parts.append(markupsafe.Markup('<mark class="{}" style="--s:{}" title="{}">{}</mark>').format(
          'positive' if effect > 0 else 'negative', round(abs(effect) / largest, 2), f'{effect:+.2f}', match[0]))
  return markupsafe.Markup('').join([*parts, markupsafe.escape(text[end:])])


def _place(value: Optional[float], low: float, high: float) -> float:
  """Where a value lies between two others, in percent, cut to them."""
  return round(100 * min(max((value - low) / (high - low), 0), 1), 2) if value is not None and high > low else 0
