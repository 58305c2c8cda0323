"""A file that is read in pieces, more than once: strict UTF-8, bounded, with its progress on a terminal."""

from __future__ import annotations

import codecs
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from typing import BinaryIO

from stintd.errors import Invalid

LIMIT = 2 << 30
PIECE = 65536


class InputFile:
    """A regular file, or standard input (`-`), which is copied to an unnamed file so that it can be read again."""

    def __init__(self, path: str) -> None:
        self.name = "standard input" if path == "-" else os.path.basename(path)[:100] or path[:100]
        self._file = _copy_input() if path == "-" else _open(path)
        self.size = os.fstat(self._file.fileno()).st_size
        if self.size > LIMIT:
            raise Invalid(f"{path} is larger than {LIMIT >> 30} GiB", "import it in parts")

    def pieces(self, stage: int = 0) -> Iterator[str]:
        """The text, from its beginning. `stage` of three is shown on a terminal."""
        self._file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8-sig")("strict")
        done, shown = 0, -1
        while raw := self._file.read(PIECE):
            yield _decode(decoder, raw, done)
            done += len(raw)
            share = done * 100 // max(1, self.size)
            if stage and share != shown and sys.stderr.isatty():
                shown = share
                sys.stderr.write(f"\r{('', 'reading', 'trying', 'importing')[stage]} {share:3d} %")
        yield _decode(decoder, b"", done)
        if shown >= 0:
            sys.stderr.write("\r                    \r")

    def close(self) -> None:
        self._file.close()


def _decode(decoder: codecs.IncrementalDecoder, raw: bytes, done: int) -> str:
    try:
        return decoder.decode(raw, final=not raw)
    except UnicodeDecodeError as error:
        raise Invalid(f"the file is not UTF-8 (near byte {done + error.start})", "save it as UTF-8") from error


def _open(path: str) -> BinaryIO:
    try:
        # Not blocking: somebody may have put a pipe there.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise Invalid(f"{path} is not a file", "name a file, or - for standard input")
        return os.fdopen(handle, "rb")
    except (OSError, ValueError) as error:
        raise Invalid(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}", "check its name") from error


def _copy_input() -> BinaryIO:
    copy = tempfile.TemporaryFile()  # noqa: SIM115  its reader closes it
    shutil.copyfileobj(sys.stdin.buffer, copy)
    return copy
