"""The report's pictures: SVG to stand in a page, which takes its colours and its font from there."""

import io
import re
from typing import Any, Callable, Mapping, Optional, Sequence

import markupsafe
import matplotlib
from matplotlib import figure

from components.common import plots as card_figures
from components.common import evaluation_summary
from components.common.plots import BLUE, GREY, LIGHT_GREY, VERMILLION

# The page's variables (templates/page.html.j2) by the colours that the pictures are drawn with: M. Okabe and K. Ito's,
# which the colour-blind tell apart, and greys.
_VARIABLES = {
    BLUE: '--blue', VERMILLION: '--vermillion', '#009E73': '--green', '#CC79A7': '--purple', '#E69F00': '--orange',
    '#56B4E9': '--sky', '#F0E442': '--yellow', GREY: '--faint', LIGHT_GREY: '--line', '#000000': '--text'}
_STYLE = {
    'svg.fonttype': 'none', 'font.size': 10, 'axes.titlesize': 11, 'axes.spines.top': False, 'axes.spines.right': False,
    'axes.edgecolor': GREY, 'axes.axisbelow': True, 'xtick.color': GREY, 'ytick.color': GREY, 'xtick.labelcolor': GREY,
    'ytick.labelcolor': GREY, 'lines.linewidth': 2}


def picture(name: str, label: str, draw: Callable, *arguments) -> markupsafe.Markup:
  """What a function draws, as SVG.

  Args:
    name: of the picture, its class; no other on the page has it.
    label: what it shows, for those who do not see it.
    draw: gets matplotlib axes and the arguments.
    *arguments: of `draw`.
  """
  output = io.StringIO()
  with matplotlib.rc_context({**_STYLE, 'svg.hashsalt': name}):  # the same figures, the same picture
    drawn = figure.Figure(figsize=(5.2, 4.2), layout='constrained')
    draw(drawn.add_subplot(), *arguments)
    drawn.savefig(output, format='svg', transparent=True, metadata={'Date': None})
  text = output.getvalue()
  text = text[text.index('<svg'):]
  text = re.sub(r'<metadata>.*?</metadata>|<!--.*?-->|<style.*?</style>', '', text, flags=re.DOTALL)
  text = re.sub(r' id="[\w.]+_\d+"', '', text)  # those of groups: of two pictures they would be the same
  text = re.sub(r' (width|height)="[\d.]+pt"', '', text, count=2)  # the page has the size
  for colour, variable in _VARIABLES.items():
    text = re.sub(colour, f'var({variable})', text, flags=re.IGNORECASE)
  text = text.replace('<svg ', f'<svg class="chart {name}" role="img" aria-label="{markupsafe.escape(label)}" ', 1)
  return markupsafe.Markup(text)


def precision_recall(points: Sequence[evaluation_summary.Point],
                     matrix: Optional[Mapping[str, int]]) -> Optional[markupsafe.Markup]:
  """The model card's curve; None without points."""
  return picture('precision-recall', 'Precision-recall curve', card_figures.draw_precision_recall, points,
                 matrix) if points else None


def roc(points: Sequence[evaluation_summary.Point], matrix: Optional[Mapping[str, int]]) -> Optional[markupsafe.Markup]:
  """The ROC curve; None without points."""
  return picture('roc', 'ROC curve', _draw_roc, points, matrix) if points else None


def _draw_roc(axes, points, matrix):
  draw_roc(axes, {'the model, by threshold': points})
  if matrix and matrix['tn'] + matrix['fp'] and matrix['tp'] + matrix['fn']:
    axes.plot(matrix['fp'] / (matrix['tn'] + matrix['fp']), matrix['tp'] / (matrix['tp'] + matrix['fn']), 'o',
              color=VERMILLION, markersize=8, label='threshold 0.5')
  axes.legend(loc='lower right', frameon=False)


def draw_roc(axes, curves: Mapping[str, Sequence[evaluation_summary.Point]], colours: Sequence[str] = (BLUE,)) -> None:
  """ROC curves by name, on matplotlib axes."""
  for (name, points), colour in zip(curves.items(), colours):
    axes.plot([0, *(point.false_positive_rate for point in points)], [0, *(point.recall for point in points)],
              color=colour, label=name)
  axes.plot([0, 1], [0, 1], color=GREY, linestyle='--', linewidth=1.2, label='guessing')
  axes.set(xlim=(-0.005, 1.005), ylim=(0, 1.02), title='ROC on test',
           xlabel='False positive rate: share of the negative called positive',
           ylabel='True positive rate: share of the positive found')
  axes.grid(color=LIGHT_GREY, linewidth=0.6)
  axes.legend(loc='lower right', frameon=False)


def calibration(found: Optional[Mapping[str, Any]]) -> Optional[markupsafe.Markup]:
  """Mean score against the share of positive reviews, the share of the reviews as a bar; None where not recorded."""
  return found and picture('calibration', 'Calibration curve', _draw_calibration, found)


def _draw_calibration(axes, found):
  buckets = found['buckets']
  total = sum(bucket['reviews'] for bucket in buckets)
  axes.bar([(bucket['low'] + bucket['high']) / 2 for bucket in buckets],
           [bucket['reviews'] / total for bucket in buckets],
           width=[0.92 * (bucket['high'] - bucket['low']) for bucket in buckets], color=LIGHT_GREY,
           label='share of the reviews')
  axes.plot([0, 1], [0, 1], color=GREY, linestyle='--', linewidth=1.2, label='calibrated')
  axes.plot([bucket['mean_score'] for bucket in buckets], [bucket['positive_share'] for bucket in buckets], 'o-',
            color=BLUE, label='the model')
  axes.set(xlim=(-0.005, 1.005), ylim=(0, 1.02),
           title=f'Calibration on test, expected error {found["expected_error"]:.4f}',
           xlabel='Score: probability of positive, in buckets', ylabel='Share that is positive')
  axes.grid(color=LIGHT_GREY, linewidth=0.6)
  axes.legend(loc='upper left', frameon=False)
