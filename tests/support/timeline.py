"""Days written down: what was noticed and when, and the sheet that the rules make of it as lines a person can read."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from stintd.domain.derive.timesheet import Claim, Cut, Edits, Evidence, RemovedTime, Run, Sheet, UsualHours, derive
from stintd.domain.model import Absence, Assignment, Context, GapVerdict, Heartbeat, ProjectId, RepoId, Stretch, to_us
from stintd.domain.policy import Policy

DAY = datetime(2026, 11, 20, tzinfo=UTC)
_CLOCK = re.compile(r"(?:(?P<day>\d+)d )?(?P<h>\d+):(?P<m>\d\d)(?::(?P<s>\d\d(?:\.\d+)?))?$")


def clock(text: str) -> datetime:
    """`10:30`, `10:30:15`, and `1d 02:00` for the night after; all on one day of UTC."""
    found = _CLOCK.match(text)
    assert found is not None, text
    parts = {name: float(value or 0) for name, value in found.groupdict().items()}
    return DAY + timedelta(days=parts["day"], hours=parts["h"], minutes=parts["m"], seconds=parts["s"])


def clock_text(instant: datetime) -> str:
    """The inverse of `clock`, as short as is exact."""
    days = (instant - DAY).days
    text = instant.strftime("%H:%M:%S" if instant.second or instant.microsecond else "%H:%M")
    return f"{days}d {text}" if days else text


class ByRepo:
    """A repository is its project (`nowhere` has none), a ticket in the branch its task; folders of `mono` are projects."""

    def resolve(self, context: Context, entity: str = "") -> Assignment:
        name = context.project or (None if context.repo == "nowhere" else context.repo)
        if context.repo == "mono" and "/" in entity:
            name = entity.split("/")[0]
        ticket = re.search(r"[A-Z]+-\d+", context.branch or "")
        return Assignment(ProjectId(name) if name else None, ticket[0] if ticket else None)

    def doubted_since(self, repo: RepoId | None, project: ProjectId | None) -> int | None:
        return None

    def differs_by_entity(self, context: Context) -> bool:
        return context.repo == "mono"

    def resolver_at(self, us: int) -> "ByRepo":
        return self


@dataclass
class Timeline:
    """Evidence and edits of some days. Every method takes times as `clock` reads them."""

    policy: Policy = field(default_factory=Policy)
    heartbeats: list[Heartbeat] = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)
    edits: Edits = field(default_factory=Edits)

    def beat(
        self, at: str, where: str, kind: str = "edit", source: str = "watch", *, entity: str = "", **more: str | None
    ) -> None:
        context = Context(source, kind, repo=RepoId(where), **{"branch": "main", **more})  # type: ignore[arg-type]
        self.heartbeats.append(Heartbeat(f"{len(self.heartbeats)}", clock(at), context, entity))

    def edits_between(self, start: str, end: str, where: str, every: float = 2, **more: str) -> None:
        """An edit at the start, one every few minutes, one at the end."""
        at, stop = clock(start), clock(end)
        while at < stop:
            self.beat(exact_clock_text(at), where, **more)
            at += timedelta(minutes=every)
        self.beat(end, where, **more)

    def commit(self, at: str, where: str, **more: str) -> None:
        self.beat(at, where, "commit", "git", **{"witness": "terminal", **more})

    def prompt(self, at: str, where: str, session: str = "s1", **more: str | None) -> None:
        self.beat(at, where, "prompt", "agent", session=session, **more)

    def turn(self, start: str, end: str, where: str, session: str = "s1", every: float = 0.5) -> None:
        """The agent's acts from just after `start` until it stops at `end`."""
        at, stop = clock(start) + timedelta(seconds=5), clock(end)
        while at < stop:
            self.beat(exact_clock_text(at), where, "tool", "agent", actor="agent", session=session)
            at += timedelta(minutes=every)
        self.beat(end, where, "turn_end", "agent", actor="agent", session=session)

    def away(self, start: str, end: str, kind: str = "suspend", device: str = "") -> None:
        self.absences.append(Absence(clock(start), clock(end), kind, device))

    def claim(self, start: str, end: str | None, project: str, actor: str = "human", may_overlap: bool = False) -> None:
        """A manual timer, or an entry whose time is pinned."""
        us = None if end is None else to_us(clock(end))
        made = Claim(actor, ProjectId(project), None, to_us(clock(start)), us, may_overlap)
        self.edits = replace(self.edits, claims=[*self.edits.claims, made])

    def take(self, start: str, end: str, actor: str = "human", project: str | None = None) -> None:
        made = RemovedTime(to_us(clock(start)), to_us(clock(end)), actor, ProjectId(project) if project else None)
        self.edits = replace(self.edits, taken=[*self.edits.taken, made])

    def cut(self, at: str) -> None:
        self.edits = replace(self.edits, cuts=[*self.edits.cuts, Cut(to_us(clock(at)))])

    def sheet(self, now: str = "3d 00:00", usual: UsualHours | None = None) -> Sheet:
        return derive(evidence_of(self.heartbeats, self.absences), self.edits, self.policy, ByRepo(), clock(now), usual)

    def lines(self, now: str = "3d 00:00") -> list[str]:
        """The person's stretches, one a line."""
        return lines(stretch for stretch in self.sheet(now).stretches if stretch.actor == "human")

    def agent_lines(self, now: str = "3d 00:00") -> list[str]:
        return lines(stretch for stretch in self.sheet(now).stretches if stretch.actor == "agent")


def exact_clock_text(instant: datetime) -> str:
    """`clock`'s text with every microsecond."""
    return f"{(instant - DAY).days}d {instant.strftime('%H:%M:%S.%f')}"


def evidence_of(heartbeats: Iterable[Heartbeat], absences: Sequence[Absence] = ()) -> Evidence:
    """Each heartbeat a run of its own."""
    numbers: dict[Context, int] = {}
    entities: dict[tuple[int, int], list[str]] = {}
    runs = []
    for heartbeat in heartbeats:
        at, number = to_us(heartbeat.time), numbers.setdefault(heartbeat.context, len(numbers))
        known = entities.setdefault((at, number), [])
        if heartbeat.entity not in known:
            known.append(heartbeat.entity)
        runs.append(Run(at, at, number, 1, 0))
    contexts = {number: context for context, number in numbers.items()}
    return Evidence(contexts, runs, lambda run: [(run[0], what) for what in entities[run[0], run[2]]], absences)


def lines(stretches: Iterable[Stretch]) -> list[str]:
    """`09:00-10:30 acme`, with the task, supervised minutes, and what is open or unconfirmed."""
    return [_line(stretch) for stretch in stretches]


def _line(stretch: Stretch) -> str:
    text = f"{clock_text(stretch.start)}-{clock_text(stretch.end)} {stretch.project or '?'}"
    if stretch.task:
        text += f" {stretch.task}"
    if stretch.supervised:
        text += f", {stretch.supervised.total_seconds() / 60:g} min supervised"
    return text + (", running" if stretch.is_open else "") + ("" if stretch.is_confirmed else ", unconfirmed")


def gap_lines(gaps: Iterable[GapVerdict]) -> list[str]:
    """`12:00-13:00 away`."""
    return [f"{clock_text(gap.start)}-{clock_text(gap.end)} {gap.verdict}" for gap in gaps]
