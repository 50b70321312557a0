"""Domains: what kind of texts a model is for. That decides its behaviour tests, thresholds, and what its card says."""

import difflib
import pathlib
from typing import Any, List, Mapping

import pydantic
import yaml

from components.behaviour_validator import cases
from components.behaviour_validator import templates as templates_lib

DEFAULT = 'films'
_FOLDER = pathlib.Path(__file__).with_name('domains')
_ENDINGS = ('.yaml', '.yml')


class Domain(pydantic.BaseModel, extra='forbid', allow_mutation=False):
  """A domain; domains/films.yaml is an example.

  Attributes:
    name: of the domain: that of its file.
    description: of the model, for its card: what it reads and returns.
    texts: what one calls the texts, such as reviews.
    question: that the model answers, the headline of the server's page.
    prompt: what to type into that page.
    example: a text that the page shows while it is empty.
    intended_use: paragraphs for the card: what the model is for, and what it is not.
    thresholds: fields of PipelineConfig, such as min_accuracy, that have other defaults in this domain.
    templates: of the behaviour tests.
  """

  name: pydantic.StrictStr
  description: pydantic.StrictStr
  texts: pydantic.StrictStr
  question: pydantic.StrictStr
  prompt: pydantic.StrictStr
  example: pydantic.StrictStr
  intended_use: List[pydantic.StrictStr]
  thresholds: Mapping[str, Any] = {}
  templates: templates_lib.Templates = templates_lib.Templates()


def names() -> list[str]:
  """Return the names of the domains that come with the project."""
  return sorted(path.stem for path in _FOLDER.iterdir())


def load(name: str) -> Domain:
  """Load a domain.

  Args:
    name: one of `names`, or the path of a file like those in domains/.

  Returns:
    The domain.

  Raises:
    ValueError: there is no such domain, or its file is malformed; the message names the file and the key.
  """
  path = _FOLDER / f'{name}.yaml' if name in names() else pathlib.Path(name)
  if path.suffix not in _ENDINGS:
    raise ValueError(f'--domain {name}: choose from {", ".join(names())}, or name a .yaml file of your own')
  try:
    content = yaml.safe_load(path.read_text(encoding='utf-8'))
  except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
    raise ValueError(f'--domain {path} cannot be read as YAML: {" ".join(str(error).split())}') from error
  if not isinstance(content, dict):
    raise ValueError(f'--domain {path}: expected keys and values as in {_FOLDER / DEFAULT}.yaml, not {content!r:.60}')
  try:
    domain = Domain.parse_obj({'name': path.stem, **content})
  except pydantic.ValidationError as error:
    raise ValueError(f'--domain {path}: {_describe(error)}') from error
  try:
    cases.make_cases(domain.templates)
  except (LookupError, ValueError) as error:
    raise ValueError(f'--domain {path}: the templates cannot be filled in ({type(error).__name__}: {error}); '
                     f'{_FOLDER / DEFAULT}.yaml shows their placeholders') from error
  return domain


def _describe(error: pydantic.ValidationError) -> str:
  """Return what is wrong with the first key that is."""
  first = error.errors()[0]
  *parents, key = map(str, first['loc'])
  where = '.'.join([*parents, key])
  if first['type'] != 'value_error.extra':
    return f'{where}: {first["msg"]}'
  fields = list((templates_lib.Templates if parents else Domain).__fields__)
  close = difflib.get_close_matches(key, fields, 1)
  return f'unknown key {where!r}; ' + (f'did you mean {close[0]!r}?' if close else f'choose from: {", ".join(fields)}')
