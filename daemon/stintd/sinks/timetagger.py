"""TimeTagger: records under keys that we choose, so that sending one again changes nothing.

Its server answers 200 and tells inside which records it did not take. A record is taken away by hiding it, as its own
client does: the server knows no other way.
"""

from typing import Any

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.ports import REFUSED, TAKEN, UNKNOWN, Account, Carrier, Item, Kind, Login, Outcome, RemotePlace
from stintd.sinks.http_api import Api, parsed

BASE = "https://timetagger.app/api/v2"
ABLE = Abilities(client_id=True, tags=True, needs=("tag",))
HIDDEN = "HIDDEN "


class TimeTagger:
    """One account. A mapping names the `tag` its records get."""

    def __init__(self, carrier: Carrier, clock: Clock, login: Login) -> None:
        self._api = Api(carrier, clock, login, {"authtoken": login.key})

    @property
    def calls(self) -> int:
        return self._api.calls

    async def check(self) -> Account | Outcome:
        answer = await self._api.ask("GET", "/settings")
        found = parsed(answer)
        if isinstance(found, dict) and "settings" in found:
            return Account("")
        return self._api.unread(answer, "none of TimeTagger's")

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """Any tag will do."""
        return ()

    async def create(self, item: Item) -> Outcome:
        return await self._put(item.id, item, "create")

    async def update(self, remote_id: str, item: Item) -> Outcome:
        return await self._put(remote_id, item, "update")

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        return await self._put(remote_id, item, "delete")

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        """Nobody needs to: the same key again is the same record."""
        return await self.create(item)

    async def _put(self, key: str, item: Item, verb: str) -> Outcome:
        record = {
            "key": key, "t1": item.start, "t2": item.start + item.seconds, "mt": int(self._api.clock.now().timestamp()), "st": 0,
            "ds": (HIDDEN if verb == "delete" else "") + _words(item),
        }  # fmt: skip
        answer = await self._api.ask("PUT", "/records", [record])
        judged = self._api.judged(answer, verb)
        return judged if judged.kind != TAKEN else _told(parsed(answer), key)


def _told(found: Any, key: str) -> Outcome:
    if not isinstance(found, dict) or not isinstance(found.get("accepted"), list):
        return Outcome(UNKNOWN, text="its answer is none of TimeTagger's")
    if key in found["accepted"]:
        return Outcome(TAKEN, key)
    errors = found.get("errors")
    text = str(errors[0]) if isinstance(errors, list) and errors else "it did not say why"
    return Outcome(REFUSED, text="refused: " + "".join(one if one.isprintable() else " " for one in text[:200]),
                   remedy="`stint edit` the entry")  # fmt: skip


def _words(item: Item) -> str:
    """The description with its tags in it, which is where TimeTagger has them."""
    names = [item.remote["tag"], *item.tags]
    tags = dict.fromkeys("#" + "-".join(name.lstrip("#").split()) for name in names if name.strip())
    return " ".join([*tags, item.description]).strip()


KIND = Kind(ABLE, TimeTagger, BASE)
