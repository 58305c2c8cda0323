"""Contexts and entities: texts that many heartbeats share, stored once and referred to by number.

Nothing is remembered between calls: after a rollback the numbers would belong to rows that do not exist, and a look-up takes
microseconds.
"""
# ruff: noqa: S608  (names of our own schema, never a caller's text)

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from sqlite3 import Connection
from typing import cast
from zlib import crc32

from stintd.domain.kinds import BeatKind
from stintd.domain.model import Actor, BeatSource, Context, RepoId, Witness
from stintd.domain.pattern import is_within

_COLUMNS = "source, kind, actor, repo_id, repo_path, folder, project, branch, session, device, witness, source_text"
_FIND = "SELECT id FROM context WHERE hash = ? AND " + " AND ".join(f"{name} = ?" for name in _COLUMNS.split(", "))
_ADD = f"INSERT INTO context (hash, {_COLUMNS}) VALUES ({', '.join('?' * 13)})"
_GET = f"SELECT {_COLUMNS} FROM context WHERE id = ?"
_ALL = f"SELECT {_COLUMNS}, id FROM context"


def _text(text: str) -> str:
    """A text that SQLite accepts: a name that is not UTF-8 (lone surrogates) is written with escapes."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _to_row(context: Context) -> tuple[str, ...]:
    """The columns of a context; what is not set is stored as an empty text, so that the unique index covers it."""
    row = (
        context.source,
        context.kind,
        context.actor,
        context.repo or "",
        context.repo_path or "",
        context.folder or "",
        context.project or "",
        context.branch or "",
        context.session or "",
        context.device,
        context.witness,
        context.source_text,
    )
    return tuple(map(_text, row))


def _from_row(row: tuple[str, ...]) -> Context:
    source, kind, actor, repo, repo_path, folder, project, branch, session, device, witness, source_text = row[:12]
    return Context(
        cast("BeatSource", source),
        cast("BeatKind", kind),
        cast("Actor", actor),
        RepoId(repo) if repo else None,
        repo_path or None,
        folder or None,
        project or None,
        branch or None,
        session or None,
        device,
        cast("Witness", witness),
        source_text,
    )


def _hash(texts: tuple[str, ...]) -> int:
    return crc32("\x1f".join(texts).encode())


class Contexts(Mapping[int, Context]):
    """The contexts by number, read when needed. Valid as long as the transaction it was made in."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._cache: dict[int, Context] = {}

    def __getitem__(self, number: int) -> Context:
        context = self._cache.get(number)
        if context is None:
            row = self._conn.execute(_GET, (number,)).fetchone()
            if row is None:
                raise KeyError(number)
            context = self._cache[number] = _from_row(row)
        return context

    def __iter__(self) -> Iterator[int]:
        self._cache.update((row[12], _from_row(row)) for row in self._conn.execute(_ALL))
        return iter(self._cache)

    def __len__(self) -> int:
        return int(self._conn.execute("SELECT count(*) FROM context").fetchone()[0])


def numbers(conn: Connection, contexts: Iterable[Context]) -> tuple[dict[Context, int], list[Context]]:
    """(the number of each context, the contexts that had none and got one now)."""
    number_of: dict[Context, int] = {}
    new: list[Context] = []
    for context in contexts:
        if context in number_of:
            continue
        texts = _to_row(context)
        row = (_hash(texts), *texts)
        match = conn.execute(_FIND, row).fetchone()
        if match is None:
            new.append(context)
            number_of[context] = int(conn.execute(_ADD, row).lastrowid or 0)
        else:
            number_of[context] = match[0]
    return number_of, new


def move_to_repo(conn: Connection, repo: str, repo_path: str, own: str) -> None:
    """Let the contexts of a checkout belong to another repository, one that no context belongs to yet."""
    for row in conn.execute(f"{_ALL} WHERE repo_id = ? AND repo_path = ?", (repo, repo_path)).fetchall():
        texts = _to_row(replace(_from_row(row), repo=RepoId(own)))
        conn.execute("UPDATE context SET repo_id = ?, hash = ? WHERE id = ?", (own, _hash(texts), row[12]))


def below(conn: Connection, folder: str) -> dict[int, Context]:
    """The contexts of this folder and of those below it that lie in no repository, by number."""
    folder = _text(folder)
    sql = f"{_ALL} WHERE folder <> '' AND folder >= ? AND folder < ? AND repo_id = ''"  # one range of the index
    contexts = {row[12]: _from_row(row) for row in conn.execute(sql, (folder, f"{folder}0"))}  # "0" follows "/"
    return {number: context for number, context in contexts.items() if is_within(context.folder or "", folder)}


def entity_numbers(conn: Connection, texts: Collection[str]) -> dict[str, int]:
    """The number of each entity text; those that had none get one now."""
    number_of: dict[str, int] = {}
    for text in dict.fromkeys(texts):
        stored_text = _text(text)
        row = (crc32(stored_text.encode()), stored_text)
        match = conn.execute("SELECT id FROM entity WHERE hash = ? AND text = ?", row).fetchone()
        number_of[text] = (
            match[0] if match else int(conn.execute("INSERT INTO entity (hash, text) VALUES (?, ?)", row).lastrowid or 0)
        )
    return number_of


def entity_texts(conn: Connection, numbers: Collection[int]) -> dict[int, str]:
    """The texts of entity numbers."""
    ids = json.dumps(list(set(numbers)))
    return dict(conn.execute("SELECT id, text FROM entity WHERE id IN (SELECT value FROM json_each(?))", (ids,)))
