"""A receiver of the owner's own: every entry as a signed POST, for systems that have no connector.

The receiver knows an entry by `id`: `created` or `updated` of a known id replaces it, `deleted` removes it, and each may
come more than once. Any 2xx means that it has it.
"""

import hashlib
import hmac
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.ports import TAKEN, Account, Carrier, Item, Kind, Login, Outcome, RemotePlace
from stintd.sinks.http_api import Api

ABLE = Abilities(client_id=True, billable=True, tags=True, pauses=True)
SIGNATURE = "X-Stint-Signature"
_VERBS = {"check": "read", "created": "create", "updated": "create", "deleted": "delete"}


class Receiver:
    """One URL (`base_url`); the key signs what is sent."""

    def __init__(self, carrier: Carrier, clock: Clock, login: Login) -> None:
        self._api, self._key = Api(carrier, clock, login, {}), login.key
        self._api.speaks_json = False  # whatever it says, the status counts

    @property
    def calls(self) -> int:
        return self._api.calls

    async def check(self) -> Account | Outcome:
        outcome = await self._tell("check", "", None)
        return Account("") if outcome.kind == TAKEN else outcome

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """Whatever a mapping names is handed on."""
        return ()

    async def create(self, item: Item) -> Outcome:
        return await self._tell("created", item.id, item)

    async def update(self, remote_id: str, item: Item) -> Outcome:
        return await self._tell("updated", remote_id, item)

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        return await self._tell("deleted", remote_id, item)

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        """Nobody needs to: the same id again is the same entry."""
        return await self.create(item)

    async def _tell(self, action: str, entry_id: str, item: Item | None) -> Outcome:
        body = {"action": action, "id": entry_id, "entry": _entry(item) if item is not None else None}
        head = {"Idempotency-Key": entry_id} if entry_id else {}
        raw = self._api.raw(body)
        if self._key:
            head[SIGNATURE] = "sha256=" + hmac.new(self._key.encode(), raw, hashlib.sha256).hexdigest()
        outcome = self._api.judged(await self._api.ask("POST", "", body, headers=head), _VERBS[action])
        return Outcome(TAKEN, entry_id, status=outcome.status) if outcome.kind == TAKEN else outcome


def _entry(item: Item) -> dict[str, Any]:
    told = asdict(item)
    del told["id"]
    return {
        **told, "start": _instant(item.start), "end": _instant(item.end), "remote": dict(item.remote),
        "pauses": [{"start": _instant(lo), "end": _instant(hi)} for lo, hi in item.pauses],
    }  # fmt: skip


def _instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


KIND = Kind(ABLE, Receiver)
