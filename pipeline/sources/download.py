"""Downloads with a checksum and a progress bar; a file is there whole or not at all."""

import os
import pathlib
import shutil

import pooch
import requests
import urllib3

_TIMEOUT = (10, 60)  # seconds to connect, and to wait for the next bytes


class Unreachable(Exception):
  """The network, or the host, cannot be reached."""


def fetch(url: str, destination: pathlib.Path, known_hash: str, flag: str) -> str:
  """Downloads beside the destination and moves the file there only when its checksum is right.

  Args:
    url: of the file.
    destination: where it is to be; its directory is made.
    known_hash: 'md5:...' or 'sha256:...'.
    flag: the command line flag by which the user can name the file instead.

  Returns:
    The destination.

  Raises:
    Unreachable: no connection.
    ValueError: the server refused, the connection broke off, or what arrived is not the file; the message says what
      to do.
  """
  partial = destination.parent / f'.partial-{destination.name}'
  shutil.rmtree(partial, ignore_errors=True)  # of a download that was killed
  pooch.get_logger().setLevel('WARNING')
  try:
    downloader = pooch.HTTPDownloader(progressbar=True, timeout=_TIMEOUT)
    path = pooch.retrieve(url, known_hash, fname=destination.name, path=partial, downloader=downloader)
    os.replace(path, destination)
  except requests.HTTPError as error:
    raise ValueError(f'{url}: {error}; download it by other means and name it with {flag}') from error
  except requests.RequestException as error:
    if isinstance(error.args[0], urllib3.exceptions.MaxRetryError):  # that is: no connection came about
      raise Unreachable(f'{url}: the network cannot be reached ({type(error).__name__})') from error
    raise ValueError(f'{url}: the connection broke off, nothing was kept; run this again') from error
  except ValueError as error:
    raise ValueError(f'{url}: what arrived is broken off or another file (its checksum is wrong), nothing was kept; '
                     'run this again') from error
  finally:
    shutil.rmtree(partial, ignore_errors=True)
  return str(destination)
