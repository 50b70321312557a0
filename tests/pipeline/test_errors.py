"""Errors of a run as one line for the user."""

import errno

import pytest

from components.versioned_pusher import push_and_rollback
from pipeline.engines import processes
from pipeline.local import errors


@pytest.mark.parametrize('error, line', [
    (ValueError('a.csv, line 3: no label'), 'a.csv, line 3: no label'),
    (RuntimeError('frame\nframe\nValueError: a.csv: no label'), 'a.csv: no label'),
    (RuntimeError("a.csv: no label [while running 'Read']"), 'RuntimeError: a.csv: no label'),
    (RuntimeError('Pipeline a failed in state FAILED: java.lang.IllegalStateException: stopped\nframe\nThread:840'),
     'RuntimeError: java.lang.IllegalStateException: stopped'),
    (RuntimeError('Pipeline a failed in state FAILED: A: Traceback\nframe\nValueError: a.csv [while running 1]\nB'),
     'a.csv'),
    (KeyError('text'), "KeyError: 'text'"),
    (TypeError(), 'TypeError: '),
    (errors.RunError('Trainer: it failed'), 'Trainer: it failed'),
    (processes.EngineError('all workers have ended'), 'all workers have ended'),
    (PermissionError(errno.EACCES, 'Permission denied', '/a/b'), '/a/b: Permission denied'),
    (ValueError('found: \x1b[31m'), 'found: \\x1b[31m'),
])
def test_an_error_is_one_line(error, line):
  assert errors.summarize_error(error) == line


@pytest.mark.parametrize('error', [
    OSError(errno.ENOSPC, 'No space left on device', '/a/b'), RuntimeError('database or disk is full'),
    RuntimeError('cannot commit - no transaction is active')])
def test_a_full_disk_is_named(error):
  assert errors.summarize_error(error).startswith('the disk is full: free some space')


@pytest.mark.parametrize('error, cause', [
    (OSError(errno.EROFS, 'Read-only file system', '/a/b'), '/a/b: Read-only file system'),
    (RuntimeError('attempt to write a readonly database'), 'attempt to write a readonly database')])
def test_a_read_only_directory_is_named(error, cause):
  assert errors.summarize_error(error) == (
      f'the output directory or TMPDIR became read-only: make it writable, and run this again ({cause})')


def test_a_failed_push_says_itself_what_is_served():
  error = push_and_rollback.PushError('version 3 is live: No space left on device')
  assert errors.summarize_error(error) == 'version 3 is live: No space left on device'


def test_a_long_message_is_cut():
  assert len(errors.summarize_error(ValueError('a' * 10_000))) == 1_000
