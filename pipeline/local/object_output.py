"""Runs whose output directory is a folder of an object store: they work in its copy on this machine."""

import argparse
import contextlib
import os
from typing import Iterator, Optional

import rich.console

from components.common import object_store
from components.versioned_pusher import working_copy
from pipeline import layout

_INPUTS = 'data', 'unlabeled', 'embeddings'


def replace_urls(arguments: argparse.Namespace) -> Optional[working_copy.WorkingCopy]:
  """Replace the s3:// URLs of a command line, in place: inputs by their copies, the output by its working directory.

  Args:
    arguments: as `command_line.build_parser` parses them.

  Returns:
    The working copy of the output; None for a directory.

  Raises:
    ValueError: a URL cannot be used, or `--state-dir` has no use.
    OSError: the store does not answer.
  """
  for name in _INPUTS:
    if object_store.is_url(getattr(arguments, name)):
      setattr(arguments, name, object_store.fetch(getattr(arguments, name)))
  if not object_store.is_url(arguments.output_dir):
    if arguments.state_dir is not None:
      raise ValueError('--state-dir is for an --output-dir of s3://: omit it')
    return None
  state_dir = os.path.abspath(os.path.expanduser(arguments.state_dir)) if arguments.state_dir else ''
  copy = working_copy.WorkingCopy(arguments.output_dir, state_dir, layout.serving('').replace(os.sep, '/'))
  arguments.output_dir = copy.directory
  return copy


@contextlib.contextmanager
def synchronize(copy: Optional[working_copy.WorkingCopy], console: rich.console.Console) -> Iterator[None]:
  """Pull the versions of a working copy before a run, and publish what the run has left, also if it failed.

  Args:
    copy: of the output; None does nothing.
    console: where to say what was published.

  Raises:
    ValueError: the folder is the output of runs with another state directory.
    OSError: the store does not answer. What was not published is published by the next run.
  """
  if copy is None:
    yield
    return
  with copy.hold():
    copy.claim()
    copy.pull()
    try:
      yield
    except Exception:
      with contextlib.suppress(OSError):  # the error of the run is the one to show
        copy.publish()
      raise
    console.print(f'Published: {copy.publish():,} files to {copy.url}', markup=False)
