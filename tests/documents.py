"""Reads the documentation: pages, code blocks and commands."""

import pathlib
import re
import shlex
from typing import Iterator, NamedTuple, Optional

PROJECT = pathlib.Path(__file__).resolve().parents[1]
PAGES = (
    'README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'models/README.md',
    *sorted(f'docs/{path.name}' for path in (PROJECT / 'docs').glob('*.md')))
_BLOCK = re.compile(r'^```(\w*)\n(.*?)^```$', re.MULTILINE | re.DOTALL)
_PROGRAMS = ('local_runner.py', 'kubeflow_runner.py', 'predict.py')
_MODULE_ROOTS = ('benchmarks', 'components', 'models', 'pipeline', 'serving', 'tools')


class Command(NamedTuple):
  """A command of a page.

  Attributes:
    page: path of the page.
    text: the command as a shell takes it, on one line unless a quoted text has several.
    words: the words of `text`, without comments.
  """

  page: str
  text: str
  words: list[str]

  def program(self) -> Optional[tuple[str, list[str]]]:
    """Return the program of this project that the command runs, by its dotted module, and its arguments."""
    for position, word in enumerate(self.words):
      arguments = _before_operator(self.words[position + 1:])
      if word in _PROGRAMS:
        return word.removesuffix('.py'), arguments
      if self.words[position - 1] == '-m' and word.partition('.')[0] in _MODULE_ROOTS:
        return word, arguments
    return None


def _before_operator(words: list[str]) -> list[str]:
  """Return the words before the first operator of the shell."""
  for position, word in enumerate(words):
    if word in ('&', '|', '>', '<'):
      return words[:position]
  return words


def read(page: str) -> str:
  """Return the text of a page or of another file of the project."""
  return (PROJECT / page).read_text(encoding='utf-8')


def blocks(page: str, *languages: str) -> list[str]:
  """Return the code blocks of a page that are marked with one of the languages."""
  return [block for language, block in _BLOCK.findall(read(page)) if language in languages]


def without_blocks(page: str) -> str:
  """Return the text of a page without its code blocks."""
  return _BLOCK.sub('', read(page))


def commands(page: str) -> Iterator[Command]:
  """Yield the commands in the `sh` blocks of a page."""
  for block in blocks(page, 'sh'):
    text = ''
    for line in block.replace('\\\n', ' ').splitlines():
      text = f'{text}\n{line}' if text else line
      try:
        words = shlex.split(text, comments=True)
      except ValueError:  # A quoted text continues on the next line.
        continue
      if words:
        yield Command(page, text, words)
      text = ''
    assert not text, f'{page}: {text!r} has no closing quote'


def all_commands() -> list[Command]:
  """Return the commands of all pages, each text once."""
  found = {}
  for page in PAGES:
    for command in commands(page):
      found.setdefault(tuple(command.words), command)
  return list(found.values())
