"""Executor of VersionedPusher: pushes a model that every check has blessed, and records what it was."""

import itertools
import json
import os
import shutil
from typing import Any

import tensorflow as tf
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import path_utils

from compat import tfx as tfx_compat
from components.common import custom_properties
from components.versioned_pusher import versions
from components.versioned_pusher import warmup

VERDICTS = ('model_blessing', 'infra_blessing', 'behaviour_report')
_CARD = 'model_card'


class Executor(base_executor.BaseExecutor):
  """Pushes, or says as custom properties of `pushed_model` why not."""

  def Do(self, input_dict, output_dict, exec_properties):
    output = artifact_utils.get_single_instance(output_dict['pushed_model'])
    against = refusing(input_dict)
    if against:
      output.set_int_custom_property('pushed', 0)
      output.set_string_custom_property('reason', f'refused by {", ".join(against)}')
      return
    model = artifact_utils.get_single_instance(input_dict['model'])
    card = input_dict.get(_CARD) or []
    manifest = {
        'model_name': exec_properties['model_name'],
        'model_uri': model.uri,
        'state': exec_properties.get('destination_state', ''),
        **_run(tfx_compat.executor_context(self)),
        'model': properties(model),
        'data': [properties(artifact) for artifact in input_dict.get('examples') or ()],
        'verdicts': {key: properties(artifact) for key in VERDICTS for artifact in input_dict.get(key) or ()},
        **(_measured(card[0].uri) if card else {}),
    }

    def add(copy):
      texts = _reviews(input_dict.get('examples'), exec_properties['split'], exec_properties['text_key'])
      if texts:
        warmup.write(copy, texts, json.loads(exec_properties['warmup']), exec_properties['text_key'],
                     exec_properties['model_name'])
      if card:
        shutil.copytree(card[0].uri, os.path.join(copy, versions.EXTRA, _CARD))

    version = versions.push(
        path_utils.serving_model_path(model.uri), exec_properties['destination'], manifest, add,
        exec_properties['keep'])
    output.set_int_custom_property('pushed', 1)
    output.set_string_custom_property('pushed_destination', str(version.path))
    output.set_string_custom_property('pushed_version', str(version.number))


def refusing(input_dict) -> list[str]:
  """The inputs whose verdict is against the model."""
  return [key for key in VERDICTS for artifact in input_dict.get(key) or ()
          if not artifact.get_int_custom_property('blessed')]


def _run(context) -> dict[str, Any]:
  """The pipeline's name and run; None where there is none to tell, as on Kubeflow."""
  return {'pipeline': context and context.pipeline_info and context.pipeline_info.id,
          'run': context and context.pipeline_run_id}


def properties(artifact) -> dict[str, Any]:
  """An artifact's custom properties as JSON values."""
  return {'artifact_id': artifact.id, **custom_properties.read(artifact)}


def _measured(card: str) -> dict[str, Any]:
  with tf.io.gfile.GFile(os.path.join(card, 'model_card.json')) as file:
    found = json.load(file)
  return {key: found[key] for key in ('metrics', 'intervals', 'thresholds', 'baseline') if key in found}


def _reviews(examples, split: str, text_key: str) -> list[bytes]:
  """Texts of a split, for the warm-up."""
  if not examples:
    return []
  files = tf.io.gfile.glob(os.path.join(artifact_utils.get_split_uri(examples, split), '*'))
  records = itertools.islice(tf.data.TFRecordDataset(sorted(files), 'GZIP').as_numpy_iterator(), warmup.REVIEWS)
  return [tf.train.Example.FromString(r).features.feature[text_key].bytes_list.value[0] for r in records]
