"""Whose hours the work in a folder is, for each layout of folders that people have: made while a daemon runs, and made while it
is down. With `-s` the table of them is printed: folder, project, why.

Two homes see the same cases happen, all of them side by side; then files are saved, commits made and editors at work in each
folder. The tests ask what became of that.
"""

import os
import re
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support import layouts, poll_until
from tests.support.daemon import Daemon
from tests.support.layouts import Layout, Place

LAYOUTS = (*layouts.TRIED, *layouts.MORE)
MADE = ("live", "after downtime")
CONFIG = '[time]\nmin_visit = "0s"\n'
"""Every visit counts, however short."""
SETTLED = 1.05
"""What changes within a second after git made files is taken for git's, and git itself notes whole seconds only."""
STILL = 1.5
"""Seconds for which nothing may change before the watcher is believed to know everything."""
NOW = datetime.now(UTC)
MONDAY = (NOW - timedelta(days=NOW.weekday() + 7)).replace(hour=0, minute=0, second=0, microsecond=0)


def wait(seconds: float) -> None:
    """A paced step."""
    end = time.monotonic() + seconds
    poll_until(lambda: time.monotonic() >= end)


@dataclass(frozen=True)
class Row:
    """What became of a place: `listed` is its project and why, `counted` the projects of its saves, commits and edits."""

    listed: tuple[str | None, str]
    is_asked: bool
    counted: dict[str, set[str | None]]
    hours: list[tuple[str | None, bool, int]]


