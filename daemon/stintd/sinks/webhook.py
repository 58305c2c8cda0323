"""A receiver of your own: every entry as a signed POST, for systems that have no connector.

The receiver identifies an entry by `id`: `created` or `updated` with a known id replaces it, `deleted` removes it, and each
may arrive more than once. Any 2xx means that the receiver has it.
"""

import hashlib
import hmac
from dataclasses import asdict

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.jsonvalue import JsonBody
from stintd.ports import TAKEN, Account, Carrier, Item, Kind, Login, Outcome, RemotePlace
from stintd.sinks.http_api import Api, Verb, rfc3339

ABLE = Abilities(client_id=True, billable=True, tags=True, pauses=True)
SIGNATURE = "X-Stint-Signature"
_VERBS: dict[str, Verb] = {"check": "read", "created": "create", "updated": "create", "deleted": "delete"}


class Receiver:
    """One URL (`base_url`); the key signs what is sent."""

    def __init__(self, carrier: Carrier, clock: Clock, login: Login) -> None:
        self._api, self._key = Api(carrier, clock, login, {}), login.key
        self._api.speaks_json = False  # only the status counts, whatever the body is

    @property
    def calls(self) -> int:
        return self._api.calls

    async def check(self) -> Account | Outcome:
        outcome = await self._send("check", "", None)
        return Account("") if outcome.kind == TAKEN else outcome

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """None: whatever a mapping names is passed on."""
        return ()

    async def create(self, item: Item) -> Outcome:
        return await self._send("created", item.id, item)

    async def update(self, remote_id: str, item: Item) -> Outcome:
        return await self._send("updated", remote_id, item)

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        return await self._send("deleted", remote_id, item)

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        """Send it again: the same id is the same entry."""
        return await self.create(item)

    async def _send(self, action: str, entry_id: str, item: Item | None) -> Outcome:
        body: JsonBody = {"action": action, "id": entry_id, "entry": _entry(item) if item is not None else None}
        head = {"Idempotency-Key": entry_id} if entry_id else {}
        raw = self._api.encode(body)
        if self._key:
            head[SIGNATURE] = "sha256=" + hmac.new(self._key.encode(), raw, hashlib.sha256).hexdigest()
        outcome = self._api.outcome_of(await self._api.ask("POST", "", body, headers=head), _VERBS[action])
        return Outcome(TAKEN, entry_id, status=outcome.status) if outcome.kind == TAKEN else outcome


def _entry(item: Item) -> dict[str, JsonBody]:
    fields = asdict(item)
    del fields["id"]
    return {
        **fields,
        "start": rfc3339(item.start),
        "end": rfc3339(item.end),
        "remote": dict(item.remote),
        "pauses": [{"start": rfc3339(lo), "end": rfc3339(hi)} for lo, hi in item.pauses],
    }


KIND = Kind(ABLE, Receiver)
