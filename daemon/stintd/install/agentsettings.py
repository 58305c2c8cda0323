"""Changing a settings file of an agent's, and changing it back.

The file is the user's: it is kept before the first change, and one that cannot be read is left alone. What it was before
we came is known by its digest, so that a removal gives back the same bytes; where somebody changed it since, only what
is ours goes.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from typing import Protocol

from stintd.errors import Conflict, StintdError
from stintd.frozen import frozen
from stintd.install.agentshim import SHIM, shim_text
from stintd.install.change import Plan, Problem, Remove, Rewrite, Step, Write, read_text, replace_file


@frozen
class Home:
    """Where our part lies: the folder of the shims and the spool they write into. `user`: the user's own home folder."""

    hooks: str
    spool: str
    user: str
    environ: Mapping[str, str]

    @property
    def shim(self) -> str:
        return os.path.join(self.hooks, SHIM)


class SettingsText(Protocol):
    """How calls get into a host's text and out again. All raise `conflict` for a text that cannot be read."""

    @property
    def is_own(self) -> bool:
        """Whether the whole file is ours, and goes when we do."""

    def insert(self, raw: bytes | None) -> bytes:
        """The text with our calls; None: of a new file."""

    def strip(self, raw: bytes) -> bytes:
        """The text without them."""

    def missing(self, raw: bytes) -> list[str]:
        """The events of which our call is not there."""

    def is_bare(self, raw: bytes) -> bool:
        """Whether a text without our calls says no more than a new file."""


@frozen
class Kept:
    """What is remembered of a settings file: digests of before and after us ("": there was none), folders made for it."""

    path: str
    before: str
    after: str
    folders: tuple[str, ...] = ()


def plan_install(
    home: Home, name: str, path: str, settings: SettingsText, note: str = "", *, has_shim: bool = True, secret: str = ""
) -> Plan:
    """The shim, then the calls to it; empty when both are in place. `secret`: a pattern of what is not to be shown."""
    shim = shim_text(home.spool)
    steps: tuple[Step, ...] = () if not has_shim or _has(home.shim, shim) else (Write(home.shim, shim, 0o755),)
    try:
        present = read_text(os.path.realpath(path))
        if present is not None and not settings.missing(present):
            return Plan(steps)
        base = _base(home, name, present, settings)
        after = settings.insert(base)
        if settings.missing(after):
            raise Conflict("it would not say what it should", "see what is odd about it; nothing was changed")
    except StintdError as error:
        return _left_alone(path, error)
    change = Rewrite(path, present, after, _kept_file(home, name), base, secret)
    return Plan((*steps, change), notes=(note,) if note else ())


def plan_uninstall(home: Home, name: str, path: str, settings: SettingsText, *, secret: str = "") -> Plan:
    """Back to the bytes before us where nobody changed the file since, else without what is ours; then what we kept."""
    kept = recall(home).get(name)
    steps: tuple[Step, ...] = ()
    try:
        present = read_text(os.path.realpath(path))
        if present is not None:
            base = _base(home, name, present, settings)
            is_made = settings.is_own or (kept is not None and not kept.before)
            after = None if base is None or (is_made and settings.is_bare(base)) else base
            steps = () if after == present else (Rewrite(path, present, after, secret=secret),)
            if after is None and kept is not None:
                steps += _emptied(path, kept.folders)
    except StintdError as error:
        return _left_alone(path, error)
    if steps and os.path.lexists(_kept_file(home, name)):
        steps += (Remove(_kept_file(home, name)),)
    return Plan(steps)


def _emptied(path: str, folders: tuple[str, ...]) -> tuple[Step, ...]:
    """Removal of the folders made for a file, as far up as nothing else lies in them."""
    steps: list[Step] = []
    for folder in folders:
        if not os.path.isdir(folder) or set(os.listdir(folder)) - {os.path.basename(path)}:
            break
        steps.append(Remove(folder, is_folder=True))
        path = folder
    return tuple(steps)


