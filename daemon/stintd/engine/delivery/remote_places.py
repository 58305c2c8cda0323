"""The projects and tasks at each target that hours can go to: read when somebody asks, stored for a day, never polled. Loop
thread. The requests count against the target's calls an hour; when those are used up or it does not answer, the stored places
are answered with their age.
"""

from collections.abc import Awaitable
from datetime import timedelta
from sqlite3 import Connection
from typing import TypeVar

from stintd.domain.billing.target import TASK_KEY, TargetRule
from stintd.domain.mapping.naming import normal_name
from stintd.domain.model import from_us, to_us
from stintd.engine.delivery import attempt
from stintd.engine.delivery.attempt import HOUR_US
from stintd.engine.delivery.plan import TargetLink
from stintd.engine.delivery.targets import BillingTargets
from stintd.engine.step import Step
from stintd.errors import Conflict, NotFound, StintdError, Unavailable
from stintd.frozen import frozen
from stintd.ports import Connector, Outcome, RemotePlace, RemotePlaceMaker
from stintd.store import deliveries, places
from stintd.store.places import StoredPlace
from stintd.store.row_types import TargetRow

FRESH = timedelta(days=1)
MOST = 20_000
"""Most places stored for one target: the first ones it lists."""
LONGEST_NAME = 500
T = TypeVar("T")


@frozen
class Listing:
    """The stored places of a target. `trouble`: why they could not be read again."""

    places: list[StoredPlace]
    listed_us: int | None
    trouble: str = ""


class RemotePlaces:
    """One a daemon."""

    def __init__(self, targets: BillingTargets) -> None:
        self._targets, self._engine = targets, targets.tools.engine

    async def read_listing(self, name: str, is_fresh: bool = False) -> Listing:
        """A target's places; read again if they are older than a day, or (`is_fresh`) now. `unavailable` if none are stored
        and the target cannot be asked.
        """
        link, state = await self._target(name)
        listing = await self._load(name)
        now_us = to_us(self._engine.clock.now())
        is_old = listing.listed_us is None or not 0 <= now_us - listing.listed_us < FRESH // timedelta(microseconds=1)
        if not (is_fresh or is_old):
            return listing
        try:
            await self._read_places(link, state)
        except StintdError as error:
            if listing.listed_us is None:
                raise
            return Listing(listing.places, listing.listed_us, error.message)
        return await self._load(name)

    async def make_place(self, name: str, place_name: str, client: str) -> StoredPlace:
        """The place of that name, created there unless it exists: looked for in a list that was read just now."""
        link, state = await self._target(name)
        if not link.able.creates_places:
            raise Conflict(
                f"stintd cannot create places at {link.target.kind}", f"create it there, then run `stint targets match {name}`"
            )
        connector = await self._read_places(link, state)
        for place in (await self._load(name)).places:
            is_same = normal_name(place.name) == normal_name(place_name)
            if is_same and place.gone_us is None and (not client or normal_name(place.client) in ("", normal_name(client))):
                return place
        assert isinstance(connector, RemotePlaceMaker)
        answer = await self._count_calls(link, connector, connector.make_place(place_name, client))
        if isinstance(answer, Outcome):
            hint = "check there whether it was created before you try again"
            raise Unavailable(f"{place_name} could not be created at {name}: {answer.text or answer.kind}", hint)
        place = _stored_place(answer)
        await self._engine.run(lambda step: places.add(step.conn, name, place), "owner")
        return place

    async def keep_places(self, name: str, remote_places: tuple[RemotePlace, ...]) -> None:
        """Store the places that the target listed just now."""
        await self._engine.run(lambda step: _store_places(step, name, remote_places), "daemon")
        await self.warn()

    async def warn(self) -> None:
        """Warn about rules that name a place unknown to the target, if it lists all its places."""
        health = self._engine.health
        for name, link in self._targets.planned.items():
            stored = (await self._load(name)).places if link.able.knows_all and link.target.rules else []
            problems = [text for rule in link.target.rules if stored and (text := unknown_place(rule, stored))]
            if problems:
                health.raise_warning(
                    "delivery_place",
                    f"a mapping of {name} names a place that does not exist there: {problems[0]}",
                    f"`stint targets places {name} --refresh` lists them, `stint targets map {name}` names another",
                    subject=name,
                )
            else:
                health.clear("delivery_place", name)

    async def _target(self, name: str) -> tuple[TargetLink, TargetRow]:
        link = self._targets.planned.get(name)
        state = (await self._engine.database.read(deliveries.targets)).get(name)
        if link is None or state is None:
            raise NotFound(f"no target is called {name[:40]}", "`stint targets` lists them")
        return link, state

    async def _load(self, name: str) -> Listing:
        return await self._engine.database.read(lambda conn: load_listing(conn, name))

    async def _read_places(self, link: TargetLink, state: TargetRow) -> Connector:
        name, used = link.target.name, state["used"]
        budget = link.target.calls_per_hour or link.able.calls_per_hour
        if 0 <= to_us(self._engine.clock.now()) - state["window_us"] < HOUR_US and used >= budget:
            until = from_us(state["window_us"] + HOUR_US)
            raise Unavailable(f"{name} allows {budget} calls an hour, and they are used up", f"try again after {until:%H:%M} UTC")
        tools = self._targets.tools
        connector = tools.make(link.target, await tools.keys.load_secret(link.target))
        answer = await self._count_calls(link, connector, connector.places())
        if isinstance(answer, Outcome):
            hint = "check the key and the address, then try again"
            raise Unavailable(f"the places of {name} cannot be read: {answer.text or answer.kind}", hint)
        await self.keep_places(name, answer)
        return connector

    async def _count_calls(self, link: TargetLink, connector: Connector, request: Awaitable[T]) -> T:
        before = connector.calls
        try:
            return await request
        finally:
            calls = connector.calls - before
            await self._engine.run(lambda step: attempt.count_calls(step, link.target.name, calls), "daemon")


def load_listing(conn: Connection, name: str) -> Listing:
    """The stored places, without asking the target."""
    state = deliveries.targets(conn).get(name)
    return Listing(places.list_places(conn, name), state["listed_us"] if state is not None else None)


def _store_places(step: Step, name: str, remote_places: tuple[RemotePlace, ...]) -> None:
    places.put(step.conn, step.now, name, [_stored_place(place) for place in remote_places[:MOST]])


def _stored_place(place: RemotePlace) -> StoredPlace:
    remote = {name: str(value)[:LONGEST_NAME] for name, value in place.remote.items()}
    return StoredPlace(places.key_of(remote), place.name.strip()[:LONGEST_NAME], place.client.strip()[:LONGEST_NAME])


def unknown_place(rule: TargetRule, stored: list[StoredPlace]) -> str | None:
    """Which part of a rule names a place that the target does not list, or that is gone there; None if there is none."""
    states: dict[str, dict[str, bool]] = {}
    for place in stored:
        for name, value in place.remote.items():
            values = states.setdefault(name, {})
            values[value] = values.get(value, False) or place.gone_us is None
    for name, value in rule.remote.items():
        if name not in states or TASK_KEY in value:
            continue
        if value not in states[name]:
            return f"{name}={value} is not among its places"
        if not states[name][value]:
            return f"{name}={value} is archived or gone there"
    return None
