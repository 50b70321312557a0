"""Executor of ModelCardGen: the card as Markdown, as HTML and as JSON, and its pictures."""

import json
import os

from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from compat import tfx as tfx_compat
from components.model_card import content
from components.common import plots
from components.common import evaluation_summary
from components.model_card import rendering


class Executor(base_executor.BaseExecutor):
  """Writes model_card.md, .html and .json, precision_recall.svg and confusion_matrix.svg."""

  def Do(self, input_dict, output_dict, exec_properties):
    card = artifact_utils.get_single_instance(output_dict['card'])
    context = tfx_compat.executor_context(self)
    found = content.gather(input_dict, context and context.pipeline_run_id)
    points = evaluation_summary.precision_recall(artifact_utils.get_single_uri(input_dict['evaluation']))
    drawn = {
        'precision_recall.svg': plots.precision_recall(points, found['matrix']),
        'confusion_matrix.svg': plots.confusion_matrix(found['matrix']),
    }
    pictures = {name: picture for name, picture in drawn.items() if picture}
    text = rendering.markdown(found, pictures)
    title = f'Model card: {found["model"]["model"] or "a sentiment model"}'
    files = {
        'model_card.md': text.encode(),
        'model_card.html': rendering.html(text, title, pictures).encode(),
        'model_card.json': json.dumps(found, indent=2, allow_nan=False).encode(),
        **pictures,
    }
    fileio.makedirs(card.uri)  # not every runner has made it
    for name, data in files.items():
      with fileio.open(os.path.join(card.uri, name), 'wb') as file:
        file.write(data)
