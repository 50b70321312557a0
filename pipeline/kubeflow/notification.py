"""Tells a webhook of a run that failed, or that did not push its model: the exit handler of an Argo workflow.

The URL of the webhook is in an environment variable, because it is often a secret: it appears in no message.
"""

import argparse
import json
import os
import sys
from typing import Any, Optional, Sequence

from ml_metadata import metadata_store
import requests
from requests import adapters
from urllib3.util import retry

from compat import kfp as kfp_compat
from components.common import start_up

URL = 'NOTIFICATION_URL'
_SECONDS = 10  # that the webhook may take to answer
_RETRY = retry.Retry(total=4, backoff_factor=1, status_forcelist=(429, 500, 502, 503, 504), allowed_methods=['POST'])


def main(argv: Optional[Sequence[str]] = None) -> int:
  """Send the notification, if there is something to tell.

  Args:
    argv: the arguments; None for those of the process.

  Returns:
    The exit code: 0, or 1 if the webhook could not be reached or refused the notification.
  """
  start_up.prepare_process()
  parser = argparse.ArgumentParser(prog='python -m pipeline.kubeflow.notification', description=__doc__)
  parser.add_argument(kfp_compat.METADATA_FLAG, required=True, dest='metadata', metavar='JSON')
  parser.add_argument('--workflow', required=True, metavar='NAME')
  parser.add_argument('--status', required=True, metavar='PHASE', help='of the workflow, such as Succeeded')
  parser.add_argument('--failures', default='[]', metavar='JSON', help="Argo's list of the nodes that failed")
  arguments = parser.parse_args(argv)
  store = metadata_store.MetadataStore(kfp_compat.metadata_connection(arguments.metadata))
  reasons = find_refusals(store, arguments.workflow)
  outcome = 'refused' if reasons else 'failed'
  if arguments.status != 'Succeeded':
    reasons += _describe_failures(arguments.failures)
  elif not reasons:
    return 0
  text = f'{arguments.workflow}: {"no model was pushed" if outcome == "refused" else "the run failed"}'
  return _post({'text': '\n'.join([text, *reasons]), 'workflow': arguments.workflow, 'outcome': outcome,
                'reasons': reasons})


def find_refusals(store: metadata_store.MetadataStore, workflow: str) -> list[str]:
  """Return why a run did not push its model; empty if it did, or did not get so far.

  Args:
    store: Kubeflow's metadata.
    workflow: name of the run's workflow, by which TFX names the run.
  """
  run = store.get_context_by_type_and_name('pipeline_run', workflow)
  if run is None:
    return []
  properties = [artifact.custom_properties for artifact in store.get_artifacts_by_context(run.id)
                if artifact.type == 'PushedModel']
  return [each['reason'].string_value for each in properties if 'reason' in each]


def _describe_failures(failures: str) -> list[str]:
  """Return a line for each failed step; Argo quotes its list once more, and leaves it out if there is none."""
  try:
    nodes: Any = json.loads(failures)
    nodes = json.loads(nodes) if isinstance(nodes, str) else nodes
  except ValueError:
    return []
  return [f'{node.get("displayName")}: {node.get("message")}' for node in nodes or ()]


def _post(message: dict[str, Any]) -> int:
  """Send a message as JSON; returns the exit code."""
  with requests.Session() as session:
    for scheme in 'http://', 'https://':
      session.mount(scheme, adapters.HTTPAdapter(max_retries=_RETRY))
    try:
      session.post(os.environ[URL], json=message, timeout=_SECONDS).raise_for_status()
    except requests.RequestException as error:
      print(f'{URL}: the webhook did not take the notification ({type(error).__name__})', file=sys.stderr)
      return 1
  return 0


if __name__ == '__main__':
  sys.exit(main())
