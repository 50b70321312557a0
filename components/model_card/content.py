"""The content of a model card, read from the artifacts as JSON values; what was not recorded, or is NaN, is None."""

import datetime
import functools
from importlib import metadata
import json
import os
import platform
import shlex
from typing import Any, Iterable, Mapping, Optional

from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx.components.util import model_utils
from tfx.dsl.io import fileio
from tfx.types import artifact as tfx_artifact
from tfx.types import artifact_utils
from tfx.utils import io_utils
from tfx.utils import path_utils

from components.behaviour_validator import domain as domain_lib
from components.behaviour_validator import results as behaviour_results
from components.common import custom_properties
from components.common import decision
from components.common import evaluation_summary
from components.imdb_example_gen import review
from components.serving_validator import executor as serving_executor
from components.serving_validator import thresholds as serving_thresholds
from components.teacher_scores import outputs as teacher_outputs
from models import features
from models.text import display

_EVAL_METRICS = ('accuracy', 'auc', 'auc_precision_recall', 'precision', 'recall', 'average_loss')
_SERVING = (*serving_executor.MEASUREMENTS, *(f'max_{name}' for name in serving_thresholds.DEFAULTS))
# Recorded by ImdbExampleGen beside the splits.
_DATA = ('leaked', 'near_duplicates', 'bad_rows', 'contradicting', 'cleaned', 'sample_reviews', 'content_hash',
         'data_hash', 'unlabeled_hash', 'unlabeled_source', 'unlabeled_flag')
_MODEL = ('model', 'preset', 'seed', 'parameters', 'step', 'training_seconds', 'code', 'git_commit', 'lock_hash',
          'encoder', 'encoder_hash', 'encoder_description', *teacher_outputs.MODEL_PROPERTIES)
_PACKAGES = ('tensorflow', 'tfx', 'tensorflow-transform', 'tensorflow-model-analysis', 'apache-beam')


def gather_content(inputs: Mapping[str, list], run_id: Optional[str]) -> dict[str, Any]:
  """Gather the content of a card.

  Args:
    inputs: artifacts by the component's input; optional ones may be missing or empty.
    run_id: of the pipeline run, or None.

  Returns:
    The content of model_card.json.
  """
  artifacts = {key: values[0] for key, values in inputs.items() if values}
  evaluation = evaluation_summary.read_summary(artifacts['evaluation'].uri)
  behaviour = _behaviour(artifacts.get('behaviour_report'))
  serving = _serving(artifacts.get('infra_blessing'))
  verdicts = [
      _verdict('Evaluator', artifacts['model_blessing'], evaluation.pop('failures')),
      _verdict('ServingValidator', artifacts.get('infra_blessing'), [serving.pop('reason')]),
      _verdict('BehaviourValidator', artifacts.get('behaviour_report'), behaviour.pop('reasons')),
  ]
  model, data = _model(artifacts['model']), _data(artifacts['examples'], artifacts.get('statistics'))
  data['augmented'] = _augmented(artifacts.get('augmented_examples'))
  return evaluation_summary.replace_nan({
      'created': datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds'),
      'blessed': all(verdict['passed'] is not False for verdict in verdicts),
      'verdicts': verdicts,
      'limits': behaviour['limits'],
      'domain': behaviour['domain'],
      'model': model,
      'data': data,
      'warning': ' '.join(filter(None, (review.sample_warning(data['sample_reviews']),
                                        teacher_outputs.seen_eval_warning(model)))) or None,
      **evaluation,
      'decision': _decision(artifacts.get('decision')),
      'serving': serving,
      'behaviour': behaviour['capabilities'],
      'lineage': {
          'run': run_id,
          'artifacts': {key: {'id': artifact.id, 'type': artifact.type_name} for key, artifact in artifacts.items()},
      },
      'versions': {'python': platform.python_version(), **{name: metadata.version(name) for name in _PACKAGES}},
      'command': _command(model, data),
  })


def _verdict(gate: str, artifact: Optional[tfx_artifact.Artifact], reasons: Iterable[Optional[str]]) -> dict[str, Any]:
  passed = None if artifact is None else model_utils.is_model_blessed(artifact)
  return {'gate': gate, 'passed': passed, 'reasons': [] if passed else [reason for reason in reasons if reason]}


def _model(model: tfx_artifact.Artifact) -> dict[str, Any]:
  value = functools.partial(custom_properties.read_property, model)
  return {
      **{key: value(key) for key in _MODEL},
      'hparams': json.loads(value('hparams') or '{}'),
      'identity_terms': _identity_terms(model),
      'eval_metrics': {name: value(name) for name in _EVAL_METRICS if value(name) is not None},
  }


def _identity_terms(model: tfx_artifact.Artifact) -> Optional[str]:
  """Return the setting identity_terms of a model, by its vocabulary; None if it has none, or reads pieces only."""
  if custom_properties.read_property(model, 'model') == 'encoder':
    return None
  path = os.path.join(path_utils.serving_model_path(model.uri), 'assets', features.VOCABULARY)
  if not fileio.exists(path):
    return None
  return 'shared' if display.SHARED_TOKEN in io_utils.read_bytes_file(path).splitlines() else 'none'


