"""Executor of BehaviourValidator: scores every case with the exported model and reports how many pass."""

import json
import math
import os
from typing import Any, Mapping

from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import io_utils
from tfx.utils import path_utils

from components.behaviour_validator import cases as cases_lib
from components.behaviour_validator import domain as domain_lib
from components.behaviour_validator import results
from components.common import artifacts
from components.common import scoring


class Executor(base_executor.BaseExecutor):
  """Writes report.json; the verdict and the pass rates are custom properties too."""

  def Do(self, input_dict: artifacts.Artifacts, output_dict: artifacts.Artifacts,
         exec_properties: dict[str, Any]) -> None:
    """Run the tests; see tfx.dsl.components.base.base_executor.BaseExecutor."""
    model = artifact_utils.get_single_instance(input_dict['model'])
    output = artifact_utils.get_single_instance(output_dict['report'])
    domain = domain_lib.Domain.parse_raw(exec_properties['domain'])
    report = run_tests(path_utils.serving_model_path(model.uri), json.loads(exec_properties['thresholds']), domain,
                       exec_properties['reads'])
    io_utils.write_string_file(
        os.path.join(output.uri, results.REPORT_FILE), json.dumps(report, indent=2, allow_nan=False))
    output.set_int_custom_property('blessed', int(report['blessed']))
    output.set_string_custom_property('reason', '\n'.join(report['reasons']))
    output.set_string_custom_property('limits', '\n'.join(report['limits']))
    output.set_string_custom_property('domain', domain.name)
    for capability, result in report['capabilities'].items():
      output.set_float_custom_property(capability, result['judged_rate'])


def run_tests(saved_model: str, thresholds: Mapping[str, float], domain: domain_lib.Domain,
              reads: str = 'full') -> dict[str, Any]:
  """Run the behaviour tests on a SavedModel.

  Args:
    saved_model: its directory.
    thresholds: the lowest pass rate by capability; that of a capability that is not named is 0.
    domain: whose tests to run.
    reads: one of cases.READS.

  Returns:
    The content of report.json: see `results.make_report`. A model that cannot score fails every case.
  """
  texts = list(dict.fromkeys(text for case in cases_lib.make_cases(domain.templates) for text in case.texts))
  try:
    scores, problem = scoring.load_scorer(saved_model)(texts), ''
  except Exception as error:  # pylint: disable=broad-except  # whatever TensorFlow finds wrong in it
    first_line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    scores, problem = [math.nan] * len(texts), f'the model cannot score: {first_line}'
  return results.make_report(dict(zip(texts, scores)), thresholds, domain, problem, reads)
