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
from stintd.engine.delivery.plan import TargetLink
from stintd.engine.delivery.remote_places import RemotePlaces
from stintd.engine.delivery.targets import BillingTargets
from stintd.engine.delivery.tasklookup import TaskLookup
from stintd.errors import Conflict, Invalid, NotFound, Unavailable
from stintd.frozen import frozen
from stintd.ports import STOPPED, Account, Chooser, Kind, Outcome, RemotePlace

log = logging.getLogger(__name__)


@frozen
class TargetSettings:
    """The settings of targets: list all tables, parse one (`invalid` if it is wrong), save or (None) remove one, and reload
    the settings.
    """

    tables: Callable[[], Mapping[str, Any]]
    read: Callable[[str, Any], Target]
    keep: Callable[[str, dict[str, Any] | None], None]
    reload: Callable[[], Any]


class TargetCommands:
    """People's commands for targets."""

    def __init__(self, targets: BillingTargets, kinds: Mapping[str, Kind], settings: TargetSettings) -> None:
        self.targets, self._kinds, self._settings = targets, kinds, settings
        self.lookup, self.catalogue = TaskLookup(targets), RemotePlaces(targets)
        self._mapping_lock = asyncio.Lock()

    async def apply_settings(self) -> None:
        """Connect the targets that the settings name; one that cannot be connected becomes a warning."""
        planned: dict[str, TargetLink] = {}
        health = self.targets.tools.engine.health
        for name, table in self._settings.tables().items():
            try:
                planned[name] = self._to_planned(self._settings.read(name, table))
                health.clear("delivery_settings", name)
            except Invalid as error:
                health.raise_warning("delivery_settings", error.message, error.hint, subject=name, severity="error")
        await self.targets.connect(planned)
        await self.catalogue.warn()

    def _to_planned(self, target: Target) -> TargetLink:
        kind = self._kinds.get(target.kind)
        if kind is None:
            raise Invalid(
                f"there is no kind of target {target.kind!r} ({target.name})", "it is one of " + ", ".join(sorted(self._kinds))
            )
        if not (target.base_url or kind.base_url):
            raise Invalid(f"{target.name} needs its address", "--url https://…, or base_url in its settings")
        missing = [name for name in kind.able.settings if not target.options.get(name)]
        if missing:
            raise Invalid(f"{target.name} needs its {missing[0]}", f"{target.kind} needs " + ", ".join(kind.able.settings))
        if target.live and not kind.able.live:
            raise Invalid(f"{target.kind} takes no running timers ({target.name})", "leave out live, or set it to false")
        for rule in target.rules:
            need = missing_need(kind.able, rule.remote)
            if need:
                what = need.replace("|", " or ")
                raise Invalid(f"a mapping of {target.name} does not name {what}", "name it in its remote")
        return TargetLink(target, kind.able)

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
        target = self._settings.read("choices", table)
        tools = self.targets.tools
        connector = tools.make(target, secret if secret is not None else await tools.keys.load_secret(target))
        choices = await connector.choices(setting) if isinstance(connector, Chooser) else ()
        if isinstance(choices, Outcome):
            kind = Conflict if choices.kind == STOPPED else Unavailable
            raise kind(
                f"{target.kind} does not list its {setting}: {choices.text or choices.kind}", "check the key and the address"
            )
        return [{"name": place.name, "value": place.remote[setting]} for place in choices if place.remote.get(setting)]

    async def connect(self, name: str, table: dict[str, Any], secret: str | None) -> dict[str, Any]:
        """Connect a target, or change a connected one: it is tried first and saved after that."""
        old_table = self._settings.tables().get(name)
        new_table = {**old_table, **table} if isinstance(old_table, dict) else dict(table)
        if any(source in table for source in _SOURCES) or secret is not None:
            new_table = {field: value for field, value in new_table.items() if field not in _SOURCES or field in table}
        if isinstance(old_table, dict) and (old_table.get("kind"), old_table.get("base_url")) != (
            new_table.get("kind"),
            new_table.get("base_url"),
        ):
            raise Conflict(
                f"{name} is already the name of another target",
                "choose another name: stintd remembers what was delivered to that target",
            )
        engine = self.targets.tools.engine
        new_table.setdefault("from", day_of(engine.clock.now(), ZoneInfo(engine.policy.zone)).isoformat())
        planned = self._to_planned(self._settings.read(name, new_table))
        account, places, calls = await self._check_account(planned.target, secret)
        if secret is not None:
            await asyncio.to_thread(self.targets.tools.keys.keep, name, secret)
        await asyncio.to_thread(self._settings.keep, name, new_table)
        await self._settings.reload()
        # Its key was tried just now: deliveries that waited for a working key continue.
        await engine.run(lambda step: attempt.wake(step, name), "owner")
        await engine.run(lambda step: attempt.count_calls(step, name, calls), "daemon")
        if places is not None:
            await self.catalogue.keep_places(name, places)
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
        connector = tools.make(target, secret if secret is not None else await tools.keys.load_secret(target))
        account = await connector.check()
        if isinstance(account, Outcome):
            kind = Conflict if account.kind == STOPPED else Unavailable
            raise kind(f"{target.name} cannot be connected: {account.text}", "nothing was saved; check the key and the address")
        places = await connector.places()
        return account, None if isinstance(places, Outcome) else places, connector.calls

    async def map(self, name: str, *new: dict[str, Any]) -> dict[str, Any]:
        """Add rules; each replaces one with the same conditions."""
        table = self._settings.tables().get(name)
        if not isinstance(table, dict):
            raise NotFound(f"no target is called {name[:40]}", "`stint targets` lists them")
        new_conditions = [_conditions(rule) for rule in new]
        rules = [rule for rule in table.get("map", []) if _conditions(rule) not in new_conditions]
        new_table = {**table, "map": [*rules, *new]}
        self._to_planned(self._settings.read(name, new_table))
        await asyncio.to_thread(self._settings.keep, name, new_table)
        await self._settings.reload()
        return {"name": name, "map": new_table["map"]}

    async def map_task(self, name: str, project: str, key: str, task_id: str) -> None:
        """Map a task to the remote task that it was learnt from, unless the rules do so already. If only the owner can change
        the rules, its hours wait, as does everything that is not mapped.
        """
        async with self._mapping_lock:
            planned = self.targets.planned.get(name)
            current_place = place(planned.target, EntryFacts(project, key, None, task_key=key)) if planned is not None else None
            mapped_id = current_place.get("task_id", "").casefold() if current_place is not None else ""
            if planned is None or mapped_id in (task_id.casefold(), key.casefold()):
                return
            try:
                await self.map(name, {"project": project, "task": key, "remote": {"task_id": task_id}})
            except (Conflict, Invalid) as error:
                log.warning("a task of %s is not mapped: %s", name, error.message)

    async def remove(self, name: str) -> dict[str, Any]:
        """Disconnect a target; what was delivered stays there and is remembered. Refused while a timer that stintd started
        runs there.
        """
        if name not in self._settings.tables():
            raise NotFound(f"no target is called {name[:40]}", "`stint targets` lists them")
        if await self.targets.tools.engine.database.read(lambda conn: livetimer.is_ticking(conn, name)):
            raise Conflict(f"a timer that stintd started runs at {name}", "`stint stop` or `stint pause` it, then try again")
        await asyncio.to_thread(self._settings.keep, name, None)
        await self._settings.reload()
        await asyncio.to_thread(self.targets.tools.keys.drop, name)
        return {"name": name}


_SOURCES = ("api_key_env", "api_key_cmd", "api_key_keyring", "api_key_file")


def _conditions(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in rule.items() if name not in ("remote", "rounding")}
