"""The rooms of the code base: which room may import which, no circles, and files and functions of a readable size."""

import ast
import functools
import io
import pathlib
import tokenize

import networkx
import pytest

from pipeline import layout

_PROJECT = pathlib.Path(__file__).resolve().parents[1]
_RUNNERS = ('local_runner', 'kubeflow_runner', 'predict')
# Each package may import itself and these; a runner may import any package. docs/architecture.md draws the arrows.
_ALLOWED = {
    'compat': (),
    'models': ('compat',),
    'components': ('compat', 'models'),
    'pipeline': ('compat', 'components', 'models'),
    'serving': ('compat', 'components', 'models', 'pipeline'),
}
# Of models, components see constants, feature names, the text graph and an encoder's files; other model code is
# named by dotted path.
_MODELS_FOR_COMPONENTS = ('models.features', 'models.text', 'models.encoder_files')
_MAX_FILE_LINES, _MAX_TEST_FILE_LINES, _MAX_FUNCTION_LINES, _MAX_PIPELINE_MODULES = 250, 400, 40, 12


@functools.cache
def _sources() -> dict[str, str]:
  """Return the source of every module of the product, by dotted name."""
  paths = [path for package in layout.PACKAGES for path in (_PROJECT / package).rglob('*.py')]
  paths += [_PROJECT / f'{name}.py' for name in _RUNNERS]
  names = ('.'.join(path.relative_to(_PROJECT).with_suffix('').parts).removesuffix('.__init__') for path in paths)
  return dict(zip(names, (path.read_text(encoding='utf-8') for path in paths)))


def _imported_names(node: ast.AST) -> list[str]:
  if isinstance(node, ast.Import):
    return [alias.name for alias in node.names]
  if isinstance(node, ast.ImportFrom) and node.module and not node.level:
    return [name if (name := f'{node.module}.{alias.name}') in _sources() else node.module for alias in node.names]
  return []


def _imports(source: str, everywhere: bool) -> set[str]:
  """Return the project's modules that a module imports; not in its functions, unless `everywhere`."""
  tree = ast.parse(source)
  nodes = ast.walk(tree) if everywhere else tree.body
  return {name for node in nodes for name in _imported_names(node) if name in _sources()}


def test_each_package_has_its_arrows():
  assert set(_ALLOWED) == set(layout.PACKAGES)
  wrong = []
  for module, source in _sources().items():
    package = module.partition('.')[0]
    for imported in _imports(source, everywhere=True):
      target = imported.partition('.')[0]
      if target in _RUNNERS or (package not in _RUNNERS and target not in (package, *_ALLOWED[package])):
        wrong.append(f'{module} imports {imported}')
  assert not wrong


def test_components_see_only_features_and_text_of_models():
  wrong = [f'{module} imports {imported}' for module, source in _sources().items() if module.startswith('components.')
           for imported in _imports(source, everywhere=True)
           if imported.startswith('models') and not imported.startswith(_MODELS_FOR_COMPONENTS)]
  assert not wrong


def test_no_circular_imports():
  graph = networkx.DiGraph((module, imported) for module, source in _sources().items()
                           for imported in _imports(source, everywhere=False))
  assert graph.number_of_edges() > 200
  assert not list(networkx.simple_cycles(graph))


def test_pipeline_has_few_modules_of_its_own():
  modules = [path.name for path in (_PROJECT / 'pipeline').glob('*.py') if path.name != '__init__.py']
  assert len(modules) <= _MAX_PIPELINE_MODULES, modules


def _code_lines(source: str) -> set[int]:
  """Return the numbers of the lines that hold code: not blank, comment or docstring."""
  docstrings = set()
  for node in ast.walk(ast.parse(source)):
    body = getattr(node, 'body', None)
    if isinstance(body, list) and body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
      docstrings.update(range(body[0].lineno, body[0].end_lineno + 1))
  skipped = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
  tokens = tokenize.generate_tokens(io.StringIO(source).readline)
  lines = {line for token in tokens if token.type not in skipped for line in range(token.start[0], token.end[0] + 1)}
  return lines - docstrings


def test_code_lines_are_counted_without_comments_and_docstrings():
  source = '"""Doc."""\n\n# why\nx = [\n    1]\n\ndef f():\n  """Doc\n  more."""\n  return x\n'
  assert _code_lines(source) == {4, 5, 7, 10}


@pytest.mark.parametrize('folder, limit', [
    *((package, _MAX_FILE_LINES) for package in layout.PACKAGES), ('benchmarks', _MAX_FILE_LINES),
    ('tests', _MAX_TEST_FILE_LINES)])
def test_files_are_short(folder, limit):
  sizes = {str(path.relative_to(_PROJECT)): len(_code_lines(path.read_text(encoding='utf-8')))
           for path in (_PROJECT / folder).rglob('*.py')}
  assert sizes and not {path: size for path, size in sizes.items() if size > limit}


def test_functions_are_short():
  long = {}
  for module, source in _sources().items():
    lines = _code_lines(source)
    for node in ast.walk(ast.parse(source)):
      if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        size = len(lines & set(range(node.lineno, node.end_lineno + 1)))
        if size > _MAX_FUNCTION_LINES:
          long[f'{module}.{node.name}'] = size
  assert not long
