"""Writes `settings.toml`: whole, atomically, 0600. Only the daemon does it, or the command line while the daemon is down.

A key that `config.toml` sets is refused, naming its line, because the change would have no effect.
"""

import contextlib
import errno
import os
from typing import Any

import tomli_w

from stintd import paths
from stintd.errors import Conflict, Invalid, NotFound, StorageFull, Unavailable
from stintd.settings.document import Document, read_document
from stintd.settings.keys import BY_NAME, Wrong
from stintd.settings.load import broken


def add_folders(folders: list[str]) -> list[str]:
    """Watch these folders (absolute) from now on; returns the new ones."""
    owner, ours = _both()
    kept = list(_get(ours, "watch.folders", []))
    known = {os.path.normpath(os.path.expanduser(f)) for f in (*kept, *_get(owner, "watch.folders", []))}
    new = [folder for folder in dict.fromkeys(map(os.path.normpath, folders)) if folder not in known]
    if new:
        _put(ours, "watch.folders", kept + new)
        _save(ours)
    return new


def remove_folders(folders: list[str]) -> None:
    """Stop watching these folders; one that `config.toml` names is refused, naming the line."""
    owner, ours = _both()
    kept = list(_get(ours, "watch.folders", []))
    fixed = {os.path.normpath(os.path.expanduser(f)) for f in _get(owner, "watch.folders", [])}
    for folder in map(os.path.normpath, folders):
        if folder in fixed:
            raise _fixed(owner, "watch.folders")
        if folder not in kept:
            raise NotFound(f"{folder} is not watched", "`stint repos` lists what is")
        kept.remove(folder)
    _put(ours, "watch.folders", kept)
    _save(ours)


def set_value(name: str, value: Any) -> None:
    """Set one key by its dotted name; None unsets it. Refused if it is unknown, invalid, or set by `config.toml`."""
    change({name: value})


def change(values: dict[str, Any]) -> None:
    """Set keys by their dotted names, all or none; None unsets one. `invalid` reports all problems at once."""
    owner, ours = _both()
    problems = [problem for name, value in values.items() if (problem := _refusal(name, value)) is not None]
    if problems:
        told = "; ".join(f"{text}: {remedy}" for text, remedy in problems)
        raise Invalid(problems[0][0], problems[0][1]) if len(problems) == 1 else Invalid("settings are wrong", told)
    for name in values:
        if name != "watch.folders" and _get(owner, name, None) is not None:
            raise _fixed(owner, name)
    for name, value in values.items():
        _put(ours, name, value)
    _save(ours)


def set_target(name: str, table: dict[str, Any] | None) -> None:
    """Store a `[targets.NAME]`, or remove it (None). One that is in `config.toml` can only be changed there."""
    owner, ours = _both()
    if _get(owner, f"targets.{name}", None) is not None:
        raise _fixed(owner, f"targets.{name}")
    _put(ours, f"targets.{name}", table)
    _save(ours)


def change_nested(tables: dict[str, Any]) -> None:
    """The same for `{"time": {"idle_timeout": "20m"}}`, as the API takes it."""
    flat: dict[str, Any] = {}
    for table, content in tables.items():
        if not isinstance(content, dict):
            raise Invalid(f"{table} is not a table", 'send {"time": {"idle_timeout": "20m"}}')
        flat |= {f"{table}.{name}": value for name, value in content.items()}
    change(flat)


def _refusal(name: str, value: Any) -> tuple[str, str] | None:
    key = BY_NAME.get(name)
    if key is None:
        return f"there is no setting {name}", "`stint config get --all` lists all of them"
    try:
        if value is not None:
            key.read(value)
    except Wrong as wrong:
        return f"{name} {wrong.text}", wrong.remedy
    return None


def _fixed(owner: Document, name: str) -> Conflict:
    where = f"{owner.path}:{owner.line_of(name)}"
    return Conflict(f"{name} is set in {where}", f"change it there: {where}")


def _both() -> tuple[Document, Document]:
    owner, problems = read_document(paths.config_file())
    ours, more = read_document(paths.settings_file())
    if problems or more:
        raise broken(problems + more)
    return owner, ours


def _get(document: Document, name: str, default: Any) -> Any:
    table, _, key = name.partition(".")
    content = document.values.get(table)
    return content.get(key, default) if isinstance(content, dict) else default


def _put(document: Document, name: str, value: Any) -> None:
    table, _, key = name.partition(".")
    content = document.values.setdefault(table, {})
    if value is None:
        content.pop(key, None)
    else:
        content[key] = value
    if not content:
        document.values.pop(table, None)


def _save(document: Document) -> None:
    paths.ensure(paths.home_layout())
    temporary = f"{document.path}.{os.getpid()}"
    text = "# Written by stintd. Put your own settings into config.toml, which takes precedence over this file.\n\n"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text + tomli_w.dumps(document.values))
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, document.path)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        kind = StorageFull if error.errno == errno.ENOSPC else Unavailable
        raise kind(f"cannot write {document.path}: {error.strerror}", "make room, or make it writable") from error
