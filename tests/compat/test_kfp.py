"""What compat/kfp.py assumes of TFX's imports and of its Kubeflow compilers."""

import json
import subprocess
import sys

from kfp.pipeline_spec import pipeline_spec_pb2
import pytest
from tfx.orchestration.kubeflow import base_component
from tfx.orchestration.kubeflow.v2 import compiler_utils
from tfx.orchestration.kubeflow.v2 import step_builder
from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_entrypoint_utils
from tfx.types import standard_artifacts

from compat import kfp as kfp_compat
from tests.e2e import pipeline_runs

_PROGRAM = '''
import json, sys
import compat
if sys.argv[1:]:
  compat.stub_unused_imports()
from tfx import v1 as tfx
tfx.orchestration.LocalDagRunner, tfx.components.Transform, tfx.dsl.Resolver, tfx.proto.TrainArgs
print(json.dumps([name for name in ('kfp', 'google.cloud.aiplatform') if sys.modules.get(name)]))
'''


@pytest.mark.slow
@pytest.mark.parametrize('arguments, imported', [([], ['kfp', 'google.cloud.aiplatform']), (['stub'], [])])
def test_stubs_save_imports_that_local_runs_do_without(arguments, imported):
  process = subprocess.run(
      [sys.executable, '-c', _PROGRAM, *arguments], cwd=pipeline_runs.PROJECT, capture_output=True, text=True,
      check=True)
  assert json.loads(process.stdout) == imported


def test_tfx_starts_its_steps_as_modules():
  # pylint: disable=protected-access
  for command in (base_component._COMMAND, step_builder._DRIVER_COMMANDS):
    assert kfp_compat.launch_command(command, 'a.launcher') == ['python', '-m', 'a.launcher', command[2]]


@pytest.mark.parametrize('command', [['python', 'step.py'], ['python', '-m', 'step', '--flag'], ['sh', '-c', 'step']])
def test_another_command_of_a_step_is_refused(command):
  with pytest.raises(ValueError, match='not with python -m MODULE: adapt compat/kfp.py'):
    kfp_compat.launch_command(command, 'a.launcher')


def test_a_registered_class_is_what_a_step_gets(monkeypatch):
  monkeypatch.setattr(compiler_utils, 'TITLE_TO_CLASS_PATH', dict(compiler_utils.TITLE_TO_CLASS_PATH))
  artifacts = {'page': pipeline_spec_pb2.ArtifactList(artifacts=[pipeline_spec_pb2.RuntimeArtifact(
      name='a page', uri='/tmp/page', type=pipeline_spec_pb2.ArtifactTypeSchema(schema_title='some.Title'))])}
  with pytest.raises(ImportError, match='some.Title'):
    kubeflow_v2_entrypoint_utils.parse_raw_artifact_dict(artifacts, {})
  model = standard_artifacts.Model
  kfp_compat.register_artifact_class('some.Title', f'{model.__module__}.{model.__name__}')
  (page,), = kubeflow_v2_entrypoint_utils.parse_raw_artifact_dict(artifacts, {}).values()
  assert isinstance(page, model) and page.uri == '/tmp/page'
