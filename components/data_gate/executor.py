"""Executor of DataGate: refuses data that must not be trained on, and records how it has drifted."""

import os
from typing import Any, Mapping, Optional

from tensorflow_metadata.proto.v0 import anomalies_pb2
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import io_utils

from components.common import artifacts
from components.common import custom_properties
from components.common import examples as examples_lib
from components.data_gate import served_model
from components.data_gate import statistics_checks
from components.data_gate import text_drift
from components.versioned_pusher import push_and_rollback
from models import features

_SAMPLE = 2_000  # texts of a split at most


class Executor(base_executor.BaseExecutor):
  """Raises ValueError if the data is refused; otherwise writes what was measured as properties of the blessing."""

  def Do(self, input_dict: artifacts.Artifacts, output_dict: artifacts.Artifacts,
         exec_properties: dict[str, Any]) -> None:
    """Check the data; see tfx.dsl.components.base.base_executor.BaseExecutor."""
    inputs = {key: values[0] for key, values in input_dict.items() if values}
    blessing = artifact_utils.get_single_instance(output_dict['blessing'])
    reasons = []
    for split in features.SPLITS:
      anomalies_file = os.path.join(artifact_utils.get_split_uri([inputs['anomalies']], split), 'SchemaDiff.pb')
      found = anomalies_pb2.Anomalies.FromString(io_utils.read_bytes_file(anomalies_file))
      problems = statistics_checks.find_problems(found, _read_statistics(inputs['statistics'], split))
      reasons += [f'{split}: {reason}' for reason in problems]
    if reasons:
      raise ValueError('the data is refused: ' + '; '.join(reasons))
    warnings = _find_statistics_drift(inputs)
    reference = _find_reference(inputs['examples'], exec_properties)
    for measured, found_warnings in (
        _check_labels(inputs['examples'], reference), _check_words(inputs, reference)):
      warnings += found_warnings
      for name, value in measured.items():
        blessing.set_float_custom_property(name, value)
    blessing.set_string_custom_property('drift', '; '.join(warnings))


def _read_statistics(statistics: types.Artifact, split: str) -> statistics_pb2.DatasetFeatureStatisticsList:
  path = os.path.join(artifact_utils.get_split_uri([statistics], split), 'FeatureStats.pb')
  return statistics_pb2.DatasetFeatureStatisticsList.FromString(io_utils.read_bytes_file(path))


def _find_statistics_drift(inputs: Mapping[str, types.Artifact]) -> list[str]:
  if 'previous_statistics' not in inputs:
    return []
  curated = io_utils.SchemaReader().read(io_utils.get_only_uri_in_dir(inputs['schema'].uri))
  return statistics_checks.find_drift(
      _read_statistics(inputs['statistics'], features.TRAIN),
      _read_statistics(inputs['previous_statistics'], features.TRAIN), curated)


def _find_reference(examples: types.Artifact,
                    exec_properties: Mapping[str, Any]) -> Optional[push_and_rollback.Version]:
  """Return the version that the driver has found; version 2 of Kubeflow Pipelines runs no drivers."""
  destination = exec_properties['destination']
  if not destination or exec_properties.get('served_version') == '':
    return None
  return served_model.find_reference(destination, custom_properties.read_property(examples, 'content_hash'))


def _sample(uri: str, split: str) -> list[examples_lib.RawExample]:
  """Return a sample of a split; empty if the examples were deleted."""
  try:
    return examples_lib.sample_examples(uri, split, _SAMPLE)
  except FileNotFoundError:
    return []


def _check_labels(examples: types.Artifact, reference: Optional[push_and_rollback.Version]
                  ) -> tuple[dict[str, float], list[str]]:
  """Return what the served model's predictions of test say of the labels: measurements and warnings.

  Raises:
    ValueError: the labels look exchanged.
  """
  if reference is None:
    return {}, []
  try:
    found = served_model.measure(reference, _sample(examples.uri, features.TEST))
  except ValueError as error:
    return {}, [f'labels: not compared with the predictions of the served model: {error}']
  measured = {'served_accuracy': found.accuracy}
  recorded = '' if found.recorded is None else f' (recorded when it was pushed: {found.recorded:.1%})'
  result = (f'version {reference.number}, the reference, predicts {found.accuracy:.1%} of the labels of '
            f'{found.scored:,} reviews{recorded}')
  if found.is_exchange:
    raise ValueError(f'the data is refused: test: {result}: are the labels exchanged? 1 is positive, 0 negative. '
                     'If the task is another one, pass --ignore-baseline')
  return measured, [f'labels: {result}'] if found.is_drop else []


def _check_words(inputs: Mapping[str, types.Artifact], reference: Optional[push_and_rollback.Version]
                 ) -> tuple[dict[str, float], list[str]]:
  """Return how the words of train differ from those of the previous data: measurements and warnings."""
  uri = _previous_examples(inputs, reference)
  previous = [example.text for example in _sample(uri, features.TRAIN)] if uri else []
  if not uri or not previous:
    return {}, []
  words = text_drift.tokenize([example.text for example in _sample(inputs['examples'].uri, features.TRAIN)])
  measured: dict[str, float] = {}
  warnings = []
  vocabulary = served_model.read_vocabulary(reference) if reference else set()
  if vocabulary:
    # Of train, the vocabulary was learned; of test, it was not, so its share is what new texts of the same kind have.
    unseen = text_drift.tokenize([example.text for example in _sample(uri, features.TEST)])
    share, before = (text_drift.oov_share(each, vocabulary) for each in (words, unseen))
    measured.update(oov_share=share, previous_oov_share=before)
    if share > before + text_drift.MAX_OOV_RISE:
      warnings.append(f"words: {share:.1%} are out of the served model's vocabulary (previous data: {before:.1%})")
  difference = text_drift.compare(words, text_drift.tokenize(previous))
  if difference:
    measured.update(domain_auc=difference.auc, domain_auc_chance=difference.chance[1])
    if difference.is_drift:
      warnings.append(
          f'words: a classifier tells new from previous texts, AUC {difference.auc:.2f} '
          f'(by chance {difference.chance[0]:.2f} to {difference.chance[1]:.2f}); '
          f'typical of the new ones: {", ".join(difference.new_words)}; '
          f'of the previous ones: {", ".join(difference.previous_words)}')
  return measured, warnings


def _previous_examples(inputs: Mapping[str, types.Artifact],
                       reference: Optional[push_and_rollback.Version]) -> Optional[str]:
  """Return the directory of the examples of the served version; if they are gone, of the latest others; or None."""
  recorded = [record['uri'] for record in (reference.manifest.get('data', ()) if reference else ()) if 'uri' in record]
  if recorded and os.path.isdir(recorded[0]):
    return recorded[0]
  return inputs['previous_examples'].uri if 'previous_examples' in inputs else None
