"""Buckets that are mounted as directories, whose directories have no atomic rename. Standard library only."""

import os
import pathlib
import re
from typing import Optional

_MOUNTS = pathlib.Path('/proc/self/mountinfo')
_PROGRAMS = re.compile(r'gcsfuse|s3fs|goofys|geesefs|mountpoint-s3|blobfuse2?|rclone')
_OCTAL = re.compile(r'\\([0-7]{3})')  # how a mount point's white space is written


def find_bucket(path: str) -> Optional[str]:
  """Return the program that mounts a bucket where a path is, such as gcsfuse; None if it is on a file system.

  Args:
    path: of a directory, which need not exist.
  """
  try:
    lines = _MOUNTS.read_text(encoding='utf-8', errors='surrogateescape').splitlines()
  except OSError:  # not Linux
    return None
  real, found = pathlib.Path(os.path.realpath(path)), ''
  longest = -1
  for line in lines:
    place, _, kind = line.partition(' - ')  # after it: the type of the file system, the source and its options
    point = _OCTAL.sub(lambda match: chr(int(match[1], 8)), place.split()[4])
    if real.is_relative_to(point) and len(point) >= longest:  # of two mounts in one place, the later one counts
      longest, found = len(point), ' '.join(kind.split()[:2])
  match = _PROGRAMS.search(found) if found.startswith('fuse') else None
  return match[0] if match else None
