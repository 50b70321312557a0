"""The line for the terminal: how many errors the report was chosen from."""

import json
import os

from components.common import progress_line

_REPORT_FILE = 'report.json'


def describe(execution: progress_line.Execution) -> progress_line.Description:
  """Return the line for the terminal."""
  with open(os.path.join(execution.uri('report'), _REPORT_FILE), encoding='utf-8') as file:
    found = json.load(file)['errors']
  return progress_line.Description(
      f'{found["wrong"]:,} errors in {found["scored"]:,} test reviews, the most confident ones explained')
