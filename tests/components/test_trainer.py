import json
import os

import pytest
from tfx import v1 as tfx
from tfx.types import standard_artifacts
from tfx.utils import json_utils
from tfx.utils import proto_utils

from components.common import artifacts
from components.common import code_version
from components.trainer import executor


def fake_run_fn(fn_args):
  os.makedirs(fn_args.serving_model_dir)
  with open(os.path.join(fn_args.model_run_dir, 'training.json'), 'w', encoding='utf-8') as file:
    json.dump({'accuracy': 0.5, 'step': 7, 'model': 'cnn', 'hparams': {'width': 2}, 'config': fn_args.custom_config},
              file)


def _train(tmp_path, vectors, **properties):
  """Run the executor; returns the model's properties, and the custom_config that run_fn was given."""
  examples, graph, model, run, word_vectors = (
      standard_artifacts.Examples(), standard_artifacts.TransformGraph(), standard_artifacts.Model(),
      standard_artifacts.ModelRun(), artifacts.WordVectorsArtifact())
  for artifact, name in ((examples, 'examples'), (graph, 'graph'), (model, 'model'), (run, 'run'),
                         (word_vectors, 'vectors')):
    artifact.uri = str(tmp_path / name)
    (tmp_path / name).mkdir()
  examples.split_names = '["train", "eval"]'
  config = {'hparams': {'width': 2, 'train_steps': 100}, 'seed': 3, 'code': 'abc'}
  executor.Executor().Do(
      {'examples': [examples], 'transform_graph': [graph], **({'word_vectors': [word_vectors]} if vectors else {})},
      {'model': [model], 'model_run': [run]},
      {'run_fn': f'{__name__}.fake_run_fn', 'custom_config': json_utils.dumps(config),
       'train_args': proto_utils.proto_to_json(tfx.proto.TrainArgs(splits=['train'])),
       'eval_args': proto_utils.proto_to_json(tfx.proto.EvalArgs()), **properties})
  return model, json.loads(model.get_string_custom_property('config'))


@pytest.mark.parametrize('vectors', [True, False])
def test_run_fn_is_given_the_path_of_the_word_vectors(tmp_path, vectors):
  _, config = _train(tmp_path, vectors)
  assert config['word_vectors'] == (str(tmp_path / 'vectors' / 'vectors.npy') if vectors else None)
  assert config['seed'] == 3


@pytest.mark.parametrize('train_steps, expected', [(None, 100), (0, 100), (7, 7)])
def test_train_steps_replace_those_of_the_config(tmp_path, train_steps, expected):
  _, config = _train(tmp_path, False, train_steps=train_steps)
  assert config['hparams'] == {'width': 2, 'train_steps': expected}


def test_result_and_code_are_recorded_with_the_model(tmp_path):
  model, _ = _train(tmp_path, False)
  assert model.get_float_custom_property('accuracy') == 0.5
  assert model.get_int_custom_property('step') == 7
  assert model.get_string_custom_property('model') == 'cnn'
  assert json.loads(model.get_string_custom_property('hparams')) == {'width': 2}
  assert model.get_string_custom_property('code') == 'abc'
  for name, value in code_version.read_code_version().items():
    assert model.get_string_custom_property(name) == value
