"""Steps of version 2 whose files are in an object store: they work on copies below the directory for temporary files.

The back end names what a step reads and writes by s3:// URLs, in the ExecutorInput on the step's command line. TFX and
TensorFlow read no such URLs here. A step therefore gets, for s3://BUCKET/NAME, the path COPIES/BUCKET/NAME; what it
reads is copied there before it, and what it has written is copied back after it.
"""

import contextlib
import json
import os
import pathlib
import tempfile
from typing import Any, Callable, Iterator, Sequence

from components.common import object_store
from components.common import version_directories
from components.versioned_pusher import push_and_rollback
from components.versioned_pusher import working_copy

_FLAG = '--json_serialized_invocation_args'
_SCHEME = 's3://'
_VERSIONS = 'destination'  # the parameter of the steps that read or push versions
_VERSION = 'path'  # the property of an artifact that stands for a version
_SHOWN = 'pushed_destination'  # the property that the report shows, and nothing opens


@contextlib.contextmanager
def use_copies(arguments: Sequence[str]) -> Iterator[list[str]]:
  """Give a step paths in the place of URLs, and copy what it reads and, if it succeeds, what it has written.

  Args:
    arguments: of TFX's module that runs a step of version 2.

  Yields:
    The arguments for the block, with paths.

  Raises:
    SystemExit: a URL names nothing, boto3 is not installed, or the store does not answer; with the message.
  """
  changed = list(arguments)
  place = changed.index(_FLAG) + 1 if _FLAG in changed else 0
  given = json.loads(changed[place]) if place else {}
  root = os.path.join(tempfile.gettempdir(), 'object-store')
  local = _replace_starts(given, _SCHEME, f'{root}/')
  if local == given:
    yield changed
    return
  changed[place] = json.dumps(local)

  def path_of(url: str) -> str:
    return os.path.join(root, url.removeprefix(_SCHEME))

  with contextlib.ExitStack() as held:
    with _exit_on_errors():
      versions = _copy_parameters(given.get('inputs', {}), path_of, held)
      _copy_artifacts(given.get('inputs', {}), path_of)
      for url in _urls(given['outputs']):
        os.makedirs(os.path.dirname(path_of(url)), exist_ok=True)
    yield changed
    with _exit_on_errors():
      report = local['outputs']['outputFile']
      for path in report, *_manifests(versions):
        _replace_paths(path, root)
      _publish(given['outputs'], path_of, versions)
      if object_store.is_url(given['outputs']['outputFile']):
        _upload(report, given['outputs']['outputFile'])


@contextlib.contextmanager
def _exit_on_errors() -> Iterator[None]:
  """End the step with the message of an error of the store, in the place of a traceback."""
  try:
    yield
  except (ValueError, OSError) as error:
    raise SystemExit(str(error)) from error


def _publish(outputs: dict[str, Any], path_of: Callable[[str], str], versions: list[working_copy.WorkingCopy]) -> None:
  """Copy what a step has written to the store: its artifacts, and then versions."""
  for url in _urls(outputs):
    _upload(path_of(url), url)
  for copy in versions:
    copy.publish()


def _manifests(versions: list[working_copy.WorkingCopy]) -> Iterator[str]:
  """Yield the paths of the manifests of versions."""
  for copy in versions:
    for version in version_directories.version_directories(copy.directory).values():
      yield str(version / push_and_rollback.MANIFEST)


def _replace_paths(path: str, root: str) -> None:
  """Replace the paths of copies by URLs in a JSON file: a step's report on its outputs, or a manifest."""
  file = pathlib.Path(path)
  content = json.loads(file.read_text(encoding='utf-8'))
  replaced = _replace_starts(content, f'{root}/', _SCHEME)
  if replaced != content:
    file.write_text(json.dumps(replaced, indent=2), encoding='utf-8')


def _replace_starts(value: Any, start: str, replacement: str) -> Any:
  """Return a JSON value with the start of all texts that begin with `start` replaced."""
  if isinstance(value, dict):
    return {key: each if key == _SHOWN and start == _SCHEME else _replace_starts(each, start, replacement)
            for key, each in value.items()}
  if isinstance(value, list):
    return [_replace_starts(each, start, replacement) for each in value]
  return replacement + value.removeprefix(start) if isinstance(value, str) and value.startswith(start) else value


def _copy_parameters(inputs: dict[str, Any], path_of: Callable[[str], str],
                     held: contextlib.ExitStack) -> list[working_copy.WorkingCopy]:
  """Copy what parameters name; returns the copies of the directories of versions, which `held` locks."""
  versions = []
  for name, value in inputs.get('parameterValues', {}).items():
    if name == _VERSIONS and object_store.is_url(value):
      versions.append(working_copy.WorkingCopy(value, path_of(value)))
      held.enter_context(versions[-1].hold())
      versions[-1].pull()
    elif object_store.is_url(value):
      object_store.download(value, path_of(value))
  return versions


def _copy_artifacts(inputs: dict[str, Any], path_of: Callable[[str], str]) -> None:
  """Copy the files of the artifacts that a step reads, and the versions that they stand for."""
  for url in _urls(inputs):
    with contextlib.suppress(ValueError):  # an artifact that has properties only
      object_store.download(url, path_of(url))
  for each in _artifacts(inputs):
    version = each.get('metadata', {}).get(_VERSION)
    if object_store.is_url(version):
      object_store.download(version, path_of(version))


def _artifacts(part: dict[str, Any]) -> Iterator[dict[str, Any]]:
  """Yield the artifacts in the inputs or outputs of an ExecutorInput."""
  for found in part.get('artifacts', {}).values():
    yield from found.get('artifacts', ())


def _urls(part: dict[str, Any]) -> Iterator[str]:
  """Yield the URLs of the artifacts in the inputs or outputs of an ExecutorInput."""
  return (each['uri'] for each in _artifacts(part) if object_store.is_url(each.get('uri')))


def _upload(path: str, url: str) -> None:
  """Copy a file, or all files of a directory, to the object or folder of a URL."""
  parent, _, name = url.rstrip('/').rpartition('/')
  folder, source = object_store.Folder(parent), pathlib.Path(path)
  for file in [source] if source.is_file() else sorted(each for each in source.rglob('*') if each.is_file()):
    folder.upload(file, (name / file.relative_to(source)).as_posix())
