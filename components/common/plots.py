"""Every plot of an evaluation: for the model card, the report, the comparison and the notebooks.

Each function draws on matplotlib axes and returns them; without axes it opens a new pyplot figure, as notebooks do.
Colours come from matplotlib's property cycle ('C0', 'C1', ...), so that one drawing serves light and dark pages.
"""

import io
from typing import Any, Callable, Mapping, Optional, Sequence

import matplotlib
from matplotlib import axes as mpl_axes
from matplotlib import figure
from matplotlib import rcsetup
import numpy as np
import pandas as pd

from components.common import evaluation_summary

# The palette of M. Okabe and K. Ito, which people with colour blindness can tell apart.
COLOURS = ('#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#F0E442', '#666666')
_DARK_COLOURS = ('#5ab4ea', '#f2894a', '#3cc79d', '#dd93bf', '#edb13c', '#8fd0f5', '#e9df5c', '#a3acb5')
_NEGATIVE, _POSITIVE = 'C1', 'C0'
_SIZE = (5.2, 4.4)  # inches
_LABELS = ('negative', 'positive')


def _style(colours: Sequence[str], text: str, faint: str, line: str, ground: str) -> dict[str, Any]:
  return {
      # From the ninth line on, the colours come again, with dashes.
      'axes.prop_cycle': rcsetup.cycler(linestyle=['-', '--']) * rcsetup.cycler(color=colours),
      'axes.axisbelow': True, 'axes.edgecolor': faint, 'axes.facecolor': ground, 'axes.grid': True,
      'axes.labelcolor': text, 'axes.spines.right': False,
      'axes.spines.top': False, 'axes.titlecolor': text, 'axes.titlesize': 11, 'figure.facecolor': ground,
      'font.size': 10, 'grid.color': line, 'grid.linewidth': 0.6, 'legend.frameon': False, 'lines.linewidth': 2,
      'savefig.facecolor': ground, 'svg.fonttype': 'none', 'text.color': text, 'xtick.color': faint,
      'ytick.color': faint}


LIGHT = _style(COLOURS, '#1c2126', '#5b646e', '#dddddd', '#ffffff')
DARK = _style(_DARK_COLOURS, '#e5e8eb', '#a3acb5', '#343a41', '#1a1e22')


def render_svg(name: str, draw: Callable[..., Any], style: Mapping[str, Any] = LIGHT) -> bytes:
  """Render one plot as an SVG document.

  Args:
    name: of the plot; the same name and figures give the same bytes.
    draw: draws on its argument `axes`.
    style: matplotlib settings: LIGHT or DARK.

  Returns:
    The document, UTF-8.
  """
  output = io.BytesIO()
  with matplotlib.rc_context({**style, 'svg.hashsalt': name}):
    drawing = figure.Figure(figsize=_SIZE, layout='constrained')
    draw(axes=drawing.add_subplot())
    drawing.savefig(output, format='svg', metadata={'Date': None})
  return output.getvalue()


def new_axes(title: str, xlabel: str, ylabel: str, width: float = 6.0, height: float = 4.2) -> mpl_axes.Axes:
  """Return the axes of a new pyplot figure, in the common style, which stays set for the notebook.

  Args:
    title: shown above.
    xlabel: shown below.
    ylabel: shown on the left.
    width: in inches.
    height: in inches.
  """
  from matplotlib import pyplot  # pylint: disable=import-outside-toplevel  # components draw without a display
  pyplot.rcParams.update(LIGHT)
  axes = pyplot.subplots(figsize=(width, height), layout='constrained')[1]
  axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
  return axes


def _titled(axes: Optional[mpl_axes.Axes], title: str, xlabel: str, ylabel: str, **size: float) -> mpl_axes.Axes:
  if axes is None:
    return new_axes(title, xlabel, ylabel, **size)
  axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
  return axes


def _draw_reference_line(
    axes: mpl_axes.Axes, xs: Sequence[float], ys: Sequence[float], label: Optional[str] = None) -> None:
  axes.plot(xs, ys, color=matplotlib.rcParams['axes.edgecolor'], linestyle='--', linewidth=1.2, label=label)


