"""Signals to heartbeats: validates what others told, places it, and gives it an id. Runs on the event loop's thread.

Owns no state but the map of places it is handed. What it refuses, it refuses with a sentence (never silently).
"""

import asyncio
import contextlib
import os
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import cast

from stintd.domain.kinds import KINDS, BeatKind
from stintd.domain.model import ACTORS, SOURCES, Actor, BeatSignal, BeatSource, Context, Heartbeat
from stintd.engine.checkouts import Places
from stintd.engine.checks import check_time, unlike_any
from stintd.errors import Invalid
from stintd.store.ids import content_id

TEXT_LIMIT = 1024
LINK_SECONDS = 1.0


class _Looking:
    """Whether a look at links is under way: on a dead network mount it never ends, and must not take a second thread."""

    is_under_way = False


async def without_links(places: Places, paths: Iterable[str]) -> dict[str, str]:
    """Those paths that lie in no known checkout and lead to one through symbolic links, by how they were told."""
    unknown = {path for path in paths if places.locate(path).checkout is None}
    if not unknown or _Looking.is_under_way:
        return {}
    _Looking.is_under_way = True
    looking = asyncio.get_running_loop().run_in_executor(None, _real_paths, unknown)
    looking.add_done_callback(_looked)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINK_SECONDS):
            found = await asyncio.shield(looking)
            return {path: real for path, real in found.items() if places.locate(real).checkout is not None}
    return {}


def _looked(done: "asyncio.Future[dict[str, str]]") -> None:
    _Looking.is_under_way = False


def _real_paths(paths: Iterable[str]) -> dict[str, str]:
    return {path: real for path in paths if (real := os.path.realpath(path)) != path}


def check_words(signal: BeatSignal) -> None:
    """Refuse unknown kinds and actors, and text that is too long."""
    if signal.kind not in KINDS:
        raise Invalid(f"unknown kind {signal.kind!r}", "use one of " + ", ".join(KINDS))
    if signal.actor not in ACTORS:
        raise Invalid(f"unknown actor {signal.actor!r}", "use human or agent")
    for name in ("path", "project", "branch", "session", "entity", "origin_id"):
        if len(getattr(signal, name) or "") > TEXT_LIMIT:
            raise Invalid(f"{name} is longer than {TEXT_LIMIT} characters", f"shorten {name}")


def place(signal: BeatSignal, places: Places, device: str) -> tuple[Context, str]:
    """The context and entity of a told heartbeat: by its path, else by the project name it gives, else nowhere."""
    branch, entity = signal.branch, signal.entity
    repo = repo_path = folder = None
    project = signal.project
    if signal.path:
        found = places.locate(signal.path)
        entity = entity or found.entity
        if found.checkout is not None:
            repo, repo_path, project = found.checkout.repo, found.checkout.path, None
            is_page = signal.source == "browser"  # shows some branch, not the one that is checked out
            branch = branch or (None if is_page else found.checkout.branch)
        else:
            folder = found.folder
    is_known = signal.source in SOURCES
    source: BeatSource = cast("BeatSource", signal.source) if is_known else "api"
    # Made in one go: this runs for every heartbeat, and `replace` takes as long as the rest. `check_words` saw its words.
    context = Context(
        source, cast("BeatKind", signal.kind), cast("Actor", signal.actor), repo, repo_path, folder, project, branch,
        signal.session, device, signal.witness, signal.client if is_known else signal.source,
    )  # fmt: skip
    return context, entity


def heartbeat(
    signal: BeatSignal, places: Places, device: str, now: datetime, max_future: timedelta, is_timed: bool = True
) -> Heartbeat:
    """The heartbeat of a told signal, or `invalid`. `is_timed`: its sender said when; else it is like no other."""
    check_time(signal.time, now, max_future)
    check_words(signal)
    context, entity = place(signal, places, device)
    identity = signal.origin_id or (content_id(signal.time, context, entity) if is_timed else unlike_any())
    return Heartbeat(identity, signal.time, context, entity)
