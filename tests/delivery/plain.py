"""A kind of target that exists in tests only: its abilities are whatever a test takes away from it."""

import json
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from stintd.domain.billing.target import Abilities
from stintd.ports import MISSING, TAKEN, UNKNOWN, Account, HttpRequest, Item, Kind, Outcome, RemotePlace
from stintd.sinks.http_api import Api, create_outcome, id_in, rows_of
from tests.support.billing.fake import Answer, Fake

ABLE = Abilities(can_look=True, needs=("place",), calls_per_hour=100_000)


@dataclass
class PlainFake(Fake):
    """Keeps what it is told; what `able` lacks it refuses with 405, whoever asks."""

    remote: ClassVar = {"place": "p1"}
    able: Abilities = ABLE

    def _route(self, request: HttpRequest) -> Answer:
        told = json.loads(request.body) if request.body else {}
        name = request.url.rpartition("/")[2]
        if request.method == "GET":
            return 200, list(self.ledger.values())
        if request.method == "POST":
            if self.refuses(told):
                return 422, {"error": "not wanted"}
            new = self.new_id("r")
            self.ledger[new] = {**told, "ours": told["id"], "id": new}
            return 201, {"id": new}
        if not (self.able.delete if request.method == "DELETE" else self.able.update):
            return 405, {"error": "that is not how it works here"}
        if name not in self.ledger:
            return 404, {"error": "no such entry"}
        if request.method == "DELETE":
            return 200, self.ledger.pop(name)
        kept = self.ledger[name]
        is_moved = not self.able.moves and kept["remote"] != told["remote"]
        if is_moved or (not self.able.redates and kept["day"] != told["day"]):
            return 405, {"error": "it stays where it is"}
        self.ledger[name] = {**kept, **told, "ours": kept["ours"], "id": name}
        return 200, {"id": name}

    def sheet(self) -> list[tuple[int | str, int, str]]:
        return sorted((one["start"], one["seconds"], one["description"]) for one in self.ledger.values())

    def sums(self) -> dict[tuple[str, str], int]:
        """Seconds by place and day, none of them zero."""
        found: dict[tuple[str, str], int] = {}
        for one in self.ledger.values():
            key = (one["remote"]["place"], one["day"])
            found[key] = found.get(key, 0) + one["seconds"]
        return {key: seconds for key, seconds in found.items() if seconds}


class Plain:
    """Its connector: entries are found again by the id that is ours."""

    def __init__(self, carrier: Any, clock: Any, login: Any) -> None:
        self._api = Api(carrier, clock, login, {})

    @property
    def calls(self) -> int:
        return self._api.calls

    async def check(self) -> Account | Outcome:
        return Account("plain")

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        return ()

    async def create(self, item: Item) -> Outcome:
        answer = await self._api.ask("POST", "/entries", _item_to_wire(item))
        return create_outcome(self._api, answer, id_in(answer))

    async def update(self, remote_id: str, item: Item) -> Outcome:
        return self._api.outcome_of(await self._api.ask("PUT", f"/entries/{remote_id}", _item_to_wire(item)), "update")

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        return self._api.outcome_of(await self._api.ask("DELETE", f"/entries/{remote_id}"), "delete")

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        answer = await self._api.ask("GET", "/entries")
        found = rows_of(answer)
        if found is None:
            judged = self._api.outcome_of(answer, "read")
            return Outcome(UNKNOWN, text="no list") if judged.kind == TAKEN else judged
        there = [one for one in found if one["ours"] == item.id and one["id"] not in others]
        return Outcome(TAKEN, there[0]["id"]) if there else Outcome(MISSING)


def _item_to_wire(item: Item) -> dict[str, Any]:
    return {**asdict(item), "remote": dict(item.remote)}


PLAIN = Kind(ABLE, Plain, "http://plain")
