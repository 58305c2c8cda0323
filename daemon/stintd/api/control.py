"""Handlers that do more than run one command or query: heartbeats, status, roots, recording, settings."""

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypedDict

from stintd.api.answer import Answer
from stintd.api.daemon import CheckoutState, RemovedRoot, RootState, Shape
from stintd.api.dispatch import query, replace_path, run
from stintd.api.guard import HttpRefusal
from stintd.api.route import Answered, Call, Request
from stintd.api.surface import Surface
from stintd.domain.model import BeatSignal
from stintd.engine import wire
from stintd.engine.checks import unique_id
from stintd.engine.commands import sessions
from stintd.engine.health import warning_json
from stintd.engine.intake.recording import RecordingState
from stintd.engine.queries import dashboard as overview
from stintd.engine.queries import notices, review, timers
from stintd.engine.queries import repos as places
from stintd.errors import Invalid
from stintd.jsonvalue import Json, value_at
from stintd.protocol.beats import signal_from_wire
from stintd.protocol.body import Malformed, dump

BULK_BEATS = 10_000
"""The most heartbeats in one request: half of what may wait for the database (`engine.BACKLOG_LIMIT`)."""


class Rejection(TypedDict):
    """Why one of several heartbeats was refused."""

    index: int
    error: str


ONE_ACCEPTED = b'{"accepted":1,"duplicates":0,"rejected":[]}'


# ---------------------------------------------------------------- evidence


async def heartbeats(surface: Surface, call: Call, request: Request) -> Answer:
    """Take one heartbeat or several; each is accepted or refused on its own. Answers when they are in the journal."""
    body = call.body
    if body is None:
        raise Malformed("the body is empty", "send one heartbeat or an array of heartbeats")
    now = surface.daemon.engine.clock.now()
    if isinstance(body, dict):
        body = [body]
    elif not isinstance(body, list):
        raise Invalid("the body must be a heartbeat or an array of heartbeats", 'like {"project": "acme", "kind": "edit"}')
    if len(body) > BULK_BEATS:
        raise HttpRefusal(413, f"the request contains more than {BULK_BEATS} heartbeats", "send them in several requests")
    signals, places, rejected = [], [], []
    for index, beat in enumerate(body):
        try:
            signals.append(_signal(beat, now))
            places.append(index)
        except Invalid as error:
            rejected.append(_rejection(index, error.message, error.hint))
    accepted, duplicates, refused = surface.daemon.take_beats(signals)
    if accepted == 1 and len(body) == 1:
        return Answer(ONE_ACCEPTED, call.route.status)
    rejected += [_rejection(places[index], text, "") for index, text in refused]
    rejected.sort(key=lambda item: item["index"])
    return Answer(dump({"accepted": accepted, "duplicates": duplicates, "rejected": rejected}), call.route.status)


def _signal(beat: Json, now: datetime) -> BeatSignal:
    """The signal of a heartbeat. One without id and time is never taken for a duplicate (DETAILS, Duplicates)."""
    signal = signal_from_wire(beat, now)
    if signal.origin_id or value_at(beat, "time") is not None:
        return signal
    return replace(signal, origin_id=unique_id())


def _rejection(index: int, text: str, hint: str) -> Rejection:
    return {"index": index, "error": f"{text}: {hint}" if hint else text}


async def timer_heartbeat(surface: Surface, call: Call, request: Request) -> Answered:
    """Note that the person is active in a session: a prompt at this moment."""
    replace_path(surface, call)
    sign = await run(surface, call, lambda step: sessions.note_prompt(step, **call.arguments))
    call.arguments = {"sign": sign}
    return await query(sessions.timer_of)(surface, call, request)


# ---------------------------------------------------------------- state


async def health(surface: Surface, call: Call, request: Request) -> Shape:
    """Whether the daemon works; waits for nothing."""
    daemon = surface.daemon
    warnings = daemon.engine.health.warnings()
    is_well = daemon.is_ready and not any(item.severity == "error" for item in warnings)
    return {
        "status": "ok" if is_well else "degraded" if daemon.is_ready else "starting",
        "ready": daemon.is_ready,
        "version": daemon.version,
        "warnings": len(warnings),
        "pid": os.getpid(),
    }


