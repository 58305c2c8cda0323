"""What people do to entries: change, split, merge, move, delete, add, fill, approve. Values in, values out.

Each function returns a `Change`: the entries to write, and the time that automatic tracking must leave alone, so that
neither late evidence nor a rebuild brings back what a person removed. It does not write the automatic entries around an
edit: the engine derives those again, and they yield. A refused edit raises an error and changes nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta

from stintd.domain import interval, span
from stintd.domain.lengths import short_length
from stintd.domain.model import Actor, EntryId, ProjectId, TimeEntry, from_us, to_us
from stintd.domain.override import Cut, RemovedTime
from stintd.domain.policy import Policy
from stintd.errors import Conflict, Invalid
from stintd.frozen import frozen

PINS = frozenset({"time", "project", "text"})
LONGEST = timedelta(hours=24)
"""Nobody works longer than this without a stop: a longer entry is a mistyped date."""
MODES = ("refuse", "replace", "overlap")


@frozen
class Surroundings:
    """What an edit needs to know: the present instant, the rules, a source of new ids, the entries near by (`others` may
    contain the edited entries too), which of them are locked, the names of projects, and whether an entry that nobody decided
    about is billed.
    """

    now: datetime
    policy: Policy
    new_id: Callable[[], EntryId]
    others: Sequence[TimeEntry] = ()
    locked: frozenset[EntryId] = frozenset()
    names: dict[ProjectId, str] = field(default_factory=dict)
    is_billed: Callable[[TimeEntry], bool] = lambda entry: entry.billable


@frozen
class Change:
    """What to write. `merged_into`: the entry that GET answers for a deleted id. `overlapping`: entries that may overlap
    because the request asked for it. `notice`: a sentence for people about the time that other entries lose.
    """

    created: tuple[TimeEntry, ...] = ()
    updated: tuple[TimeEntry, ...] = ()
    deleted: tuple[EntryId, ...] = ()
    merged_into: EntryId | None = None
    taken: tuple[RemovedTime, ...] = ()
    cuts: tuple[Cut, ...] = ()
    overlapping: frozenset[EntryId] = frozenset()
    notice: str = ""


class _Unset:
    """Distinguishes a field that the request leaves alone from one that it sets to nothing."""


UNSET = _Unset()


@frozen
class Patch:
    """The fields to set; fields that are UNSET keep their value."""

    start: datetime | _Unset = UNSET
    end: datetime | _Unset = UNSET
    project: ProjectId | _Unset | None = UNSET
    task: str | _Unset | None = UNSET
    description: str | _Unset = UNSET
    tags: tuple[str, ...] | _Unset = UNSET
    billable: bool | _Unset = UNSET


@frozen
class NewEntry:
    """An entry that somebody adds."""

    project: ProjectId
    start: datetime
    end: datetime
    task: str | None = None
    description: str = ""
    tags: tuple[str, ...] = ()
    billable: bool = False
    zone: str = "UTC"


_PIN_OF = {
    "start": "time", "end": "time", "project": "project", "task": "project", "description": "text", "tags": "text",
    "billable": "text",
}  # fmt: skip


def follows_evidence(entry: TimeEntry) -> bool:
    """Whether the rules still decide when an entry begins and ends."""
    return entry.origin == "auto" and "time" not in entry.pinned


def check_span(start: datetime, end: datetime, surroundings: Surroundings) -> None:
    """Raise `invalid` for an end that is not after the start, for a time in the future, and for more than a day."""
    to_us(start), to_us(end)
    if end <= start:
        raise Invalid("the end is not after the start", "swap the two, or give the day with each")
    if end > surroundings.now + surroundings.policy.max_future:
        raise Invalid("that time is in the future", "add only past time; for current work start a timer")
    if end - start > LONGEST:
        raise Invalid(f"{_length_words(end - start)} is longer than a day", "check the dates, or add one entry per day")


def patch(entry: TimeEntry, fields: Patch, surroundings: Surroundings, mode: str = "refuse") -> Change:
    """Set fields of an entry and pin their kind (time, project or text). Automatic tracking must not refill the time that a
    shorter entry gives up.
    """
    values = {name: value for name in _PIN_OF if not isinstance(value := getattr(fields, name), _Unset)}
    changed = {name: value for name, value in values.items() if getattr(entry, name) != value}
    if not changed:
        return Change()
    _check_unlocked([entry], surroundings)
    pins = frozenset(_PIN_OF[name] for name in changed)
    after = entry
    if "project" in changed:
        after = _assign_project(entry, fields.project if not isinstance(fields.project, _Unset) else None, None, surroundings)
    after = replace(after, **changed, pinned=entry.pinned | pins)
    if "time" not in pins:
        return Change(updated=(after,))
    after = _fit_to_time(entry, after, surroundings)
    room = _make_room(span.span(after, surroundings.now), entry.actor, {entry.id}, surroundings, mode)
    return replace(
        room,
        updated=(*room.updated, after),
        taken=(*room.taken, *_removed_time(entry, after, surroundings)),
        overlapping=room.overlapping | _overlapping_ids(after, mode, surroundings),
    )


def _assign_project(entry: TimeEntry, project: ProjectId | None, task: str | None, surroundings: Surroundings) -> TimeEntry:
    """The entry with another project. What evidence said of it (text, tags, whether it is billed) stays with that evidence: one
    client's words and terms are none of another's. What a person typed stays with the entry."""
    moved = replace(entry, project=project, task=task, pinned=entry.pinned | {"project"})
    if entry.project == project or entry.origin != "auto" or "text" in entry.pinned:
        return moved
    moved = replace(moved, description="", tags=())
    return replace(moved, billable=surroundings.is_billed(moved))


def _fit_to_time(entry: TimeEntry, after: TimeEntry, surroundings: Surroundings) -> TimeEntry:
    """The entry with its new start and end, and its pauses and evidence cut to them."""
    if after.end is None:
        if after.start > surroundings.now:
            raise Invalid("that start is in the future", "choose a time in the past")
    else:
        check_span(after.start, after.end, surroundings)
    new_end = span.end_of(after, surroundings.now)
    if new_end <= entry.start or after.start >= span.end_of(entry, surroundings.now):
        return replace(
            after,
            pauses=(),
            hands_on=timedelta(),
            supervised=timedelta(),
            last_evidence=None,
            state="finished" if after.end else "running",
        )
    part = entry
    if after.start > entry.start:
        part = span.part_after(part, after.start, surroundings.now)
    if after.end is not None and after.end < span.end_of(entry, surroundings.now):
        part = span.part_before(part, after.end, surroundings.now)
    state = entry.state if after.end is None else "finished"
    return replace(
        part,
        start=after.start,
        end=after.end,
        state=state,
        project=after.project,
        task=after.task,
        description=after.description,
        tags=after.tags,
        billable=after.billable,
        pinned=after.pinned,
    )


def split(entry: TimeEntry, at: datetime, surroundings: Surroundings) -> Change:
    """Cut an entry in two at an instant inside it. The running part of an automatic timer still follows evidence."""
    _check_unlocked([entry], surroundings)
    if not entry.start < at < span.end_of(entry, surroundings.now):
        raise Invalid("that time is not inside the entry", "choose one between its start and its end")
    first = span.part_before(entry, at, surroundings.now)
    second = replace(span.part_after(entry, at, surroundings.now), id=surroundings.new_id(), revision=1)
    first = replace(first, pinned=first.pinned | {"time"})
    if entry.end is None and follows_evidence(entry):
        return Change((second,), (first,), cuts=(_stop_cut(entry, at),))
    return Change((replace(second, pinned=second.pinned | {"time"}),), (first,))


def merge(entries: Sequence[TimeEntry], surroundings: Surroundings) -> Change:
    """Make one entry from several of the same project. The earliest keeps its id; the time between them becomes a pause."""
    parts = sorted({entry.id: entry for entry in entries}.values(), key=lambda entry: (entry.start, entry.id))
    if len(parts) < 2:
        raise Invalid("merging takes two entries or more", "name the others too: `stint merge ID ID`")
    _check_unlocked(parts, surroundings)
    if len({(entry.actor, entry.project) for entry in parts}) > 1:
        raise Conflict("the entries do not belong to the same project and person", "move them to one project first: `stint edit`")
    if sum(entry.end is None for entry in parts) > 1:
        raise Conflict("two of the entries are still running", "stop one of them first: `stint stop`")
    whole = span.join(parts, surroundings.now)
    if whole.end is not None:
        check_span(whole.start, whole.end, surroundings)
    texts = dict.fromkeys(part for entry in parts for part in entry.description.split("; ") if part)
    tags = tuple(dict.fromkeys(tag for entry in parts for tag in entry.tags))
    task = next((entry.task for entry in parts if entry.task), None)
    same_text = len({entry.description for entry in parts}) == 1
    description = parts[0].description if same_text else "; ".join(texts)
    after = replace(whole, task=task, description=description, tags=tags, pinned=whole.pinned | {"time"})
    return Change((), (after,), tuple(entry.id for entry in parts[1:]), after.id)


def move(
    start: datetime,
    end: datetime,
    to: ProjectId,
    surroundings: Surroundings,
    only: ProjectId | None = None,
    task: str | None = None,
) -> Change:
    """Move the human time of a stretch (only that of the project `only`, if given) to another project. Entries that extend
    beyond the stretch are cut at its ends.
    """
    check_span(start, end, surroundings)
    lo, hi = to_us(start), to_us(end)
    created: list[TimeEntry] = []
    updated: list[TimeEntry] = []
    for entry in _overlapping_entries(surroundings, (lo, hi), "human", frozenset()):
        if entry.project == to or (only is not None and entry.project != only):
            continue
        _check_unlocked([entry], surroundings)
        inside, new_parts, outside = _move_part(entry, start, end, surroundings)
        inside = _assign_project(inside, to, task, surroundings)
        is_same = inside.id == entry.id
        updated += [inside, *outside] if is_same else outside
        created += new_parts if is_same else [inside, *new_parts]
    if not created and not updated:
        raise Conflict("there is no time to move in that period", "`stint log` shows your entries; `stint add` adds one")
    moved = sum((span.length(entry, surroundings.now) for entry in (*created, *updated) if entry.project == to), timedelta())
    return Change(tuple(created), tuple(updated), notice=f"moved {_length_words(moved)} to {surroundings.names.get(to, to)}")


def _move_part(
    entry: TimeEntry, start: datetime, end: datetime, surroundings: Surroundings
) -> tuple[TimeEntry, list[TimeEntry], list[TimeEntry]]:
    """(the part inside, new parts outside, the entry itself if a part of it remains outside).

    The outside parts of an automatic entry are not written: evidence derives them again around the owner's claim. They
    are written only when a person has edited the entry, because that edit applies to all its parts.
    """
    part, new_parts, outside = entry, [], []
    has_before = entry.start < start
    if has_before:
        outside = [replace(span.part_before(part, start, surroundings.now), pinned=entry.pinned | {"time"})]
        part = replace(span.part_after(part, start, surroundings.now), id=surroundings.new_id(), revision=1)
    if span.end_of(part, surroundings.now) > end:
        rest = replace(
            span.part_after(part, end, surroundings.now), id=surroundings.new_id(), revision=1, pinned=entry.pinned | {"time"}
        )
        new_parts, part = [rest], span.part_before(part, end, surroundings.now)
    if not has_before and not new_parts:
        return part, [], []
    part = replace(part, pinned=part.pinned | {"time"})
    if follows_evidence(entry) and not entry.pinned:
        part = replace(part, id=part.id if part.id != entry.id else surroundings.new_id(), revision=1)
        return part, [], []
    return part, new_parts, outside


def delete(entry: TimeEntry, surroundings: Surroundings) -> Change:
    """Delete an entry, and keep automatic tracking from filling its time again."""
    _check_unlocked([entry], surroundings)
    return Change(deleted=(entry.id,), taken=tuple(_take_time(entry, [span.span(entry, surroundings.now)], surroundings)))


def add(new: NewEntry, surroundings: Surroundings, mode: str = "refuse") -> Change:
    """Add past work. It takes time from automatic entries, and the notice says how much. Where it meets the owner's own
    entries it raises `conflict`, unless `mode` is "replace" or "overlap".
    """
    check_span(new.start, new.end, surroundings)
    room = _make_room((to_us(new.start), to_us(new.end)), "human", set(), surroundings, mode)
    entry = _new_entry(new, new.start, new.end, surroundings)
    return replace(
        room, created=(*room.created, entry), overlapping=room.overlapping | _overlapping_ids(entry, mode, surroundings)
    )


def fill(new: NewEntry, surroundings: Surroundings) -> Change:
    """Fill a gap with entries, only where there is no human entry yet; `conflict` when nothing of the gap is left."""
    check_span(new.start, new.end, surroundings)
    whole = to_us(new.start), to_us(new.end)
    covered = interval.union(
        span.span(entry, surroundings.now) for entry in _overlapping_entries(surroundings, whole, "human", frozenset())
    )
    pieces = interval.subtract(whole, covered)
    if not pieces:
        raise Conflict("that gap is already filled", "`stint gaps` lists the open gaps")
    return Change(tuple(_new_entry(new, from_us(lo), from_us(hi), surroundings) for lo, hi in pieces))


def approve(entries: Iterable[TimeEntry], surroundings: Surroundings) -> Change:
    """Confirm entries and pin all their fields; `conflict` when one of them is still running."""
    chosen = list(entries)
    if any(entry.end is None for entry in chosen):
        raise Conflict("a timer in that period is still running", "stop it first: `stint stop`")
    approved = (replace(entry, pinned=PINS, is_confirmed=True) for entry in chosen if entry.id not in surroundings.locked)
    return Change(updated=tuple(approved))


# ---------------------------------------------------------------- room among others


def _overlapping_entries(
    surroundings: Surroundings, whole: interval.Interval, actor: Actor, without: Iterable[EntryId]
) -> list[TimeEntry]:
    """The other entries of the actor that overlap, in order."""
    left_out = frozenset(without)
    overlapping = [
        entry
        for entry in surroundings.others
        if entry.actor == actor and entry.id not in left_out and interval.overlap(whole, [span.span(entry, surroundings.now)])
    ]
    return sorted(overlapping, key=lambda entry: (entry.start, entry.id))


def _make_room(whole: interval.Interval, actor: Actor, without: set[EntryId], surroundings: Surroundings, mode: str) -> Change:
    """Make room for an entry: automatic entries always yield, the owner's own only in the mode "replace"."""
    if mode not in MODES:
        raise Invalid(f"other entries cannot be treated as {mode[:40]!r}", "use replace or overlap")
    if actor != "human":
        return Change()
    neighbours = _overlapping_entries(surroundings, whole, actor, without)
    yielding = [entry for entry in neighbours if follows_evidence(entry)]
    own_entries = [entry for entry in neighbours if not follows_evidence(entry)]
    notice = _notice(whole, yielding if mode == "overlap" else neighbours, surroundings)
    if not own_entries or mode == "overlap":
        return Change(notice=notice)
    if mode == "refuse":
        names = ", ".join(sorted({surroundings.names.get(entry.project or ProjectId(""), "no project") for entry in own_entries}))
        raise Conflict(
            f"that time already belongs to your own entry ({names})",
            "replace: true overwrites it, overlap: true counts both",
            {"entries": [entry.id for entry in own_entries]},
        )
    _check_unlocked(own_entries, surroundings)
    created: list[TimeEntry] = []
    shortened: list[TimeEntry] = []
    deleted: list[EntryId] = []
    for entry in own_entries:
        parts = _parts_outside(entry, whole, surroundings)
        shortened += parts[:1]
        created += parts[1:]
        deleted += [] if parts else [entry.id]
    return Change(tuple(created), tuple(shortened), tuple(deleted), notice=notice)


