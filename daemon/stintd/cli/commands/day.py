"""`stint day`: one day drawn as a timeline: a row a project, idle time shaded, agents apart, commits and branch changes
as marks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from stintd.cli import corrections
from stintd.cli.answer import Answer, Rows
from stintd.cli.layout import EIGHTHS, align_left, align_right, columns, fit, width
from stintd.cli.options import Operand, Verb, Words
from stintd.cli.period import Bounds, entries_between, now
from stintd.cli.text import bold, day_name, dim, for_terminal, has_blocks, length, local_time, paint_project, project_of
from stintd.client.control import Control
from stintd.errors import StintdError
from stintd.protocol import when

MARKS = {"commit": ("◆", "*"), "branch": ("◇", "^"), "now": ("▼", "v")}
BRANCH_KINDS = ("checkout", "merge", "rebase", "pull")
Span = tuple[datetime, datetime]
Act = tuple[datetime, str, str, str]
"""A commit or branch change: its moment, kind, project and text."""
LEAST_CELLS, LONGEST_LABEL = 12, 20
AGENT_SHADE = str.maketrans("█▉▊▋▌▍▎▏▐▕", "▒▒▒▒▒▒▒▒▒▒")


class Axis:
    """The drawn part of a day: from `start`, `cells` columns of `step` each."""

    def __init__(self, start: datetime, end: datetime, cells: int) -> None:
        self.start, self.cells = start, cells
        self.step = (end - start) / cells

    def column(self, moment: datetime) -> int | None:
        """The column a moment falls into, or None outside."""
        position = int((moment - self.start) / self.step)
        return position if 0 <= position < self.cells else None

    def strip(self, spans: Iterable[Span], shade: str | None = None) -> str:
        """One row: how much of each column the spans cover; `shade` fills what lies free between first and last."""
        covered = [_Cell() for _ in range(self.cells)]
        for start, end in spans:
            first = max(0, int((start - self.start) / self.step))
            last = min(self.cells - 1, int((end - self.start) / self.step))
            for number in range(first, last + 1):
                begin = self.start + number * self.step
                covered[number].add(max(0, (start - begin) / self.step), min(1, (end - begin) / self.step))
        drawn = [cell.glyph() for cell in covered]
        if shade and any(text != " " for text in drawn):
            used = [number for number, text in enumerate(drawn) if text != " "]
            drawn = [shade if text == " " and used[0] < number < used[-1] else text for number, text in enumerate(drawn)]
        return "".join(drawn)


class _Cell:
    """How much of one column is covered, and whether that begins at its left edge."""

    def __init__(self) -> None:
        self.share, self.first = 0.0, 1.0

    def add(self, begin: float, end: float) -> None:
        if end > begin:
            self.share += end - begin
            self.first = min(self.first, begin)

    def glyph(self) -> str:
        if self.share <= 0:
            return " "
        if not has_blocks():
            return "#" if self.share >= 0.5 else "+"
        if self.share >= 0.94:
            return "█"
        if self.first > 0.3:
            return "▐" if self.share > 0.2 else "▕"
        return EIGHTHS[min(7, max(1, round(self.share * 8)))]


def spans_of(entry: Answer, low: datetime, high: datetime) -> list[Span]:
    """The stretches of an entry that count, inside the day."""
    start = max(local_time(entry["start"]), low)
    end = min(local_time(entry["end"]) if entry.get("end") else now().astimezone(), high)
    cursor, spans = start, []
    for pause in entry.get("pauses") or []:
        begin = min(max(local_time(pause["start"]), cursor), end)
        if begin > cursor:
            spans.append((cursor, begin))
        cursor = min(max(cursor, local_time(pause["end"]) if pause.get("end") else end), end)
    return [*spans, (cursor, end)] if end > cursor else spans


def bounds_of(day: date) -> tuple[datetime, datetime]:
    """Your day: local midnight to local midnight, 23 to 25 hours."""
    midnight, next_midnight = (datetime.combine(day + timedelta(days=more), datetime.min.time()).astimezone() for more in (0, 1))
    return midnight, next_midnight


def axis_of(entries: Rows, day: date, room: int) -> Axis:
    """Whole hours around the work, at least eight of them, inside the day."""
    low, high = bounds_of(day)
    spans = [span for entry in entries for span in spans_of(entry, low, high)]
    first = min(start for start, _ in spans).replace(minute=0, second=0, microsecond=0)
    last = max(end for _, end in spans)
    last = last if last == high else min(high, last.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1))
    last = min(high, max(last, first + timedelta(hours=8)))
    first = max(low, min(first, last - timedelta(hours=8)))
    return Axis(first, last, max(LEAST_CELLS, room))


def hour_line(axis: Axis, is_today: bool) -> str:
    """The hours above the columns, as many as fit, and where now is."""
    hours = (axis.cells * axis.step).total_seconds() / 3600
    every = next((step for step in (1, 2, 3, 4, 6, 12) if axis.cells / hours * step >= 5), 24)
    line = [" "] * (axis.cells + 5)
    moment = axis.start
    while moment <= axis.start + axis.cells * axis.step:
        column = min(axis.cells - 1, int((moment - axis.start) / axis.step))
        if moment.hour % every == 0 and column + 2 <= axis.cells:
            line[column : column + 2] = f"{moment:%H}"
        moment = (moment + timedelta(hours=1)).astimezone()
    here = axis.column(now().astimezone()) if is_today else None
    if here is not None:
        line[here] = mark("now")
    return "".join(line[: axis.cells])


def mark(kind: str) -> str:
    return MARKS[kind][0 if has_blocks() else 1]


def acts_of(entries: Rows, beats: Rows, low: datetime, high: datetime) -> list[Act]:
    """Commits and branch changes of the day, in order: (moment, kind, project, text)."""
    acts: dict[tuple[str, ...], Act] = {}
    for entry in entries:
        for commit in entry.get("commits") or []:
            text = f"{commit['sha'][:7]} {for_terminal(commit.get('subject'))}"
            acts[("commit", commit["sha"])] = (local_time(commit["time"]), "commit", project_of(entry), text)
    for beat in beats:
        if beat.get("kind") in BRANCH_KINDS and beat.get("actor") != "agent":
            name = for_terminal(beat.get("branch") or beat.get("entity") or "")
            project = for_terminal(beat.get("project") or beat.get("repo") or "")
            acts[(beat["kind"], beat["time"], project)] = (
                local_time(beat["time"]),
                "branch",
                project,
                f"{beat['kind']} {name}".strip(),
            )
    return sorted((act for act in acts.values() if low <= act[0] < high), key=lambda act: act[0])


def mark_line(axis: Axis, acts: list[Act]) -> str:
    line = [" "] * axis.cells
    for moment, kind, _, _ in acts:
        column = axis.column(moment)
        if column is not None and line[column] != mark("commit"):
            line[column] = mark(kind)
    return "".join(line)


class DaySheet:
    """The data of the day's screen. Projects are keyed by their id, entries without one by ""."""

    def __init__(self, day: date, entries: Rows, beats: Rows, report: Answer) -> None:
        self.day, self.report = day, report
        self.entries = [entry for entry in entries if entry.get("state") != "waiting"]
        self.low, self.high = bounds_of(day)
        self.acts = acts_of(self.entries, beats, self.low, self.high)
        self.rows = {row["key"] or "": row for row in report["rows"]}
        self.names = {entry.get("projectId") or "": project_of(entry) for entry in self.entries}

    def projects(self) -> list[str]:
        """Projects by their time, most first."""
        weight = {project: (self.rows.get(project) or {}).get("seconds", 0) for project in self.names}
        return sorted(self.names, key=lambda project: (-weight[project], self.names[project]))

    def spans(self, actor: str, project: str | None = None) -> list[Span]:
        return [
            span
            for entry in self.entries
            if entry["actor"] == actor and project in (None, entry.get("projectId") or "")
            for span in spans_of(entry, self.low, self.high)
        ]

    def seconds(self, actor: str, project: str) -> float:
        row = self.rows.get(project)
        if row is None:
            return sum((end - start).total_seconds() for start, end in self.spans(actor, project))
        return float(row["agentSeconds"] if actor == "agent" else row["handsOnSeconds"] + row["supervisedSeconds"])