def state_of(home: Home, path: str, settings: SettingsText) -> str:
    """How a settings file stands, in words, and the shim that it calls."""
    found = stands(path, settings)
    if found == "installed" and not _has(home.shim, shim_text(home.spool)):
        return "installed, but what it calls is missing or of another version: install it again"
    return found


def stands(path: str, settings: SettingsText) -> str:
    """How a settings file stands, in words."""
    try:
        present = read_text(os.path.realpath(path))
        if present is None:
            return "absent"
        if not settings.missing(present):
            return "installed"
        return "absent" if settings.strip(present) == present else "of another version or home"
    except StintdError as error:
        return f"left alone: {error.message}"


def _left_alone(path: str, error: StintdError) -> Plan:
    return Plan(problems=(Problem(path, f"{path}: {error.message}", error.hint),))


def _base(home: Home, name: str, present: bytes | None, settings: SettingsText) -> bytes | None:
    """What the file says without us; None: there is none. To the byte as it was, if nobody changed it since."""
    kept = recall(home).get(name)
    if present is None:
        return None
    if kept is not None and kept.after == digest(present):
        if not kept.before:
            return None
        original = _read(_kept_file(home, name))
        if original is not None and digest(original) == kept.before:
            return original
    return settings.strip(present)


def _kept_file(home: Home, name: str) -> str:
    return os.path.join(home.hooks, "kept", name)


def _has(path: str, text: bytes) -> bool:
    return _read(path) == text and os.access(path, os.X_OK)


def _read(path: str) -> bytes | None:
    try:
        return read_text(path)
    except StintdError:
        return None


# ---------------------------------------------------------------- memory


def recall(home: Home) -> dict[str, Kept]:
    """By host. Empty when nothing is known."""
    try:
        known = json.loads(read_text(_memory_file(home)) or b"{}")
        return {
            name: Kept(str(one["path"]), str(one["before"]), str(one["after"]), tuple(map(str, one["folders"])))
            for name, one in known.items()
        }
    except (StintdError, ValueError, AttributeError, TypeError, KeyError):
        return {}


def remember(home: Home, name: str, plan: Plan) -> None:
    """Note a change before it is made, so that an interrupted one can be taken back too."""
    for step in plan.steps:
        if isinstance(step, Rewrite) and step.after is not None and step.keep:
            known = recall(home)
            folders = _missing_folders(step.path) or (known[name].folders if name in known else ())
            before = digest(step.kept) if step.kept is not None else ""
            _store(home, {**known, name: Kept(step.path, before, digest(step.after), folders)})


def forget(home: Home, name: str) -> None:
    """Nothing of ours is in the host's settings any more; the last one takes the shim with it."""
    known = recall(home)
    if name in known:
        del known[name]
        _store(home, known)


def _store(home: Home, known: Mapping[str, Kept]) -> None:
    os.makedirs(home.hooks, mode=0o700, exist_ok=True)
    if known:
        replace_file(_memory_file(home), json.dumps({name: asdict(one) for name, one in known.items()}, indent=1).encode(), 0o600)
        return
    for path in (_memory_file(home), home.shim):
        if os.path.lexists(path):
            os.unlink(path)
    folder = os.path.join(home.hooks, "kept")
    if os.path.isdir(folder) and not os.listdir(folder):
        os.rmdir(folder)


def _memory_file(home: Home) -> str:
    return os.path.join(home.hooks, "agent-settings.json")


def _missing_folders(path: str) -> tuple[str, ...]:
    """The folders that are made for a file, the deepest first."""
    missing = []
    while (folder := os.path.dirname(path)) != path and not os.path.lexists(folder):
        missing.append(folder)
        path = folder
    return tuple(missing)


def digest(text: bytes) -> str:
    """Names a text."""
    return hashlib.sha256(text).hexdigest()
