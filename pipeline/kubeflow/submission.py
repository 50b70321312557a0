"""Uploads a package to Kubeflow Pipelines and starts a run of it."""

import pathlib
import re
import time
from typing import Mapping, Optional

import kfp
import kfp_server_api
import urllib3
import yaml


def submit(package: pathlib.Path, endpoint: str, parameters: Mapping[str, str], experiment: str,
           run_name: Optional[str] = None, namespace: Optional[str] = None,
           token_file: Optional[pathlib.Path] = None) -> str:
  """Upload a package of version 1 and start a run.

  Args:
    package: what `packages.compile_to` wrote.
    endpoint: URL of Kubeflow Pipelines.
    parameters: of the run, by name; the others have the values with which the package was compiled.
    experiment: of the run; it is created if it is missing.
    run_name: None for the package's name and the time.
    namespace: of a multi-user installation.
    token_file: holds a bearer token, which is not stored elsewhere.

  Returns:
    The URL of the run.

  Raises:
    ValueError: the package, a parameter, the token or the endpoint is wrong; or the package is of version 2, which
      another SDK submits: the message says where its command is.
  """
  workflow = _read(package)
  declared = [parameter['name'] for parameter in workflow['spec']['arguments'].get('parameters', ())]
  unknown = sorted(set(parameters) - set(declared))
  if unknown:
    raise ValueError(f'--parameter {unknown[0]}: the package has no such parameter; choose from: {", ".join(declared)}')
  try:
    token = token_file and token_file.read_text(encoding='utf-8').strip()
  except OSError as error:
    raise ValueError(f'--token-file {token_file} cannot be read: {error.strerror}') from error
  name = run_name or f'{package.stem} {time.strftime("%Y-%m-%d %H:%M")}'
  try:
    client = kfp.Client(host=endpoint, existing_token=token, namespace=namespace or 'kubeflow')
    run = client.create_run_from_pipeline_package(
        str(package), arguments=dict(parameters), run_name=name, experiment_name=experiment, namespace=namespace)
  except (urllib3.exceptions.HTTPError, kfp_server_api.ApiException, kfp_server_api.ApiTypeError) as error:
    reason = getattr(error, 'reason', None) or error
    raise ValueError(f'--endpoint {endpoint}: Kubeflow Pipelines refused the run: {_one_line(reason)}') from error
  return f'{endpoint.rstrip("/")}/#/runs/details/{run.run_id}'


def _read(package):
  """Return the workflow in a package of version 1."""
  try:
    content = next(yaml.safe_load_all(package.read_text(encoding='utf-8')), None)
  except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
    raise ValueError(f'{package} cannot be read: {_one_line(error)}') from error
  if not isinstance(content, dict) or not {'kind', 'root', 'pipelineSpec'} & set(content):
    raise ValueError(f'{package} is not a package: write one with `kubeflow_runner.py compile`')
  if content.get('kind') != 'Workflow':
    raise ValueError(f'{package} is of version 2, which the kfp SDK of TFX 1.15 cannot submit: '
                     'use the command for kfp 2 or Vertex AI in docs/kubeflow.md')
  return content


def _one_line(error):
  """Return the message of an error without line breaks and addresses of objects."""
  return re.sub(r'<\S+ object at 0x\w+>: ', '', ' '.join(str(error).split()))[:300]
