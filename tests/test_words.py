"""One vocabulary: phrases that the field has other words for are in no file that people read."""

import json
import pathlib
import re

import pytest

from pipeline import layout

_PROJECT = pathlib.Path(__file__).resolve().parents[1]
_SUFFIXES = ('.py', '.md', '.j2', '.html', '.js', '.yaml', '.toml', '.ipynb', '.sh')
_FOLDERS = (*layout.PACKAGES, 'benchmarks', 'deploy', 'docs', 'notebooks', 'tests', 'tools')
# A pattern, and what to write. Patterns with several senses, such as "left out", are a matter for reviewers.
_PHRASES = {
    r'\btells? of drift|\bthe data before\b|\bformer (data|statistics)\b': 'warns on drift, previous data',
    r'the data may be trained on': 'data checks passed',
    r'words? .{0,20}out of it\b': 'out-of-vocabulary (OOV)',
    r'\bheld back\b': 'dropped; cross-split duplicates',
    r'\bown_labels\b|\bits own labels\b': 'pseudo-labels',
    r'\bstrongest\(': 'conv1d_max_pool',
    r'\bwhat is left of it\b': 'linearly decayed learning rate',
    r'\bquicken': 'apply_patches',
    r'\bresolvers\.(OTHERS|MANAGED)\b|\blookups\b': 'resolvers',
    r'\btelling (word|n-gram)|\bthe surest\b|\bsurest mistake': 'most influential words, most confident errors',
    r'\b(called|labelled) (negative|positive)\b': 'predicted or actual negative',
    r'\bbeyond chance\b': 'upper 95 % bound',
    r'\bwhat came of it\b|\bwhat ran\b': 'result, pipeline steps',
    r'\bstars given\b': 'star rating',
    r'pushed to nowhere|what was pushed before stays': 'Not pushed; version N is still live',
    r'\bwrong usage\b': 'usage error',
    r'\b(gone on with|listened on)\b': 'cannot be resumed, cannot bind',
    r'\bgoes on to the gate\b': 'proceeds to the gate',
    r'is left out: it needs': 'skipped: requires --embeddings',
    r'reviews wait than may wait': 'request queue full',
    r'\bkept nowhere\b': 'nothing is stored',
    r'\b(can|may) be given again\b|\bif you like\b(?! intelligent)': 'repeatable, optional',
    r'\bno bar\b|\bbelow the bar\b|\b(thresholds?|metric) bars?\b|_BARS\b': 'threshold',
    r'\bfloors?\b(?! ?\()|_FLOORS\b': 'threshold',
    r'\bgenerated reviews\b': 'sample data',
    r'\b(is|are) no (UTF-8|number|version|package|module|port)\b': 'is not ...',
    r'\bsuch ones\b|\bmay as well\b|\bspoilt\b': 'a plain sentence',
}


def _read(path: pathlib.Path) -> str:
  text = path.read_text(encoding='utf-8')
  if path.suffix == '.ipynb':
    return '\n'.join(''.join(cell['source']) for cell in json.loads(text)['cells'])
  return text


def _texts() -> dict[str, str]:
  paths = [path for folder in _FOLDERS for path in (_PROJECT / folder).rglob('*') if path.suffix in _SUFFIXES]
  paths += [path for path in _PROJECT.iterdir() if path.suffix in _SUFFIXES]
  return {str(path.relative_to(_PROJECT)): ' '.join(_read(path).split()) for path in paths
          if path != pathlib.Path(__file__).resolve()}


@pytest.fixture(name='texts', scope='module')
def _fixture_texts():
  texts = _texts()
  assert len(texts) > 200
  return texts


@pytest.mark.parametrize('pattern', _PHRASES)
def test_the_fields_words_are_used(texts, pattern):
  found = [f'{name}: ...{text[max(match.start() - 40, 0):match.end() + 30]}...' for name, text in texts.items()
           for match in re.finditer(pattern, text, re.IGNORECASE)]
  assert not found, f'write: {_PHRASES[pattern]}'
