"""The flags that local and Kubeflow runs share: which model, on what, with which settings."""

from models import registry
from pipeline import beam_runners
from pipeline import config as config_lib

DEFAULT_MODEL = 'cnn'


def add_flags(parser):
  """Adds the flags to an argparse.ArgumentParser."""
  add = parser.add_argument
  add('--model', metavar='NAME', help=f'one of: {", ".join(registry.MODELS)} (default: {DEFAULT_MODEL})')
  add('--preset', default='default', metavar='NAME', help=(
      'default, or tutorial: the settings of the 2018 TensorFlow tutorial, for a like-for-like row'))
  add('--tune', type=int, default=0, metavar='N', help=(
      'search hyper-parameters on eval with N trainings first, and train with the best of them'))
  add('--train-steps', metavar='N', help="training steps at most (default: the model's)")
  add('--vocab-size', metavar='N', help="token ids, the 3 reserved ones included (default: the model's)")
  add('--max-length', metavar='N', help="tokens kept of a review (default: the model's)")
  add('--seed', type=int, default=0, metavar='N', help='the same seed gives the same model (default: 0)')
  add('--set', action='append', default=[], metavar='KEY=VALUE', dest='settings', help=(
      'any field of PipelineConfig, as min_accuracy=0.85, or hyper-parameter of the model, as cnn.filters=128; '
      'may be given again'))
  add('--beam', metavar='NAME', help=(
      f'runner of the Beam components: {", ".join(beam_runners.NAMES)} (default: {beam_runners.DEFAULT}); '
      'see docs/scale.md'))
  add('--beam-arg', action='append', default=[], metavar='FLAG', dest='beam_flags', help=(
      "a flag of Beam's, as --beam-arg=--parallelism=8; may be given again"))
  add('--ignore-baseline', action='store_true', help=(
      'compare the model with no former one, such as one that cannot be loaded any more (recorded with the run)'))


def settings_of(arguments, models):
  """The `--set` of the command line as a mapping, the flags that are short for some of them included.

  Args:
    arguments: the parsed command line.
    models: names of the models to run, which the short flags are for.

  Raises:
    ValueError: a --set without `=`.
  """
  settings = {}
  for item in arguments.settings:
    key, separator, value = item.partition('=')
    if not separator:
      raise ValueError(f'--set {item}: KEY=VALUE was expected')
    settings[key.strip()] = value
  for name in ('train_steps', 'vocab_size', 'max_length'):
    if getattr(arguments, name) is not None:
      settings.update({f'{model}.{name}': getattr(arguments, name) for model in models})
  return settings


def config_of(arguments, model, models, **fields):
  """The PipelineConfig for one of the models of a command line; raises ValueError for what does not fit.

  Args:
    arguments: the parsed command line.
    model: the name of the model.
    models: names of all models of the command line; the others' hyper-parameters are passed over.
    **fields: the fields of PipelineConfig that the shared flags don't set.
  """
  config = config_lib.PipelineConfig(
      model=model, preset=arguments.preset, tune_trials=arguments.tune, seed=arguments.seed,
      ignore_baseline=arguments.ignore_baseline,
      beam_args=beam_runners.arguments(arguments.beam, arguments.beam_flags), **fields)
  others = tuple(f'{other}.' for other in models if other != model)
  settings = settings_of(arguments, models)
  return config.with_settings({key: value for key, value in settings.items() if not key.startswith(others)})
