"""A step of a package of version 2 whose output Kubeflow's pages show: TFX knows no class for that type of artifact."""

from absl import app
from tfx.orchestration.kubeflow.v2 import compiler_utils
from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_run_executor

from components.common import artifacts

_REPORT = f'{artifacts.Report.__module__}.{artifacts.Report.__name__}'

if __name__ == '__main__':
  compiler_utils.TITLE_TO_CLASS_PATH[artifacts.Report.TYPE_NAME] = _REPORT
  # pylint: disable-next=protected-access
  app.run(kubeflow_v2_run_executor.main, flags_parser=kubeflow_v2_run_executor._parse_flags)
