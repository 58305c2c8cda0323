"""The steps of an installation, as values that can be shown before they are performed, and performing them.

Every step leaves the host working at each instant: a file is replaced by a rename, never written in place, and a hook
that was moved aside is moved back when the next step fails.
"""

import contextlib
import os
import re
import stat
from collections.abc import Iterable
from difflib import unified_diff
from itertools import groupby, islice

from stintd.errors import Conflict, Unavailable
from stintd.frozen import frozen

TEXT_LIMIT = 1024 * 1024
ALONE = b", and this file"
"""Ends a line that came with its file: then the file goes with it."""
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


@frozen
class Write:
    """Write `text` to `path`; the file there now is moved to `keep`, or replaced when `keep` is ""."""

    path: str
    text: bytes
    mode: int = 0o755
    keep: str = ""


@frozen
class Move:
    """Rename `path` over `to`, content and mode untouched."""

    path: str
    to: str


@frozen
class Remove:
    """Delete one file or, with `is_folder`, one empty folder."""

    path: str
    is_folder: bool = False


@frozen
class AddLine:
    """Add one line at the end of the user's git configuration."""

    path: str
    line: bytes


@frozen
class DropLine:
    """Remove one line from the user's git configuration."""

    path: str
    line: bytes


@frozen
class Rewrite:
    """Change a settings file of the user from `before` to `after` (None: no file), and keep a copy (`kept`) at `keep`.
    `secret`: a pattern of text in it that is not shown.
    """

    path: str
    before: bytes | None
    after: bytes | None
    keep: str = ""
    kept: bytes | None = None
    secret: str = ""


Step = Write | Move | Remove | AddLine | DropLine | Rewrite


@frozen
class Problem:
    """Why one file or folder was left alone, and what to do about it."""

    path: str
    text: str
    hint: str


