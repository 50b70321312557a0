"""Figures of the notebooks, in one style: matplotlib axes from plain numbers. Colours that the colour-blind tell apart."""

import html
from typing import Mapping, Optional, Sequence

from matplotlib import pyplot
import numpy as np
import pandas as pd

# M. Okabe and K. Ito's.
COLOURS = ('#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#F0E442', '#666666')
NEGATIVE, POSITIVE = COLOURS[1], COLOURS[0]


def axes(title: str, xlabel: str, ylabel: str, width: float = 6.0, height: float = 4.2, on=None):
  """Empty axes in the common style: `on` where given, else those of a new figure."""
  result = on or pyplot.subplots(figsize=(width, height), layout='constrained')[1]
  result.set(title=title, xlabel=xlabel, ylabel=ylabel)
  result.grid(color='#dddddd', linewidth=0.6)
  result.set_axisbelow(True)
  result.spines[['top', 'right']].set_visible(False)
  return result


def precision_recall(curves: Mapping[str, Sequence], on=None):
  """Precision-recall curves by name, each a list of components.common.evaluation_summary.Point."""
  result = axes('Precision and recall on test', 'Recall', 'Precision', on=on)
  for (name, points), colour in zip(curves.items(), COLOURS * 2):
    result.plot([point.recall for point in points], [point.precision for point in points], color=colour, label=name)
  result.set(xlim=(0, 1.005), ylim=(0.45, 1.01))
  result.legend(frameon=False)
  return result


def by_threshold(points: Sequence):
  """Precision and recall against the score from which on a review counts as positive: a list of `Point`."""
  result = axes('Precision and recall on test by threshold', 'Score above which a review counts as positive', 'Share')
  for name, colour in (('precision', COLOURS[0]), ('recall', COLOURS[1])):
    result.plot([point.threshold for point in points], [getattr(point, name) for point in points], color=colour, label=name)
  result.axvline(0.5, color=COLOURS[-1], linestyle='--', linewidth=1)
  result.set(xlim=(0, 1))
  result.legend(frameon=False)
  return result


def roc(curves: Mapping[str, tuple[np.ndarray, np.ndarray]]):
  """ROC curves by name: labels (0 or 1) and scores, [reviews] each."""
  result = axes('ROC', 'False positive rate', 'True positive rate')
  for (name, (labels, scores)), colour in zip(curves.items(), COLOURS * 2):
    order = np.argsort(-scores, kind='stable')
    positive = labels[order] == 1
    result.plot(np.cumsum(~positive) / max((~positive).sum(), 1), np.cumsum(positive) / max(positive.sum(), 1),
                color=colour, label=name)
  result.plot([0, 1], [0, 1], color=COLOURS[-1], linestyle='--', linewidth=1, label='guessing')
  result.legend(frameon=False)
  return result


def cost(models: Mapping[str, tuple[float, float]], on=None):
  """Accuracy against training time: (seconds, accuracy) by name."""
  result = axes('Accuracy on test against training time', 'Training (seconds, logarithmic)', 'Accuracy', on=on)
  result.set_xscale('log')
  places = models.values()
  spread = max(accuracy for _, accuracy in places) - min(accuracy for _, accuracy in places)
  for (name, place), colour in zip(models.items(), COLOURS * 2):
    result.scatter(*place, color=colour)
    # To the left where another model is on the right.
    left = any(1 < seconds / place[0] < 4 and abs(accuracy - place[1]) < 0.05 * spread for seconds, accuracy in places)
    result.annotate(name, place, textcoords='offset points', xytext=(-6 if left else 6, 3), fontsize=9,
                    horizontalalignment='right' if left else 'left')
  result.margins(x=0.22, y=0.1)
  return result


def calibration(found: Optional[Mapping]):
  """Mean score against the share of positive reviews, from a result's `calibration`."""
  buckets = found['buckets'] if found else []
  error = f', expected error {found["expected_error"]:.3f}' if found else ''
  result = axes(f'Calibration{error}', 'Mean score of a bucket', 'Share of positive reviews')
  result.plot([0, 1], [0, 1], color=COLOURS[-1], linestyle='--', linewidth=1, label='calibrated')
  result.plot([row['mean_score'] for row in buckets], [row['positive_share'] for row in buckets], 'o-',
              color=COLOURS[0], label='the model')
  result.legend(frameon=False)
  return result


def slices(table: pd.DataFrame, metric: str = 'binary_accuracy'):
  """A bar for each slice: a frame as pipeline.results.runs.Run.slices gives it."""
  result = axes(f'{metric} by slice of test', metric, '', height=0.32 * len(table) + 1.2)
  labels = [f'{name} ({count:,.0f})' for (_, name), count in table['example_count'].items()]
  colours = dict(zip(dict.fromkeys(feature for feature, _ in table.index), COLOURS))
  result.barh(labels, table[metric], color=[colours[feature] for feature, _ in table.index])
  result.invert_yaxis()
  return result


def extreme_weights(weights: pd.Series, count: int = 15):
  """The n-grams that speak most for negative and for positive: a sorted series of weights."""
  chosen = pd.concat([weights.head(count), weights.tail(count)])
  result = axes('The most telling n-grams', 'What each adds to the log-odds of positive', '',
                height=0.24 * len(chosen) + 1.2)
  result.barh(chosen.index, chosen, color=[POSITIVE if value > 0 else NEGATIVE for value in chosen])
  return result


def histogram(groups: Mapping[str, Sequence[float]], title: str, xlabel: str, bins=40):
  """Outlines of histograms, as shares of each group."""
  result = axes(title, xlabel, 'Share of the reviews')
  for (name, values), colour in zip(groups.items(), COLOURS):
    result.hist(values, bins=bins, weights=np.full(len(values), 1 / max(len(values), 1)), histtype='step',
                color=colour, label=name, linewidth=1.6)
  result.legend(frameon=False)
  return result


def coloured(effects: Sequence[tuple[str, float]], text: str) -> str:
  """The text as HTML, each word tinted by its effect: blue speaks for positive, vermillion for negative."""
  strengths = {word.lower(): effect for word, effect in effects}
  largest = max((abs(effect) for effect in strengths.values()), default=1) or 1
  words = []
  for word in text.split():
    effect = strengths.get(word.strip('.,;:!?"()*').lower(), 0)
    tint = POSITIVE if effect > 0 else NEGATIVE
    opacity = f'{round(200 * abs(effect) / largest):02x}'
    words.append(f'<span style="background:{tint}{opacity}" title="{effect:+.2f}">{html.escape(word)}</span>'
                 if effect else html.escape(word))
  return f'<p style="line-height:1.8">{" ".join(words)}</p>'
