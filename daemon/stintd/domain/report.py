"""Reports: the parts of entries by local day, and their totals by project, client and so on, with amounts.

Lengths are exact: the parts of an entry on its days add up to the entry to the microsecond, and rows add up to totals.
Human and agent time are never added together. Rounding happens only when hours are delivered.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from stintd.domain import interval
from stintd.domain.day import ONE_DAY, day_of, iso_week, start_of_day
from stintd.domain.interval import Interval
from stintd.domain.model import TimeEntry, from_us, to_us
from stintd.errors import Invalid
from stintd.frozen import frozen

GROUPINGS = ("project", "client", "task", "tag", "branch", "commit", "day", "week")
HOUR_US = Decimal(3_600_000_000)
CENT = Decimal("0.01")


class DayPart(NamedTuple):
    """The part of one entry on one local day, in microseconds. `supervised_us` is part of `length_us`."""

    day: date
    start_us: int
    length_us: int
    supervised_us: int

    @property
    def hands_on_us(self) -> int:
        return self.length_us - self.supervised_us


def end_in_totals(entry: TimeEntry, now: datetime) -> datetime:
    """The instant up to which an entry counts in totals: its end; for a running manual timer, now; for a running automatic
    one, its last evidence, because the time after it may turn out not to be work.
    """
    if entry.end is not None:
        return entry.end
    if entry.origin == "auto":
        return max(entry.start, entry.last_evidence or entry.start)
    return max(entry.start, now)


def counted_spans(entry: TimeEntry, now: datetime) -> list[Interval]:
    """The stretches of an entry that count, without pauses, in microseconds."""
    whole = to_us(entry.start), to_us(end_in_totals(entry, now))
    pauses = [(to_us(pause.start), to_us(pause.end) if pause.end else whole[1]) for pause in entry.pauses]
    return interval.subtract(whole, interval.union(pauses))


def duration(entry: TimeEntry, now: datetime) -> timedelta:
    """The length of an entry as totals count it."""
    return timedelta(microseconds=sum(end - start for start, end in counted_spans(entry, now)))


def contributions(entry: TimeEntry, zone: tzinfo, now: datetime, clip: Interval | None = None) -> list[DayPart]:
    """The parts of an entry by local day, in order; only those within `clip` (microseconds).

    Supervised time is spread evenly over the entry, so that parts add up to the whole however they are clipped.
    """
    pieces = counted_spans(entry, now)
    total = sum(end - start for start, end in pieces)
    supervised = min(total, entry.supervised // timedelta(microseconds=1)) if entry.actor == "human" else 0
    parts: dict[date, DayPart] = {}
    before = 0
    for start, end in pieces:
        for day, lo, hi in split_days(start, end, zone):
            first, last = (max(lo, clip[0]), min(hi, clip[1])) if clip else (lo, hi)
            if last > first:
                share = [supervised * (before + at - lo) // total for at in (first, last)]
                _grow(parts, DayPart(day, first, last - first, share[1] - share[0]))
            before += hi - lo
    return list(parts.values())


def _grow(parts: dict[date, DayPart], part: DayPart) -> None:
    earlier = parts.get(part.day)
    if earlier is None:
        parts[part.day] = part
    else:
        length, supervised = earlier.length_us + part.length_us, earlier.supervised_us + part.supervised_us
        parts[part.day] = DayPart(part.day, earlier.start_us, length, supervised)


def split_days(start_us: int, end_us: int, zone: tzinfo) -> Iterator[tuple[date, int, int]]:
    """A stretch cut at local midnights."""
    day, at = day_of(from_us(start_us), zone), start_us
    while at < end_us:
        edge = to_us(start_of_day(day + ONE_DAY, zone))
        if edge > at:
            yield day, at, min(edge, end_us)
            at = edge
        day += ONE_DAY


# ---------------------------------------------------------------- totals


@frozen
class Terms:
    """The hourly rate of an entry and its currency. `bills_supervised`: whether supervised time of billable work is billed."""

    rate: Decimal | None = None
    currency: str = ""
    bills_supervised: bool = True


class Commit(NamedTuple):
    """A commit inside an entry."""

    sha: str
    subject: str
    time: datetime


@frozen
class Labels:
    """What a grouping needs besides the entry; each function returns (key, name). `zone` decides where days begin."""

    zone: tzinfo
    project: Callable[[TimeEntry], tuple[str, str]]
    client: Callable[[TimeEntry], tuple[str, str]] = lambda entry: ("", "")
    task: Callable[[TimeEntry], tuple[str, str]] = lambda entry: (entry.task or "", entry.task or "")
    commits: Callable[[TimeEntry], Sequence[Commit]] = lambda entry: ()
    terms: Callable[[TimeEntry], Terms] = lambda entry: Terms()


@dataclass(slots=True)
class Row:
    """The totals of one group. `human_us` is hands-on plus supervised time; agent time is counted separately.

    `amounts` by currency are exact; `money` rounds them to cents.
    """

    key: str
    name: str
    hands_on_us: int = 0
    supervised_us: int = 0
    agent_us: int = 0
    billable_us: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)
    entry_ids: set[str] = field(default_factory=set)

    @property
    def human_us(self) -> int:
        return self.hands_on_us + self.supervised_us

    @property
    def entries(self) -> int:
        return len(self.entry_ids)


@dataclass(slots=True)
class Totals:
    """Rows by group, the longest first (days and weeks in order), and the total.

    `wall_us` is the clock time in which the person worked: overlapping entries count once in it. Rows by tag may add up to
    more than `total`, because an entry may have several tags.
    """

    rows: list[Row]
    total: Row
    wall_us: int
    agent_wall_us: int


def totals(entries: Iterable[TimeEntry], grouping: str, labels: Labels, now: datetime, clip: Interval | None = None) -> Totals:
    """The totals of the parts of entries within `clip` (microseconds, half-open); `invalid` for an unknown grouping."""
    if grouping not in GROUPINGS:
        raise Invalid(f"cannot group by {grouping[:40]!r}", "group by " + ", ".join(GROUPINGS))
    rows: dict[str, Row] = {}
    total = Row("", "total")
    walls: dict[str, list[Interval]] = {"human": [], "agent": []}
    for entry in entries:
        terms = labels.terms(entry)
        for group, part in group_parts(entry, grouping, labels, now, clip):
            for key, name in group:
                _add(rows.setdefault(key, Row(key, name)), entry, part, terms)
            _add(total, entry, part, terms)
        walls[entry.actor] += [_clip(piece, clip) for piece in counted_spans(entry, now)]
    return Totals(_sort_rows(rows, grouping), total, _length(walls["human"]), _length(walls["agent"]))


def _clip(piece: Interval, clip: Interval | None) -> Interval:
    return (max(piece[0], clip[0]), min(piece[1], clip[1])) if clip else piece


def _length(pieces: list[Interval]) -> int:
    return sum(end - start for start, end in interval.union(piece for piece in pieces if piece[1] > piece[0]))


def _sort_rows(rows: dict[str, Row], grouping: str) -> list[Row]:
    if grouping in ("day", "week"):
        return [rows[key] for key in sorted(rows)]
    return sorted(rows.values(), key=lambda row: (-row.human_us, -row.agent_us, row.name, row.key))


def _add(row: Row, entry: TimeEntry, part: DayPart, terms: Terms) -> None:
    """Add a part of an entry to a row."""
    row.entry_ids.add(entry.id)
    if entry.actor == "agent":
        row.agent_us += part.length_us
    else:
        row.hands_on_us += part.hands_on_us
        row.supervised_us += part.supervised_us
    if not entry.billable:
        return
    billable = part.length_us if terms.bills_supervised else part.hands_on_us
    row.billable_us += billable
    if terms.rate is not None:
        row.amounts[terms.currency] = row.amounts.get(terms.currency, Decimal()) + terms.rate * billable / HOUR_US


_Groups = tuple[tuple[str, str], ...]


def group_parts(
    entry: TimeEntry, grouping: str, labels: Labels, now: datetime, clip: Interval | None
) -> Iterator[tuple[_Groups, DayPart]]:
    """The parts of an entry with the groups each belongs to."""
    if grouping == "commit":
        yield from _split_by_commit(entry, labels, now, clip)
        return
    for part in contributions(entry, labels.zone, now, clip):
        yield _groups(entry, grouping, labels, part), part


def _groups(entry: TimeEntry, grouping: str, labels: Labels, part: DayPart) -> _Groups:
    if grouping == "day":
        return ((part.day.isoformat(), part.day.isoformat()),)
    if grouping == "week":
        return ((iso_week(part.day), iso_week(part.day)),)
    if grouping == "tag":
        return tuple((tag, tag) for tag in dict.fromkeys(entry.tags)) or (("", "no tag"),)
    if grouping == "branch":
        return ((entry.branch or "", entry.branch or "no branch"),)
    by = {"project": labels.project, "client": labels.client, "task": labels.task}
    return (by[grouping](entry),)


def _split_by_commit(entry: TimeEntry, labels: Labels, now: datetime, clip: Interval | None) -> Iterator[tuple[_Groups, DayPart]]:
    """The parts of an entry by commit. Work belongs to the commit that follows it; work after the last commit is "not
    committed"."""
    edges = sorted((to_us(commit.time), commit) for commit in labels.commits(entry))
    lo, hi = clip or (to_us(entry.start), max(to_us(end_in_totals(entry, now)), to_us(entry.start)))
    at = lo
    for time_us, commit in [*edges, (hi, None)]:
        until = min(max(time_us, at), hi)
        group = (commit.sha, commit.subject) if commit else ("", "not committed")
        for part in contributions(entry, labels.zone, now, (at, until)):
            yield (group,), part
        at = until


def money(amount: Decimal) -> Decimal:
    """An amount to the cent, half up."""
    return amount.quantize(CENT, ROUND_HALF_UP)
