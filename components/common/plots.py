"""The pictures of a card, as SVG with a light ground of their own: readable on dark pages too."""

import io
from typing import Mapping, Optional

import matplotlib
from matplotlib import figure
import numpy as np

from components.common import evaluation_summary

# Of M. Okabe and K. Ito's colours, which the colour-blind tell apart.
BLUE, VERMILLION, GREY = '#0072B2', '#D55E00', '#666666'
LIGHT_GREY = '#dddddd'
_LABELS = ('negative', 'positive')


def precision_recall(points: list[evaluation_summary.Point], matrix: Optional[Mapping[str, int]]) -> Optional[bytes]:
  """Draws the precision-recall curve.

  Args:
    points: of the curve.
    matrix: reviews by tp, tn, fp and fn at 0.5, for the point in use and the line of a guess; or None.

  Returns:
    An SVG document, or None without points.
  """
  if not points:
    return None
  picture, axes = _canvas()
  draw_precision_recall(axes, points, matrix)
  return _svg(picture)


def draw_precision_recall(axes, points: list[evaluation_summary.Point], matrix: Optional[Mapping[str, int]]) -> None:
  """Draws the same on matplotlib axes."""
  axes.plot([point.recall for point in points], [point.precision for point in points], color=BLUE, linewidth=2,
            label='the model, by threshold')
  found = matrix and matrix['tp'] + matrix['fn']
  if found and matrix['tp']:
    axes.plot(matrix['tp'] / found, matrix['tp'] / (matrix['tp'] + matrix['fp']), 'o', color=VERMILLION, markersize=8,
              label='threshold 0.5')
  if found:
    axes.axhline(found / sum(matrix.values()), color=GREY, linestyle='--', linewidth=1.2, label='guessing')
  axes.set(xlim=(0, 1.005), ylim=(0, 1.02), title='Precision and recall on test',
           xlabel='Recall: share of the positive reviews that are found',
           ylabel='Precision: share of the found that are positive')
  axes.grid(color=LIGHT_GREY, linewidth=0.6)
  axes.legend(loc='lower left', frameon=False)


def confusion_matrix(matrix: Optional[Mapping[str, int]]) -> Optional[bytes]:
  """Draws the confusion matrix of {'tp', 'tn', 'fp', 'fn': reviews}; returns an SVG document, or None without it."""
  if not matrix:
    return None
  counts = np.array([[matrix['tn'], matrix['fp']], [matrix['fn'], matrix['tp']]])
  shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
  picture, axes = _canvas()
  axes.imshow(shares, cmap='Blues', vmin=0, vmax=1)
  for (row, column), share in np.ndenumerate(shares):
    axes.text(column, row, f'{counts[row, column]:,}\n{share:.1%}', ha='center', va='center', fontsize=14,
              color='white' if share > 0.5 else 'black')
  axes.set(title='Confusion matrix on test, threshold 0.5', xlabel='Predicted', ylabel='Label', xticks=(0, 1),
           yticks=(0, 1), xticklabels=_LABELS)
  axes.set_yticklabels(_LABELS, rotation=90, va='center')
  return _svg(picture)


def _canvas():
  picture = figure.Figure(figsize=(5.2, 4.6), layout='constrained', facecolor='white')
  return picture, picture.add_subplot()


def _svg(picture) -> bytes:
  output = io.BytesIO()
  with matplotlib.rc_context({'svg.hashsalt': 'model card'}):  # the same figures, the same file
    picture.savefig(output, format='svg', metadata={'Date': None})
  return output.getvalue()