def draw_precision_recall(
    curves: Mapping[str, Sequence[evaluation_summary.Point]], axes: Optional[mpl_axes.Axes] = None,
    matrix: Optional[Mapping[str, int]] = None) -> mpl_axes.Axes:
  """Draw precision-recall curves.

  Args:
    curves: the points of each curve, by name.
    axes: to draw on; None opens a new figure.
    matrix: of a single model, reviews by tp, tn, fp and fn at 0.5: adds that point and the share of positive reviews.
  """
  axes = _titled(axes, 'Precision and recall on test', 'Recall: share of the positive reviews that are found',
                 'Precision: share of the predicted positive that are positive')
  for name, points in curves.items():
    axes.plot([point.recall for point in points], [point.precision for point in points], label=name)
  if matrix and (actual_positive := matrix['tp'] + matrix['fn']):
    if matrix['tp']:
      axes.plot(matrix['tp'] / actual_positive, matrix['tp'] / (matrix['tp'] + matrix['fp']), 'o', color='C1',
                markersize=8, label='threshold 0.5')
    share = actual_positive / sum(matrix.values())
    _draw_reference_line(axes, [0, 1], [share, share], 'random guess')
  axes.set(xlim=(0, 1.005), ylim=(0.45 if len(curves) > 1 else 0, 1.02))
  axes.legend(loc='lower left')
  return axes


def draw_roc(
    curves: Mapping[str, Sequence[evaluation_summary.Point]], axes: Optional[mpl_axes.Axes] = None,
    matrix: Optional[Mapping[str, int]] = None) -> mpl_axes.Axes:
  """Draw ROC curves; the arguments are those of `draw_precision_recall`."""
  axes = _titled(axes, 'ROC on test', 'False positive rate: share of the actual negative predicted positive',
                 'True positive rate: share of the actual positive found')
  for name, points in curves.items():
    axes.plot([0, *(point.false_positive_rate for point in points)], [0, *(point.recall for point in points)],
              label=name)
  if matrix and matrix['tn'] + matrix['fp'] and matrix['tp'] + matrix['fn']:
    axes.plot(matrix['fp'] / (matrix['tn'] + matrix['fp']), matrix['tp'] / (matrix['tp'] + matrix['fn']), 'o',
              color='C1', markersize=8, label='threshold 0.5')
  _draw_reference_line(axes, [0, 1], [0, 1], 'random guess')
  axes.set(xlim=(-0.005, 1.005), ylim=(0, 1.02))
  axes.legend(loc='lower right')
  return axes


def draw_threshold_curves(
    points: Sequence[evaluation_summary.Point], axes: Optional[mpl_axes.Axes] = None) -> mpl_axes.Axes:
  """Draw precision and recall against the decision threshold."""
  axes = _titled(axes, 'Precision and recall on test by decision threshold', 'Decision threshold', 'Share')
  for number, name in enumerate(('precision', 'recall')):
    axes.plot([point.threshold for point in points], [getattr(point, name) for point in points], color=f'C{number}',
              label=name)
  _draw_reference_line(axes, [0.5, 0.5], [0, 1])
  axes.set(xlim=(0, 1))
  axes.legend()
  return axes


def draw_calibration(calibration: Optional[Mapping[str, Any]], axes: Optional[mpl_axes.Axes] = None) -> mpl_axes.Axes:
  """Draw the mean score against the share of positive reviews, and the share of reviews in each bucket as bars.

  Args:
    calibration: of `evaluation_summary.read_summary`; None draws empty axes.
    axes: to draw on; None opens a new figure.
  """
  error = f', expected error {calibration["expected_error"]:.4f}' if calibration else ''
  axes = _titled(axes, f'Calibration on test{error}', 'Score: probability of positive, in buckets',
                 'Share of positive reviews')
  buckets = calibration['buckets'] if calibration else []
  total = sum(bucket['reviews'] for bucket in buckets)
  axes.bar([(bucket['low'] + bucket['high']) / 2 for bucket in buckets],
           [bucket['reviews'] / total for bucket in buckets],
           width=[0.92 * (bucket['high'] - bucket['low']) for bucket in buckets],
           color=matplotlib.rcParams['grid.color'], label='share of the reviews')
  _draw_reference_line(axes, [0, 1], [0, 1], 'perfectly calibrated')
  axes.plot([bucket['mean_score'] for bucket in buckets], [bucket['positive_share'] for bucket in buckets], 'o-',
            color='C0', label='the model')
  axes.set(xlim=(-0.005, 1.005), ylim=(0, 1.02))
  axes.legend(loc='upper left')
  return axes


