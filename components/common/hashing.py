"""Hashes that stand for content, for cache keys."""

import hashlib
import os
from typing import Mapping

_parts_by_hash: dict[str, dict[str, str]] = {}  # of every call of `hash_parts` in this process


def file_hash(path: str) -> str:
  """SHA-256 of a file's content, in hex."""
  digest = hashlib.sha256()
  with open(path, 'rb') as file:
    while block := file.read(1 << 20):
      digest.update(block)
  return digest.hexdigest()


def hash_parts(parts: Mapping[str, str]) -> str:
  """Hash the parts of a fingerprint, and remember them for `recorded_parts`.

  Args:
    parts: the hash of each part, such as a module, by its name.

  Returns:
    SHA-256 in hex.
  """
  digest = hashlib.sha256(''.join(f'{name}\0{parts[name]}\0' for name in sorted(parts)).encode()).hexdigest()
  _parts_by_hash[digest] = dict(parts)
  return digest


def recorded_parts() -> dict[str, dict[str, str]]:
  """Return the parts of each fingerprint that this process has computed: {fingerprint: {part: hash}}."""
  return dict(_parts_by_hash)


def hash_with_files(code: str, directory: str) -> str:
  """Return a fingerprint of code that an edit of any file in a directory changes too.

  Args:
    code: fingerprint of the code.
    directory: whose files count, such as a component's templates; directories in it do not.

  Returns:
    SHA-256 in hex.
  """
  files = {os.path.join(os.path.basename(directory), entry.name): file_hash(entry.path)
           for entry in os.scandir(directory) if entry.is_file()}
  return hash_parts({**_parts_by_hash.get(code, {'code': code}), **files})
