"""API keys in memory: who each key of the loopback listener belongs to, and when it was last used.

A browser that shows the dashboard holds a key too, in two halves: a cookie, and a proof that only the page has. Browsers send
cookies to every port of this machine, so another program's server on another port would receive the cookie; what a page stores
belongs to its address and port alone. Neither half works as a key for any other API client.

Lives on the event loop's thread. The table is read again after every change, so a revoked key opens nothing once its revocation
has been answered. Uses are written at most once a minute, and only when there were any.
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
"""After this a browser must sign in through `stint dash` again: rarely enough to annoy nobody, soon enough for a laptop that was
given away.
"""


def digest_of(key: str) -> str:
    """The stored form of a key. Keys have 122 random bits, so a plain hash cannot be broken by guessing."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


@frozen
class Holder:
    """Who a key belongs to, and the one client or project it can reach if it is limited."""

    id: str
    name: str
    scope: KeyScope
    limit: ReadLimit | None = None
    proof: str = ""
    until: datetime | None = None


Holders = dict[str, Holder]
Write = Callable[[Callable[[Step], None]], None]


def browser_hash(cookie: str, proof: str) -> str:
    """The stored form of a browser's two halves. No hash of an API key has this form, so neither half works as a key."""
    return f"{BROWSER}{digest_of(cookie)}:{digest_of(proof)}"


def load_holders(conn: Connection) -> Holders:
    """The keys that are not revoked, by their hash; browsers by the hash of their cookie."""
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
        """`read` runs a query beside the writer; `write` makes a change in one of the next steps."""
        self._clock, self._read, self._write = clock, read, write
        self._holders: Holders = {}
        self._uses: dict[str, datetime] = {}
        self._save_timer: asyncio.TimerHandle | None = None

    def load(self, keys: Holders) -> None:
        """Replace the valid keys by these."""
        self._holders = keys

    async def reload(self) -> None:
        """Read the keys again; once this returns, a revoked key opens nothing."""
        self.load(await self._read(load_holders))

    def find(self, presented: Iterable[str]) -> Holder | None:
        """The holder of the first of these that is a valid key; its use is noted. The look-up is by hash: its duration reveals
        nothing about a key, because nobody can choose the hash.
        """
        for key in presented:
            holder = self._holders.get(digest_of(key)) if len(key) <= KEY_LENGTH else None
            if holder is not None:
                self._note_use(holder.id)
                return holder
        return None

    def find_browser(self, cookie: str, proof: str | None = None) -> Holder | None:
        """The holder of a browser's cookie; with `proof`, only if that is its other half."""
        holder = self._holders.get(BROWSER + digest_of(cookie)) if len(cookie) <= KEY_LENGTH else None
        if holder is None or (holder.until is not None and holder.until <= self._clock.now()):
            return None
        if proof is not None:
            if len(proof) > KEY_LENGTH or not hmac.compare_digest(holder.proof, digest_of(proof)):
                return None
            self._note_use(holder.id)
        return holder

    def pending_uses(self) -> dict[str, datetime]:
        """Uses that have not been written yet, by the key's id."""
        return self._uses

    def _note_use(self, key_id: str) -> None:
        self._uses[key_id] = self._clock.now()
        if self._save_timer is None:
            self._save_timer = asyncio.get_running_loop().call_later(SAVE_SECONDS, self.save)

    def save(self) -> None:
        """Write the uses with the next step."""
        if self._save_timer is not None:
            self._save_timer.cancel()
            self._save_timer = None
        uses, self._uses = self._uses, {}
        if uses:
            self._write(lambda step: _save_uses(step, uses))


def _save_uses(step: Step, uses: dict[str, datetime]) -> None:
    rows = [{"id": key_id, "us": to_us(at)} for key_id, at in uses.items()]
    step.conn.executemany("UPDATE api_key SET last_used_us = :us WHERE id = :id", rows)
