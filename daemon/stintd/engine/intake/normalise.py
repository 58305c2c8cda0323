"""Turns reported signals into heartbeats: validates what other programs report and gives it a context and an id. Runs on the
event loop's thread.

It never refuses anything silently: the error says why.
"""

import asyncio
import contextlib
import os
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import cast

from stintd.domain.kinds import KINDS, BeatKind
from stintd.domain.model import ACTORS, SOURCES, Actor, BeatSignal, BeatSource, Context, Heartbeat
from stintd.engine.checkouts import Place, Places
from stintd.engine.checks import check_time, unique_id
from stintd.errors import Invalid
from stintd.store.ids import content_id

TEXT_LIMIT = 1024
LINK_SECONDS = 1.0


class Links:
    """Follows symbolic links to known checkouts. One look at a time, because on a dead network mount a look never ends, and a
    second one must not block another thread. Loop thread only."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._is_looking = False

    async def follow(self, paths: Iterable[str]) -> dict[str, str]:
        """The paths that lie in no known checkout but lead to one through symbolic links: the reported path to the real one.
        Empty while another look is running, or when this one takes more than a second."""
        unknown = {path for path in paths if self._places.locate(path).checkout is None}
        if not unknown or self._is_looking:
            return {}
        self._is_looking = True
        look = asyncio.get_running_loop().run_in_executor(None, _real_paths, unknown)
        look.add_done_callback(self._end_look)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINK_SECONDS):
                real_paths = await asyncio.shield(look)
                return {path: real for path, real in real_paths.items() if self._places.locate(real).checkout is not None}
        return {}

    def _end_look(self, look: "asyncio.Future[dict[str, str]]") -> None:
        self._is_looking = False


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


def context_of(signal: BeatSignal, place: Place | None, device: str) -> tuple[Context, str]:
    """The context and entity of a reported heartbeat: by the place of its path, else by the project that it names, else
    without a place."""
    branch, entity = signal.branch, signal.entity
    repo = repo_path = folder = None
    project = signal.project
    if place is not None:
        entity = entity or place.entity
        if place.checkout is not None:
            repo, repo_path, project = place.checkout.repo, place.checkout.path, None
            is_page = signal.source == "browser"  # a page shows some branch, not the one that is checked out
            branch = branch or (None if is_page or place.is_of_another else place.checkout.branch)
        else:
            folder = place.folder
    is_known = signal.source in SOURCES
    source: BeatSource = cast("BeatSource", signal.source) if is_known else "api"
    # Built in one call: this runs for every heartbeat, and `replace` takes as long as the rest. `check_words` checked the words.
    context = Context(
        source,
        cast("BeatKind", signal.kind),
        cast("Actor", signal.actor),
        repo,
        repo_path,
        folder,
        project,
        branch,
        signal.session,
        device,
        signal.witness,
        signal.client if is_known else signal.source,
    )
    return context, entity


def heartbeat(
    signal: BeatSignal, place: Place | None, device: str, now: datetime, max_future: timedelta, is_timed: bool = True
) -> Heartbeat:
    """The heartbeat of a reported signal, or `invalid`. `place`: where its path lies, None without a path. `is_timed`: the sender
    gave a time; without one, the heartbeat gets an id that no other has."""
    check_time(signal.time, now, max_future)
    check_words(signal)
    context, entity = context_of(signal, place, device)
    identity = signal.origin_id or (content_id(signal.time, context, entity) if is_timed else unique_id())
    return Heartbeat(identity, signal.time, context, entity)
