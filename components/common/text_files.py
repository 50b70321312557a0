"""Text files in all their forms: compressed or not, in UTF-8 or UTF-16, inside a .zip. Standard library only."""

import bz2
import codecs
import contextlib
import gzip
import io
import lzma
import re
import sys
from typing import cast, IO, Iterator, Optional
import zipfile
import zlib

# Of a line or a row: far beyond any text, and a bound on the memory that a decompression bomb can take.
MAX_CHARACTERS = 100_000_000
READ_ERRORS = (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError)
_DECOMPRESSORS = ((b'\x1f\x8b', gzip.open), (b'BZh', bz2.open), (b'\xfd7zXZ\0', lzma.open))
_MARKS = (  # UTF-32's first: its little-endian mark starts with that of UTF-16
    (codecs.BOM_UTF32_LE, 'utf-32'), (codecs.BOM_UTF32_BE, 'utf-32'),
    (codecs.BOM_UTF16_LE, 'utf-16'), (codecs.BOM_UTF16_BE, 'utf-16'))
# Files that operating systems, archivers and editors put beside those of people.
_SIDE_FILE = re.compile(
    r'(?:^|/)(?:\.(?!\.?(?:/|$))[^/]*|__MACOSX|Thumbs\.db|desktop\.ini|Icon\r|PaxHeaders?(?:\.\d+)?|@eaDir|~\$[^/]*'
    r'|[^/]*~|#[^/]*#|[^/]*\.(?:bak|orig|tmp))(?:/|$)', re.IGNORECASE)
# Contents that are something else than the names of their files say, by how they begin.
_FOREIGN = (
    (re.compile(rb'\s*<(!doctype html|html)', re.IGNORECASE), 'a web page: download the file itself'),
    (re.compile(rb'version https://git-lfs'), 'a pointer of Git LFS: get the file itself with `git lfs pull`'),
    (re.compile(rb'PK\x03\x04'), 'a .zip or an Excel workbook: call it .zip, or save it as CSV in UTF-8'),
    (re.compile(rb'\xd0\xcf\x11\xe0'), 'an Excel workbook: save it as CSV in UTF-8'))
_ADDRESS = re.compile(r'[A-Za-z][A-Za-z0-9+.-]+://')


def is_side_file(name: str) -> bool:
  """Return whether a file is one that programs leave beside those of people, such as `._1_9.txt` or `a.csv~`.

  Args:
    name: path of the file below the directory or archive in question, separated by slashes.
  """
  return _SIDE_FILE.search(name) is not None


def check_is_path(path: str) -> None:
  """Raise ValueError if a path is the address of something that is not on this machine."""
  if match := _ADDRESS.match(path):
    raise ValueError(f'{path}: {match[0]} is not read directly: copy the file to this machine, and pass its path')


def split_member(path: str) -> tuple[str, str]:
  """Split 'a.zip:b.csv' into ('a.zip', 'b.csv'); return ('path', '') for anything else."""
  match = re.match(r'(.*?\.zip):(.+)', path, re.IGNORECASE | re.DOTALL)
  return (match[1], match[2]) if match else (path, '')


@contextlib.contextmanager
def open_binary(path: Optional[str]) -> Iterator[IO[bytes]]:
  """Open a file; content that is compressed with gzip, bzip2 or xz is decompressed, whatever the file's name.

  Args:
    path: path of the file, or FILE.zip:MEMBER; None for standard input.

  Yields:
    The open file.

  Raises:
    ValueError: the archive has no such member, the member is encrypted, or the content is known to be something else.
    READ_ERRORS: the file cannot be opened; reading from the open file can raise these, too.
  """
  if path is None:
    yield sys.stdin.buffer
    return
  name, member = split_member(path)
  with contextlib.ExitStack() as stack:
    if member:
      archive = stack.enter_context(zipfile.ZipFile(name))
      try:
        file = stack.enter_context(archive.open(member))
      except (KeyError, RuntimeError) as error:  # there is no such member; it is encrypted
        raise ValueError(f'{path}: {error.args[0]}') from error
    else:
      file = stack.enter_context(open(path, 'rb'))
    start = file.peek(64)  # type: ignore[attr-defined]
    for pattern, what in _FOREIGN:
      if pattern.match(start):
        raise ValueError(f'{path}: {what}')
    for magic, decompress in _DECOMPRESSORS:
      if start.startswith(magic):
        file = cast(IO[bytes], stack.enter_context(decompress(file, 'rb')))
    yield file


def read_lines(path: Optional[str]) -> Iterator[tuple[str, int, str]]:
  """Read the lines of a file; bytes that are not UTF-8 become lone surrogates, as with errors='surrogateescape'.

  Args:
    path: see `open_binary`.

  Yields:
    (file and place for messages, number of the line from 1, the line with its end).

  Raises:
    ValueError: the file cannot be read, or has a line of MAX_CHARACTERS; the message names the file and the line.
  """
  name, number = path or 'standard input', 0
  try:
    with open_binary(path) as binary, _decode(binary, path) as file:
      while line := file.readline(MAX_CHARACTERS):
        number += 1
        where = f'{name}, line {number}'
        if len(line) == MAX_CHARACTERS:
          raise ValueError(f'{where}: a line of {MAX_CHARACTERS:,} characters or more; split it')
        yield where, number, line
  except READ_ERRORS as error:
    if number == 0 and isinstance(error, OSError) and error.strerror:
      raise ValueError(f'{name}: {error.strerror}') from error
    raise ValueError(f'{name}, after line {number}: {error}; copy or download it again') from error


def _decode(file, path):
  start = b'' if path is None else file.peek(8)[:8]  # of a terminal, nothing is read ahead
  encoding = next((name for mark, name in _MARKS if start.startswith(mark)), None)
  if not encoding and len(start) == 8:  # UTF-16 without a mark, of which every second byte of ASCII characters is NUL
    if not any(start[1::2]) and all(start[::2]):
      encoding = 'utf-16-le'
    elif not any(start[::2]) and all(start[1::2]):
      encoding = 'utf-16-be'
  if encoding:
    return io.TextIOWrapper(file, encoding, errors='replace', newline='')
  return io.TextIOWrapper(file, 'utf-8-sig', errors='surrogateescape', newline='')
