"""Follows a directory of versions: the newest that loads is served, and a newer one takes over without a gap."""

import gc
import logging
import os
import pathlib
import threading
from typing import Any, Optional
import weakref

import tensorflow as tf
from tensorflow.core.protobuf import error_codes_pb2

from components.common import object_store
from components.common import version_directories
from components.versioned_pusher import working_copy
from serving.server import model

_log = logging.getLogger(__name__)
_BUCKET_INTERVAL_S = 10.0


class Versions:
  """The versions of a model below a directory, each in a directory of its own that is named by a number.

  As in TensorFlow Serving, the highest number is served, so that the version below it takes over from a removed one.
  """

  def __init__(self, directory: str, interval_s: float = 1.0):
    """Prepare to follow a directory.

    Args:
      directory: path or s3:// URL of the directory.
      interval_s: seconds between two scans of it; of a bucket, whose provider charges for each, at least 10.

    Raises:
      ValueError: the URL cannot be read on this machine.
    """
    self._directory, self._interval_s = directory, interval_s
    self._copy: Optional[working_copy.WorkingCopy] = None  # of a URL
    if object_store.is_url(directory):
      self._copy, self._interval_s = working_copy.WorkingCopy(directory), max(interval_s, _BUCKET_INTERVAL_S)
    self._current: Optional[model.Model] = None
    self._loading: Optional[int] = None
    # {version: (fingerprint of its files, name of the error's code, message)}
    self._failures: dict[int, tuple[frozenset, str, str]] = {}
    self._replaced: list[weakref.ref] = []  # the sessions of versions that were served before
    self._stopped = threading.Event()
    self._thread = threading.Thread(target=self._follow, name='versions', daemon=True)

  def start(self) -> None:
    """Load the newest version that loads, and follow the directory from now on.

    Raises:
      ValueError: no version can be loaded.
    """
    try:
      versions = self._list_versions()
    except OSError as error:
      if self._copy:  # the message says what to check
        raise ValueError(str(error)) from error
      raise ValueError(f'{self._directory}: {error.strerror}; name the directory of the versions with --model-dir'
                       ) from error
    if not versions:
      raise ValueError(f'{self._directory}: {version_directories.describe_none(self._directory)}')
    self._update()
    if self._current is None:
      raise ValueError(f'{self._directory}: none of its versions can be loaded')
    self._thread.start()

  def stop(self) -> None:
    """Stop following the directory."""
    self._stopped.set()
    self._thread.join()

  @property
  def current(self) -> model.Model:
    """The model that is served; only after `start`."""
    assert self._current is not None
    return self._current

  def status(self) -> list[dict[str, Any]]:
    """Return TensorFlow Serving's model_version_status: an entry for each loaded, loading or refused version."""
    states = [(self.current.version, 'AVAILABLE', 'OK', '')]
    loading = self._loading
    if loading is not None:
      states.append((loading, 'LOADING', 'OK', ''))
    states += [(version, 'END', code, message) for version, (_, code, message) in self._failures.copy().items()
               if version != loading]
    return [{'version': str(version), 'state': state, 'status': {'error_code': code, 'error_message': message}}
            for version, state, code, message in sorted(states, reverse=True)]

  def _follow(self):
    while not self._stopped.wait(self._interval_s):
      try:
        self._update()
      except OSError as error:  # the directory may be unreachable for a while; a loaded model does not need it
        _log.debug('%s: %s', self._directory, error)
      if any(reference() is None for reference in self._replaced):
        self._replaced = [reference for reference in self._replaced if reference() is not None]
        gc.collect()  # the Python objects of a graph refer to each other

  def _update(self):
    """Load the highest version that can be loaded, unless it is served already."""
    versions = self._list_versions()
    self._failures = {version: failure for version, failure in self._failures.items() if version in versions}
    for version in sorted(versions, reverse=True):
      if self._current is not None and version == self._current.version:
        return
      files = _fingerprint(versions[version])
      is_known_failure = version in self._failures and self._failures[version][0] == files
      if not is_known_failure and self._load(version, versions[version], files):
        return

  def _load(self, version, path, files):
    """Load a version, warm it up and serve it; returns whether that succeeded."""
    self._loading = version
    try:
      loaded = model.Model(version, str(path))
      loaded.warm_up()
    except Exception as error:  # pylint: disable=broad-except
      code = error_codes_pb2.Code.Name(error.error_code) if isinstance(error, tf.errors.OpError) else 'UNKNOWN'
      self._failures[version] = files, code, model.summarize(error)
      _log.error('version %d cannot be loaded: %s', version, model.summarize(error))
      return False
    finally:
      self._loading = None
    self._failures.pop(version, None)
    previous, self._current = self._current, loaded
    if previous is not None:
      self._replaced.append(weakref.ref(previous.session))
      _log.info('serving version %d, before that version %d', version, previous.version)
    return True

  def _list_versions(self):
    if self._copy:
      with self._copy.hold():
        return version_directories.version_directories(self._copy.pull())
    if not os.path.isdir(self._directory):
      os.listdir(self._directory)  # raises an OSError that says why
    return version_directories.version_directories(self._directory)


def _fingerprint(path: pathlib.Path) -> frozenset:
  """Return what changes with any file below a path: a version that could not be loaded is then tried again."""
  files = []
  for directory, _, names in os.walk(path):
    for name in names:
      try:
        status = os.stat(os.path.join(directory, name))
      except OSError:
        continue  # removed since it was listed
      files.append((directory, name, status.st_size, status.st_mtime_ns))
  return frozenset(files)