async def status(surface: Surface, call: Call, request: Request) -> Shape:
    """What a person wants to know first: timers, sources, warnings, what waits for review."""
    daemon, engine = surface.daemon, surface.daemon.engine
    current = await query(lambda view: {**timers.status(view), "reviewCount": review.count(view)})(surface, call, request)
    problems = [warning_json(warning) for warning in engine.health.warnings()]
    warnings = [*problems, *await query(notices.notices)(surface, call, request)]
    return {
        "version": daemon.version,
        "ready": daemon.is_ready,
        **current,
        "warnings": warnings,
        "sources": daemon.sources(),
        "lagSeconds": 0,
        "waitingHeartbeats": engine.lag,
        "recording": daemon.recording()["recording"],
        "now": wire.stamp(engine.clock.now()),
    }


async def dashboard(surface: Surface, call: Call, request: Request) -> Shape:
    """The overview. Current problems come first, except for a limited key: they name folders and the work of other clients."""
    shape = await query(overview.dashboard)(surface, call, request)
    if call.caller.limit is not None:  # the time between its entries may belong to others
        hidden = {"gapsToday": {"count": 0, "seconds": 0}, "reviewCount": shape["unconfirmedCount"]}
        return {**shape, **hidden, "alerts": [alert for alert in shape["alerts"] if alert["code"] not in ("gaps", "review")]}
    problems: list[Shape] = [{**warning_json(warning)} for warning in surface.daemon.engine.health.warnings()]
    problems += [{**notice} for notice in await query(notices.notices)(surface, call, request)]
    names = ("code", "severity", "text", "hint", "subject")
    alerts = [overview.alert(*(problem[name] for name in names)) for problem in problems]
    return {**shape, "alerts": alerts + shape["alerts"]}


async def repos(surface: Surface, call: Call, request: Request) -> Shape:
    """The repositories that stintd knows, and how their checkouts are watched now."""
    stored = await query(places.repos)(surface, call, request)
    watched = surface.daemon.checkouts()
    return {**stored, "data": [_with_state({**repo}, watched) for repo in stored["data"]]}


def _with_state(repo: Shape, watched: Mapping[str, CheckoutState]) -> Shape:
    for checkout in repo["checkouts"]:
        state = watched.get(checkout["path"])
        if state is not None:
            checkout.update(tier=state["tier"], folders=state["folders"], lastActiveAt=state["lastActiveAt"])
            checkout["trouble"] = state["problem"] or checkout["trouble"]
    tiers = [checkout for checkout in repo["checkouts"] if "tier" in checkout]
    repo["tier"] = tiers[0]["tier"] if tiers else None
    repo["folders"] = sum(checkout["folders"] for checkout in tiers)
    repo["lastActiveAt"] = max((checkout["lastActiveAt"] for checkout in tiers), default=repo["lastActiveAt"])
    return repo


async def roots(surface: Surface, call: Call, request: Request) -> Shape:
    """The watched folders."""
    return {"data": surface.daemon.roots(), "nextCursor": None}


async def add_root(surface: Surface, call: Call, request: Request) -> RootState:
    """Watch a folder from now on."""
    return await surface.daemon.add_root(**call.arguments)


async def remove_root(surface: Surface, call: Call, request: Request) -> RemovedRoot:
    """Stop watching a folder."""
    return await surface.daemon.remove_root(**call.arguments)


async def recording(surface: Surface, call: Call, request: Request) -> RecordingState:
    """Stop recording for some minutes or until it is switched on again, or resume it."""
    arguments = call.arguments
    if arguments["recording"] and "minutes" in arguments:
        raise Invalid("minutes is only allowed when recording is switched off", "leave minutes out to switch recording on")
    return await surface.daemon.set_recording(arguments["recording"], arguments.get("minutes"))


async def recording_state(surface: Surface, call: Call, request: Request) -> RecordingState:
    """Whether recording is on."""
    return surface.daemon.recording()


async def settings(surface: Surface, call: Call, request: Request) -> Shape:
    """The settings in force. Anyone who has the address of a calendar can read the calendar, so only the user and keys of scope
    full see the addresses; others see how many there are."""
    values = surface.daemon.settings()
    addresses = values.get("calendar", {}).get("addresses")
    if not addresses or call.caller.scope == "full":
        return values
    return {**values, "calendar": {**values["calendar"], "addresses": ["https://…"] * len(addresses)}}


async def change_settings(surface: Surface, call: Call, request: Request) -> Shape:
    """Change settings. If any value is wrong, nothing changes and the error lists every problem."""
    if not isinstance(call.body, dict) or not call.body:
        raise Invalid("the body must be an object of settings", 'like {"time": {"idle_timeout": "20m"}}')
    return await surface.daemon.change_settings(call.body)