def _parts_outside(entry: TimeEntry, whole: interval.Interval, surroundings: Surroundings) -> list[TimeEntry]:
    """The parts of an entry outside a stretch; the first part keeps the id."""
    start, end = from_us(whole[0]), from_us(whole[1])
    parts = []
    if entry.start < start:
        parts.append(span.part_before(entry, start, surroundings.now))
    if entry.end is None or entry.end > end:
        rest = span.part_after(entry, end, surroundings.now)
        parts.append(replace(rest, id=surroundings.new_id(), revision=1) if parts else rest)
    return [replace(part, pinned=part.pinned | {"time"}) for part in parts]


def _overlapping_ids(entry: TimeEntry, mode: str, surroundings: Surroundings) -> frozenset[EntryId]:
    return frozenset({entry.id}) if mode == "overlap" and entry.actor == "human" else frozenset()


def _removed_time(entry: TimeEntry, after: TimeEntry, surroundings: Surroundings) -> list[RemovedTime]:
    """The time that an entry covered before its change and not after it, kept from automatic tracking."""
    pieces = interval.subtract(span.span(entry, surroundings.now), [span.span(after, surroundings.now)])
    return _take_time(entry, pieces, surroundings)


def _take_time(entry: TimeEntry, pieces: Iterable[interval.Interval], surroundings: Surroundings) -> list[RemovedTime]:
    """These stretches as taken away, except where another human entry lies: nobody removed that."""
    if entry.actor != "human":
        return [RemovedTime(lo, hi, entry.actor, entry.project) for lo, hi in pieces]
    everywhere = (to_us(entry.start), to_us(span.end_of(entry, surroundings.now)))
    others = interval.union(
        span.span(other, surroundings.now) for other in _overlapping_entries(surroundings, everywhere, "human", {entry.id})
    )
    free = [part for piece in pieces for part in interval.subtract(piece, others)]
    return [RemovedTime(lo, hi, entry.actor) for lo, hi in free]


