"""The pipeline's configuration: one frozen dataclass."""

import dataclasses
import shlex
from typing import Any, Mapping, Optional

from components.behaviour_validator import cases
from models import hparams as hparams_lib
from models import model as model_lib
from models import registry
from pipeline import beam_runners


SERVING_CHECKS = ('process', 'docker')
THRESHOLDS = ('min_accuracy', 'min_auc', 'min_slice_accuracy', 'max_accuracy_drop')


@dataclasses.dataclass(frozen=True)
class PipelineConfig:
  """What `create_pipeline` needs to know.

  Attributes:
    data: reviews: an aclImdb archive or directory, or a CSV, TSV or JSONL file.
    unlabeled: more reviews, for the models that learn from some without a label; None for those in `data`.
    output_dir: everything that the pipeline writes goes below it.
    model: a name of models.registry.MODELS.
    preset: whose settings the model starts from: default, or tutorial for those of the 2018 TensorFlow tutorial.
    embeddings: a GloVe text file (also .gz, or FILE.zip:MEMBER), or None.
    tune_trials: trainings in which a Tuner searches hyper-parameters on eval; 0 takes them as they are.
    seed: of initial weights, dropout and the order of the reviews.
    eval_share: share of the train reviews (0 to 1) kept for early stopping and choices.
    test_share: share of all reviews (0 to 1) kept for the Evaluator, where the data names no splits itself.
    min_accuracy: a model below this accuracy on test is not blessed; none switches this bar, or one of the next three,
      off.
    min_auc: a model below this area under the ROC curve on test is not blessed.
    min_slice_accuracy: a model that is, beyond chance, below this accuracy in a slice of test is not blessed.
    max_accuracy_drop: a model whose accuracy is lower than the latest blessed one's by more than this is not blessed.
    ignore_baseline: compare with no former model, such as one that cannot be loaded any more.
    serving_check: how the exported model is tried out before a push: process, which loads it in a fresh process, or
      docker, which starts TensorFlow Serving in a container.
    serving_timeout: seconds for that check; a model that takes longer is not pushed.
    min_invariance: a model with a lower pass rate in these behaviour tests is not pushed; likewise the next three.
    min_direction: see components.behaviour_validator.cases.
    min_negation: the same.
    min_minimum_functionality: the same.
    keep_versions: pushed versions kept in the serving directory.
    enable_cache: reuse the outputs of components whose inputs, parameters and code did not change.
    beam_args: flags of Beam's runner, as a shell takes them: see pipeline/beam_runners.py.
    hparams: hyper-parameters that differ from the model's defaults.
  """

  data: str
  output_dir: str
  unlabeled: Optional[str] = None
  model: str = 'cnn'
  preset: str = 'default'
  embeddings: Optional[str] = None
  tune_trials: int = 0
  seed: int = 0
  eval_share: float = 0.1
  test_share: float = 0.2
  min_accuracy: Optional[float] = 0.8
  min_auc: Optional[float] = 0.88
  min_slice_accuracy: Optional[float] = 0.7
  max_accuracy_drop: Optional[float] = 0.01
  ignore_baseline: bool = False
  serving_check: str = 'process'
  serving_timeout: int = 300
  min_invariance: float = cases.DEFAULT_FLOORS['invariance']
  min_direction: float = cases.DEFAULT_FLOORS['direction']
  min_negation: float = cases.DEFAULT_FLOORS['negation']
  min_minimum_functionality: float = cases.DEFAULT_FLOORS['minimum_functionality']
  keep_versions: int = 5
  enable_cache: bool = True
  beam_args: str = beam_runners.arguments(None)
  hparams: Mapping[str, Any] = dataclasses.field(default_factory=dict)

  def __post_init__(self):
    registry.record_path(self.model, self.preset)
    for name in ('eval_share', 'test_share'):
      if not 0 < getattr(self, name) < 1:
        raise ValueError(f'{name} must be between 0 and 1, not {getattr(self, name)}')
    for name in (*THRESHOLDS, *(f'min_{capability}' for capability in cases.CAPABILITIES)):
      if getattr(self, name) is not None and not 0 <= getattr(self, name) <= 1:
        raise ValueError(f'{name} must be from 0 to 1, not {getattr(self, name)}')
    if all(getattr(self, name) is None for name in THRESHOLDS):
      raise ValueError(f'no threshold is left: every model would be blessed; set one of {", ".join(THRESHOLDS)}')
    if self.serving_check not in SERVING_CHECKS:
      raise ValueError(f'serving_check must be one of {", ".join(SERVING_CHECKS)}, not {self.serving_check!r}')
    if self.keep_versions < 1:
      raise ValueError(f'keep_versions must be at least 1, not {self.keep_versions}')
    for name in ('seed', 'tune_trials'):
      if not 0 <= getattr(self, name) < 2**31:
        raise ValueError(f'{name} must be from 0 to {2**31 - 1}, not {getattr(self, name)}')
    try:
      shlex.split(self.beam_args)
    except ValueError as error:
      raise ValueError(f'beam_args {self.beam_args!r}: {error}') from error

  def with_settings(self, settings: Mapping[str, str]) -> 'PipelineConfig':
    """A copy with `--set` applied: `key` is a field of this class, `model.key` a hyper-parameter of that model.

    Raises:
      ValueError: an unknown key, with the list of those there are, or an unreadable value.
    """
    own = {key: value for key, value in settings.items() if '.' not in key}
    config = dataclasses.replace(self, **hparams_lib.typed_changes(self, own))
    changes = dict(config.hparams)
    for key, value in settings.items():
      model, dot, name = key.partition('.')
      if not dot:
        continue
      if model != config.model:
        registry.record_path(model)
        raise ValueError(f'{key} is set, but the model of this run is {config.model}')
      changes[name] = value
    return dataclasses.replace(config, hparams=changes)

  def check(self) -> None:
    """Raises ValueError where the model and the rest of the configuration do not go together."""
    hparams = self.model_hparams()
    if self.tune_trials and not set(hparams.search_space()) - set(self.hparams):
      raise ValueError(f'{self.model}: there is nothing to tune, every hyper-parameter of the search is set')
    use = registry.get(self.model, self.preset).word_vectors
    if self.embeddings is None and use is model_lib.WordVectors.REQUIRED:
      raise ValueError(f'{self.model} starts from pre-trained word vectors: name a GloVe file with --embeddings')
    if self.embeddings is not None and use is model_lib.WordVectors.UNUSED:
      raise ValueError(f'{self.model} uses no word vectors: leave out --embeddings, or choose another model')
    if self.unlabeled and not hparams.unlabeled:
      raise ValueError(f'{self.model} learns from labelled reviews only: leave out --unlabeled, or choose a model that '
                       'learns from others too, such as wide_deep')

  def model_hparams(self) -> hparams_lib.Hparams:
    """The model's hyper-parameters with this configuration's changes; raises ValueError for a wrong one."""
    try:
      return registry.get(self.model, self.preset).hparams.replace(self.hparams)
    except ValueError as error:
      raise ValueError(f'{self.model}: {error}') from error
