"""The keys that open the loopback listener, in memory: whose a key is, and when each was last used.

A browser that shows the dashboard holds a key too, in two halves: a cookie, and a proof that only the page has. Cookies
are sent to every port of this machine, so a server of somebody else's on another port would get the cookie; what a page
keeps belongs to its address and port. Neither half is a key for any other caller.

Lives on the event loop's thread. The table is read again after every change, so that a revoked key opens nothing from
the moment its revocation is answered. Uses are written at most once a minute, and only when there were any.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from sqlite3 import Connection

from stintd.clock import Clock
from stintd.domain.model import from_us, to_us
from stintd.engine.step import Step
from stintd.frozen import frozen
from stintd.store.row_types import ApiKeyRow, KeyScope
from stintd.store.rowio import fetch_all
from stintd.store.scope import ReadLimit

SCOPES = ("read", "write", "full")
SAVE_SECONDS = 60.0
KEY_LENGTH = 255
BROWSER = "browser:"
BROWSER_LASTS = timedelta(days=30)
"""Then `stint dash` is asked for again; long enough for nobody to mind, short enough for a laptop that was given away."""


def digest_of(key: str) -> str:
    """What is kept of a key. Keys are random, 122 bits: a plain hash cannot be tried out."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


@frozen
class Holder:
    """Who a key stands for, and the one client or project it reaches, if it is limited."""

    id: str
    name: str
    scope: KeyScope
    limit: ReadLimit | None = None
    proof: str = ""
    until: datetime | None = None


Holders = dict[str, Holder]
Write = Callable[[Callable[[Step], None]], None]


def browser_hash(cookie: str, proof: str) -> str:
    """What is kept of a browser's two halves. No hash of a key looks like it, so that neither half is one."""
    return f"{BROWSER}{digest_of(cookie)}:{digest_of(proof)}"


def holders(conn: Connection) -> Holders:
    """The keys that are not revoked, by their hash; browsers by that of their cookie."""
    by_hash = {}
    for row in fetch_all(conn, ApiKeyRow, "SELECT * FROM api_key WHERE revoked_us IS NULL"):
        name, until = row["hash"], None
        if name.startswith(BROWSER):
            until = from_us(row["created_us"]) + BROWSER_LASTS
            name = name.rpartition(":")[0]
        proof = row["hash"].rpartition(":")[2] if until else ""
        by_hash[name] = Holder(row["id"], row["name"], row["scope"], _limit(row), proof, until)
    return by_hash


def _limit(row: ApiKeyRow) -> ReadLimit | None:
    client, project = row["client_id"], row["project_id"]
    return ReadLimit(client, project) if client or project else None


class ApiKeys:
    """Finds the holder of a key."""

    def __init__(self, clock: Clock, read: Callable[[Callable[[Connection], Holders]], Awaitable[Holders]], write: Write) -> None:
        """`read` runs a query beside the writer, `write` has a change done in one of the next steps."""
        self._clock, self._read, self._write = clock, read, write
        self._holders: Holders = {}
        self._used: dict[str, datetime] = {}
        self._saving: asyncio.TimerHandle | None = None

    def load(self, keys: Holders) -> None:
        """Take these as the keys that are valid now."""
        self._holders = keys

    async def reload(self) -> None:
        """Read the keys again; after this returns a revoked one opens nothing."""
        self.load(await self._read(holders))

    def find(self, presented: Iterable[str]) -> Holder | None:
        """The holder of the first of these that is a key of ours; its use is noted.

        Looked up by its hash: how long that takes says nothing about a key, because nobody can choose the hash.
        """
        for key in presented:
            holder = self._holders.get(digest_of(key)) if len(key) <= KEY_LENGTH else None
            if holder is not None:
                self._note(holder.id)
                return holder
        return None

    def browser(self, cookie: str, proof: str | None = None) -> Holder | None:
        """The holder of a browser's cookie; with `proof` only when that is its other half."""
        holder = self._holders.get(BROWSER + digest_of(cookie)) if len(cookie) <= KEY_LENGTH else None
        if holder is None or (holder.until is not None and holder.until <= self._clock.now()):
            return None
        if proof is not None:
            if len(proof) > KEY_LENGTH or not hmac.compare_digest(holder.proof, digest_of(proof)):
                return None
            self._note(holder.id)
        return holder

    def last_used(self) -> dict[str, datetime]:
        """Uses that are not written yet, by the key's id."""
        return self._used

    def _note(self, key_id: str) -> None:
        self._used[key_id] = self._clock.now()
        if self._saving is None:
            self._saving = asyncio.get_running_loop().call_later(SAVE_SECONDS, self.save)

    def save(self) -> None:
        """Have the uses written with the next step."""
        if self._saving is not None:
            self._saving.cancel()
            self._saving = None
        used, self._used = self._used, {}
        if used:
            self._write(lambda step: _save(step, used))


def _save(step: Step, used: dict[str, datetime]) -> None:
    rows = [{"id": key_id, "us": to_us(at)} for key_id, at in used.items()]
    step.conn.executemany("UPDATE api_key SET last_used_us = :us WHERE id = :id", rows)
