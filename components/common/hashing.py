"""Hashes that stand for content, for cache keys."""

import hashlib
import os


def file_hash(path: str) -> str:
  """SHA-256 of a file's content, in hex."""
  digest = hashlib.sha256()
  with open(path, 'rb') as file:
    while block := file.read(1 << 20):
      digest.update(block)
  return digest.hexdigest()


def hash_with_files(code: str, directory: str) -> str:
  """Return a fingerprint of code that an edit of any file in a directory changes too.

  Args:
    code: fingerprint of the code.
    directory: whose files count, such as a component's templates; directories in it do not.

  Returns:
    SHA-256 in hex.
  """
  paths = sorted(entry.path for entry in os.scandir(directory) if entry.is_file())
  return hashlib.sha256('\0'.join([code, *map(file_hash, paths)]).encode()).hexdigest()
