"""Objects of S3 and stores that speak its protocol, and where their copies on this machine are.

boto3 has the credentials, the endpoint and the region from its own environment variables and files. It is not part of
the default installation, and is imported only for a URL.
"""

import contextlib
import hashlib
import importlib
import os
import pathlib
from typing import Any, Iterable, Iterator, NamedTuple

from components.common import files

_SCHEME = 's3://'
_INSTALL = ('uv pip install --no-config --python .venv/bin/python --require-hashes --no-deps -r requirements-s3.lock')
_DELETED_AT_ONCE = 1000  # objects, S3's own limit
# S3_ENDPOINT is what TensorFlow's file system calls it; it needs the scheme.
_ENDPOINT_VARIABLES = 'AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL', 'S3_ENDPOINT'


class Object(NamedTuple):
  """An object: its size in bytes, and the tag that changes with its content."""

  size: int
  tag: str


def is_url(path: str | None) -> bool:
  """Return whether a path is the URL of something in an object store."""
  return bool(path) and str(path).startswith(_SCHEME)


def local_directory(url: str) -> str:
  """Return the directory of this machine for what belongs to a URL, in the user's state directory."""
  state = os.environ.get('XDG_STATE_HOME') or os.path.expanduser('~/.local/state')
  return os.path.join(state, 'sentiment-pipeline', hashlib.sha256(url.rstrip('/').encode()).hexdigest()[:16])


class Folder:
  """The objects of a bucket whose names start with a prefix.

  Attributes:
    url: s3://BUCKET/PREFIX, without a slash at its end.
  """

  def __init__(self, url: str):
    """Prepare the access to a folder, which need not exist.

    Args:
      url: s3://BUCKET or s3://BUCKET/PREFIX.

    Raises:
      ValueError: the URL has no bucket, boto3 is not installed, or the endpoint is not an address.
    """
    self.url = url.rstrip('/')
    self._bucket, _, prefix = self.url.removeprefix(_SCHEME).partition('/')
    self._prefix = f'{prefix}/' if prefix else ''
    if not self._bucket or '//' in self.url.removeprefix(_SCHEME):
      raise ValueError(f'{url}: no such address; write s3://BUCKET/FOLDER')
    self._client = _make_client(url)

  def list_objects(self, below: str = '') -> dict[str, Object]:
    """List objects.

    Args:
      below: the start of their names, such as `reports/`.

    Returns:
      {name in the folder: Object}, sorted by name. Names that cannot be those of files are left out.

    Raises:
      OSError: the store does not answer, or refuses; the message says why.
    """
    with _explain_errors(self.url):
      pages = self._client.get_paginator('list_objects_v2').paginate(Bucket=self._bucket, Prefix=self._prefix + below)
      found = {entry['Key'].removeprefix(self._prefix): Object(entry['Size'], entry['ETag'])
               for page in pages for entry in page.get('Contents', ())}
    return {name: found[name] for name in sorted(found) if not {'', '.', '..'} & set(name.split('/'))}

  def download(self, name: str, path: str | os.PathLike[str]) -> None:
    """Copy an object to a file, which appears complete or not at all; raises OSError as `list_objects`."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with _explain_errors(f'{self.url}/{name}'), files.write_atomically(path, 'wb') as file:
      self._client.download_fileobj(self._bucket, self._prefix + name, file)

  def upload(self, path: str | os.PathLike[str], name: str) -> None:
    """Copy a file to an object, which appears complete or not at all; raises OSError as `list_objects`."""
    with _explain_errors(f'{self.url}/{name}'):
      self._client.upload_file(str(path), self._bucket, self._prefix + name)

  def delete(self, names: Iterable[str]) -> None:
    """Delete objects; raises OSError as `list_objects`."""
    keys = [{'Key': self._prefix + name} for name in names]
    with _explain_errors(self.url):
      for start in range(0, len(keys), _DELETED_AT_ONCE):
        result = self._client.delete_objects(
            Bucket=self._bucket, Delete={'Objects': keys[start:start + _DELETED_AT_ONCE], 'Quiet': True})
        for error in result.get('Errors', ()):
          raise OSError(f'{_SCHEME}{self._bucket}/{error["Key"]}: cannot be deleted ({error.get("Message")})')


def _make_client(url: str) -> Any:
  """Return boto3's client; it tries again after errors of the server and of the network, at growing intervals."""
  try:
    boto3, config = importlib.import_module('boto3'), importlib.import_module('botocore.config')
  except ImportError as error:
    raise ValueError(f'{url} needs boto3, which is not installed: {_INSTALL}') from error
  endpoint = next(filter(None, map(os.environ.get, _ENDPOINT_VARIABLES)), None)
  try:
    return boto3.session.Session().client('s3', endpoint_url=endpoint, config=config.Config(
        retries={'mode': 'standard', 'total_max_attempts': 5}, connect_timeout=10, read_timeout=60,
        # Stores other than Amazon's may not know the newer checksums.
        request_checksum_calculation='when_required', response_checksum_validation='when_required'))
  except (ValueError, importlib.import_module('botocore.exceptions').BotoCoreError) as error:
    raise ValueError(f'{url}: {error}; set AWS_ENDPOINT_URL, with its scheme, and AWS_REGION') from error


@contextlib.contextmanager
def _explain_errors(url: str) -> Iterator[None]:
  """Turn the errors of boto3 into an OSError of one line."""
  exceptions, transfer = importlib.import_module('botocore.exceptions'), importlib.import_module('boto3.exceptions')
  try:
    yield
  except (exceptions.ClientError, exceptions.BotoCoreError, transfer.Boto3Error) as error:
    raise OSError(f'{url}: {error}; check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL and the name of '
                  'the bucket, and run this again') from error


def fetch(url: str) -> str:
  """Copy an object, or all objects of a folder, to this machine, unless the copy is there.

  Args:
    url: s3://BUCKET/NAME of an object or a folder.

  Returns:
    The path of the file or directory, which has the same name.

  Raises:
    ValueError: there is no such object.
    OSError: the store does not answer, or the copy cannot be written.
  """
  folder, name, found = _find(url)
  # The directory's name depends on the content: a copy that is there is complete, and never changes.
  content = hashlib.sha256(repr(found).encode()).hexdigest()[:16]
  target = pathlib.Path(f'{local_directory(url)}-input', content)
  complete = target / '.complete'
  if not complete.exists():
    for key in found:
      folder.download(key, target / key)
    complete.touch()
  return str(target / name)


def download(url: str, path: str) -> None:
  """Copy an object to a file, or all objects of a folder to a directory; raises as `fetch`."""
  folder, name, found = _find(url)
  for key in found:
    folder.download(key, path + key.removeprefix(name))


def _find(url: str) -> tuple[Folder, str, dict[str, Object]]:
  """Return where an object or folder is, its name there, and its objects; ValueError if there are none."""
  parent, _, name = url.rstrip('/').rpartition('/')
  folder = Folder(parent)
  found = {key: content for key, content in folder.list_objects(name).items()
           if key == name or key.startswith(f'{name}/')}
  if not found:
    raise ValueError(f'{url}: no such object or folder')
  return folder, name, found
