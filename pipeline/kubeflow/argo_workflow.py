"""The package of version 1: an Argo workflow for the v1 API of Kubeflow Pipelines."""

import os
import tempfile
from typing import Any, Callable

from kfp import dsl
from kfp import onprem
from kubernetes.client import models
from tfx import v1 as tfx
from tfx.orchestration.kubeflow import kubeflow_dag_runner
import yaml

from compat import kfp as kfp_compat
from components.report import executor as report_executor
from pipeline.kubeflow import launcher
from pipeline.kubeflow import step_settings

_UI_METADATA = '/tmp/mlpipeline-ui-metadata.json'  # the image's user may not write to Kubeflow's default


def compile_workflow(pipeline: tfx.dsl.Pipeline, settings: step_settings.Settings) -> dict[str, Any]:
  """Return the workflow of a pipeline.

  Args:
    pipeline: with the parameters of a run.
    settings: of the cluster.
  """
  mounts = []
  if settings.volume_claim:
    mounts.append(onprem.mount_pvc(settings.volume_claim, 'sentiment', settings.mount_path))
  operators = [*kubeflow_dag_runner.get_default_pipeline_operator_funcs(), *mounts, _step_changes(settings)]
  with tempfile.TemporaryDirectory() as directory:
    kubeflow_dag_runner.KubeflowDagRunner(
        output_dir=directory, output_filename='workflow.yaml', config=kubeflow_dag_runner.KubeflowDagRunnerConfig(
            pipeline_operator_funcs=operators, tfx_image=settings.image, metadata_ui_path=_UI_METADATA)).run(pipeline)
    with open(os.path.join(directory, 'workflow.yaml'), encoding='utf-8') as file:
      workflow = yaml.load(file, yaml.CSafeLoader)
  kfp_compat.remove_randomness(workflow)
  workflow['spec']['serviceAccountName'] = settings.service_account
  return workflow


def _step_changes(settings: step_settings.Settings) -> Callable[[dsl.ContainerOp], dsl.ContainerOp]:
  """Return a function that changes a step of an Argo workflow as the settings say."""

  def change(op: dsl.ContainerOp) -> dsl.ContainerOp:
    container, limits = op.container, settings.of_step(op.human_name)
    container.command = kfp_compat.launch_command(container.command, launcher.__name__)
    container.set_cpu_limit(str(limits.cpu)).set_memory_limit(limits.memory)
    if limits.gpu:
      container.add_resource_limit(settings.gpu_type, str(limits.gpu))
    container.set_image_pull_policy(settings.image_pull_policy)
    container.add_env_variable(models.V1EnvVar(report_executor.KUBEFLOW_PAGE, _UI_METADATA))
    if settings.retries:
      op.set_retry(settings.retries)
    return op

  return change
