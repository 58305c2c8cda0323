"""The routes that are more than one command or query: heartbeats, status, roots, recording, settings."""

import os
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from stintd.api.answer import Answer
from stintd.api.dispatch import locate, query, run
from stintd.api.guard import Refused
from stintd.api.route import Call
from stintd.domain.model import BeatSignal
from stintd.engine import wire
from stintd.engine.checkouts import Places
from stintd.engine.checks import unlike_any
from stintd.engine.commands import sessions
from stintd.engine.delivery.connect import Connecting
from stintd.engine.delivery.webhooks import WebhookSender
from stintd.engine.engine import Engine
from stintd.engine.health import warning_json
from stintd.engine.intake.backfill import Backfill
from stintd.engine.intake.intake import Intake
from stintd.engine.queries import dashboard as overview
from stintd.engine.queries import notices, review, timers
from stintd.engine.queries import repos as places
from stintd.engine.upkeep.backups import Backups
from stintd.engine.upkeep.buckets import Buckets
from stintd.engine.upkeep.doctor import Doctor
from stintd.engine.upkeep.purge import Purge
from stintd.engine.useragents import UserAgents
from stintd.errors import Invalid
from stintd.protocol.beats import signal_from_wire
from stintd.protocol.body import Malformed, dump

BULK_BEATS = 10_000
"""Heartbeats of one request: half of what may wait for the database (`engine.BACKLOG_LIMIT`)."""
ONE_ACCEPTED = b'{"accepted":1,"duplicates":0,"rejected":[]}'


class Daemon(Protocol):
    """What the surface asks of the running daemon; the composition root provides it."""

    engine: Engine
    intake: Intake
    places: Places
    buckets: Buckets
    useragents: UserAgents
    device: str
    version: str
    pusher: WebhookSender
    connecting: Connecting
    backfill: Backfill
    backups: Backups
    purge: Purge
    doctor: Doctor

    @property
    def is_ready(self) -> bool:
        """Whether what was to be watched is watched."""

    def beat(self, signals: list[BeatSignal]) -> tuple[int, int, list[tuple[int, str]]]:
        """Journal heartbeats: how many are new, how many known, and which (by index) were refused, and why."""

    def set_aside(self, name: str, text: bytes, why: str) -> None:
        """Keep what a caller sent and cannot be taken, and say so in the status."""

    def sources(self) -> list[dict[str, Any]]:
        """`{name, state, lastAt}` of each source."""

    def checkouts(self) -> dict[str, dict[str, Any]]:
        """By path, how each checkout is watched: `{tier, folders, problem, lastActiveAt}`."""

    def roots(self) -> list[dict[str, Any]]:
        """Watched folders: `{path, state, repos, origin}`."""

    async def add_root(self, path: str) -> dict[str, Any]:
        """Watch a folder and keep it in the settings; `invalid` when it is not one."""

    async def remove_root(self, path: str) -> dict[str, Any]:
        """Watch it no more; its hours stay."""

    def url(self) -> str | None:
        """Where the loopback port is; None when there is none."""

    def recording(self) -> dict[str, Any]:
        """`{recording, until}`."""

    async def set_recording(self, is_on: bool, minutes: float | None) -> dict[str, Any]:
        """Switch recording; off for some minutes, or until it is switched on."""

    def settings(self) -> dict[str, Any]:
        """Every setting in force, nested as in the files."""

    async def change_settings(self, changes: dict[str, Any]) -> dict[str, Any]:
        """Write to settings.toml what differs; `invalid` with every problem, `conflict` for what config.toml fixes."""


# ---------------------------------------------------------------- evidence


async def heartbeats(surface: Any, call: Call, request: Any) -> Answer:
    """Take one heartbeat or many; each is judged by itself. Answered when they are in the journal."""
    body = call.body
    if body is None:
        raise Malformed("the body is empty", "send one heartbeat or an array of them")
    now = surface.daemon.engine.clock.now()
    if type(body) is dict:
        body = [body]
    elif type(body) is not list:
        raise Invalid("the body must be a heartbeat or an array of them", 'like {"project": "acme", "kind": "edit"}')
    if len(body) > BULK_BEATS:
        raise Refused(413, f"more than {BULK_BEATS} heartbeats", "send them in several requests")
    signals, places, rejected = [], [], []
    for index, given in enumerate(body):
        try:
            signals.append(_signal(given, now))
            places.append(index)
        except Invalid as error:
            rejected.append(_rejection(index, error.message, error.hint))
    accepted, duplicates, refused = surface.daemon.beat(signals)
    if accepted == 1 and len(body) == 1:
        return Answer(ONE_ACCEPTED, call.route.status)
    rejected += [_rejection(places[index], text, "") for index, text in refused]
    rejected.sort(key=lambda one: one["index"])
    return Answer(dump({"accepted": accepted, "duplicates": duplicates, "rejected": rejected}), call.route.status)


def _signal(given: Any, now: datetime) -> BeatSignal:
    """A heartbeat; one without id and time is like no other (DETAILS, Duplicates)."""
    signal = signal_from_wire(given, now)
    if signal.origin_id or given.get("time") is not None:
        return signal
    return replace(signal, origin_id=unlike_any())


def _rejection(index: int, text: str, hint: str) -> dict[str, Any]:
    return {"index": index, "error": f"{text}: {hint}" if hint else text}


