"""The pipeline's configuration: one frozen dataclass."""

import dataclasses
import math
import shlex
from typing import Any, Mapping, Optional

from components.behaviour_validator import cases
from components.behaviour_validator import domain as domain_lib
from components.decision_threshold import target as target_lib
from components.imdb_example_gen import labels
from components.imdb_example_gen import review_rows
from components.serving_validator import thresholds as serving_thresholds
from models import hparams as hparams_lib
from models import model as model_lib
from models import registry
from pipeline import beam_runners

SERVING_CHECKS = ('process', 'docker')
IDENTITY_TERMS = ('shared', 'none')
THRESHOLDS = ('min_accuracy', 'min_auc', 'min_slice_accuracy', 'max_accuracy_drop')
# Fields that `--set` must not change, because the command line has checked and used the value of the field's own flag.
_FLAGS = {
    'data': '--data', 'output_dir': '--output-dir', 'unlabeled': '--unlabeled', 'model': '--model',
    'preset': '--preset', 'embeddings': '--embeddings', 'encoder': '--encoder',
    'encoder_name': '--encoder', 'teacher': '--teacher', 'teacher_name': '--teacher',
    'teacher_reviews': '--teacher-reviews', 'teacher_saw_eval': '--teacher-saw-eval', 'text_column': '--text-column',
    'label_column': '--label-column', 'labels': '--labels', 'tune_trials': '--tune', 'seed': '--seed',
    'domain': '--domain', 'ignore_baseline': '--ignore-baseline'}


