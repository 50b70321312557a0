"""The version of the project's code and of its locked packages, for the record: it must never be in a cache key."""

import os
import pathlib
import subprocess

from components.common import hashing

UNKNOWN = 'unknown'
# Environment variable with the commit, for code without a repository, such as an image; the Dockerfile sets it.
COMMIT_VARIABLE = 'CODE_COMMIT'
_ROOT = pathlib.Path(__file__).resolve().parents[2]
_TIMEOUT = 10  # seconds; a repository may be on a slow network drive


def read_code_version() -> dict[str, str]:
  """Return the version of the code that runs.

  Returns:
    `git_commit`, followed by `-dirty` if a package, a runner or the lock differs from it, and `lock_hash`, the SHA-256
    of requirements.lock in hex. Either is UNKNOWN without a repository or git, or without the file.
  """
  lock = _ROOT / 'requirements.lock'
  return {'git_commit': os.environ.get(COMMIT_VARIABLE) or _git_commit(),
          'lock_hash': hashing.file_hash(str(lock)) if lock.is_file() else UNKNOWN}


def _git_commit() -> str:
  if not (_ROOT / '.git').exists():  # git would find the repository of an enclosing directory
    return UNKNOWN
  code = [*(path.parent.name for path in _ROOT.glob('*/__init__.py')), '*.py', 'requirements.lock']
  try:
    changes = _run_git('status', '--porcelain', '--', *code)
    return _run_git('rev-parse', 'HEAD') + ('-dirty' if changes else '')
  except (OSError, subprocess.SubprocessError):
    return UNKNOWN


def _run_git(*arguments: str) -> str:
  # Within a hook, git's own variables name the repository of the hook.
  environment = {name: value for name, value in os.environ.items() if not name.startswith('GIT_')}
  return subprocess.run(['git', '-C', str(_ROOT), *arguments], env=environment, capture_output=True, text=True,
                        timeout=_TIMEOUT, check=True).stdout.strip()