async def timer_heartbeat(surface: Any, call: Call, request: Any) -> dict[str, Any]:
    """A person's sign of life in a session: a prompt at this moment."""
    locate(surface, call)
    sign = await run(surface, call, lambda step: sessions.prompt(step, **call.arguments))
    call.arguments = {"sign": sign}
    answer: dict[str, Any] = await query(sessions.timer_of)(surface, call, request)
    return answer


# ---------------------------------------------------------------- state


async def health(surface: Any, call: Call, request: Any) -> dict[str, Any]:
    """Whether the daemon works; does not wait for anything."""
    daemon = surface.daemon
    warnings = daemon.engine.health.warnings()
    is_well = daemon.is_ready and not any(one.severity == "error" for one in warnings)
    return {
        "status": "ok" if is_well else "degraded" if daemon.is_ready else "starting", "ready": daemon.is_ready,
        "version": daemon.version, "warnings": len(warnings), "pid": os.getpid(),
    }  # fmt: skip


async def status(surface: Any, call: Call, request: Any) -> dict[str, Any]:
    """Everything a person asks first."""
    daemon, engine = surface.daemon, surface.daemon.engine
    known = await query(lambda view: {**timers.status(view), "reviewCount": review.count(view)})(surface, call, request)
    warnings = [warning_json(warning) for warning in engine.health.warnings()]
    warnings += await query(notices.notices)(surface, call, request)
    return {
        "version": daemon.version, "ready": daemon.is_ready, **known, "warnings": warnings,
        "sources": daemon.sources(), "lagSeconds": 0, "waitingHeartbeats": engine.lag,
        "recording": daemon.recording()["recording"], "now": wire.stamp(engine.clock.now()),
    }  # fmt: skip


async def dashboard(surface: Any, call: Call, request: Any) -> dict[str, Any]:
    """The overview; what is degraded is told first, but to no limited caller: it names folders and others' work."""
    known: dict[str, Any] = await query(overview.dashboard)(surface, call, request)
    if call.caller.limit is not None:  # between its entries there may be others'
        alerts = [one for one in known["alerts"] if one["code"] not in ("gaps", "review")]
        return {**known, "gapsToday": {"count": 0, "seconds": 0}, "alerts": alerts, "reviewCount": known["unconfirmedCount"]}
    told_now = [warning_json(warning) for warning in surface.daemon.engine.health.warnings()]
    told_now += await query(notices.notices)(surface, call, request)
    shown = [overview.alert(*(one[name] for name in ("code", "severity", "text", "hint", "subject"))) for one in told_now]
    return {**known, "alerts": shown + known["alerts"]}


async def repos(surface: Any, call: Call, request: Any) -> dict[str, Any]:
    """Known repositories, and how their checkouts are watched now."""
    listed: dict[str, Any] = await query(places.repos)(surface, call, request)
    watched = surface.daemon.checkouts()
    for repo in listed["data"]:
        for checkout in repo["checkouts"]:
            state = watched.get(checkout["path"])
            if state is not None:
                checkout.update(tier=state["tier"], folders=state["folders"], lastActiveAt=state["lastActiveAt"])
                checkout["trouble"] = state["problem"] or checkout["trouble"]
        tiers = [one for one in repo["checkouts"] if "tier" in one]
        repo["tier"] = tiers[0]["tier"] if tiers else None
        repo["folders"] = sum(one["folders"] for one in tiers)
        repo["lastActiveAt"] = max((one["lastActiveAt"] for one in tiers), default=repo["lastActiveAt"])
    return listed


async def roots(surface: Any, call: Call, request: Any) -> dict[str, Any]:
    """The watched folders."""
    return {"data": surface.daemon.roots(), "nextCursor": None}


async def add_root(surface: Any, call: Call, request: Any) -> Any:
    """Watch a folder from now on."""
    return await surface.daemon.add_root(**call.arguments)


async def remove_root(surface: Any, call: Call, request: Any) -> Any:
    """Watch a folder no more."""
    return await surface.daemon.remove_root(**call.arguments)


async def recording(surface: Any, call: Call, request: Any) -> Any:
    """Stop recording, for a while or until told, or go on."""
    wanted = call.arguments
    if wanted["recording"] and "minutes" in wanted:
        raise Invalid("minutes says how long recording is off", "leave it out to switch recording on")
    return await surface.daemon.set_recording(wanted["recording"], wanted.get("minutes"))


async def recording_state(surface: Any, call: Call, request: Any) -> Any:
    """Whether recording is on."""
    return surface.daemon.recording()


async def settings(surface: Any, call: Call, request: Any) -> Any:
    """The settings in force. Whoever holds an address of a calendar reads the calendar: of these only the owner and full keys
    see more than how many there are."""
    known = surface.daemon.settings()
    addresses = known.get("calendar", {}).get("addresses")
    if not addresses or call.caller.scope == "full":
        return known
    return {**known, "calendar": {**known["calendar"], "addresses": ["https://…"] * len(addresses)}}


async def change_settings(surface: Any, call: Call, request: Any) -> Any:
    """Change settings; every problem is told at once and nothing changes then."""
    if not isinstance(call.body, dict) or not call.body:
        raise Invalid("the body must be an object of settings", 'like {"time": {"idle_timeout": "20m"}}')
    return await surface.daemon.change_settings(call.body)