@frozen
class Plan:
    """Steps in order, what is left alone and why, and what the user has to do besides."""

    steps: tuple[Step, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    def __add__(self, other: "Plan") -> "Plan":
        return Plan(self.steps + other.steps, self.problems + other.problems, self.notes + other.notes)


def describe(steps: Iterable[Step]) -> Iterable[str]:
    """The steps in words, one line each; files of one folder share a line."""
    for (verb, folder), group in groupby(steps, _heading):
        members = list(group)
        names = ", ".join(os.path.basename(step.path) for step in members if isinstance(step, Write | Remove))
        if folder:
            yield f"{verb} in {folder}: {names}"
            continue
        for step in members:
            yield from _describe(step)


def _heading(step: Step) -> tuple[str, str]:
    match step:
        case Write(path, keep=""):
            return "write", os.path.dirname(path)
        case Remove(path, is_folder=False):
            return "remove", os.path.dirname(path)
    return "", ""


def _describe(step: Step) -> Iterable[str]:
    match step:
        case Write(path, keep=keep):
            yield f"keep {path} as {os.path.basename(keep)}, which runs after our hook"
            yield f"write in {os.path.dirname(path)}: {os.path.basename(path)}"
        case Move(path, to):
            yield f"move {path} back to {os.path.basename(to)}"
        case Remove(path):
            yield f"remove the empty folder {path}"
        case AddLine(path, line):
            yield f"add to {path}: {os.fsdecode(line)}"
        case DropLine(path, line):
            yield f"remove from {path}: {os.fsdecode(line)}"
        case Rewrite(path, before, after, keep, kept, secret):
            yield f"{'write' if before is None else 'remove' if after is None else 'change'} {path}" + (
                f", keeping a copy in {keep}" if kept is not None else ""
            )
            for changed in _difference(before or b"", after or b""):
                yield re.sub(secret, "…", changed) if secret else changed


def _difference(before: bytes, after: bytes) -> Iterable[str]:
    """The lines that are added and removed, with one line of context."""
    old, new = (text.decode(errors="replace").splitlines() for text in (before, after))
    for line in islice(unified_diff(old, new, n=1, lineterm=""), 2, None):
        yield f"    {line}"


def perform(steps: Iterable[Step]) -> None:
    """Do them in order. `unavailable` names the place that could not be changed; what was done before stays done."""
    for step in steps:
        try:
            _perform_step(step)
        except OSError as error:
            raise Unavailable(
                f"cannot change {step.path}: {error.strerror}", "make it writable and free some disk space, then run this again"
            ) from error


def read_text(path: str) -> bytes | None:
    """The content of a regular file, None when there is none; `conflict` for anything but a small regular file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Conflict(f"cannot read {path}: {error.strerror}", "look at what it is; it was left alone") from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > TEXT_LIMIT:
            raise Conflict(f"{path} is not a plain file", "look at what it is; it was left alone")
        with open(descriptor, "rb", closefd=False) as file:  # which refuses a folder before anybody could look at it
            return file.read(TEXT_LIMIT)
    finally:
        os.close(descriptor)


def replace_file(path: str, text: bytes, mode: int) -> None:
    """Write `text` to a new file and rename it to `path`, so that no reader ever sees half a file."""
    fresh = f"{path}.stintd-new"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(fresh)
    _rename_over(path, os.open(fresh, _CREATE, 0o600), fresh, text, mode)


def append_line(text: bytes | None, line: bytes) -> bytes:
    """`text` with the line at its end.

    A file without a final newline gets none, so that removing the line restores every byte; if the file did not exist, the
    line says so, so that the file is removed with it.
    """
    if text is None:
        return line + ALONE + b"\n"
    return text + line + b"\n" if not text or text.endswith(b"\n") else text + b"\n" + line


def remove_line(text: bytes, line: bytes) -> bytes | None:
    """`text` without the line, None when the file came with it and holds nothing else."""
    lines = text.split(b"\n")
    own_line = next((known for known in (line, line + ALONE) if known in lines), None)
    if own_line is None:
        return text
    index = lines.index(own_line)
    follower = next((later.strip() for later in lines[index + 1 :] if later.strip()), b"")
    if follower and not follower.startswith((b"[", b"#", b";")):
        lines[index] = line.split(b" ", 1)[0]  # git has put a setting of the user's below our header: leave it one
    else:
        del lines[index]
    rest = b"\n".join(lines)
    return None if own_line.endswith(ALONE) and not rest.strip() else rest


def has_line(path: str, line: bytes) -> bool:
    """Whether a file of the user holds the line, in either form."""
    try:
        text = read_text(os.path.realpath(path))
    except Conflict:
        return False
    return text is not None and remove_line(text, line) != text


def _rename_over(path: str, descriptor: int, fresh: str, text: bytes, mode: int) -> None:
    try:
        with open(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        os.rename(fresh, path)
    except OSError:
        os.unlink(fresh)
        raise


def _perform_step(step: Step) -> None:
    match step:
        case Write():
            _write(step)
        case Move(path, to):
            os.rename(path, to)
        case Remove(path, is_folder):
            os.rmdir(path) if is_folder else os.unlink(path)
        case AddLine() | DropLine():
            _edit(step)
        case Rewrite():
            _rewrite(step)


def _write(step: Write) -> None:
    os.makedirs(os.path.dirname(step.path), mode=0o755, exist_ok=True)
    if not step.keep:
        replace_file(step.path, step.text, step.mode)
        return
    os.rename(step.path, step.keep)
    try:
        replace_file(step.path, step.text, step.mode)
    except OSError:
        os.rename(step.keep, step.path)
        raise


def _rewrite(step: Rewrite) -> None:
    """Rewrite the file behind a symlink, keeping its mode; `conflict` when it has changed since the plan was made."""
    path = os.path.realpath(step.path)
    if read_text(path) != step.before:
        raise Conflict(f"{step.path} was changed meanwhile", "run this again")
    if step.kept is not None:
        os.makedirs(os.path.dirname(step.keep), mode=0o700, exist_ok=True)
        replace_file(step.keep, step.kept, 0o600)
    if step.after is None:
        os.unlink(path)
        return
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    replace_file(path, step.after, stat.S_IMODE(os.stat(path).st_mode) if step.before is not None else 0o600)


def _edit(step: AddLine | DropLine) -> None:
    """Edit under git's own lock file, so that neither side loses the other's change."""
    path = os.path.realpath(step.path)  # people keep their settings behind a symlink
    os.makedirs(os.path.dirname(path), exist_ok=True)
    try:
        descriptor = os.open(f"{path}.lock", _CREATE, 0o600)
    except FileExistsError as error:
        raise Unavailable(f"git holds {path}.lock", "wait until that git is done, or remove a stale lock") from error
    try:
        before = read_text(path)
        after = append_line(before, step.line) if isinstance(step, AddLine) else remove_line(before or b"", step.line)
    except Conflict:
        os.close(descriptor)
        os.unlink(f"{path}.lock")
        raise
    mode = stat.S_IMODE(os.stat(path).st_mode) if before is not None else 0o644
    if after is None:
        os.unlink(path)
        os.close(descriptor)
        os.unlink(f"{path}.lock")
    else:
        _rename_over(path, descriptor, f"{path}.lock", after, mode)