def lines(sheet: DaySheet, room: int, blind: Sequence[Span] = ()) -> Iterator[str]:
    """The day's screen; `blind` are stretches in which the daemon was not watching."""
    totals = sheet.report["totals"]
    human = totals["handsOnSeconds"] + totals["supervisedSeconds"]
    yield bold(align_left(day_name(sheet.day), room - 9) + align_right(length(human), 9))
    if not any(sheet.spans(actor) for actor in ("human", "agent")):
        yield dim("nothing on this day")
        return
    label = min(LONGEST_LABEL, max(width(name) for name in [*sheet.names.values(), "total"]), max(6, room // 4))
    axis = axis_of(sheet.entries, sheet.day, room - label - (17 if sheet.spans("agent") else 10))
    yield dim(" " * (label + 1) + hour_line(axis, sheet.day == date.today()))
    yield from _rows(sheet, axis, label)
    unseen = axis.strip(blind)
    if unseen.strip():
        mark_of = "╌" if has_blocks() else "?"
        yield dim(f"{align_left('not watched', label)} " + "".join(" " if text == " " else mark_of for text in unseen))
    yield from _footer(sheet, axis, label, room, totals)


def _rows(sheet: DaySheet, axis: Axis, label: int) -> Iterator[str]:
    idle = "░" if has_blocks() else "."
    projects = sheet.projects()
    people = [project for project in projects if sheet.spans("human", project)]
    if len(people) > 1:
        yield f"{align_left('total', label)} {_shade_idle(axis.strip(sheet.spans('human'), idle), idle)}"
    for project in people:
        number = projects.index(project)
        strip = axis.strip(sheet.spans("human", project), idle if len(people) == 1 else None)
        total = align_right(length(sheet.seconds("human", project)), 9)
        yield f"{paint_project(align_left(sheet.names[project], label), number)} {paint_project(strip, number)}{total}"
    for number, project in enumerate(projects):
        spans = sheet.spans("agent", project)
        if spans:
            strip = axis.strip(spans).translate(AGENT_SHADE)
            total = dim(align_right(length(sheet.seconds("agent", project)), 9))
            name = paint_project(align_left(sheet.names[project], label), number)
            yield f"{name} {paint_project(strip, number)}{total} {dim('agent')}"


def _shade_idle(strip: str, idle: str) -> str:
    return "".join(dim(part) if part[:1] == idle else part for part in _runs(strip, idle))


def _runs(strip: str, idle: str) -> Iterator[str]:
    run = ""
    for character in strip:
        if run and (run[-1] == idle) != (character == idle):
            yield run
            run = ""
        run += character
    yield run


def _footer(sheet: DaySheet, axis: Axis, label: int, room: int, totals: Answer) -> Iterator[str]:
    if sheet.acts:
        yield f"{align_left('', label)} {mark_line(axis, sheet.acts)}".rstrip()
    words = [f"active {length(totals['handsOnSeconds'])}"]
    if totals["supervisedSeconds"]:
        words.append(f"supervised {length(totals['supervisedSeconds'])}")
    if totals["agentSeconds"]:
        words.append(f"agents {length(totals['agentSeconds'])}")
    if length(totals["wallSeconds"]) != length(totals["handsOnSeconds"] + totals["supervisedSeconds"]):
        words.append(f"wall time {length(totals['wallSeconds'])}")
    yield dim(fit(" · ".join(words), room))
    if sheet.acts:
        yield ""
    for moment, kind, project, text in sheet.acts:
        name = fit(project, 12 if room < 60 else 20)
        yield f"{mark(kind)} {moment:%H:%M} {bold(name)} {fit(text, room - 9 - width(name))}"


def _unwatched_spans(control: Control, day: date) -> list[Span]:
    """When the daemon was not watching, so that a gap there is not taken for time without work."""
    try:
        spans = control.get("/api/day", date=day.isoformat())["blind"]
    except StintdError:  # the day is still worth showing; an older daemon has none
        return []
    return [(local_time(span["start"]), local_time(span["end"])) for span in spans]


def run(words: Words) -> None:
    control = Control()
    day = when.day(" ".join(words.date), now()) if words.date else date.today()
    bounds: Bounds = {"from_": day.isoformat(), "to": day.isoformat()}
    entries = entries_between(control, bounds)
    report = control.get("/api/reports", **bounds, groupBy="project")
    beats = list(control.every("/api/heartbeats", **bounds, source="git"))
    if words.json:
        print(json.dumps({"day": day.isoformat(), "entries": entries, "report": report}))
        return
    changed = corrections.fetch_corrections(control, bounds)
    blind = _unwatched_spans(control, day)
    print("\n".join([*lines(DaySheet(day, entries, beats, report), columns(), blind), *corrections.lines(changed, columns())]))


VERBS = {"day": Verb("day", run, "today, or DATE, as a timeline", (Operand("DATE", "*"),))}
