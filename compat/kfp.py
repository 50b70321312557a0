"""Kubeflow: local runs do without the import of its SDK, and packages are changed after TFX has compiled them.

`stub_unused_imports` saves 2.0 of 6.3 s of CPU time of the import of a run (`python -m benchmarks patches`, median of 7
with 2 cores). The other functions are needed for right results: TFX's compilers have no setting for the command of a
step, and that for version 2 has none for resources, retries, caching, and the type of an artifact that Kubeflow shows
as a page. The functions rely on the layout of what the compilers write, and fail if it changes.
"""

import json
import sys
import types
from typing import Any, Iterator, NamedTuple, Sequence

PINNED = {'kfp': '1.8.22', 'kfp-pipeline-spec': '0.1.16', 'tfx': '1.15.1'}
# Flags of a step of version 1: how it reaches the metadata, as JSON, and which node it is.
METADATA_FLAG, _NODE_FLAG = '--kubeflow_metadata_config', '--node_id'
_IR_FLAG = '--tfx_ir'  # its value is JSON, with keys in the order of a set


def stub_unused_imports() -> None:
  """Hide kfp, which TFX does without if it is not installed, and replace TFX's extensions for Google Cloud.

  For processes that neither compile a package nor run a step of version 2, before they import TFX.
  """
  # None makes `import kfp` fail as if it were not installed: typeshed does not know that.
  sys.modules.setdefault('kfp', None)  # type: ignore[arg-type]
  sys.modules.setdefault('tfx.v1.extensions', types.ModuleType('tfx.v1.extensions'))


def launch_command(command: Sequence[str], launcher: str) -> list[str]:
  """Return a step's command that runs the module of `command` by another one, whose first argument is its name.

  Args:
    command: TFX's, `python -m MODULE`.
    launcher: dotted name of the module that runs MODULE.

  Raises:
    ValueError: `command` has another form.
  """
  if list(command[:2]) != ['python', '-m'] or len(command) != 3:
    raise ValueError(f'TFX starts a step with {list(command)}, not with python -m MODULE: adapt compat/kfp.py')
  return ['python', '-m', launcher, command[2]]


def register_artifact_class(title: str, class_path: str) -> None:
  """Make steps of version 2 read and write artifacts of a type, by its schema title, as objects of a class.

  Args:
    title: such as system.HTML, of which TFX knows none.
    class_path: dotted path of a subclass of tfx.types.artifact.Artifact.
  """
  from tfx.orchestration.kubeflow.v2 import compiler_utils  # pylint: disable=import-outside-toplevel
  compiler_utils.TITLE_TO_CLASS_PATH[title] = class_path


def remove_randomness(workflow: dict[str, Any]) -> None:
  """Make the same pipeline the same workflow of version 1, once its keys are sorted, and names of variables unique.

  Args:
    workflow: what KubeflowDagRunner has written; it is changed in place.
  """
  del workflow['metadata']['annotations']['pipelines.kubeflow.org/pipeline_compilation_time']
  for template in workflow['spec']['templates']:
    if 'container' in template:
      arguments = template['container']['args']
      place = arguments.index(_IR_FLAG) + 1
      arguments[place] = json.dumps(json.loads(arguments[place]), sort_keys=True)
      # TFX and kfp both add WORKFLOW_ID; Kubernetes refuses a name twice where it checks strictly.
      template['container']['env'] = list({each['name']: each for each in template['container']['env']}.values())


def node_id(template: dict[str, Any]) -> str:
  """Return the id of the node that a template of version 1 runs."""
  arguments = template['container']['args']
  return arguments[arguments.index(_NODE_FLAG) + 1]


def metadata_connection(config: str) -> Any:
  """Return ML Metadata's connection for the value of METADATA_FLAG.

  Args:
    config: a KubeflowMetadataConfig as JSON.
  """
  from google.protobuf import json_format  # pylint: disable=import-outside-toplevel
  from tfx.orchestration.kubeflow import container_entrypoint  # pylint: disable=import-outside-toplevel
  from tfx.orchestration.kubeflow.proto import kubeflow_pb2  # pylint: disable=import-outside-toplevel
  message = json_format.Parse(config, kubeflow_pb2.KubeflowMetadataConfig())
  return container_entrypoint._get_metadata_connection_config(message)  # pylint: disable=protected-access


class Step(NamedTuple):
  """A step of version 2 that runs in a container; parts of the pipeline spec, to be changed in place.

  Attributes:
    name: the id of the node.
    label: the key of its executor.
    task: inputs, dependencies, caching and retries.
    container: image, command, arguments and resources.
    artifact_types: of its outputs.
  """

  name: str
  label: str
  task: dict[str, Any]
  container: dict[str, Any]
  artifact_types: list[dict[str, Any]]


def steps(spec: dict[str, Any]) -> Iterator[Step]:
  """Yield the steps of a compiled pipeline of version 2, without those of the back end, such as resolvers.

  Args:
    spec: the pipeline spec: `pipelineSpec` in what KubeflowV2DagRunner returns.
  """
  for name, task in spec['root']['dag']['tasks'].items():
    component = spec['components'][name]
    label = component['executorLabel']
    executor = spec['deploymentSpec']['executors'][label]
    if 'container' in executor:
      outputs = component.get('outputDefinitions', {}).get('artifacts', {})
      yield Step(name, label, task, executor['container'], [output['artifactType'] for output in outputs.values()])
