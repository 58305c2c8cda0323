"""Changing a settings file of an agent, and changing it back.

The file is the user's: a copy is kept before the first change, and a file that cannot be read is left alone. A digest
records what it was before us, so that uninstalling restores the same bytes; where somebody has changed it since, only our
part is removed.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Protocol

from stintd.errors import Conflict, StintdError
from stintd.frozen import frozen
from stintd.install.agentshim import SHIM, shim_text
from stintd.install.change import Plan, Problem, Remove, Rewrite, Step, Write, read_text, replace_file


@frozen
class Home:
    """Where our part lies: the folder of the shims and the spool they write into. `user`: the user's home folder."""

    hooks: str
    spool: str
    user: str
    environ: Mapping[str, str]

    @property
    def shim(self) -> str:
        return os.path.join(self.hooks, SHIM)


class SettingsText(Protocol):
    """Inserts our calls into a host's text and removes them. All methods raise `conflict` for a text that cannot be read."""

    @property
    def is_own(self) -> bool:
        """Whether the whole file is ours and is removed when we uninstall."""

    def insert(self, raw: bytes | None) -> bytes:
        """The text with our calls; from None, the text of a new file."""

    def strip(self, raw: bytes) -> bytes:
        """The text without our calls."""

    def missing(self, raw: bytes) -> list[str]:
        """The events whose call is missing."""

    def is_bare(self, raw: bytes) -> bool:
        """Whether a text without our calls contains no more than a new file."""


@frozen
class SettingsRecord:
    """What is remembered of a settings file: digests before and after our change ("": there was no file), folders made for it."""

    path: str
    before: str
    after: str
    folders: tuple[str, ...] = ()


def plan_install(
    home: Home, name: str, path: str, settings: SettingsText, note: str = "", *, has_shim: bool = True, secret: str = ""
) -> Plan:
    """Write the shim, then the calls to it; empty when both are in place. `secret`: a pattern of text not to be shown."""
    shim = shim_text(home.spool)
    steps: tuple[Step, ...] = () if not has_shim or _is_in_place(home.shim, shim) else (Write(home.shim, shim, 0o755),)
    try:
        present = read_text(os.path.realpath(path))
        if present is not None and not settings.missing(present):
            return Plan(steps)
        base = _base(home, name, present, settings)
        after = settings.insert(base)
        if settings.missing(after):
            raise Conflict("our calls could not be added to it", "look for something unusual in it; nothing was changed")
    except StintdError as error:
        return _problem_plan(path, error)
    change = Rewrite(path, present, after, _original_path(home, name), base, secret)
    return Plan((*steps, change), notes=(note,) if note else ())


def plan_uninstall(home: Home, name: str, path: str, settings: SettingsText, *, secret: str = "") -> Plan:
    """Restore the bytes from before us where nobody has changed the file since, else remove our part; then the copy we kept."""
    record = recall(home).get(name)
    steps: tuple[Step, ...] = ()
    try:
        present = read_text(os.path.realpath(path))
        if present is not None:
            base = _base(home, name, present, settings)
            is_made = settings.is_own or (record is not None and not record.before)
            after = None if base is None or (is_made and settings.is_bare(base)) else base
            steps = () if after == present else (Rewrite(path, present, after, secret=secret),)
            if after is None and record is not None:
                steps += _empty_folders(path, record.folders)
    except StintdError as error:
        return _problem_plan(path, error)
    if steps and os.path.lexists(_original_path(home, name)):
        steps += (Remove(_original_path(home, name)),)
    return Plan(steps)


def _empty_folders(path: str, folders: tuple[str, ...]) -> tuple[Step, ...]:
    """Remove the folders made for a file, upwards as long as they hold nothing else."""
    steps: list[Step] = []
    for folder in folders:
        if not os.path.isdir(folder) or set(os.listdir(folder)) - {os.path.basename(path)}:
            break
        steps.append(Remove(folder, is_folder=True))
        path = folder
    return tuple(steps)


def state_of(home: Home, path: str, settings: SettingsText) -> str:
    """The state of a settings file and of the shim that it calls, in words."""
    words = settings_state(path, settings)
    if words == "installed" and not _is_in_place(home.shim, shim_text(home.spool)):
        return "installed, but what it calls is missing or from another version: install it again"
    return words


def settings_state(path: str, settings: SettingsText) -> str:
    """The state of a settings file, in words."""
    try:
        present = read_text(os.path.realpath(path))
        if present is None:
            return "absent"
        if not settings.missing(present):
            return "installed"
        return "absent" if settings.strip(present) == present else "from another version or home"
    except StintdError as error:
        return f"left alone: {error.message}"


def _problem_plan(path: str, error: StintdError) -> Plan:
    return Plan(problems=(Problem(path, f"{path}: {error.message}", error.hint),))


def _base(home: Home, name: str, present: bytes | None, settings: SettingsText) -> bytes | None:
    """The file without our part; None: there is none. Exactly the original bytes if nobody has changed it since."""
    record = recall(home).get(name)
    if present is None:
        return None
    if record is not None and record.after == digest(present):
        if not record.before:
            return None
        original = _read(_original_path(home, name))
        if original is not None and digest(original) == record.before:
            return original
    return settings.strip(present)


def _original_path(home: Home, name: str) -> str:
    return os.path.join(home.hooks, "kept", name)


def _is_in_place(path: str, text: bytes) -> bool:
    return _read(path) == text and os.access(path, os.X_OK)


def _read(path: str) -> bytes | None:
    try:
        return read_text(path)
    except StintdError:
        return None


# ---------------------------------------------------------------- memory


def recall(home: Home) -> dict[str, SettingsRecord]:
    """The records by host. Empty when nothing is recorded."""
    try:
        known = json.loads(read_text(_memory_file(home)) or b"{}")
        return {name: _settings_from(record) for name, record in known.items()}
    except (StintdError, ValueError, AttributeError, TypeError, KeyError):
        return {}


def _settings_from(record: Mapping[str, Any]) -> SettingsRecord:
    folders = tuple(map(str, record["folders"]))
    return SettingsRecord(str(record["path"]), str(record["before"]), str(record["after"]), folders)


def remember(home: Home, name: str, plan: Plan) -> None:
    """Record a change before it is made, so that an interrupted one can be undone too."""
    for step in plan.steps:
        if isinstance(step, Rewrite) and step.after is not None and step.keep:
            known = recall(home)
            folders = _missing_folders(step.path) or (known[name].folders if name in known else ())
            before = digest(step.kept) if step.kept is not None else ""
            _store(home, {**known, name: SettingsRecord(step.path, before, digest(step.after), folders)})


def forget(home: Home, name: str) -> None:
    """Forget a host whose settings no longer hold our part; with the last one the shim is removed too."""
    known = recall(home)
    if name in known:
        del known[name]
        _store(home, known)


def _store(home: Home, known: Mapping[str, SettingsRecord]) -> None:
    os.makedirs(home.hooks, mode=0o700, exist_ok=True)
    if known:
        records = {name: asdict(record) for name, record in known.items()}
        replace_file(_memory_file(home), json.dumps(records, indent=1).encode(), 0o600)
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
    """The folders that will be made for a file, the deepest first."""
    missing = []
    while (folder := os.path.dirname(path)) != path and not os.path.lexists(folder):
        missing.append(folder)
        path = folder
    return tuple(missing)


def digest(text: bytes) -> str:
    """Names a text."""
    return hashlib.sha256(text).hexdigest()
