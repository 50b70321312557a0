"""The charts of the report, the model card and the comparison."""

from matplotlib import colors
import pytest

from components.common import evaluation_summary
from components.common import plots


@pytest.mark.parametrize('draw', [plots.draw_precision_recall, plots.draw_roc])
def test_the_curves_of_twelve_models_differ(draw):
  point = evaluation_summary.Point(threshold=0.5, precision=0.9, recall=0.8, false_positive_rate=0.1)
  names = {f'model {number}' for number in range(12)}
  lines = [line for line in draw(dict.fromkeys(names, [point])).lines if line.get_label() in names]
  assert len({(colors.to_hex(line.get_color()), line.get_linestyle()) for line in lines}) == 12
