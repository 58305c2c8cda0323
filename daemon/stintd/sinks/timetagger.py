"""TimeTagger: records under keys that we choose, so that sending one again changes nothing.

Its server answers 200 and says in the body which records it did not accept. A record is removed by hiding it, as TimeTagger's
own client does: the server has no other way.
"""

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.jsonvalue import Json, JsonBody, object_at, value_at
from stintd.ports import REFUSED, TAKEN, UNKNOWN, Account, Carrier, Item, Kind, Login, Outcome, RemotePlace
from stintd.sinks.http_api import Api, Verb, json_of

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
        if "settings" in object_at(json_of(answer)):
            return Account("")
        return self._api.not_a("from TimeTagger's API", answer)

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """None: any tag can be used."""
        return ()

    async def create(self, item: Item) -> Outcome:
        return await self._put_record(item.id, item, "create")

    async def update(self, remote_id: str, item: Item) -> Outcome:
        return await self._put_record(remote_id, item, "update")

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        return await self._put_record(remote_id, item, "delete")

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        """Send it again: the same key is the same record."""
        return await self.create(item)

    async def _put_record(self, key: str, item: Item, verb: Verb) -> Outcome:
        record: JsonBody = {
            "key": key,
            "t1": item.start,
            "t2": item.start + item.seconds,
            "mt": int(self._api.clock.now().timestamp()),
            "st": 0,
            "ds": (HIDDEN if verb == "delete" else "") + _description(item),
        }
        answer = await self._api.ask("PUT", "/records", [record])
        outcome = self._api.outcome_of(answer, verb)
        return outcome if outcome.kind != TAKEN else self._record_outcome(json_of(answer), key)

    def _record_outcome(self, body: Json, key: str) -> Outcome:
        accepted, errors = value_at(body, "accepted"), value_at(body, "errors")
        if not isinstance(accepted, list):
            return Outcome(UNKNOWN, text="its answer is not from TimeTagger's API")
        if key in accepted:
            return Outcome(TAKEN, key)
        text = str(errors[0]) if isinstance(errors, list) and errors else "it did not say why"
        return Outcome(REFUSED, text=f"refused: {self._api.clean(text)}", remedy="`stint edit` the entry")


def _description(item: Item) -> str:
    """The description with the tags in it, where TimeTagger expects them."""
    names = [item.remote["tag"], *item.tags]
    tags = dict.fromkeys("#" + "-".join(name.lstrip("#").split()) for name in names if name.strip())
    return " ".join([*tags, item.description]).strip()


KIND = Kind(ABLE, TimeTagger, BASE)
