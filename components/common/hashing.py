"""The hash that stands for a file's content."""

import hashlib


def file_hash(path: str) -> str:
  """SHA-256 of a file's content, in hex."""
  digest = hashlib.sha256()
  with open(path, 'rb') as file:
    while block := file.read(1 << 20):
      digest.update(block)
  return digest.hexdigest()
