"""Executor of ModelCardGen: the card as Markdown, as HTML and as JSON, and its pictures."""

import functools
import json
import os
from typing import Any, Callable, Mapping

from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact as tfx_artifact
from tfx.types import artifact_utils

from compat import tfx as tfx_compat
from components.common import evaluation_summary
from components.common import plots
from components.model_card import content as content_lib
from components.model_card import rendering


class Executor(base_executor.BaseExecutor):
  """Writes model_card.md, .html and .json, precision_recall.svg and confusion_matrix.svg."""

  def Do(self, input_dict: dict[str, list[tfx_artifact.Artifact]], output_dict: dict[str, list[tfx_artifact.Artifact]],
         exec_properties: dict[str, Any]) -> None:
    """Write the card; see base_executor.BaseExecutor."""
    card = artifact_utils.get_single_instance(output_dict['card'])
    context = tfx_compat.executor_context(self)
    content = content_lib.gather_content(input_dict, context and context.pipeline_run_id)
    points = evaluation_summary.read_precision_recall(artifact_utils.get_single_uri(input_dict['evaluation']))
    pictures = _render_pictures(points, content['matrix'])
    text = rendering.render_markdown(content, pictures)
    title = f'Model card: {content["model"]["model"] or "a sentiment model"}'
    files = {
        'model_card.md': text.encode(),
        'model_card.html': rendering.render_html(text, title, pictures).encode(),
        'model_card.json': json.dumps(content, indent=2, allow_nan=False).encode(),
        **pictures,
    }
    fileio.makedirs(card.uri)  # some runners have not made it
    for name, data in files.items():
      with fileio.open(os.path.join(card.uri, name), 'wb') as file:
        file.write(data)


def _render_pictures(points: list[evaluation_summary.Point], matrix: Mapping[str, int] | None) -> dict[str, Any]:
  """Render the SVG documents by file name; what was not measured has none."""
  drawings: dict[str, Callable] = {}
  if points:
    drawings['precision_recall.svg'] = functools.partial(
        plots.draw_precision_recall, {'the model, by threshold': points}, matrix=matrix)
  if matrix:
    drawings['confusion_matrix.svg'] = functools.partial(plots.draw_confusion_matrix, matrix)
  return {name: plots.render_svg(name, draw) for name, draw in drawings.items()}