def _stop_cut(entry: TimeEntry, at: datetime) -> Cut:
    return Cut(to_us(at), entry.actor, entry.project if entry.actor == "agent" else None)


def _new_entry(new: NewEntry, start: datetime, end: datetime, surroundings: Surroundings) -> TimeEntry:
    return TimeEntry(
        surroundings.new_id(),
        "human",
        "manual",
        new.project,
        new.task,
        start,
        end,
        "finished",
        new.description,
        new.billable,
        new.tags,
        hands_on=end - start,
        pinned=PINS,
        zone=new.zone,
    )


def _check_unlocked(entries: Iterable[TimeEntry], surroundings: Surroundings) -> None:
    locked = [entry.id for entry in entries if entry.id in surroundings.locked]
    if locked:
        raise Conflict("the entry is approved and locked", "unapprove it first: `stint unapprove PERIOD`", {"entries": locked})


def _notice(whole: interval.Interval, yielding: Sequence[TimeEntry], surroundings: Surroundings) -> str:
    """`takes 35m from acme, 5m from beta`."""
    amounts: dict[str, timedelta] = {}
    for entry in yielding:
        name = surroundings.names.get(entry.project or ProjectId(""), "no project")
        amount = timedelta(microseconds=interval.overlap(whole, [span.span(entry, surroundings.now)]))
        amounts[name] = amounts.get(name, timedelta()) + amount
    parts = ", ".join(f"{_length_words(amount)} from {name}" for name, amount in amounts.items())
    return f"takes {parts}" if parts else ""


def _length_words(amount: timedelta) -> str:
    """`35m`, `1h 05m`, `20s`: rounded to the minute from one minute on."""
    seconds = round(amount.total_seconds())
    return short_length(seconds if seconds < 60 else 60 * round(seconds / 60))
