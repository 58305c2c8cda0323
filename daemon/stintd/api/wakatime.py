"""The API of WakaTime's clients: heartbeats of editors, agents and browsers, and the hours that these clients show.

A client gives up an item that is answered with 400, and its whole queue stops when a body is refused. So a body is always
accepted, each item is accepted or refused on its own, and a refused item is first stored here in a file.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from stintd.api.answer import Answer
from stintd.api.daemon import Daemon, Shape
from stintd.api.dispatch import query
from stintd.api.guard import BULK_LIMIT
from stintd.api.route import Call, Handler, Request, Route, fields
from stintd.api.surface import Surface
from stintd.domain.model import BeatSignal
from stintd.engine.intake import webpages
from stintd.engine.queries import wakatime
from stintd.errors import Invalid
from stintd.jsonvalue import Json
from stintd.protocol.body import dump
from stintd.protocol.fields import DAY_PATTERN, Field, Kind, choice, field, parse_day, text
from stintd.protocol.jsonschema import Schema
from stintd.protocol.schemas.wakatime import BODY
from stintd.protocol.schemas.words import ref
from stintd.protocol.wakatime import Unreadable, WakaTimeBeat, beat_from_wire, editor_of, is_single, items_of, system_of

BASE = "/api/v1/users/current"
TAKEN, REFUSED = 201, 400
ASIDE_LIMIT = 1 << 20
ItemAnswer = tuple[Shape, int]


async def take_bulk(surface: Surface, call: Call, request: Request) -> Answer:
    """A list of heartbeats, each with its own answer, in order. Answers when all are in the journal."""
    outcomes = await _take(surface, call)
    return Answer(dump({"responses": [list(outcome) for outcome in outcomes]}), call.route.status)


async def take_single(surface: Surface, call: Call, request: Request) -> Answer:
    """One heartbeat, or a list of them from clients that post lists to this address too."""
    outcomes = await _take(surface, call)
    if not outcomes or not is_single(call.raw):
        return Answer(dump({"responses": [list(outcome) for outcome in outcomes]}), call.route.status)
    body, _ = outcomes[0]
    return Answer(dump(body if "data" in body else {"data": None, **body}), call.route.status)


async def _take(surface: Surface, call: Call) -> list[ItemAnswer]:
    """Take the items of a body; the answer to each."""
    daemon = surface.daemon
    agent, now = call.headers.get("User-Agent", "")[:255], daemon.engine.clock.now()
    items = items_of(call.raw) if call.raw else []
    outcomes: list[ItemAnswer] = []
    beats: list[tuple[int, WakaTimeBeat]] = []
    for index, item in enumerate(items):
        try:
            beat = beat_from_wire(item, now, agent)
        except Invalid as error:
            outcomes.append(_refusal(str(error.details.get("field", "body")), error.message))
            continue
        outcomes.append(({"data": {"id": beat.id}}, TAKEN))
        beats.append((index, beat))
    placed = await _place_beats(daemon, beats)
    _, _, refused = daemon.take_beats([signal for _, signal in placed])
    for place, why in refused:
        outcomes[placed[place][0]] = _refusal("time" if why.startswith("time") else "entity", why)
    for agent in {beat.agent for _, beat in beats}:
        daemon.useragents.note(agent, editor_of(agent), system_of(agent))
    _set_aside(daemon, call.raw, items, outcomes)
    return outcomes


def _set_aside(daemon: Daemon, body: bytes, items: Sequence[Json | Unreadable], outcomes: Sequence[ItemAnswer]) -> None:
    """Store the refused items in a file, because their sender forgets them. If the body cannot be read, store the body."""
    bad = [(item, answer["errors"]) for item, (answer, status) in zip(items, outcomes, strict=True) if status == REFUSED]
    if bad:
        is_json = not any(isinstance(item, Unreadable) for item, _ in bad)
        text = json.dumps([item for item, _ in bad]).encode() if is_json else body[:ASIDE_LIMIT]
        daemon.set_aside("wakatime", text, next(iter(bad[0][1].values()))[0])


def _refusal(name: str, why: str) -> ItemAnswer:
    """The answer that makes a client drop an item. The field is `errors`, because a client that reads `error` would keep the
    item."""
    return {"errors": {name: [why]}}, REFUSED


async def _place_beats(daemon: Daemon, beats: Sequence[tuple[int, WakaTimeBeat]]) -> list[tuple[int, BeatSignal]]:
    """The signals with their places on this machine: pages by their address (unknown ones are dropped), file paths with links
    resolved.
    """
    signals: list[tuple[int, BeatSignal]] = []
    for index, beat in beats:
        signal = _page_signal(daemon, beat) if beat.page else beat.signal
        if signal is not None:
            signals.append((index, signal))
    real = await daemon.intake.links.follow([signal.path for _, signal in signals if signal.path])
    return [(index, _apply_our_names(daemon, signal, real)) for index, signal in signals]


def _apply_our_names(daemon: Daemon, signal: BeatSignal, real: dict[str, str]) -> BeatSignal:
    """Below a watched folder, the place decides the project, not the sender, which mistakes links and worktrees for other
    projects."""
    path = real.get(signal.path or "", signal.path)
    project = None if path is not None and daemon.places.is_below_root(path) else signal.project
    is_same = path == signal.path and project == signal.project
    return signal if is_same else replace(signal, path=path, project=project)


def _page_signal(daemon: Daemon, beat: WakaTimeBeat) -> BeatSignal | None:
    """A page of a watched repository counts as reading in it; of other pages nothing is stored."""
    page = webpages.page_of(beat.page, daemon.places)
    if page is None:
        return None
    branch = webpages.branch_of(page, beat.signal.branch, beat.title, daemon.engine.policy)
    checkout = next((checkout for checkout in page.checkouts if branch and checkout.branch == branch), page.checkouts[0])
    return replace(beat.signal, path=checkout.path, branch=branch, entity=page.address, client=editor_of(beat.agent))


async def experts(surface: Surface, call: Call, request: Request) -> Shape:
    """Who knows a file best. That is a feature for teams, so the answer is empty."""
    return {"data": []}


async def plugin_error(surface: Surface, call: Call, request: Request) -> Shape:
    """A crash report of a client. It is stored for later inspection, because the crash lost heartbeats."""
    if call.raw:
        surface.daemon.set_aside("wakatime-error", call.raw[:65536], "a WakaTime client reported that it crashed")
    return {"data": None}


def _day(value: Json) -> date:
    """A local day; of a full instant, the date as the client wrote it."""
    return parse_day(value[:10] if isinstance(value, str) else value)


DAY = Kind(_day, {"type": "string", "format": "date", "pattern": f"^{DAY_PATTERN}"}, _day)
NAME = text(255)
ZONE = field("timezone", text(64))


def _get(path: str, fn: Callable[..., Mapping[str, object]], summary: str, answer: str, *arguments: Field) -> Route:
    return Route(
        "GET",
        BASE + path,
        query(fn),
        summary,
        query=fields(*arguments),
        answer=ref(answer),
        is_lenient=True,
        is_for_extensions=True,
    )


def _post(path: str, handle: Handler, summary: str, answer: Schema, scope: str = "write", success: int = 0) -> Route:
    return Route(
        "POST", path, handle, summary, scope, raw=True, success=success, answer=answer, is_lenient=True, is_for_extensions=True
    )


def _beats(path: str, handle: Handler, summary: str, answer: Schema, success: int) -> Route:
    return Route(
        "POST",
        BASE + path,
        handle,
        summary,
        "write",
        raw=True,
        limit=BULK_LIMIT,
        is_rated=False,
        accepts=BODY,
        success=success,
        answer=answer,
        is_lenient=True,
        is_for_extensions=True,
    )


ROUTES = [
    _beats("/heartbeats.bulk", take_bulk, "heartbeats of a WakaTime client", ref("WakaTimeTaken"), 202),
    _beats("/heartbeats", take_single, "one heartbeat of a WakaTime client",
           {"anyOf": [ref("WakaTimeOne"), ref("WakaTimeTaken")]}, 201),
    _post(f"{BASE}/file_experts", experts, "always empty: your hours are shared with nobody", ref("WakaTimeNobody"), "none"),
    _post("/api/v1/plugins/errors", plugin_error, "a crash report of a WakaTime client", ref("WakaTimeNothing"), success=201),
    _get("", wakatime.user, "the user, which WakaTime's clients request after a login", "WakaTimeUser"),
    _get("/statusbar/today", wakatime.today, "today's total for a status bar", "WakaTimeToday"),
    _get("/status_bar/today", wakatime.today, "today's total for a status bar", "WakaTimeToday"),
    _get("/summaries", wakatime.summaries, "totals day by day", "WakaTimeSummaries", field("start", DAY), field("end", DAY),
         field("range", text(40), "range_"), field("project", NAME), ZONE),
    _get("/durations", wakatime.durations, "the spans of a day", "WakaTimeDurations", field("date", DAY, "date_", True),
         field("project", NAME), field("branches", NAME), field("slice_by", choice(*wakatime.SLICE_NAMES)), ZONE),
    _get("/heartbeats", wakatime.beats, "the heartbeats of a day", "WakaTimeBeats", field("date", DAY, "date_", True), ZONE),
    _get("/all_time_since_today", wakatime.all_time_total, "the total of everything", "WakaTimeAllTime", field("project", NAME)),
    _get("/projects", wakatime.projects, "projects, the latest first", "WakaTimeProjects", field("q", NAME)),
    _get("/stats", wakatime.stats, "totals of the last seven days", "WakaTimeStats", ZONE),
    _get("/stats/{span}", wakatime.stats, "totals of a range", "WakaTimeStats", ZONE),
    _get("/user_agents", wakatime.user_agents, "WakaTime clients seen", "WakaTimeAgents"),
]  # fmt: skip
