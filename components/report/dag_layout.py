"""Places the components of a run for a drawing, from top to bottom."""

from typing import Any, Mapping, Sequence

WIDTH, HEIGHT = 142, 42  # of a component's box
_GAP, _ROW = 10, 68


def layout(after: Mapping[str, Sequence[str]]) -> dict[str, Any]:
  """Places boxes and arrows.

  Args:
    after: by component, in an order in which they can run, those that it waits for.

  Returns:
    `width` and `height` of the drawing, `boxes` {component: (x, y) of the left upper corner} and `arrows` [(x, y of the
    start, x, y of the end)]. An arrow that follows from others is left out.
  """
  waits = {name: [other for other in others if other in after] for name, others in after.items()}
  arrows = [(start, end) for end, starts in waits.items() for start in starts
            if not any(start in _before(waits, other) for other in starts if other != start)]
  rows = {}
  for name in reversed(waits):  # as late as what waits for it allows
    rows[name] = max((rows[end] + 1 for start, end in arrows if start == name), default=0)
  last, widest = max(rows.values(), default=0), max(map(list(rows.values()).count, rows.values()), default=1)
  width = widest * (WIDTH + _GAP) - _GAP
  boxes = {}
  for row in range(last + 1):
    names = [name for name in waits if rows[name] == last - row]
    left = (width - len(names) * (WIDTH + _GAP) + _GAP) / 2
    boxes.update({name: (left + place * (WIDTH + _GAP), row * _ROW) for place, name in enumerate(names)})
  return {
      'width': width, 'height': last * _ROW + HEIGHT, 'boxes': boxes,
      'arrows': [(boxes[start][0] + WIDTH / 2, boxes[start][1] + HEIGHT, boxes[end][0] + WIDTH / 2, boxes[end][1])
                 for start, end in arrows]}


def _before(waits, name) -> set[str]:
  """All that a component waits for, directly or not."""
  return set(waits[name]).union(*(_before(waits, other) for other in waits[name]))
