"""What an installation would do, as values that can be shown before they are done, and the doing of them.

Every step leaves the host working at each instant: a file is replaced by a rename, never written in place, and a hook
that is put aside is put back when the step after it fails.
"""

import contextlib
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass

from stintd.errors import Conflict, Unavailable

TEXT_LIMIT = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Write:
    """Put `text` at `path`; what is there now goes to `keep`, or is replaced when `keep` is ""."""

    path: str
    text: bytes
    mode: int = 0o755
    keep: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """Rename `path` over `to`, content and mode untouched."""

    path: str
    to: str


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete one file or, with `is_folder`, one empty folder."""

    path: str
    is_folder: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text of a settings file of the user's; `shown` are the lines that differ, with + and -."""

    path: str
    before: bytes | None
    after: bytes | None
    shown: tuple[str, ...]


Step = Write | Move | Remove | Edit


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one place was left alone, and what to do about it."""

    path: str
    text: str
    hint: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in order, and the places that are left alone."""

    steps: tuple[Step, ...] = ()
    problems: tuple[Problem, ...] = ()

    def __add__(self, other: "Plan") -> "Plan":
        return Plan(self.steps + other.steps, self.problems + other.problems)


def described(step: Step) -> Iterable[str]:
    """The lines that show one step to a person."""
    match step:
        case Write(path, keep=""):
            yield f"write {path}"
        case Write(path, keep=keep):
            yield f"keep {path} as {os.path.basename(keep)}, which runs after ours"
            yield f"write {path}"
        case Move(path, to):
            yield f"put {path} back as {os.path.basename(to)}"
        case Remove(path):
            yield f"remove {path}"
        case Edit(path, shown=shown):
            yield f"change {path}"
            yield from (f"    {line}" for line in shown)


def perform(steps: Iterable[Step]) -> None:
    """Do them in order. `unavailable` names the place that could not be changed; what was done before stays done."""
    for step in steps:
        try:
            _do(step)
        except OSError as error:
            raise Unavailable(
                f"cannot change {step.path}: {error.strerror}", "make it writable and make room, then run this again"
            ) from error


def read_text(path: str) -> bytes | None:
    """The content of a regular file, None when there is none; `conflict` for anything else than a plain small file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Conflict(f"cannot read {path}: {error.strerror}", "see what it is; it was left alone") from error
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > TEXT_LIMIT:
            raise Conflict(f"{path} is not a plain file", "see what it is; it was left alone")
        return file.read(TEXT_LIMIT)


def replace_file(path: str, text: bytes, mode: int, fresh: str = "") -> None:
    """Write `text` beside `path` and rename it there, so that no reader ever sees half a file."""
    fresh = fresh or f"{path}.stintd-new"
    with contextlib.suppress(FileNotFoundError):
        if not fresh.endswith(".lock"):
            os.unlink(fresh)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
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


def _do(step: Step) -> None:
    match step:
        case Write():
            _write(step)
        case Move(path, to):
            os.rename(path, to)
        case Remove(path, is_folder):
            os.rmdir(path) if is_folder else os.unlink(path)
        case Edit():
            _edit(step)


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


def _edit(step: Edit) -> None:
    """Under git's own lock file, and only if nobody changed the file since the plan was made."""
    path = os.path.realpath(step.path)  # people keep their settings behind a symlink
    if read_text(path) != step.before:
        raise Conflict(f"{step.path} changed meanwhile", "run this again")
    if step.after is None:
        os.unlink(path)
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    mode = stat.S_IMODE(os.stat(path).st_mode) if step.before is not None else 0o644
    try:
        replace_file(path, step.after, mode, f"{path}.lock")
    except FileExistsError as error:
        raise Unavailable(f"git holds {path}.lock", "wait for that git command, or remove a lock left behind") from error
