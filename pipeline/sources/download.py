"""Downloads with a checksum and a progress bar; a file appears complete or not at all."""

import contextlib
import os
import pathlib
import shutil
from typing import Iterator

import pooch
import requests
import urllib3

from components.common import proxies

_TIMEOUT = (10, 60)  # seconds to connect, and to wait for the next bytes


class UnreachableError(Exception):
  """There is no connection to the network or the host."""


def download_file(url: str, destination: pathlib.Path, known_hash: str, flag: str) -> str:
  """Download a file beside its destination, and move it there once its checksum is right.

  Args:
    url: of the file.
    destination: path of the file; its directory is created.
    known_hash: 'md5:...' or 'sha256:...'.
    flag: the command line flag with which the user can name a local file instead.

  Returns:
    The destination.

  Raises:
    UnreachableError: there is no connection.
    ValueError: the server refused, the connection broke, the checksum is wrong, or the file cannot be written; the
      message says what to do.
  """
  partial = destination.parent / f'.partial-{destination.name}'
  pooch.get_logger().setLevel('WARNING')
  with explain_unwritable(destination.parent, flag):
    shutil.rmtree(partial, ignore_errors=True)  # left by a download that was killed
    try:
      downloader = pooch.HTTPDownloader(progressbar=True, timeout=_TIMEOUT)
      path = pooch.retrieve(url, known_hash, fname=destination.name, path=partial, downloader=downloader)
      os.replace(path, destination)
    except requests.HTTPError as error:
      raise ValueError(f'{url}: {error}; download it by other means, and pass it with {flag}') from error
    except requests.RequestException as error:
      if isinstance(error.args[0], urllib3.exceptions.MaxRetryError):  # raised when no connection was established
        raise UnreachableError(f'{url}: the network cannot be reached ({type(error).__name__}){proxies.describe(url)}'
                               ) from error
      raise ValueError(f'{url}: the connection broke, and nothing is stored; run this again') from error
    except ValueError as error:
      raise ValueError(f'{url}: the checksum is wrong, because the download is incomplete or another file; nothing is '
                       'stored; run this again') from error
    finally:
      shutil.rmtree(partial, ignore_errors=True)
  return str(destination)


@contextlib.contextmanager
def explain_unwritable(directory: pathlib.Path, flag: str) -> Iterator[None]:
  """Turn an OSError of a block that writes into a directory into a ValueError that says what to do.

  Args:
    directory: where the block writes.
    flag: the command line flag with which the user can name a local file instead.

  Yields:
    Nothing.

  Raises:
    ValueError: the directory cannot be written.
  """
  try:
    yield
  except OSError as error:
    cause = error.strerror or error
    raise ValueError(f'{directory} cannot be written ({cause}): make it writable, or pass a file of your own with '
                     f'{flag}') from error
