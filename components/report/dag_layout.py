"""Places the components of a run for a drawing of the DAG, from top to bottom."""

from typing import Any, Mapping, Sequence

import networkx

WIDTH, HEIGHT = 142, 42  # of a component's box, in units of the drawing
_GAP, _ROW = 10, 68


def place_components(upstream: Mapping[str, Sequence[str]]) -> dict[str, Any]:
  """Place boxes and arrows; an arrow that other arrows imply is not drawn.

  Args:
    upstream: by component, in an order in which they can run, the components that it waits for.

  Returns:
    `width` and `height` of the drawing, `boxes` {component: (x, y) of the upper left corner} and `arrows` [(x, y of the
    start, x, y of the end)].
  """
  graph = networkx.DiGraph()
  graph.add_nodes_from(upstream)
  graph.add_edges_from((other, name) for name, others in upstream.items() for other in others if other in upstream)
  graph = networkx.transitive_reduction(graph)
  # Counted from the end: a component is placed as late as those that wait for it allow.
  rows = [sorted(row, key=list(upstream).index) for row in networkx.topological_generations(graph.reverse())][::-1]
  width = max(map(len, rows), default=1) * (WIDTH + _GAP) - _GAP
  boxes = {}
  for number, row in enumerate(rows):
    left = (width - len(row) * (WIDTH + _GAP) + _GAP) / 2
    boxes.update({name: (left + place * (WIDTH + _GAP), number * _ROW) for place, name in enumerate(row)})
  arrows = sorted((*boxes[start], *boxes[end]) for start, end in graph.edges)
  return {
      'width': width, 'height': max(len(rows) - 1, 0) * _ROW + HEIGHT,
      'boxes': {name: boxes[name] for name in upstream},
      'arrows': [(x + WIDTH / 2, y + HEIGHT, to_x + WIDTH / 2, to_y) for x, y, to_x, to_y in arrows]}
