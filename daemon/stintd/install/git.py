"""Our hooks in git repositories: planning, installing and recognising them, and removing them without a trace.

A foreign hook is never edited: it is moved aside, unchanged, and ours runs it afterwards with the same arguments, input
and result. A hook that depends on its own name would break under another and is left alone. Tools that are installed later
and move ours aside (pre-commit keeps and runs it as `*.legacy`, lefthook keeps it as `*.old`) are recognised.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator

from stintd.errors import StintdError
from stintd.install.change import Move, Plan, Problem, Remove, Step, Write, read_text
from stintd.install.gitplace import find_repository, hooks_folder
from stintd.install.shim import HOOKS, recognise, shim_text

KEPT = ".before-stintd"
MOVED_ENDINGS = (".legacy", ".old")
"""The endings by which later tools keep an existing hook: pre-commit, lefthook."""
_LOOKS_AT_ITS_NAME = re.compile(
    rb"basename[^\n]*(\$0|\$\{0|__file__|__FILE__|__filename|argv)|\$\{0##|BASH_SOURCE[^\n]*##"
    rb"|case[^\n]*\$0|argv\[0\]|\$PROGRAM_NAME"
)


def folders_of(places: Iterable[str]) -> tuple[list[str], Plan]:
    """The hooks folders of the repositories around these folders, each once, and why others are left alone.

    Worktrees share one, so many folders may have the same hooks folder.
    """
    folders: dict[str, None] = {}
    problems: dict[str, Problem] = {}
    for place in places:
        try:
            folders[hooks_folder(find_repository(place))] = None
        except StintdError as error:
            problems.setdefault(error.message, Problem(place, error.message, error.hint))
    return list(folders), Plan(problems=tuple(problems.values()))


def plan_install(folder: str, spool: str) -> Plan:
    """The changes that installing in this hooks folder would make; empty when everything is in place."""
    return _plan_of(_install(os.path.join(folder, hook), hook, spool) for hook in HOOKS)


def plan_uninstall(folder: str) -> Plan:
    """The changes that removing our hooks from this folder would make."""
    return _plan_of(part for hook in HOOKS for part in _uninstall(os.path.join(folder, hook)))


def hook_states(folder: str, spool: str) -> dict[str, str]:
    """The state of each hook in this folder, in words."""
    return {hook: _state(os.path.join(folder, hook), hook, spool) for hook in HOOKS}


def _plan_of(parts: Iterable[Step | Problem | None]) -> Plan:
    steps = [part for part in parts if part is not None]
    return Plan(
        tuple(part for part in steps if not isinstance(part, Problem)),
        tuple(part for part in steps if isinstance(part, Problem)),
    )


def _state(path: str, hook: str, spool: str) -> str:
    present = _read_regular_file(path)
    ours = recognise(present) if present is not None else None
    if ours is None:
        return "run by another hook" if _is_ours(f"{path}.legacy") else "absent"
    if not ours.is_intact:
        return "changed by hand"
    if present != shim_text(hook, spool).encode(errors="surrogateescape"):
        return "from another version or home"
    return "installed, another runs afterwards" if os.path.lexists(path + KEPT) else "installed"


def _install(path: str, hook: str, spool: str) -> Step | Problem | None:
    wanted = shim_text(hook, spool).encode(errors="surrogateescape")
    if not os.path.lexists(path):
        return _orphan_problem(path) or Write(path, wanted)
    present = _read_regular_file(path)
    ours = recognise(present) if present is not None else None
    if ours:
        if not ours.is_intact:
            return _edited_problem(path)
        return None if present == wanted and os.access(path, os.X_OK) else Write(path, wanted)
    if _is_ours(f"{path}.legacy"):
        return None  # pre-commit runs it
    trouble = _unfit_problem(path) or _orphan_problem(path)
    return trouble or Write(path, wanted, keep=path + KEPT)


def _uninstall(path: str) -> Iterator[Step | Problem | None]:
    has_kept = os.path.lexists(path + KEPT)
    for place in (path, *(path + ending for ending in MOVED_ENDINGS)):
        present = _read_regular_file(place)
        ours = recognise(present) if present is not None else None
        if ours and not ours.is_intact:
            yield _edited_problem(place)
        elif ours:
            yield Move(path + KEPT, place) if has_kept else Remove(place)
        if ours:
            has_kept = False
    if has_kept:
        yield _orphan_problem(path)


def _orphan_problem(path: str) -> Problem | None:
    """The problem of a hook we moved aside while ours is gone: another tool, or a person, has replaced ours since."""
    if not os.path.lexists(path + KEPT):
        return None
    return Problem(
        path + KEPT,
        f"{path}{KEPT} is a hook that we moved aside, but our hook that runs it is gone",
        f"move it back to {os.path.basename(path)}, or delete it",
    )


def _edited_problem(path: str) -> Problem:
    return Problem(path, f"{path} is a hook of stintd, but it was changed by hand", "remove the added lines, or delete the file")


def _unfit_problem(path: str) -> Problem | None:
    """Why a foreign hook cannot be run under another name; None when it can."""
    try:
        status = os.stat(path)  # a symlink to the real hook is common, and may be moved as it is
    except OSError:
        return Problem(path, f"{path} is a symlink to a missing file", "fix or remove it, then run this again")
    if not stat.S_ISREG(status.st_mode):
        return Problem(path, f"{path} is not a file", "remove it, then run this again")
    with open(path, "rb") as file:
        body = file.read(64 * 1024)
    if b"\0" in body:
        return Problem(
            path, f"{path} is a binary program, and it may depend on its own name", "it was left alone and works as before"
        )
    if _LOOKS_AT_ITS_NAME.search(body):
        return Problem(
            path,
            f"{path} depends on its own name and would not work under another",
            "it was left alone and works as before",
        )
    return None


def _read_regular_file(path: str) -> bytes | None:
    """The content of a regular file; None for no file, a symlink or anything else: those are not ours."""
    try:
        return read_text(path)
    except StintdError:
        return None


def _is_ours(path: str) -> bool:
    present = _read_regular_file(path)
    ours = recognise(present) if present is not None else None
    return ours is not None and ours.is_intact
