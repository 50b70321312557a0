"""Follows a directory of versions: the newest that loads is served, and a newer one takes over without a gap."""

import gc
import logging
import os
import re
import threading
import weakref

import tensorflow as tf
from tensorflow.core.protobuf import error_codes_pb2

from serving.server import model

_log = logging.getLogger(__name__)


class Versions:
  """The versions of a model below a directory, each in a directory of its own that is named by a number.

  As in TensorFlow Serving, the highest number there is is served, so a removed version gives way to the one below it.
  """

  def __init__(self, directory, every=1.0):
    """Takes the directory, and the seconds between two looks at it."""
    self._directory, self._every = directory, every
    self._current = self._loading = None
    self._failed = {}  # {version: (fingerprint of its files, name of the error's code, message)}
    self._replaced = []  # weak references to sessions of versions that others took over from
    self._stopped = threading.Event()
    self._thread = threading.Thread(target=self._follow, name='versions', daemon=True)

  def start(self):
    """Loads a version and follows the directory from now on; raises ValueError where none can be loaded."""
    try:
      found = self._found()
    except OSError as error:
      raise ValueError(f'{self._directory}: {error.strerror}; name the directory of the versions with --model-dir'
                       ) from error
    if not found:
      raise ValueError(f'{self._directory}: no version of a model here; push one first, or name another --model-dir')
    self._look()
    if self._current is None:
      raise ValueError(f'{self._directory}: none of its versions can be loaded')
    self._thread.start()

  def stop(self):
    """Stops following."""
    self._stopped.set()
    self._thread.join()

  @property
  def current(self):
    """The Model that is served."""
    return self._current

  def status(self):
    """TensorFlow Serving's model_version_status: a list with an entry per version that is loaded, being or refused."""
    states = [(self._current.version, 'AVAILABLE', 'OK', '')]
    loading = self._loading
    if loading is not None:
      states.append((loading, 'LOADING', 'OK', ''))
    states += [(version, 'END', code, message) for version, (_, code, message) in self._failed.copy().items()
               if version != loading]
    return [{'version': str(version), 'state': state, 'status': {'error_code': code, 'error_message': message}}
            for version, state, code, message in sorted(states, reverse=True)]

  def _follow(self):
    while not self._stopped.wait(self._every):
      try:
        self._look()
      except OSError as error:  # the directory is out of reach for a while; what is loaded needs it no more
        _log.debug('%s: %s', self._directory, error)
      if any(reference() is None for reference in self._replaced):
        self._replaced = [reference for reference in self._replaced if reference() is not None]
        gc.collect()  # a graph's Python objects refer to each other

  def _look(self):
    """Loads the highest version that can be loaded, unless it is the one that is served."""
    found = self._found()
    self._failed = {version: failure for version, failure in self._failed.items() if version in found}
    for version in sorted(found, reverse=True):
      if self._current is not None and version == self._current.version:
        return
      files = _fingerprint(found[version])
      if self._failed.get(version, (None,))[0] != files and self._load(version, found[version], files):
        return

  def _load(self, version, path, files):
    """Loads, warms up and takes over; False where it fails."""
    self._loading = version
    try:
      loaded = model.Model(version, path)
      loaded.warm_up()
    except Exception as error:  # pylint: disable=broad-except
      code = error_codes_pb2.Code.Name(error.error_code) if isinstance(error, tf.errors.OpError) else 'UNKNOWN'
      self._failed[version] = files, code, model.brief(error)
      _log.error('version %d cannot be loaded: %s', version, model.brief(error))
      return False
    finally:
      self._loading = None
    self._failed.pop(version, None)
    before, self._current = self._current, loaded
    if before is not None:
      self._replaced.append(weakref.ref(before.session))
      _log.info('version %d is served, after version %d', version, before.version)
    return True

  def _found(self):
    """{version: path}; TensorFlow Serving's versions are int64."""
    names = [name for name in os.listdir(self._directory) if re.fullmatch('[0-9]{1,18}', name)]
    paths = {int(name): os.path.join(self._directory, name) for name in names}
    return {version: path for version, path in paths.items() if os.path.isdir(path)}


def _fingerprint(path):
  """Changes when a file below a path does: what could not be loaded is tried again then."""
  found = []
  for directory, _, names in os.walk(path):
    for name in names:
      try:
        status = os.stat(os.path.join(directory, name))
      except OSError:
        continue  # removed since it was listed
      found.append((directory, name, status.st_size, status.st_mtime_ns))
  return frozenset(found)