@dataclass
class World:
    """One home, and all layouts below its watched folder."""

    top: Path
    made: str
    daemon: Daemon = field(init=False)
    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    beats: list[dict[str, Any]] = field(default_factory=list)
    past: dict[tuple[str, str], str] = field(default_factory=dict)
    worked_from: datetime = MONDAY

    def __post_init__(self) -> None:
        away, config = self.top / "away", self.top / "gitconfig"
        self.code.mkdir(parents=True)
        away.mkdir()
        served = f'[url "file://{away}/"]\ninsteadOf = {layouts.SERVER}/\n'
        config.write_text(Path(os.environ["GIT_CONFIG_GLOBAL"]).read_text() + served)
        environment = {"GIT_CONFIG_GLOBAL": str(config), "AWAY": str(away), "SERVER": layouts.SERVER}
        environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self.daemon = Daemon(self.top / "home", [self.code], CONFIG, environment)

    @property
    def code(self) -> Path:
        return self.top / "code"

    @property
    def is_live(self) -> bool:
        return self.made == "live"

    @property
    def places(self) -> list[tuple[Layout, Place]]:
        return [(layout, place) for layout in LAYOUTS for place in layout.expected(is_live=self.is_live)]

    def folder(self, layout: Layout) -> Path:
        return self.code / re.sub(r"\W+", "-", layout.name).strip("-")

    def path(self, layout: Layout, place: Place) -> str:
        return str(self.folder(layout) / place.folder)

    def run(self, layout: Layout, script: str) -> None:
        """Run a script in the folder of a case."""
        folder = self.folder(layout)
        folder.mkdir(exist_ok=True)
        command = ["bash", "-c", f"{layouts.WORDS}\n{script}"]
        done = subprocess.run(command, cwd=folder, env=self.daemon.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{layout.name}: {script}: {done.stderr}"

    # ---------------------------------------------------------------- what happens

    def happen(self) -> None:
        """All cases, side by side, step by step."""
        for layout in LAYOUTS:
            self.run(layout, layout.at_first)
        self.daemon.start()
        for layout in LAYOUTS:
            self.run(layout, layout.before)
        self.settle()
        self.past = self.commits()
        if not self.is_live:
            self.daemon.stop()
        for number in range(max(len(layout.then) for layout in LAYOUTS)):
            for layout in LAYOUTS:
                self.run(layout, "".join(layout.then[number : number + 1]))
            if self.is_live:
                self.settle()
        if not self.is_live:
            wait(SETTLED)
            self.daemon.start()
            self.settle()
        self.work()
        self.settle()
        self.known, self.beats = self.checkouts(), list(self.daemon.client.every("/api/heartbeats"))

    def settle(self) -> None:
        """Wait until nothing has become known for a while."""
        known, since = self.checkouts(), time.monotonic()
        while time.monotonic() - since < STILL:
            wait(0.25)
            before, known = known, self.checkouts()
            if known != before or not all(os.path.isdir(path) for path in known):
                since = time.monotonic()

    def work(self) -> None:
        """In each place a file is saved, something committed, and an editor at work on a day of last week."""
        self.worked_from = datetime.now(UTC)
        wait(SETTLED)
        for layout, place in self.places:
            Path(self.path(layout, place), "saved.txt").write_text("text\n")
            wait(0.06)  # more than a person's hands may do, and less than a generator's
        wait(2 + SETTLED)
        for layout, place in self.places:
            if place.has_commits:
                self.run(layout, f"commit $'{place.folder}'")
        self.daemon.client.post("/api/heartbeats", [beat for number in range(len(self.places)) for beat in self.edits(number)])

    def edits(self, number: int) -> list[dict[str, str]]:
        """What an editor tells of five minutes in a place, where an accent is one letter."""
        path = unicodedata.normalize("NFC", f"{self.path(*self.places[number])}/edited.py")
        times = [self.slot(number) + timedelta(minutes=minutes) for minutes in (0, 5)]
        return [{"time": time.isoformat(), "path": path, "kind": "edit", "source": "editor"} for time in times]

    def slot(self, number: int) -> datetime:
        """When the editor is at work in a place: half an hour for each, far enough from the next."""
        return MONDAY + timedelta(minutes=30 * number)

    # ---------------------------------------------------------------- what is told

    def checkouts(self) -> dict[str, dict[str, Any]]:
        """What `GET /api/repos` tells of the checkouts that are there, by path."""
        listed = self.daemon.client.every("/api/repos")
        return {one["path"]: one for repo in listed for one in repo["checkouts"] if not one["gone"]}

    def commits(self) -> dict[tuple[str, str], str]:
        """The project of each commit that was noticed."""
        beats = self.daemon.client.every("/api/heartbeats")
        return {(beat["path"], beat["time"]): beat["project"] for beat in beats if beat["kind"] == "commit"}

    def week(self) -> list[dict[str, Any]]:
        """The entries of the editors' week."""
        return self.daemon.entries(from_=MONDAY.date().isoformat(), to=(MONDAY + timedelta(days=6)).date().isoformat())

    def rows(self) -> dict[tuple[str, str], Row]:
        """What became of each place."""
        items = self.daemon.client.get("/api/review")["items"]
        asked = {folder for item in items if item["kind"] == "question" for folder in item["folders"]}
        entries: dict[datetime, list[dict[str, Any]]] = {}
        for entry in self.week():
            entries.setdefault(datetime.fromisoformat(entry["start"]) + timedelta(minutes=1), []).append(entry)
        rows = {}
        for number, (layout, place) in enumerate(self.places):
            path = self.path(layout, place)
            checkout = self.known.get(path, {"projectName": None, "why": ""})
            hours = [(e["projectName"], e["confirmed"], e["durationSeconds"]) for e in entries.get(self.slot(number), [])]
            listed = checkout["projectName"], checkout["why"].replace(f"{self.folder(layout)}/", "")
            rows[layout.name, place.folder] = Row(listed, path in asked, self.counted(layout, place), hours)
        return rows

    def counted(self, layout: Layout, place: Place) -> dict[str, set[str | None]]:
        """The projects of what was noticed in a place, by what it was."""
        path = self.path(layout, place)
        inner = [f"{other}/" for other in (self.path(*one) for one in self.places) if other.startswith(f"{path}/")]
        projects: dict[str, set[str | None]] = {"saves": set(), "commits": set()}
        for beat in self.beats:
            where = f"{beat['path']}/{beat['entity'] or ''}"
            is_here = where.startswith(f"{path}/") and not any(where.startswith(folder) for folder in inner)
            is_new = datetime.fromisoformat(beat["time"]) >= self.worked_from
            if is_here and (is_new or not layout.reuses_path):
                kind = "commits" if beat["kind"] == "commit" else "saves" if beat["source"] == "watch" else beat["source"]
                projects.setdefault(kind, set()).add(beat["project"])
        return {kind: projects[kind] for kind in ("saves", "commits")}


@pytest.fixture(scope="module")
def worlds(top: Path) -> Iterator[dict[str, World]]:
    found = {made: World(top / made.replace(" ", "-"), made) for made in MADE}
    try:
        with ThreadPoolExecutor(len(found)) as pool:
            list(pool.map(World.happen, found.values()))
        yield found
    finally:
        for world in found.values():
            world.daemon.stop()


@pytest.fixture(scope="module")
def rows(worlds: dict[str, World]) -> dict[str, dict[tuple[str, str], Row]]:
    return {made: world.rows() for made, world in worlds.items()}


def _case(made: str, layout: Layout) -> Any:
    missing = layout.missing.get(made, "")
    marks = [pytest.mark.xfail(reason=missing, strict=not missing.startswith("sometimes"))] if missing else []
    return pytest.param(made, layout, id=f"{made}: {layout.name}", marks=marks)


@pytest.mark.parametrize(("made", "layout"), [_case(made, layout) for made in MADE for layout in LAYOUTS])
def test_work_in_each_folder_is_time_of_its_project(rows: Any, made: str, layout: Layout) -> None:
    for place in layout.expected(is_live=made == "live"):
        row, project = rows[made][layout.name, place.folder], place.project
        assert (place.folder, row.listed) == (place.folder, (project if place.why else None, place.why))
        assert (place.folder, row.is_asked) == (place.folder, place.is_asked)
        assert row.hours == [(project, place.is_confirmed, 7 * 60)], place.folder
        assert row.counted["commits"] == ({project} if place.has_commits else set()), place.folder
        assert row.counted["saves"] == ({project} if place.has_saves else set()), place.folder


@pytest.mark.parametrize("made", MADE)
def test_what_was_done_before_counts_as_before_and_a_rebuild_changes_nothing(worlds: dict[str, World], made: str) -> None:
    world = worlds[made]
    now = world.commits()
    assert {act: now.get(act) for act in world.past} == world.past
    assert "nothing changes" in world.daemon.stint("rebuild", "--dry-run").out


@pytest.mark.parametrize("made", MADE)
def test_the_commands_tell_the_same_reasons(worlds: dict[str, World], made: str) -> None:
    """`stint repos` of all folders, `stint why` of one hour for each kind of reason."""
    world = worlds[made]
    told = re.sub(r"\s+", " ", world.daemon.stint("repos", COLUMNS="400").out)
    by_kind: dict[str, tuple[int, dict[str, Any]]] = {}
    for number, (layout, place) in enumerate(world.places):
        checkout = world.known.get(world.path(layout, place))
        if checkout is not None:
            why = checkout["why"].replace(str(world.top.parent), "~")
            assert why in told
            by_kind.setdefault(place.why.partition(" ")[0], (number, checkout))
    starts = {datetime.fromisoformat(entry["start"]) + timedelta(minutes=1): entry["id"] for entry in world.week()}
    assert len(by_kind) >= 5
    for number, checkout in by_kind.values():
        why = world.daemon.stint("why", starts[world.slot(number)], COLUMNS="400").out
        assert f": {checkout['why']}" in why


def test_live_and_after_downtime_agree_where_the_same_could_be_observed(rows: Any) -> None:
    """And the table is printed for people: folder, project, why."""
    print("\n| layout | folder → project: why |\n| --- | --- |")
    for layout in LAYOUTS:
        texts = []
        for place in layout.places:
            live, later = (_cell(rows[made][layout.name, place.folder]) for made in MADE)
            texts.append(f"{place.folder} → {live}" + ("" if live == later else f" (after downtime: {later})"))
            is_alike = not layout.missing and place.folder not in {other.folder for other in layout.after_downtime}
            assert live == later or not is_alike, place.folder
        print(f"| {layout.name} | {'; '.join(texts)} |")


def _cell(row: Row) -> str:
    projects = {project for project, _, _ in row.hours}
    project = next(iter(projects)) if projects else None
    return f"{project or 'no project'}: {row.listed[1] or 'not a checkout'}{', asked' if row.is_asked else ''}"
