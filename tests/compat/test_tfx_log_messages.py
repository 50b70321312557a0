"""The log messages of TFX that the progress of a run waits for."""

import inspect

import pytest
from tfx.orchestration.local import local_dag_runner

from compat import tfx_log_messages


@pytest.mark.parametrize('message', [tfx_log_messages.COMPONENT_RUNNING, tfx_log_messages.COMPONENT_FINISHED])
def test_local_dag_runner_logs_each_message_once(message):
  source = inspect.getsource(local_dag_runner.LocalDagRunner)
  assert source.count(f'logging.info({message!r}, node_id)') == 1