def _data(examples: tfx_artifact.Artifact, statistics: Optional[tfx_artifact.Artifact]) -> dict[str, Any]:
  value = functools.partial(custom_properties.read_property, examples)
  splits = artifact_utils.decode_split_names(examples.split_names)
  return {
      'splits': [
          {'split': split, 'reviews': value(split), 'identity_terms': value(review.IDENTITY_TERMS + split),
           **_balance(statistics, split)} for split in splits],
      'settings': json.loads(value('settings') or '{}'),
      **{name: value(name) for name in _DATA},
  }


def _augmented(examples: Optional[tfx_artifact.Artifact]) -> dict[str, int]:
  """Return the number of augmented examples by kind."""
  return json.loads((examples and custom_properties.read_property(examples, features.AUGMENTED)) or '{}')


def _balance(statistics: Optional[tfx_artifact.Artifact], split: str) -> dict[str, Optional[float]]:
  """Return the share of positive reviews in a split and the mean length in bytes, as StatisticsGen counted them."""
  result = dict.fromkeys(('positive_share', 'mean_bytes'))
  if statistics is None or split not in artifact_utils.decode_split_names(statistics.split_names):
    return result
  path = os.path.join(artifact_utils.get_split_uri([statistics], split), 'FeatureStats.pb')
  read = statistics_pb2.DatasetFeatureStatisticsList.FromString(io_utils.read_bytes_file(path))
  for feature in read.datasets[0].features if read.datasets else ():
    if tuple(feature.path.step) == (features.LABEL,):
      result['positive_share'] = feature.num_stats.mean
    elif tuple(feature.path.step) == (features.TEXT,):
      result['mean_bytes'] = feature.bytes_stats.avg_num_bytes or feature.string_stats.avg_length
  return result


def _serving(blessing: Optional[tfx_artifact.Artifact]) -> dict[str, Any]:
  return {key: blessing and custom_properties.read_property(blessing, key) for key in (*_SERVING, 'reason')}


def _behaviour(report: Optional[tfx_artifact.Artifact]) -> dict[str, Any]:
  """Return the reasons of a refusal, the domain, and by capability pass rates, threshold and tests."""
  default = domain_lib.load(domain_lib.DEFAULT).dict(exclude={'templates'})
  if report is None:
    return {'reasons': [], 'limits': [], 'domain': default, 'capabilities': []}
  with fileio.open(os.path.join(report.uri, behaviour_results.REPORT_FILE)) as file:
    read = json.loads(file.read())
  return {
      # The reports of earlier versions have one reason, and no domain.
      'reasons': read['reasons'] if 'reasons' in read else [read['reason']],
      'limits': read.get('limits', []),
      'domain': read.get('domain', default),
      'capabilities': [
          # Reports of earlier versions have no intervals.
          {'capability': name, **{key: found[key] for key in ('count', 'passed', 'pass_rate', 'threshold', 'tests')},
           'interval': found.get('interval'), 'judged_rate': found.get('judged_rate', found['pass_rate'])}
          for name, found in read['capabilities'].items()],
  }


def _decision(artifact: Optional[tfx_artifact.Artifact]) -> Optional[dict[str, Any]]:
  """Return the content of decision.json; None without a threshold of the model's own."""
  if artifact is None:
    return None
  with fileio.open(os.path.join(artifact.uri, decision.FILE)) as file:
    return json.loads(file.read())


def _command(model: Mapping[str, Any], data: Mapping[str, Any]) -> list[str]:
  """Return the lines of the command that trains the model again."""
  known = {key: model[key] for key in ('model', 'preset', 'seed') if model[key] is not None}
  settings = {f'{model["model"]}.{key}': value for key, value in sorted(model['hparams'].items())}
  return [
      'python local_runner.py --data DATA',
      *([f'{data["unlabeled_flag"]} UNLABELED'] if data['unlabeled_flag'] else []),
      *(f'--{key.replace("_", "-")} {_quote(value)}' if isinstance(value, str) else f'--set {key}={value}'
        for key, value in data['settings'].items() if value != '' and (key, value) != ('near_duplicates', 0)),
      *(f'--{key} {_quote(value)}' for key, value in known.items()),
      *_teacher_flags(model),
      *([f'--set identity_terms={model["identity_terms"]}'] if model['identity_terms'] else []),
      *(f'--set {_quote(f"{key}={value}")}' for key, value in settings.items()),
  ]


def _teacher_flags(model: Mapping[str, Any]) -> list[str]:
  if not model['teacher']:
    return []
  return ['--teacher TEACHER', f'--teacher-reviews {model["teacher_scored"]}',
          *['--teacher-saw-eval'] * bool(model[teacher_outputs.SEEN_EVAL]),
          *(f'--set {name}={model[name]}' for name in ('teacher_pieces', 'teacher_sentences'))]


def _quote(value: Any) -> str:
  return shlex.quote(' '.join(str(value).split()))  # on one line, so that it cannot end the card's code block
