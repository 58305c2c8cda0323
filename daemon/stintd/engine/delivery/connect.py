"""Connects a billing system: reads its settings, tries its credentials with one harmless call, stores its secret, and only then
saves it. Loop thread.

The settings files and the connectors are passed in as functions, so that the engine need not import them.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from stintd.domain.billing.target import EntryFacts, Target, missing_need, place
from stintd.domain.day import day_of
from stintd.engine.delivery import attempt, livetimer
from stintd.engine.delivery.plan import Planned
from stintd.engine.delivery.remote_places import RemotePlaces
from stintd.engine.delivery.targets import BillingTargets
from stintd.engine.delivery.tasklookup import TaskLookup
from stintd.errors import Conflict, Invalid, NotFound, Unavailable
from stintd.frozen import frozen
from stintd.ports import STOPPED, Account, Chooser, Kind, Outcome, RemotePlace

log = logging.getLogger(__name__)


@frozen
class Book:
    """The settings of targets: list all tables, parse one (`invalid` if it is wrong), save or (None) remove one, and reload
    the settings.
    """

    tables: Callable[[], Mapping[str, Any]]
    read: Callable[[str, Any], Target]
    keep: Callable[[str, dict[str, Any] | None], None]
    reload: Callable[[], Any]


class Connecting:
    """People's commands for targets."""

    def __init__(self, targets: BillingTargets, kinds: Mapping[str, Kind], book: Book) -> None:
        self.targets, self._kinds, self._book = targets, kinds, book
        self.lookup, self.catalogue = TaskLookup(targets), RemotePlaces(targets)
        self._mapping = asyncio.Lock()

    async def take_over(self) -> None:
        """Connect the targets that the settings name; one that cannot be connected becomes a warning."""
        planned: dict[str, Planned] = {}
        health = self.targets.tools.engine.health
        for name, table in self._book.tables().items():
            try:
                planned[name] = self._to_planned(self._book.read(name, table))
                health.clear("delivery_settings", name)
            except Invalid as error:
                health.raise_warning("delivery_settings", error.message, error.hint, subject=name, severity="error")
        await self.targets.connect(planned)
        await self.catalogue.warn()

    def _to_planned(self, target: Target) -> Planned:
        kind = self._kinds.get(target.kind)
        if kind is None:
            raise Invalid(
                f"there is no kind of target {target.kind!r} ({target.name})", "it is one of " + ", ".join(sorted(self._kinds))
            )
        if not (target.base_url or kind.base_url):
            raise Invalid(f"{target.name} needs its address", "--url https://…, or base_url in its settings")
        wanted = [name for name in kind.able.settings if not target.options.get(name)]
        if wanted:
            raise Invalid(f"{target.name} needs its {wanted[0]}", f"{target.kind} needs " + ", ".join(kind.able.settings))
        if target.live and not kind.able.live:
            raise Invalid(f"{target.kind} takes no running timers ({target.name})", "leave out live, or set it to false")
        for rule in target.rules:
            lacking = missing_need(kind.able, rule.remote)
            if lacking:
                what = lacking.replace("|", " or ")
                raise Invalid(f"a mapping of {target.name} does not name {what}", "name it in its remote")
        return Planned(target, kind.able)

    def kind(self, name: str) -> dict[str, Any]:
        """What a kind of target needs; `not_found` lists all kinds."""
        kind = self._kinds.get(name)
        if kind is None:
            raise NotFound(f"there is no kind of target {name[:40]}", "it is one of " + ", ".join(sorted(self._kinds)))
        able = kind.able
        return {
            "kind": name,
            "baseUrl": kind.base_url or None,
            "settings": list(able.settings),
            "needs": list(able.needs),
            "takes": list(able.takes),
            "live": able.live,
            "createsPlaces": able.creates_places,
        }

    async def choices(self, table: dict[str, Any], secret: str | None, setting: str) -> list[dict[str, str]]:
        """The choices of the service for a setting, as `{name, value}`; empty if it cannot list them."""
        kind_row = self.kind(table["kind"])
        if setting not in kind_row["settings"]:
            raise Invalid(f"{table['kind']} has no {setting}", "it needs " + (", ".join(kind_row["settings"]) or "no settings"))
        target = self._book.read("choices", table)
        tools = self.targets.tools
        connector = tools.make(target, secret if secret is not None else await tools.keys.of(target))
        choices = await connector.choices(setting) if isinstance(connector, Chooser) else ()
        if isinstance(choices, Outcome):
            kind = Conflict if choices.kind == STOPPED else Unavailable
            raise kind(
                f"{target.kind} does not list its {setting}: {choices.text or choices.kind}", "check the key and the address"
            )
        return [{"name": place.name, "value": place.remote[setting]} for place in choices if place.remote.get(setting)]

    async def connect(self, name: str, table: dict[str, Any], secret: str | None) -> dict[str, Any]:
        """Connect a target, or change a connected one: it is tried first and saved after that."""
        known = self._book.tables().get(name)
        merged = {**known, **table} if isinstance(known, dict) else dict(table)
        if any(source in table for source in _SOURCES) or secret is not None:
            merged = {field: value for field, value in merged.items() if field not in _SOURCES or field in table}
        if isinstance(known, dict) and (known.get("kind"), known.get("base_url")) != (merged.get("kind"), merged.get("base_url")):
            raise Conflict(
                f"{name} is already the name of another target",
                "choose another name: stintd remembers what was delivered to that target",
            )
        engine = self.targets.tools.engine
        merged.setdefault("from", day_of(engine.clock.now(), ZoneInfo(engine.policy.zone)).isoformat())
        planned = self._to_planned(self._book.read(name, merged))
        account, places, calls = await self._check_account(planned.target, secret)
        if secret is not None:
            await asyncio.to_thread(self.targets.tools.keys.keep, name, secret)
        await asyncio.to_thread(self._book.keep, name, merged)
        await self._book.reload()
        # Its key was tried just now: deliveries that waited for a working key continue.
        await engine.run(lambda step: attempt.wake(step, name), "owner")
        await engine.run(lambda step: attempt.count_calls(step, name, calls), "daemon")
        if places is not None:
            await self.catalogue.keep(name, places)
        return {
            "name": name,
            "kind": planned.target.kind,
            "account": account.name or None,
            "deliver": planned.target.deliver,
            "needs": list(planned.able.needs),
            "projects": [{**place.remote, "name": place.name} for place in places or ()],
        }

    async def _check_account(self, target: Target, secret: str | None) -> tuple[Account, tuple[RemotePlace, ...] | None, int]:
        tools = self.targets.tools
        connector = tools.make(target, secret if secret is not None else await tools.keys.of(target))
        found = await connector.check()
        if isinstance(found, Outcome):
            kind = Conflict if found.kind == STOPPED else Unavailable
            raise kind(f"{target.name} cannot be connected: {found.text}", "nothing was saved; check the key and the address")
        places = await connector.places()
        return found, None if isinstance(places, Outcome) else places, connector.calls

    async def map(self, name: str, *new: dict[str, Any]) -> dict[str, Any]:
        """Add rules; each replaces one with the same conditions."""
        table = self._book.tables().get(name)
        if not isinstance(table, dict):
            raise NotFound(f"no target is called {name[:40]}", "`stint targets` lists them")
        replaced = [_conditions(rule) for rule in new]
        rules = [rule for rule in table.get("map", []) if _conditions(rule) not in replaced]
        changed = {**table, "map": [*rules, *new]}
        self._to_planned(self._book.read(name, changed))
        await asyncio.to_thread(self._book.keep, name, changed)
        await self._book.reload()
        return {"name": name, "map": changed["map"]}

    async def map_task(self, name: str, project: str, key: str, task_id: str) -> None:
        """Map a task to the remote task that it was learnt from, unless the rules do so already. If only the owner can change
        the rules, its hours wait, as does everything that is not mapped.
        """
        async with self._mapping:
            planned = self.targets.planned.get(name)
            there = place(planned.target, EntryFacts(project, key, None, task_key=key)) if planned is not None else None
            named = there.get("task_id", "").casefold() if there is not None else ""
            if planned is None or named in (task_id.casefold(), key.casefold()):
                return
            try:
                await self.map(name, {"project": project, "task": key, "remote": {"task_id": task_id}})
            except (Conflict, Invalid) as error:
                log.warning("a task of %s is not mapped: %s", name, error.message)

    async def remove(self, name: str) -> dict[str, Any]:
        """Disconnect a target; what was delivered stays there and is remembered. Refused while a timer that stintd started
        runs there.
        """
        if name not in self._book.tables():
            raise NotFound(f"no target is called {name[:40]}", "`stint targets` lists them")
        if await self.targets.tools.engine.database.read(lambda conn: livetimer.is_ticking(conn, name)):
            raise Conflict(f"a timer that stintd started runs at {name}", "`stint stop` or `stint pause` it, then try again")
        await asyncio.to_thread(self._book.keep, name, None)
        await self._book.reload()
        await asyncio.to_thread(self.targets.tools.keys.drop, name)
        return {"name": name}


_SOURCES = ("api_key_env", "api_key_cmd", "api_key_keyring", "api_key_file")


def _conditions(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in rule.items() if name not in ("remote", "rounding")}
