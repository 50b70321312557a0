"""Lists the pushed versions of a model, or rolls back to one of them."""

import argparse
import sys

from components.versioned_pusher import versions


def main(argv=None):
  """Returns the exit code."""
  parser = argparse.ArgumentParser(prog='python -m components.versioned_pusher', description=__doc__)
  commands = parser.add_subparsers(dest='command', required=True)
  for name, text in (('list', 'what was pushed, the served one last'),
                     ('rollback', 'serve a copy of an older version from now on')):
    command = commands.add_parser(name, help=text, description=text)
    command.add_argument('directory', help='as output/serving/sentiment')
    if name == 'rollback':
      command.add_argument('version', type=int)
  arguments = parser.parse_args(argv)
  try:
    if arguments.command == 'rollback':
      version = versions.roll_back(arguments.directory, arguments.version)
      print(f'{version.path}: a copy of {arguments.version}, which servers take from now on')
      return 0
    found = versions.pushed(arguments.directory)
    if not found:
      raise versions.PushError(f'{arguments.directory}: no version was pushed here')
  except versions.PushError as error:
    print(error, file=sys.stderr)
    return 1
  for version in found:
    print(_line(version, served=version is found[-1]))
  return 0


def _line(version, served):
  manifest = version.manifest
  parts = [str(version.number), manifest.get('pushed_at', 'unknown time')[:19].replace('T', ' '),
           f'{manifest.get("model", {}).get("model", "unknown model"):15}']
  accuracy = manifest.get('metrics', {}).get('binary_accuracy')
  if accuracy is not None:
    parts.append(f'accuracy {accuracy:.4f} on test')
  if 'rolled_back_to' in manifest:
    parts.append(f'a copy of {manifest["rolled_back_to"]}')
  return '  '.join(parts + ['served'] * served)


if __name__ == '__main__':
  sys.exit(main())