@dataclasses.dataclass(frozen=True)
class PipelineConfig:
  """The settings of a pipeline.

  Attributes:
    data: labelled texts: see docs/your-data.md for the kinds of files.
    output_dir: everything that the pipeline writes goes below it.
    unlabeled: unlabeled texts for the models that learn from them; None for those in `data`.
    model: a name of models.registry.MODELS.
    preset: whose settings the model starts from: default, or tutorial for those of the 2018 TensorFlow tutorial.
    embeddings: a GloVe text file (also .gz, or FILE.zip:MEMBER); 'reviews' for vectors learned from the reviews; or
      None.
    encoder: directory of a pre-trained encoder, see models.encoder_files, or None.
    encoder_name: what the user calls it: a name, an address or a directory.
    teacher: directory of the model that the trained one learns from, see components.teacher_scores.teachers, or None.
    teacher_name: what the user calls it.
    teacher_reviews: number of texts that the teacher scores at most; 0 for as many as about 20 minutes allow.
    teacher_saw_eval: whether a teacher is used that may have seen reviews of eval.
    teacher_sentences: number of sentences cut out of reviews that the teacher labels, relative to train.
    teacher_pieces: number of WordPieces that a teacher reads of a text if it is the directory of an encoder.
    text_column: name of the column of tables that holds the texts; empty to look for text, review or sentence.
    label_column: name of the column with the labels; empty to look for label or sentiment.
    labels: what the labels mean, such as 1=negative,2=positive; empty if they say it themselves.
    max_bad_rows: share of the rows (0 to 1) that may be unusable, and are dropped; more stop the run. None for any.
    near_duplicates: similarity (0.5 to 1) from which on reviews of different splits are near-duplicates, of which one
      is dropped, as of equal ones; None to look for none.
    identity_terms: shared, and all identity terms of models.text.identity_terms are one token to the model; or none.
    approximate_vocabulary: count words and n-grams within a bounded memory, for millions of reviews: rare ones may be
      missed. See models.text.counts.
    tune_trials: number of trials in which a Tuner searches hyper-parameters on eval; 0 for no search.
    seed: of the initial weights, of dropout, of the order of the training examples and of augmented examples.
    augmentation: factor of the model's doses of augmented examples (models/augmentation.py); 0 makes none.
    eval_share: share of train (0 to 1) split off as eval, for early stopping and model selection.
    test_share: share of the data (0 to 1) split off as test if the data names no splits itself.
    domain: what kind of texts the model is for, which decides its behaviour tests and what its card and page say: a
      name or file of components.behaviour_validator.domain.
    min_accuracy: lower bound of the test accuracy (0 to 1) of a blessed model; None disables this or another threshold.
    min_auc: lower bound of the area under the ROC curve on test (0 to 1).
    min_slice_accuracy: lower bound (0 to 1) of the upper 95 % bound of the accuracy in each slice of test.
    max_accuracy_drop: how much lower than the baseline's the test accuracy may be (0 to 1).
    decision: target of the decision threshold of a pushed model, which is chosen on eval, as
      components.decision_threshold.target parses it; None for 0.5. The gate and all comparisons use 0.5.
    ignore_baseline: compare with no previous model, for example because it cannot be loaded any more.
    serving_check: how the exported model is tried out before the push: process, which loads it in a new process, or
      docker, which starts TensorFlow Serving in a container.
    serving_timeout: seconds that this check may take.
    max_p99_ms: upper bound of the 99th percentile of the latency of one review, in milliseconds, in the best of four
      turns; None disables this threshold or one of the next four. serving_check=docker measures none of them.
    max_memory_mb: upper bound of the peak memory of the process that loads the model.
    max_size_mb: upper bound of the size of the exported model's files.
    max_cpu_ratio: upper bound of the CPU time of a review, in that of the served model.
    max_memory_ratio: upper bound of the peak memory, in that of the served model.
    min_invariance: lower bound (0 to 1) of the pass rate of these behaviour tests; likewise the next seven. See
      components.behaviour_validator.cases.
    min_direction: likewise.
    min_negation: likewise.
    min_composition: likewise.
    min_minimum_functionality: likewise.
    min_fairness: likewise.
    min_neutral: likewise.
    min_writing: likewise.
    reads: full, or none for a model that counts words, such as a bag of words: the thresholds of negation, composition,
      fairness and neutral texts do not hold for it, and terminal, report and card name that limit. See
      `expected_reading`.
    keep_versions: number of pushed versions kept in the serving directory.
    enable_cache: reuse the outputs of components whose inputs, parameters and code did not change.
    beam_args: flags of the Beam runner, quoted as for a shell: see pipeline/beam_runners.py.
    hparams: hyper-parameters that differ from the model's defaults.
  """

  data: str
  output_dir: str
  unlabeled: Optional[str] = None
  model: str = 'wide_cnn'
  preset: str = 'default'
  embeddings: Optional[str] = None
  encoder: Optional[str] = None
  encoder_name: str = ''
  teacher: Optional[str] = None
  teacher_name: str = ''
  teacher_reviews: int = 0
  teacher_saw_eval: bool = False
  teacher_sentences: float = 0.0
  teacher_pieces: int = 384
  text_column: str = ''
  label_column: str = ''
  labels: str = ''
  max_bad_rows: Optional[float] = review_rows.DEFAULT_OPTIONS.max_bad_rows
  near_duplicates: Optional[float] = None
  identity_terms: str = 'none'
  approximate_vocabulary: bool = False
  tune_trials: int = 0
  seed: int = 0
  augmentation: float = 1.0
  eval_share: float = 0.1
  test_share: float = 0.2
  domain: str = domain_lib.DEFAULT
  min_accuracy: Optional[float] = 0.8
  min_auc: Optional[float] = 0.88
  min_slice_accuracy: Optional[float] = 0.7
  max_accuracy_drop: Optional[float] = 0.01
  decision: Optional[str] = None
  ignore_baseline: bool = False
  serving_check: str = 'process'
  serving_timeout: int = 300
  max_p99_ms: Optional[float] = serving_thresholds.DEFAULTS['p99_ms']
  max_memory_mb: Optional[float] = serving_thresholds.DEFAULTS['memory_mb']
  max_size_mb: Optional[float] = serving_thresholds.DEFAULTS['size_mb']
  max_cpu_ratio: Optional[float] = serving_thresholds.DEFAULTS['cpu_ratio']
  max_memory_ratio: Optional[float] = serving_thresholds.DEFAULTS['memory_ratio']
  min_invariance: Optional[float] = cases.DEFAULT_THRESHOLDS['invariance']
  min_direction: Optional[float] = cases.DEFAULT_THRESHOLDS['direction']
  min_negation: Optional[float] = cases.DEFAULT_THRESHOLDS['negation']
  min_composition: Optional[float] = cases.DEFAULT_THRESHOLDS['composition']
  min_minimum_functionality: Optional[float] = cases.DEFAULT_THRESHOLDS['minimum_functionality']
  min_fairness: Optional[float] = cases.DEFAULT_THRESHOLDS['fairness']
  min_neutral: Optional[float] = cases.DEFAULT_THRESHOLDS['neutral']
  min_writing: Optional[float] = cases.DEFAULT_THRESHOLDS['writing']
  reads: str = cases.READS[0]
  keep_versions: int = 5
  enable_cache: bool = True
  beam_args: str = beam_runners.beam_args(None)
  hparams: Mapping[str, Any] = dataclasses.field(default_factory=dict)

  def __post_init__(self) -> None:
    registry.record_path(self.model, self.preset)
    for name in ('eval_share', 'test_share'):
      if not 0 < getattr(self, name) < 1:
        raise ValueError(f'{name} must be between 0 and 1, not {getattr(self, name)}')
    for name in (*THRESHOLDS, *(f'min_{capability}' for capability in cases.CAPABILITIES)):
      if getattr(self, name) is not None and not 0 <= getattr(self, name) <= 1:
        raise ValueError(f'{name} must be from 0 to 1, not {getattr(self, name)}')
    if self.max_bad_rows is not None and not 0 <= self.max_bad_rows <= 1:
      raise ValueError(f'max_bad_rows must be from 0 to 1, not {self.max_bad_rows}')
    if self.near_duplicates is not None and not 0.5 <= self.near_duplicates <= 1:
      raise ValueError(f'near_duplicates must be from 0.5 to 1, not {self.near_duplicates}')
    if not 0 <= self.augmentation < math.inf:
      raise ValueError(f'augmentation must be at least 0, such as 0 for no augmented examples, not {self.augmentation}')
    if not 0 <= self.teacher_sentences <= 100:
      raise ValueError(f'teacher_sentences must be from 0 to 100, not {self.teacher_sentences}')
    if self.teacher_reviews < 0:
      raise ValueError(f'--teacher-reviews must be at least 1, not {self.teacher_reviews}')
    labels.parse(self.labels)
    if self.identity_terms not in IDENTITY_TERMS:
      raise ValueError(f'identity_terms must be one of {", ".join(IDENTITY_TERMS)}, not {self.identity_terms!r}')
    if all(getattr(self, name) is None for name in THRESHOLDS):
      raise ValueError('all thresholds are disabled, so every model would be blessed: set one of '
                       + ', '.join(THRESHOLDS))
    if self.decision is not None:
      target_lib.parse(self.decision)
    if self.serving_check not in SERVING_CHECKS:
      raise ValueError(f'serving_check must be one of {", ".join(SERVING_CHECKS)}, not {self.serving_check!r}')
    serving_thresholds.check_thresholds(self.serving_thresholds())
    self._check_reads()
    if self.keep_versions < 1:
      raise ValueError(f'keep_versions must be at least 1, not {self.keep_versions}')
    for name in ('seed', 'tune_trials'):
      if not 0 <= getattr(self, name) < 2**31:
        raise ValueError(f'{name} must be from 0 to {2**31 - 1}, not {getattr(self, name)}')
    try:
      shlex.split(self.beam_args)
    except ValueError as error:
      raise ValueError(f'beam_args {self.beam_args!r}: {error}') from error

  def _check_reads(self) -> None:
    if self.reads not in cases.READS:
      raise ValueError(f'reads must be one of {", ".join(cases.READS)}, not {self.reads!r}')
    if self.reads == 'none' and (own := self._own_thresholds_of_reading()):
      raise ValueError(f'{own[0]} does not hold with reads=none: omit one of them')

  def _own_thresholds_of_reading(self) -> list[str]:
    thresholds = {name: getattr(self, f'min_{name}') for name in cases.READING}
    return [f'min_{name}={value}' for name, value in thresholds.items()
            if value and value != cases.DEFAULT_THRESHOLDS[name]]

  def expected_reading(self) -> str:
    """Return `reads`, or none if min_negation is 0 and no other threshold of reading is set.

    Without that threshold, a model may count words, so that the defaults of the others do not suit it either.
    """
    return self.reads if self.min_negation or self._own_thresholds_of_reading() else 'none'

  def serving_thresholds(self) -> dict[str, Optional[float]]:
    """Return the upper bounds of what serving the model may cost, by measurement."""
    return {name: getattr(self, f'max_{name}') for name in serving_thresholds.DEFAULTS}

  def with_settings(self, settings: Mapping[str, Any]) -> 'PipelineConfig':
    """Apply the values of `--set`.

    Args:
      settings: strings, which are parsed, or JSON values; a key is a field of this class that has no flag of its own,
        or `model.key` for a hyper-parameter of that model.

    Returns:
      A copy with the values.

    Raises:
      ValueError: an unknown key, with the list of the available ones, or an invalid value.
    """
    own = {key: value for key, value in settings.items() if '.' not in key}
    of_model = {field.name for field in dataclasses.fields(registry.get(self.model, self.preset).hparams)}
    for key in own:
      if key in _FLAGS:
        raise ValueError(f'--set {key}=...: use {_FLAGS[key]} instead')
      if key in of_model and not hasattr(self, key):
        raise ValueError(f'--set {key}=...: use --set {self.model}.{key}=... instead')
    config = dataclasses.replace(self, **hparams_lib.parse_changes(self, own, hidden=_FLAGS))
    changes = dict(config.hparams)
    for key, value in settings.items():
      model, dot, name = key.partition('.')
      if not dot:
        continue
      if model != config.model:
        registry.record_path(model)
        raise ValueError(f'{key} is set, but this run trains {config.model}')
      changes[name] = value
    return dataclasses.replace(config, hparams=changes)

  def check(self) -> None:
    """Raise ValueError if the model and the rest of the configuration do not fit together."""
    hparams = self.model_hparams()
    if self.tune_trials and not set(hparams.search_space()) - set(self.hparams):
      raise ValueError(f'{self.model}: nothing to tune, because every hyper-parameter of the search is set; '
                       'omit --tune or one of the settings')
    model = registry.get(self.model, self.preset)
    self._check_encoder(model)
    use = model.word_vectors
    if self.embeddings is None and use is model_lib.WordVectors.REQUIRED:
      raise ValueError(f'--embeddings is required by {self.model}: pass a GloVe file, a name such as glove.6B.100d, '
                       'or "reviews", to learn them from the reviews')
    if self.embeddings is not None and use is model_lib.WordVectors.UNUSED:
      raise ValueError(f'{self.model} uses no word vectors: omit --embeddings, or choose another model')
    if self.unlabeled and not self.reads_unlabeled():
      raise ValueError(f'{self.model} learns from labelled texts only: omit --unlabeled, or choose a model that uses '
                       'unlabeled ones, such as wide_deep, or pass a --teacher that labels them')
    self._check_teacher()

  def _check_encoder(self, model: model_lib.Model) -> None:
    if self.encoder is not None and not model.is_encoder:
      raise ValueError(f'{self.model} uses no encoder: omit --encoder, or choose --model encoder')
    if self.encoder is None and model.is_encoder:
      raise ValueError(f"--encoder is required by {self.model}: pass a directory in Hugging Face's layout, or a name "
                       'such as all-MiniLM-L6-v2')

  def _check_teacher(self) -> None:
    """The teacher's files are checked by local runs only: steps of Kubeflow run elsewhere."""
    for field in dataclasses.fields(self):
      if self.teacher is None and field.name.startswith('teacher_') and getattr(self, field.name) != field.default:
        raise ValueError(f'{field.name} is set, but there is no teacher: pass --teacher, or omit it')

  def reads_unlabeled(self) -> bool:
    """Return whether the model learns from unlabeled reviews: by its own predictions, or by a teacher's."""
    return bool(self.model_hparams().unlabeled or self.teacher)

  def table_options(self) -> review_rows.Options:
    """Return how tables are read."""
    max_bad_rows = 1.0 if self.max_bad_rows is None else self.max_bad_rows
    return review_rows.Options(self.text_column, self.label_column, self.labels, max_bad_rows)

  def preprocessing(self) -> dict[str, Any]:
    """Return the custom_config of models.text.preprocessing.preprocessing_fn, without the code."""
    return {**self.model_hparams().preprocessing(), 'shares_identity_terms': self.identity_terms == 'shared',
            'approximate_vocabulary': self.approximate_vocabulary}

  def model_hparams(self) -> hparams_lib.Hparams:
    """Return the hyper-parameters of the model with this configuration's changes.

    Raises:
      ValueError: an unknown hyper-parameter or an invalid value.
    """
    try:
      return registry.get(self.model, self.preset).hparams.replace(self.hparams_changes())
    except ValueError as error:
      raise ValueError(f'{self.model}: {error}') from error

  def hparams_changes(self) -> dict[str, Any]:
    """Return the hyper-parameters that differ from the model's defaults, with the doses that `augmentation` changes.

    Raises:
      ValueError: as model_hparams.
    """
    if self.augmentation == 1:
      return dict(self.hparams)
    unscaled = dataclasses.replace(self, augmentation=1.0).model_hparams()
    return {**self.hparams, **unscaled.scale_augmentation(self.augmentation)}
