"""Lists the pushed versions of a model, rolls back to one of them, or pins one so that it is kept."""

import argparse
import os
import sys
from typing import Optional, Sequence

from components.common import start_up
from components.common import version_directories
from components.versioned_pusher import push_and_rollback
from components.versioned_pusher import working_copy


def main(argv: Optional[Sequence[str]] = None) -> int:
  """Run the command line.

  Args:
    argv: the arguments; None for those of the process.

  Returns:
    The exit code: 0, or 1 if there is nothing to list, or the command failed.
  """
  start_up.prepare_process()
  parser = argparse.ArgumentParser(prog='python -m components.versioned_pusher', description=__doc__)
  commands = parser.add_subparsers(dest='command', required=True)
  for name, text in (('list', 'list the pushed versions; the last one is live'),
                     ('rollback', 'make a copy of an older version live'),
                     ('pin', 'keep a version until it is unpinned, however many newer ones are pushed'),
                     ('unpin', 'let a pinned version be deleted when keep_versions newer ones are pushed')):
    command = commands.add_parser(name, help=text, description=text)
    command.add_argument('directory', help=(
        'the directory that servers watch, such as output/serving/sentiment or s3://BUCKET/serving/sentiment'))
    if name != 'list':
      command.add_argument('version', type=int, help='a number that `list` shows')
  arguments = parser.parse_args(argv)
  try:
    with working_copy.open_versions(arguments.directory, publish=arguments.command != 'list') as directory:
      lines = _execute(arguments, directory)
  except (push_and_rollback.PushError, OSError, ValueError) as error:
    print(error, file=sys.stderr)
    return 1
  print(*lines, sep='\n')
  return 0


def _execute(arguments: argparse.Namespace, directory: str) -> list[str]:
  """Do what the command line asks for with the versions in a directory; returns the lines to print."""
  if arguments.command == 'rollback':
    version = push_and_rollback.roll_back(directory, arguments.version)
    path = os.path.join(arguments.directory, str(version.number))
    return [f'{path}: a copy of version {arguments.version}, live from now on']
  if arguments.command != 'list':
    push_and_rollback.set_pin(directory, arguments.version, arguments.command == 'pin')
    return [f'version {arguments.version} is {arguments.command}ned']
  found = push_and_rollback.list_versions(directory)
  if not found:
    raise push_and_rollback.PushError(f'{arguments.directory}: {version_directories.describe_none(directory)}')
  return [_format_version(version, is_live=version is found[-1]) for version in found]


def _format_version(version: push_and_rollback.Version, is_live: bool) -> str:
  manifest = version.manifest
  parts = [str(version.number), manifest.get('pushed_at', 'unknown time')[:19].replace('T', ' '),
           f'{manifest.get("model", {}).get("model", "unknown model"):15}']
  accuracy = manifest.get('metrics', {}).get('binary_accuracy')
  if accuracy is not None:
    parts.append(f'test accuracy {accuracy:.4f}')
  if any(record.get('sample_reviews') for record in manifest.get('data', ())):
    parts.append('trained on SAMPLE DATA')
  if 'rolled_back_to' in manifest:
    parts.append(f'copy of {manifest["rolled_back_to"]}')
  return '  '.join(parts + ['pinned'] * version.is_pinned + ['live'] * is_live)


if __name__ == '__main__':
  start_up.run_program(main)
