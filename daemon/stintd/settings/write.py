"""Writes `settings.toml`: whole, atomically, 0600. Only the daemon does it, or the command line while the daemon is down.

A key that `config.toml` sets is refused, naming its line, because the change would have no effect.
"""

import contextlib
import errno
import os
from collections.abc import Mapping

import tomli_w

from stintd import paths
from stintd.errors import Conflict, Invalid, NotFound, StorageFull, Unavailable
from stintd.settings.document import Document, Toml, read_document
from stintd.settings.keys import BY_NAME, Wrong
from stintd.settings.load import settings_error


def add_folders(folders: list[str]) -> list[str]:
    """Watch these folders (absolute) from now on; returns the new ones."""
    owner, ours = _documents()
    own = _folders(ours)
    watched = {os.path.normpath(os.path.expanduser(folder)) for folder in (*own, *_folders(owner))}
    new = [folder for folder in dict.fromkeys(map(os.path.normpath, folders)) if folder not in watched]
    if new:
        _put(ours, "watch.folders", [*own, *new])
        _save(ours)
    return new


def remove_folders(folders: list[str]) -> None:
    """Stop watching these folders; one that `config.toml` names is refused, naming the line."""
    owner, ours = _documents()
    own = _folders(ours)
    fixed = {os.path.normpath(os.path.expanduser(folder)) for folder in _folders(owner)}
    for folder in map(os.path.normpath, folders):
        if folder in fixed:
            raise _fixed_error(owner, "watch.folders")
        if folder not in own:
            raise NotFound(f"{folder} is not watched", "`stint repos` lists what is")
        own.remove(folder)
    _put(ours, "watch.folders", [*own])
    _save(ours)


def set_value(name: str, value: Toml | None) -> None:
    """Set one key by its dotted name; None unsets it. Refused if it is unknown, invalid, or set by `config.toml`."""
    change({name: value})


def change(values: Mapping[str, Toml | None]) -> None:
    """Set keys by their dotted names, all or none; None unsets one. `invalid` reports all problems at once."""
    owner, ours = _documents()
    problems = [problem for name, value in values.items() if (problem := _refusal(name, value)) is not None]
    if problems:
        remedies = "; ".join(f"{text}: {remedy}" for text, remedy in problems)
        raise Invalid(problems[0][0], problems[0][1]) if len(problems) == 1 else Invalid("settings are wrong", remedies)
    for name in values:
        if name != "watch.folders" and _get(owner, name) is not None:
            raise _fixed_error(owner, name)
    for name, value in values.items():
        _put(ours, name, value)
    _save(ours)


def set_target(name: str, table: dict[str, Toml] | None) -> None:
    """Store a `[targets.NAME]`, or remove it (None). One that is in `config.toml` can only be changed there."""
    owner, ours = _documents()
    if _get(owner, f"targets.{name}") is not None:
        raise _fixed_error(owner, f"targets.{name}")
    _put(ours, f"targets.{name}", table)
    _save(ours)


def change_nested(tables: Mapping[str, Toml | None]) -> None:
    """The same for `{"time": {"idle_timeout": "20m"}}`, as the API takes it."""
    flat: dict[str, Toml | None] = {}
    for table, content in tables.items():
        if not isinstance(content, dict):
            raise Invalid(f"{table} is not a table", 'send {"time": {"idle_timeout": "20m"}}')
        flat |= {f"{table}.{name}": value for name, value in content.items()}
    change(flat)


def _refusal(name: str, value: Toml | None) -> tuple[str, str] | None:
    key = BY_NAME.get(name)
    if key is None:
        return f"there is no setting {name}", "`stint config get --all` lists all of them"
    try:
        if value is not None:
            key.read(value)
    except Wrong as wrong:
        return f"{name} {wrong.text}", wrong.remedy
    return None


def _fixed_error(owner: Document, name: str) -> Conflict:
    where = f"{owner.path}:{owner.line_of(name)}"
    return Conflict(f"{name} is set in {where}", f"change it there: {where}")


def _documents() -> tuple[Document, Document]:
    owner, problems = read_document(paths.config_file())
    ours, more = read_document(paths.settings_file())
    if problems or more:
        raise settings_error(problems + more)
    return owner, ours


def _get(document: Document, name: str) -> Toml | None:
    table, _, key = name.partition(".")
    content = document.values.get(table)
    return content.get(key) if isinstance(content, dict) else None


def _folders(document: Document) -> list[str]:
    folders = _get(document, "watch.folders")
    return [str(folder) for folder in folders] if isinstance(folders, list) else []


def _put(document: Document, name: str, value: Toml | None) -> None:
    table, _, key = name.partition(".")
    content = document.values.setdefault(table, {})
    assert isinstance(content, dict)
    if value is None:
        content.pop(key, None)
    else:
        content[key] = value
    if not content:
        document.values.pop(table, None)


def _save(document: Document) -> None:
    paths.ensure_folders(paths.home_layout())
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
        raise kind(f"cannot write {document.path}: {error.strerror}", "free some disk space, or make it writable") from error