def draw_confusion_matrix(matrix: Mapping[str, int], axes: Optional[mpl_axes.Axes] = None) -> mpl_axes.Axes:
  """Draw a confusion matrix.

  Args:
    matrix: reviews by tp, tn, fp and fn.
    axes: to draw on; None opens a new figure.
  """
  axes = _titled(axes, 'Confusion matrix on test, threshold 0.5', 'Predicted', 'Actual', width=5.2, height=4.4)
  counts = np.array([[matrix['tn'], matrix['fp']], [matrix['fn'], matrix['tp']]])
  shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
  axes.grid(False)
  axes.imshow(shares, cmap='Blues', vmin=0, vmax=1)
  for (row, column), share in np.ndenumerate(shares):
    axes.text(column, row, f'{counts[row, column]:,}\n{share:.1%}', ha='center', va='center', fontsize=14,
              color='white' if share > 0.5 else 'black')
  axes.set(xticks=(0, 1), yticks=(0, 1), xticklabels=_LABELS)
  axes.set_yticklabels(_LABELS, rotation=90, va='center')
  return axes


def draw_cost(models: Mapping[str, tuple[float, float]], axes: Optional[mpl_axes.Axes] = None) -> mpl_axes.Axes:
  """Draw accuracy against training time.

  Args:
    models: (seconds of training, accuracy) by name.
    axes: to draw on; None opens a new figure.
  """
  axes = _titled(axes, 'Accuracy on test against training time', 'Training (seconds, logarithmic)', 'Accuracy')
  axes.set_xscale('log')
  points = list(models.values())
  spread = max(accuracy for _, accuracy in points) - min(accuracy for _, accuracy in points)
  for number, (name, point) in enumerate(models.items()):
    axes.scatter(*point, color=f'C{number}')
    # The label goes to the left where another model is close on the right.
    left = any(1 < seconds / point[0] < 4 and abs(accuracy - point[1]) < 0.05 * spread for seconds, accuracy in points)
    axes.annotate(name, point, textcoords='offset points', xytext=(-6 if left else 6, 3), fontsize=9,
                  horizontalalignment='right' if left else 'left')
  axes.margins(x=0.22, y=0.1)
  return axes


def draw_slices(table: pd.DataFrame, metric: str = 'binary_accuracy') -> mpl_axes.Axes:
  """Draw a bar for each slice on a new figure.

  Args:
    table: as `Run.slices` of pipeline.results.runs returns it: metrics by feature and slice.
    metric: the column to draw.
  """
  axes = new_axes(f'{metric} by slice of test', metric, '', height=0.32 * len(table) + 1.2)
  labels = [f'{name} ({count:,.0f})' for (_, name), count in table['example_count'].items()]
  features = list(dict.fromkeys(feature for feature, _ in table.index))
  axes.barh(labels, table[metric], color=[f'C{features.index(feature)}' for feature, _ in table.index])
  axes.invert_yaxis()
  return axes


def draw_token_weights(weights: pd.Series, count: int = 15) -> mpl_axes.Axes:
  """Draw the most influential n-grams of a linear model on a new figure.

  Args:
    weights: log-odds by n-gram, the most negative first.
    count: n-grams of each side.
  """
  chosen = pd.concat([weights.head(count), weights.tail(count)])
  axes = new_axes(
      'The most influential n-grams', 'Log-odds of positive that each adds', '', height=0.24 * len(chosen) + 1.2)
  axes.barh(chosen.index, chosen, color=[_POSITIVE if value > 0 else _NEGATIVE for value in chosen])
  return axes


def draw_histogram(groups: Mapping[str, Sequence[float]], title: str, xlabel: str, bins: Any = 40) -> mpl_axes.Axes:
  """Draw the outlines of histograms on a new figure, each as shares of its group.

  Args:
    groups: values by group.
    title: shown above.
    xlabel: shown below.
    bins: as matplotlib's `hist` takes them.
  """
  axes = new_axes(title, xlabel, 'Share of the reviews')
  for number, (name, values) in enumerate(groups.items()):
    axes.hist(values, bins=bins, weights=np.full(len(values), 1 / max(len(values), 1)), histtype='step',
              color=f'C{number}', label=name, linewidth=1.6)
  axes.legend()
  return axes
