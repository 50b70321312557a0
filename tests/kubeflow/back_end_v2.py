"""Runs a package of version 2 as the back end does, but for the cluster: each step's command in a process of its own.

The order of the steps, the resolvers, the cache and the ExecutorInput are this file's; what the steps do is theirs.
"""

import hashlib
import json
import pathlib
import re

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2
import yaml

from components.common import object_store

MODULE = 'tfx.orchestration.kubeflow.v2.container.kubeflow_v2_run_executor'


class BackEnd:
  """Keeps artifacts and executions from run to run.

  Attributes:
    executed: names of the steps that the latest run executed, rather than took from the cache.
    inputs: what each step of the latest run was given, {step: {name: [artifacts]}}.
  """

  def __init__(self, directory, root=None):
    """Prepare it: `directory` is for logs and, unless `root` is the URL of a folder for them, for artifacts."""
    self._directory, self._root = directory, root or directory / 'root'
    self._artifacts, self._cache, self._runs = [], {}, 0
    self.executed, self.inputs = [], {}

  def run(self, package, image, **parameters):
    """Run a package by `image.run`; returns {step: {output: [pipeline_spec_pb2.RuntimeArtifact]}}."""
    spec = pipeline_spec_pb2.PipelineSpec()
    json_format.ParseDict(next(yaml.safe_load_all(package.read_text())), spec)
    executors = json_format.MessageToDict(spec.deployment_spec)['executors']
    definitions = spec.root.input_definitions.parameters
    assert set(parameters) <= set(definitions)
    values = {name: parameters.get(name, json_format.MessageToDict(definition.default_value))
              for name, definition in definitions.items()}
    self._runs += 1
    self.executed, self.inputs = [], {}
    outputs, pending = {}, dict(spec.root.dag.tasks)
    while pending:
      name = next(name for name, task in pending.items() if self._ready(task, outputs))
      task = pending.pop(name)
      component = spec.components[task.component_ref.name]
      executor = executors[component.executor_label]
      given = {key: outputs[source.task_output_artifact.producer_task][source.task_output_artifact.output_artifact_key]
               for key, source in task.inputs.artifacts.items()}
      self.inputs[name] = given
      if 'resolver' in executor:
        outputs[name] = self._resolve(executor['resolver'], given)
      else:
        outputs[name] = self._execute(image, name, task, component, executor['container'], given, values)
    return outputs

  @staticmethod
  def _ready(task, outputs):
    producers = {source.task_output_artifact.producer_task for source in task.inputs.artifacts.values()}
    return producers | set(task.dependent_tasks) <= set(outputs)

  def _resolve(self, resolver, given):
    """The latest artifact that fits each query, none where the artifact that a query asks about is missing."""
    result = {}
    for key, query in resolver['outputArtifactQueries'].items():
      conditions = query['filter']
      reference = re.search(r"\{\{\$\.inputs\.artifacts\['(\w+)'\]\.metadata\['(\w+)'\]\}\}", conditions)
      if reference:
        found = given[reference[1]]
        asked = found[0].metadata[reference[2]] if found else ''
        conditions = conditions.replace(reference[0], asked)
      result[key] = [each for each in self._artifacts if self._fits(each, conditions)][-1:]
    return result

  @staticmethod
  def _fits(artifact, conditions):
    actual = {
        'schema_title': f'"{artifact.type.schema_title or yaml.safe_load(artifact.type.instance_schema)["title"]}"',
        'name': f'"{artifact.name}"',
        'state': 'LIVE',
        'metadata.blessed.number_value': '1' if dict(artifact.metadata).get('blessed') == 1 else '0',
    }
    return all(actual[key] == value for key, value in (part.split('=', 1) for part in conditions.split(' AND ')))

  def _execute(self, image, name, task, component, container, given, values):
    executor_input = pipeline_spec_pb2.ExecutorInput()
    for key, source in task.inputs.parameters.items():
      constant = json_format.MessageToDict(source.runtime_value.constant)
      value = values[source.component_input_parameter] if source.component_input_parameter else constant
      json_format.ParseDict(value, executor_input.inputs.parameter_values[key])
    for key, artifacts in given.items():
      executor_input.inputs.artifacts[key].artifacts.extend(artifacts)
    fingerprint = hashlib.sha256(
        container['image'].encode() + json.dumps(container['args']).encode()
        + executor_input.SerializeToString(deterministic=True)).hexdigest()
    if task.caching_options.enable_cache and fingerprint in self._cache:
      return self._cache[fingerprint]
    root = f'{self._root}/run-{self._runs}/{name}'
    report = self._directory / 'reports' / f'{self._runs}-{name}' / 'executor_output.json'
    for key, definition in component.output_definitions.artifacts.items():
      executor_input.outputs.artifacts[key].artifacts.add(
          name=f'projects/1/artifacts/{self._runs}-{name}-{key}', uri=f'{root}/{key}', type=definition.artifact_type)
      if not object_store.is_url(root):
        pathlib.Path(root).mkdir(parents=True, exist_ok=True)
    executor_input.outputs.output_file = str(report)
    invocation = json_format.MessageToJson(executor_input)
    command = [*container['command'], *(argument.replace('{{$}}', invocation) for argument in container['args'])]
    log = self._directory / 'logs' / f'{self._runs}-{name}.log'
    assert image.run(command, log) == 0, f'{name}: {log.read_text()[-4000:]}'
    self.executed.append(name)
    self._cache[fingerprint] = self._record(executor_input, report)
    return self._cache[fingerprint]

  def _record(self, executor_input, report):
    """The outputs, with the metadata that the step has left."""
    output = pipeline_spec_pb2.ExecutorOutput()
    json_format.Parse(report.read_text(), output)
    result = {}
    for key, declared in executor_input.outputs.artifacts.items():
      artifact = declared.artifacts[0]
      for reported in output.artifacts[key].artifacts:
        artifact.metadata.update(json_format.MessageToDict(reported.metadata))
        artifact.uri = reported.uri or artifact.uri
      self._artifacts.append(artifact)
      result[key] = [artifact]
    return result
