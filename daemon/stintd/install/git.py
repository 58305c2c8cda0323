"""Our hooks in git repositories: planned, shown, installed, found again and removed without a trace.

A foreign hook is never edited: it is moved aside, unchanged, and ours runs it afterwards with the same arguments, input
and result. One that looks at its own name could not bear that and is left alone. Tools that come later and move ours
aside (pre-commit keeps and runs it as `*.legacy`, lefthook keeps it as `*.old`) are recognised.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator

from stintd.errors import StintdError
from stintd.install.change import Move, Plan, Problem, Remove, Step, Write, read_text
from stintd.install.gitplace import find, hooks_folder
from stintd.install.shim import HOOKS, recognise, text

KEPT = ".before-stintd"
MOVED = (".legacy", ".old")
"""What later tools call the hook they found: pre-commit, lefthook."""
_LOOKS_AT_ITS_NAME = re.compile(
    rb"basename[^\n]*(\$0|\$\{0|__file__|__FILE__|__filename|argv)|\$\{0##|BASH_SOURCE[^\n]*##"
    rb"|case[^\n]*\$0|argv\[0\]|\$PROGRAM_NAME"
)


def folders_of(places: Iterable[str]) -> tuple[list[str], Plan]:
    """The hooks folders of the repositories around these places, each once, and why others are left alone.

    Worktrees share one, so many places may be one folder.
    """
    folders: dict[str, None] = {}
    problems: dict[str, Problem] = {}
    for place in places:
        try:
            folders[hooks_folder(find(place))] = None
        except StintdError as error:
            problems.setdefault(error.message, Problem(place, error.message, error.hint))
    return list(folders), Plan(problems=tuple(problems.values()))


def plan_install(folder: str, spool: str) -> Plan:
    """What installing in this hooks folder would change; empty when everything is in place."""
    return _gathered(_install(os.path.join(folder, hook), hook, spool) for hook in HOOKS)


def plan_uninstall(folder: str) -> Plan:
    """What removing ours from this hooks folder would change."""
    return _gathered(part for hook in HOOKS for part in _uninstall(os.path.join(folder, hook)))


def hook_states(folder: str, spool: str) -> dict[str, str]:
    """How each hook in this folder stands, in words."""
    return {hook: _state(os.path.join(folder, hook), hook, spool) for hook in HOOKS}


def _gathered(parts: Iterable[Step | Problem | None]) -> Plan:
    found = [part for part in parts if part is not None]
    return Plan(
        tuple(part for part in found if not isinstance(part, Problem)),
        tuple(part for part in found if isinstance(part, Problem)),
    )


def _state(path: str, hook: str, spool: str) -> str:
    present = _plain(path)
    ours = recognise(present) if present is not None else None
    if ours is None:
        return "run by another hook" if _is_ours(f"{path}.legacy") else "absent"
    if not ours.is_intact:
        return "changed by hand"
    if present != text(hook, spool).encode(errors="surrogateescape"):
        return "of another version or home"
    return "installed, another runs afterwards" if os.path.lexists(path + KEPT) else "installed"


def _install(path: str, hook: str, spool: str) -> Step | Problem | None:
    wanted = text(hook, spool).encode(errors="surrogateescape")
    if not os.path.lexists(path):
        return _left_behind(path) or Write(path, wanted)
    present = _plain(path)
    ours = recognise(present) if present is not None else None
    if ours:
        if not ours.is_intact:
            return _edited(path)
        return None if present == wanted and os.access(path, os.X_OK) else Write(path, wanted)
    if _is_ours(f"{path}.legacy"):
        return None  # pre-commit runs it
    trouble = _unfit(path) or _left_behind(path)
    return trouble or Write(path, wanted, keep=path + KEPT)


def _uninstall(path: str) -> Iterator[Step | Problem | None]:
    kept = os.path.lexists(path + KEPT)
    for place in (path, *(path + ending for ending in MOVED)):
        present = _plain(place)
        ours = recognise(present) if present is not None else None
        if ours and not ours.is_intact:
            yield _edited(place)
        elif ours:
            yield Move(path + KEPT, place) if kept else Remove(place)
        if ours:
            kept = False
    if kept:
        yield _left_behind(path)


def _left_behind(path: str) -> Problem | None:
    """A hook we had put aside and ours gone: another tool, or a person, replaced it since."""
    if not os.path.lexists(path + KEPT):
        return None
    return Problem(
        path + KEPT, f"the hook that was kept as {path}{KEPT} has lost ours before it",
        f"move it back to {os.path.basename(path)}, or delete it",
    )  # fmt: skip


def _edited(path: str) -> Problem:
    return Problem(path, f"{path} is ours, but was changed by hand", "take your lines out of it, or delete it")


def _unfit(path: str) -> Problem | None:
    """Why a foreign hook cannot be run under another name, if so."""
    try:
        status = os.stat(path)  # a symlink to the real hook is common, and may be moved as it is
    except OSError:
        return Problem(path, f"{path} leads nowhere", "mend or remove it, then run this again")
    if not stat.S_ISREG(status.st_mode):
        return Problem(path, f"{path} is not a file", "remove it, then run this again")
    with open(path, "rb") as file:
        body = file.read(64 * 1024)
    if b"\0" in body:
        return Problem(path, f"{path} is a program whose needs cannot be seen", "it was left alone and works as before")
    if _LOOKS_AT_ITS_NAME.search(body):
        return Problem(
            path,
            f"{path} looks at its own name and would not work under another",
            "it was left alone and works as before",
        )
    return None


def _plain(path: str) -> bytes | None:
    """The content of a regular file; None for no file, a symlink or anything odd: those are not ours."""
    try:
        return read_text(path)
    except StintdError:
        return None


def _is_ours(path: str) -> bool:
    present = _plain(path)
    ours = recognise(present) if present is not None else None
    return ours is not None and ours.is_intact
