"""Packages for Kubeflow Pipelines and Vertex AI Pipelines, compiled from the pipeline that local runs execute.

The same code, settings and flags give the same package, byte for byte: what changed between two packages is their diff.
"""

import json
import os
import pathlib
import tempfile

from tfx import v1 as tfx
import yaml

from pipeline import config as config_lib
from pipeline import pipeline as pipeline_lib
from pipeline.kubeflow import argo_workflow
from pipeline.kubeflow import pipeline_spec
from pipeline.kubeflow import step_settings

_SUFFIXES = {'v1': ('.yaml',), 'v2': ('.yaml', '.json')}
# The parameters that a run may set, with their types.
_PARAMETERS = {'data': str, 'train_steps': int, **dict.fromkeys(config_lib.THRESHOLDS, float)}

_GATES = ('DataGate', 'PushGate')  # they fail if they refuse data or a model, which a retry would not change


def compile_to(path: pathlib.Path, engine: str, config: config_lib.PipelineConfig, settings: step_settings.Settings,
               fail_if_not_blessed: bool = False) -> list[str]:
  """Write a package, completely or not at all.

  Args:
    path: of the package.
    engine: v1, an Argo workflow for Kubeflow Pipelines' v1 API, or v2, pipeline IR for Kubeflow Pipelines 2 (YAML) and
      Vertex AI (JSON).
    config: its data and output_dir are paths in the steps' containers.
    settings: of the cluster.
    fail_if_not_blessed: whether a run fails, by a last step of its own, if its model was not pushed.

  Returns:
    What a user of the package should know, one sentence each.

  Raises:
    ValueError: the path's suffix does not fit the engine, the directory is missing, or the settings name an unknown
      step, or something that the package cannot express.
  """
  if not path.name.endswith(_SUFFIXES[engine]):
    raise ValueError(f'--output {path}: a package for {engine} ends in {" or ".join(_SUFFIXES[engine])}')
  if not path.parent.is_dir():
    raise ValueError(f'--output {path}: the directory {path.parent} does not exist')
  notes, for_vertex = settings.notes(), path.suffix == '.json'
  if engine == 'v1' and settings.object_store_secret:
    raise ValueError('object_store_secret: steps of version 1 read and write a volume: set it to null')
  if engine == 'v2':
    notes += pipeline_spec.check(settings, for_vertex, config.output_dir)
  defaults = {name: value for name in _PARAMETERS if (value := _default(config, name)) is not None}
  # Back ends of version 2 resolve artifacts themselves, by TFX's strategies only.
  pipeline = _create_pipeline(config, defaults, runs_resolvers=engine == 'v1', fail_if_not_blessed=fail_if_not_blessed)
  settings.check_steps([*(node.id for node in pipeline.components), *pipeline_lib.OPTIONAL_STEPS])
  if engine == 'v1':
    documents = [argo_workflow.compile_workflow(pipeline, settings, _GATES)]
  else:
    documents = pipeline_spec.compile_documents(pipeline, defaults, settings, for_vertex, _GATES)
  with tempfile.TemporaryDirectory(dir=path.parent) as directory:
    written = pathlib.Path(directory) / path.name
    written.write_text(_dump(documents, path.suffix), encoding='utf-8')
    os.replace(written, path)
  return notes


def _create_pipeline(config, defaults, **options):
  """Build the pipeline, with what often changes from run to run as parameters of the run."""
  runtime = {name: tfx.dsl.experimental.RuntimeParameter(name, ptype=_PARAMETERS[name], default=default)
             for name, default in defaults.items()}
  return pipeline_lib.create_pipeline(config, runtime=runtime, **options)


def _default(config, name):
  """Return the default of a parameter; None for a threshold that is switched off."""
  return config.model_hparams().train_steps if name == 'train_steps' else getattr(config, name)


def _dump(documents, suffix):
  """Return the text of a package, its keys sorted: TFX's compilers write them in the order of sets."""
  if suffix == '.json':
    document, = documents
    return json.dumps(document, indent=1, sort_keys=True)
  # By way of JSON: YAML would otherwise refer from one step to another.
  return yaml.dump_all(json.loads(json.dumps(documents)), Dumper=yaml.CSafeDumper, sort_keys=True)
