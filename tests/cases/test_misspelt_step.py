"""Limits, and a GPU, for a step whose name is misspelt in the settings of a cluster: refused, with the nearest name."""

import pytest

import kubeflow_runner
from pipeline import config as config_lib
from pipeline import pipeline as pipeline_lib


@pytest.mark.parametrize('engine, step, message', [
    ('v1', 'trainer', "cluster.yaml: resources: unknown step 'trainer' (did you mean Trainer?); choose from: "),
    ('v2', 'Evalutor', '(did you mean Evaluator?)'), ('v2', 'Zebra', "unknown step 'Zebra'; choose from: ")])
def test_a_misspelt_step_is_refused_with_the_nearest(engine, step, message, tmp_path, capsys):
  config = tmp_path / 'cluster.yaml'
  config.write_text(f'resources: {{{step}: {{cpu: 7, memory: 9Gi, gpu: 1}}, Tuner: {{cpu: 1, memory: 1Gi}}}}')
  flags = ['--engine', engine, '--config', str(config), '--output', str(tmp_path / 'package.yaml')]
  assert kubeflow_runner.main(['compile', *flags]) == 2
  line, = capsys.readouterr().err.splitlines()
  assert message in line and 'Transform' in line
  assert not (tmp_path / 'package.yaml').exists()


def test_optional_steps_are_those_of_the_pipeline(tmp_path):
  fields = {'data': 'a.csv', 'output_dir': str(tmp_path)}
  (tmp_path / 'saved_model.pb').touch()
  plain = config_lib.PipelineConfig(**fields, model='bow_sparse', ignore_baseline=True)
  with_options = [
      config_lib.PipelineConfig(
          **fields, model='lstm_pretrained', embeddings='glove.txt', tune_trials=1, decision='f1',
          teacher=str(tmp_path), teacher_sentences=1.0),
      config_lib.PipelineConfig(**fields, model='encoder', encoder='directory')]
  steps = {node.id for config in with_options
           for node in pipeline_lib.create_pipeline(config, fail_if_not_blessed=True).components}
  always = {node.id for node in pipeline_lib.create_pipeline(plain).components}
  assert steps - always == set(pipeline_lib.OPTIONAL_STEPS)
