"""What compat/tfx.py assumes of TFX's executors and drivers."""

from tfx import v1 as tfx
from tfx.dsl.components.base import base_beam_executor
from tfx.dsl.components.base import base_driver
from tfx.dsl.components.base import base_executor
from tfx.orchestration.portable import base_driver as portable_base_driver

from compat import tfx as tfx_compat


class _Executor(base_beam_executor.BaseBeamExecutor):

  def Do(self, input_dict, output_dict, exec_properties):
    pass


def test_an_executor_knows_its_run():
  context = base_executor.BaseExecutor.Context(pipeline_run_id='run-1')
  assert tfx_compat.executor_context(base_executor.EmptyExecutor(context)).pipeline_run_id == 'run-1'
  assert tfx_compat.executor_context(base_executor.EmptyExecutor()) is None


def test_a_beam_pipeline_has_the_flags_of_its_component():
  flags = ['--runner=DirectRunner', '--job_name=of-this-test', '--sdk_container_image=none']
  executor = _Executor(base_beam_executor.BaseBeamExecutor.Context(beam_pipeline_args=flags))
  assert tfx_compat.make_beam_pipeline(executor).options.get_all_options()['job_name'] == 'of-this-test'


def test_drivers_of_our_own_are_of_both_kinds_and_are_recognized():

  class Driver(tfx_compat.Driver):

    def run(self, execution_info):
      return None

  assert isinstance(Driver(None), base_driver.BaseDriver) and isinstance(Driver(None), portable_base_driver.BaseDriver)
  node = tfx.components.StatisticsGen(tfx.dsl.Channel(type=tfx.types.standard_artifacts.Examples))
  assert not tfx_compat.has_custom_driver(node)
  node.driver_class = Driver
  assert tfx_compat.has_custom_driver(node)
  resolver = tfx.dsl.Resolver(strategy_class=tfx.dsl.experimental.LatestArtifactStrategy,
                              model=tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model)).with_id('r')
  assert tfx_compat.has_custom_driver(resolver)  # of a kind of its own: version 2 resolves by itself
