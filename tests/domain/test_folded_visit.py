"""A short visit to a third project does not carry the earlier one over `switch_cap` (TRACKING, "Whose gap")."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.timeline import Timeline, clock, exact_clock_text, gap_lines

NOW = "9d 00:00"


@pytest.mark.parametrize("between", [("10:08",), ("10:08", "10:08:20"), ("10:07:50", "10:08:10", "10:08:30")])
def test_the_earlier_project_holds_from_its_own_last_act(between: tuple[str, ...]) -> None:
    """However many visits are folded: they last less than a minute."""
    day = Timeline()
    day.edits_between("09:00", "10:00", "acme")
    for number, at in enumerate(between):
        day.beat(at, f"side{number}")
    day.edits_between("10:08:40", "11:00", "beta")
    sheet = day.sheet(NOW)
    assert day.lines(NOW) == ["08:59-10:05 acme", f"{between[-1]}-11:01 beta"]
    (gap,) = gap_lines(sheet.unassigned)
    assert gap.startswith(f"10:05-{between[-1]} unassigned")
    assert (
        "8m between an edit and an edit, with only a short visit elsewhere between them, in another project"
        in sheet.unassigned[0].reason
    )
    assert sheet.stretches[0].end == max(gap.end for gap in sheet.stretches[0].gaps)


def test_within_the_cap_a_folded_visit_changes_nothing() -> None:
    day = Timeline()
    day.edits_between("09:00", "10:00", "acme")
    day.beat("10:03", "side")
    day.edits_between("10:03:40", "11:00", "beta")
    assert day.lines(NOW) == ["08:59-10:03 acme", "10:03-11:01 beta"]


def test_a_visit_folded_between_acts_of_one_project_takes_nothing_of_it() -> None:
    day = Timeline()
    day.edits_between("09:00", "10:00", "acme")
    day.beat("10:08", "side")
    day.edits_between("10:08:40", "11:00", "acme")
    assert day.lines(NOW) == ["08:59-11:01 acme"]


def test_another_task_is_another_work() -> None:
    day = Timeline()
    day.edits_between("09:00", "10:00", "acme", branch="AC-1")
    day.edits_between("10:08", "10:08:10", "side")
    day.edits_between("10:08:20", "11:00", "acme", branch="AC-2")
    assert [line for line in day.lines(NOW) if "AC-1" in line] == ["08:59-10:05 acme AC-1"]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_visit_carries_a_project_over_the_cap(data: st.DataObject) -> None:
    """Acts on three projects a few minutes apart: each stretch ends at most five minutes after its own last act before an act
    elsewhere, or where its own next act is."""
    day, at = Timeline(), clock("10:00")
    acts = []
    for where, seconds in data.draw(st.lists(st.tuples(st.sampled_from("abc"), st.integers(5, 840)), min_size=2, max_size=14)):
        at += timedelta(seconds=seconds)
        day.beat(exact_clock_text(at), where)
        acts.append((at, where))
    sheet = day.sheet(NOW)
    for stretch in sheet.stretches:
        own = [time for time, where in acts if where == stretch.project and stretch.start <= time <= stretch.end]
        assert own
        assert stretch.end - own[-1] <= timedelta(minutes=5)
        assert stretch.last_evidence <= stretch.end
        for gap in stretch.gaps:
            assert stretch.start <= gap.start <= gap.end <= stretch.end
    for earlier, later in pairwise(sheet.stretches):
        assert earlier.end <= later.start
    loose = sorted((gap.start, gap.end) for gap in (*sheet.unassigned, *sheet.gaps))
    for (_, end), (start, _) in pairwise(loose):
        assert end <= start


@pytest.mark.parametrize("minutes", [3, 6, 10])
def test_a_turn_that_was_watched_holds_until_its_end(minutes: int) -> None:
    day = Timeline()
    day.prompt("10:00", "acme")
    day.turn("10:00", f"10:{minutes:02}", "acme")
    day.beat(f"10:{minutes:02}:30", "side")
    day.edits_between(f"10:{minutes + 1:02}:00", "11:00", "beta")
    first = next(stretch for stretch in day.sheet(NOW).stretches if stretch.actor == "human")
    assert clock(f"10:{minutes:02}") <= first.end <= clock(f"10:{minutes + 1:02}")
