"""What people do to entries: each edit as values in and out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from stintd.domain import edits, interval, span
from stintd.domain.edits import Change, NewEntry, Patch, Surroundings
from stintd.domain.model import Pause, TimeEntry, to_us
from stintd.domain.override import Cut, RemovedTime
from stintd.domain.policy import Policy
from stintd.errors import Conflict, Invalid

NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)


def at(hour, minute=0, day=20):
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def us(hour, minute=0):
    return to_us(at(hour, minute))


def auto(name="a", start=9, end=12, **more):
    given = {"project": "acme", "origin": "auto", "actor": "human", "task": None, "state": "finished" if end else "running"}
    return TimeEntry(id=name, start=at(start), end=at(end) if end else None, **{**given, **more})


def own(name="o", start=9, end=12, **more):
    return auto(name, start, end, **{"origin": "manual", "pinned": edits.PINS, **more})


def around(*others, locked=()):
    numbers = count(1)
    return Surroundings(NOW, Policy(), lambda: f"new{next(numbers)}", others, frozenset(locked), {"acme": "Acme", "beta": "Beta"})


def new(start=None, end=None, project="beta", **more):
    return NewEntry(project, start or at(10), end or at(11), **more)


# ---------------------------------------------------------------- patch: which fields pin what


@pytest.mark.parametrize(
    ("fields", "pins"),
    [
        (Patch(description="call"), {"text"}),
        (Patch(tags=("x",)), {"text"}),
        (Patch(billable=True), {"text"}),
        (Patch(project="beta"), {"project"}),
        (Patch(task="T-1"), {"project"}),
        (Patch(start=at(9, 30)), {"time"}),
        (Patch(end=at(11), description="x"), {"time", "text"}),
        (Patch(project=None), {"project"}),
    ],
)
def test_an_edit_pins_the_fields_it_sets(fields, pins):
    (after,) = edits.patch(auto(), fields, around()).updated
    assert after.pinned == pins


def test_setting_a_field_to_what_it_is_changes_and_pins_nothing():
    assert edits.patch(auto(), Patch(project="acme", start=at(9)), around()) == Change()


def test_what_a_shorter_entry_leaves_is_taken_away():
    change = edits.patch(auto(), Patch(start=at(9, 30), end=at(11)), around())
    assert change.taken == (RemovedTime(us(9), us(9, 30), "human"), RemovedTime(us(11), us(12), "human"))
    (after,) = change.updated
    assert (after.start, after.end) == (at(9, 30), at(11))


def test_what_another_person_entry_holds_was_not_taken_away():
    beside = own("p", 11, 13)
    change = edits.patch(own(), Patch(end=at(10)), around(own(), beside))
    assert change.taken == (RemovedTime(us(10), us(11), "human"),)


def test_an_agents_shortened_time_is_taken_of_its_project_only():
    change = edits.patch(auto(actor="agent"), Patch(end=at(10)), around(auto("h", 9, 12)))
    assert change.taken == (RemovedTime(us(10), us(12), "agent", "acme"),)


def test_shortening_keeps_the_pauses_inside_and_scales_what_was_seen():
    one = auto(
        pauses=(Pause(at(10), at(10, 30)), Pause(at(11), at(11, 30))),
        hands_on=timedelta(hours=2),
        last_evidence=at(11, 59),
    )
    (after,) = edits.patch(one, Patch(end=at(11)), around()).updated
    assert after.pauses == (Pause(at(10), at(10, 30)),)
    assert after.hands_on == timedelta(hours=1, minutes=30)
    assert after.last_evidence == at(11)


def test_a_longer_entry_takes_time_of_automatic_ones_and_says_how_much():
    change = edits.patch(auto("a", 9, 10), Patch(end=at(11)), around(auto("b", 10, 12, project="beta")))
    assert change.notice == "takes 1h 00m from Beta"
    assert [entry.id for entry in change.updated] == ["a"]


def test_a_longer_entry_over_the_owners_own_is_refused_unless_asked():
    beside = own("p", 11, 13, project="beta")
    with pytest.raises(Conflict, match="Beta") as refused:
        edits.patch(own("o", 9, 10), Patch(end=at(12)), around(beside))
    assert refused.value.details == {"entries": ["p"]}
    replaced = edits.patch(own("o", 9, 10), Patch(end=at(12)), around(beside), "replace")
    assert [(entry.id, entry.start, entry.end) for entry in replaced.updated] == [("p", at(12), at(13)), ("o", at(9), at(12))]
    overlapped = edits.patch(own("o", 9, 10), Patch(end=at(12)), around(beside), "overlap")
    assert overlapped.overlapping == {"o"}
    assert [entry.id for entry in overlapped.updated] == ["o"]


def test_an_entry_moved_to_another_hour_leaves_its_old_one_taken():
    change = edits.patch(auto("a", 9, 10), Patch(start=at(13), end=at(14)), around())
    assert change.taken == (RemovedTime(us(9), us(10), "human"),)
    assert change.updated[0].pauses == ()


def test_a_running_timer_may_begin_earlier_or_be_ended():
    running = own("o", 14, None)
    assert edits.patch(running, Patch(start=at(13)), around()).updated[0].end is None
    ended = edits.patch(running, Patch(end=at(16)), around())
    assert (ended.updated[0].state, ended.taken) == ("finished", (RemovedTime(us(16), us(18), "human"),))


BAD_TIMES = [
    (at(9), at(9), "not after"),
    (at(12), at(9), "not after"),
    (at(9), at(18, 6), "future"),
    (at(9, day=18), at(10), "longer than a day"),
    (datetime(2026, 11, 20, 9), at(10), "without a zone"),
]


@pytest.mark.parametrize(("start", "end", "says"), BAD_TIMES)
def test_times_nobody_can_mean_are_refused(start, end, says):
    for act in (
        lambda: edits.patch(own("o", 13, 14), Patch(start=start, end=end), around()),
        lambda: edits.add(new(start, end), around()),
        lambda: edits.fill(new(start, end), around()),
        lambda: edits.move(start, end, "beta", around(auto())),
    ):
        with pytest.raises(Invalid, match=says):
            act()


def test_a_running_timer_cannot_begin_in_the_future():
    with pytest.raises(Invalid, match="future"):
        edits.patch(own("o", 14, None), Patch(start=at(19)), around())


def test_a_locked_entry_is_not_changed_by_anything():
    held = around(own(), locked=["o"])
    other = own("p", 13, 14)
    for act in (
        lambda: edits.patch(own(), Patch(description="x"), held),
        lambda: edits.split(own(), at(10), held),
        lambda: edits.merge([own(), other], held),
        lambda: edits.move(at(9), at(10), "beta", held),
        lambda: edits.delete(own(), held),
        lambda: edits.add(new(), held, "replace"),
    ):
        with pytest.raises(Conflict) as refused:
            act()
        assert "stint unapprove" in refused.value.hint


# ---------------------------------------------------------------- split and merge


def test_a_split_makes_two_entries_of_one():
    change = edits.split(auto(description="x", tags=("t",)), at(10), around())
    (first,), (second,) = change.updated, change.created
    assert (first.id, first.start, first.end) == ("a", at(9), at(10))
    assert (second.id, second.start, second.end) == ("new1", at(10), at(12))
    assert first.pinned == second.pinned == {"time"}
    assert (second.description, second.tags) == ("x", ("t",))


def test_a_split_automatic_timer_goes_on_following_its_evidence():
    change = edits.split(auto("a", 14, None), at(15), around())
    assert change.updated[0].pinned == {"time"}
    assert (change.created[0].pinned, change.created[0].end, change.created[0].state) == (frozenset(), None, "running")
    assert change.cuts == (Cut(us(15), "human"),)


def test_a_split_manual_timer_runs_on():
    change = edits.split(own("o", 14, None), at(15), around())
    assert (change.updated[0].state, change.created[0].state, change.cuts) == ("finished", "running", ())


@pytest.mark.parametrize("when", [at(9), at(12), at(8), at(13)])
def test_a_split_outside_the_entry_is_refused(when):
    with pytest.raises(Invalid, match="not inside"):
        edits.split(auto(), when, around())


def test_a_merge_keeps_the_earliest_id_and_makes_silence_a_pause():
    change = edits.merge([own("b", 11, 12, description="two"), own("a", 9, 10, description="one", tags=("x",))], around())
    (after,) = change.updated
    assert (after.id, after.start, after.end, after.pauses) == ("a", at(9), at(12), (Pause(at(10), at(11)),))
    assert (after.description, after.tags) == ("one; two", ("x",))
    assert (change.deleted, change.merged_into) == (("b",), "a")


def test_merging_with_a_running_timer_leaves_it_running():
    (after,) = edits.merge([own("a", 13, 14), own("b", 15, None)], around()).updated
    assert (after.end, after.state, after.pauses) == (None, "running", (Pause(at(14), at(15)),))


@pytest.mark.parametrize(
    ("some", "error"),
    [
        ([own("a")], Invalid),
        ([own("a"), own("a")], Invalid),
        ([own("a"), own("b", 13, 14, project="beta")], Conflict),
        ([own("a"), own("b", 13, 14, actor="agent")], Conflict),
        ([own("a", 9, None), own("b", 13, None)], Conflict),
    ],
)
def test_what_cannot_be_one_entry_is_refused(some, error):
    with pytest.raises(error):
        edits.merge(some, around())


def test_entries_days_apart_are_not_one():
    with pytest.raises(Invalid, match="longer than a day"):
        edits.merge([own("a", start=9, end=10), replace(own("b"), start=at(9, day=17), end=at(10, day=17))], around())


@st.composite
def whole_entries(draw):
    length = draw(st.integers(2, 10_000_000))
    edges = sorted(draw(st.lists(st.integers(0, length), max_size=6, unique=True)))
    start = at(9)
    tick = timedelta(microseconds=1)
    pauses = tuple(
        Pause(start + lo * tick, start + hi * tick) for lo, hi in zip(edges[::2], edges[1::2], strict=False) if hi > lo
    )
    worked = length - sum((p.end - p.start) // tick for p in pauses)
    hands_on = draw(st.integers(0, worked))
    one = auto(
        pauses=pauses,
        hands_on=hands_on * tick,
        supervised=(worked - hands_on) * tick,
        pinned=frozenset({"time"}),
        description=draw(st.sampled_from(["", "x", "x; y"])),
    )
    return replace(one, end=start + length * tick, last_evidence=start + draw(st.integers(0, length)) * tick)


@settings(max_examples=300, deadline=None)
@given(whole_entries(), st.data())
def test_split_then_merge_is_identity(one, data):
    cut = data.draw(st.integers(1, (one.end - one.start) // timedelta(microseconds=1) - 1))
    change = edits.split(one, one.start + timedelta(microseconds=cut), around())
    parts = [*change.updated, *change.created]
    for name in ("hands_on", "supervised"):
        assert sum((getattr(part, name) for part in parts), timedelta()) == getattr(one, name)
    assert sum((span.length(part, NOW) for part in parts), timedelta()) == span.length(one, NOW)
    merged = edits.merge(parts, around())
    assert merged.updated == (one,)
    assert merged.deleted == ("new1",)


# ---------------------------------------------------------------- move


def test_a_stretch_inside_an_automatic_entry_becomes_the_owners_and_the_rest_follows_its_evidence():
    change = edits.move(at(10), at(11), "beta", around(auto()))
    (made,) = change.created
    assert (made.project, made.start, made.end, made.pinned) == ("beta", at(10), at(11), {"time", "project"})
    assert (change.updated, change.deleted, change.taken) == ((), (), ())
    assert change.notice == "moved 1h 00m to Beta"


def test_a_whole_automatic_entry_changes_project_and_goes_on_following_its_evidence():
    change = edits.move(at(8), at(13), "beta", around(auto()))
    assert [(entry.id, entry.project, entry.pinned) for entry in change.updated] == [("a", "beta", {"project"})]
    assert change.created == ()


def test_the_owners_entry_is_cut_in_three():
    change = edits.move(at(10), at(11), "beta", around(own()))
    pieces = sorted((*change.updated, *change.created), key=lambda entry: entry.start)
    assert [(entry.project, entry.start, entry.end) for entry in pieces] == [
        ("acme", at(9), at(10)),
        ("beta", at(10), at(11)),
        ("acme", at(11), at(12)),
    ]
    assert pieces[0].id == "o"
    assert len({entry.id for entry in pieces}) == 3


def test_only_the_named_projects_time_is_moved():
    held = around(auto("a", 9, 10), auto("b", 10, 11, project="gamma"))
    assert [entry.id for entry in edits.move(at(9), at(11), "beta", held, only="gamma").updated] == ["b"]
    with pytest.raises(Conflict, match="no time to move"):
        edits.move(at(9), at(11), "beta", held, only="delta")


def test_agents_time_is_not_moved_with_the_persons():
    with pytest.raises(Conflict):
        edits.move(at(9), at(12), "beta", around(auto(actor="agent")))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 11), st.integers(1, 12), st.booleans(), st.booleans())
def test_a_move_neither_makes_nor_loses_time(lo, length, is_own, has_pause):
    start, end = at(8) + timedelta(minutes=30 * lo), at(8) + timedelta(minutes=30 * (lo + length))
    pauses = (Pause(at(10, 15), at(10, 45)),) if has_pause else ()
    one = (own if is_own else auto)(pauses=pauses)
    inside = interval.overlap(span.span(one, NOW), [(to_us(start), to_us(end))])
    assume(inside)
    change = edits.move(start, end, "beta", around(one))
    moved = [entry for entry in (*change.updated, *change.created) if entry.project == "beta"]
    assert sum(span.span(entry, NOW)[1] - span.span(entry, NOW)[0] for entry in moved) == inside
    if is_own:
        everything = sum((span.length(entry, NOW) for entry in (*change.updated, *change.created)), timedelta())
        assert everything == span.length(one, NOW)


# ---------------------------------------------------------------- delete


def test_what_is_deleted_stays_away():
    change = edits.delete(auto(), around(auto()))
    assert (change.deleted, change.taken) == (("a",), (RemovedTime(us(9), us(12), "human"),))


def test_a_deleted_timer_is_taken_away_up_to_now():
    assert edits.delete(auto("a", 14, None), around()).taken == (RemovedTime(us(14), us(18), "human"),)


def test_deleting_one_of_two_overlapping_entries_leaves_the_others_time():
    change = edits.delete(own(), around(own(), own("p", 10, 11)))
    assert change.taken == (RemovedTime(us(9), us(10), "human"), RemovedTime(us(11), us(12), "human"))


# ---------------------------------------------------------------- add, fill, approve


def test_an_added_entry_is_the_owners_and_takes_automatic_time():
    change = edits.add(new(description="call", tags=("x",), task="T-1"), around(auto(), auto("b", 13, 14)))
    (made,) = change.created
    assert (made.origin, made.pinned, made.description, made.task) == ("manual", edits.PINS, "call", "T-1")
    assert made.hands_on == timedelta(hours=1)
    assert change.notice == "takes 1h 00m from Acme"
    assert (change.updated, change.deleted, change.taken) == ((), (), ())


def test_an_entry_beside_others_takes_nothing():
    change = edits.add(new(at(12), at(13)), around(auto(), auto("b", 13, 14)))
    assert change.notice == ""


def test_an_entry_over_the_owners_own_is_refused_unless_asked():
    with pytest.raises(Conflict, match="Acme") as refused:
        edits.add(new(), around(own()))
    assert "replace: true" in refused.value.hint
    assert edits.add(new(), around(own()), "overlap").overlapping == {"new1"}


def test_an_automatic_entry_whose_text_alone_was_edited_still_yields():
    assert edits.add(new(), around(auto(pinned=frozenset({"text", "project"})))).created
    with pytest.raises(Conflict):
        edits.add(new(), around(auto(pinned=frozenset({"time"}))))


def test_replacing_cuts_what_was_there():
    change = edits.add(new(), around(own()), "replace")
    pieces = sorted((*change.updated, *change.created), key=lambda entry: entry.start)
    assert [(entry.id, entry.start, entry.end, entry.project) for entry in pieces] == [
        ("o", at(9), at(10), "acme"),
        ("new2", at(10), at(11), "beta"),
        ("new1", at(11), at(12), "acme"),
    ]
    swallowed = edits.add(new(at(8), at(13)), around(own()), "replace")
    assert swallowed.deleted == ("o",)


def test_an_unknown_way_to_treat_others_is_refused():
    with pytest.raises(Invalid):
        edits.add(new(), around(), "whatever")


def test_a_gap_is_filled_where_nothing_is():
    change = edits.fill(new(at(9), at(14)), around(auto("a", 10, 11), own("b", 13, 15)))
    assert [(entry.start, entry.end) for entry in change.created] == [(at(9), at(10)), (at(11), at(13))]
    with pytest.raises(Conflict, match="filled"):
        edits.fill(new(at(10), at(11)), around(auto()))


def test_approval_pins_everything_and_confirms():
    change = edits.approve([auto(is_confirmed=False), own("l")], around(locked=["l"]))
    (after,) = change.updated
    assert (after.id, after.pinned, after.is_confirmed) == ("a", edits.PINS, True)
    with pytest.raises(Conflict, match="still running"):
        edits.approve([auto("a", 14, None)], around())


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(1, 8), st.booleans()), max_size=5),
    st.integers(0, 20),
    st.integers(1, 12),
    st.sampled_from(edits.MODES),
)
def test_the_owners_entries_never_overlap_unless_asked(rows, start, length, mode):
    beginning = at(2)
    half = timedelta(minutes=30)
    held, free_from = [], 0
    for number, (gap, size, is_own) in enumerate(rows):
        lo = free_from + gap % 3
        free_from = lo + size
        make = own if is_own else auto
        held.append(replace(make(f"e{number}"), start=beginning + lo * half, end=beginning + free_from * half))
    assume(beginning + free_from * half <= NOW)
    wanted = new(beginning + start * half, beginning + (start + length) * half)
    assume(wanted.end <= NOW)
    surroundings = around(*held)
    try:
        change = edits.add(wanted, surroundings, mode)
    except Conflict:
        assert mode == "refuse"
        return
    gone = {*change.deleted, *(entry.id for entry in change.updated)}
    left = [entry for entry in held if entry.id not in gone and not edits.follows_evidence(entry)]
    spans = sorted(span.span(entry, NOW) for entry in (*left, *change.updated, *change.created))
    overlaps = any(later[0] < earlier[1] for earlier, later in pairwise(spans))
    assert not overlaps or mode == "overlap"
    assert all(hi > lo for lo, hi in spans)
