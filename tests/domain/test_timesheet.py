"""What is open, what waits, when passing time changes the sheet, what is unconfirmed, and the accuracy of whole days."""

from datetime import UTC, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from stintd.domain.derive.limits import limits_of
from stintd.domain.derive.timesheet import Edits, Evidence, Run, UsualHours, derive, island_gap, islands
from stintd.domain.model import Assignment, Context, ProjectId, RepoId, to_us
from stintd.domain.policy import Policy
from tests.support import lab_pure
from tests.support.timeline import ByRepo, Timeline, clock, lines

MINUTE = 60_000_000
LAB = lab_pure.load_lab()
"""Loaded with the module, before the environment is isolated."""


def test_no_evidence_is_an_empty_sheet() -> None:
    sheet = Timeline().sheet()
    assert (sheet.stretches, sheet.unassigned, sheet.gaps, sheet.waiting, sheet.next_deadline) == ([], [], [], [], None)


def test_timer_runs_until_its_last_evidence_is_more_than_the_idle_timeout_old() -> None:
    day = Timeline()
    day.edits_between("10:00", "10:20", "acme")
    assert day.lines("10:35") == ["09:59-10:20 acme, running"]
    assert day.lines("10:35:00.000001") == ["09:59-10:21 acme"]
    assert day.sheet("10:25").next_deadline == clock("10:35:00.000001")


def test_timer_that_ended_for_silence_ended_at_its_last_evidence_not_when_that_was_noticed() -> None:
    day = Timeline()
    day.beat("10:00", "acme")
    (stretch,) = day.sheet("23:00").stretches
    assert (stretch.last_evidence, stretch.end) == (clock("10:00"), clock("10:01"))


def test_after_a_commit_the_timer_ends_sooner() -> None:
    day = Timeline()
    day.commit("10:00", "acme")
    assert day.sheet("10:03").next_deadline == clock("10:07:30.000001")


def test_prompt_keeps_the_timer_open_while_its_turn_may_still_be_watched() -> None:
    day = Timeline()
    day.prompt("10:00", "acme")
    day.turn("10:00", "10:08", "acme")
    assert day.sheet("10:09").next_deadline == clock("10:13:00.000001")


def test_short_turn_leaves_the_idle_timeout_of_its_prompt() -> None:
    day = Timeline()
    day.prompt("10:00", "acme")
    day.turn("10:00", "10:01", "acme")
    assert day.sheet("10:09").next_deadline == clock("10:15:00.000001")


def test_session_start_waits_and_earns_nothing_until_its_first_act() -> None:
    day = Timeline()
    day.beat("10:00", "acme", "session_start", "agent", session="s1")
    sheet = day.sheet("10:05")
    assert sheet.stretches == []
    (waiting,) = sheet.waiting
    assert (waiting.session, waiting.project, waiting.start) == ("s1", "acme", clock("10:00"))
    assert sheet.next_deadline == clock("10:30:00.000001")
    assert day.sheet("10:30:00.000001").waiting == []


def test_session_earns_time_from_its_start_once_it_acts_within_the_idle_timeout() -> None:
    day = Timeline()
    day.beat("10:00", "acme", "session_start", "agent", session="s1")
    day.prompt("10:06", "acme")
    assert day.lines() == ["10:00-10:07 acme"]
    assert day.sheet("10:06").waiting == []


def test_session_that_acts_later_than_the_idle_timeout_earns_from_that_act() -> None:
    day = Timeline()
    day.beat("10:00", "acme", "session_start", "agent", session="s1")
    day.prompt("10:15:01", "acme")
    assert day.lines() == ["10:14:01-10:16:01 acme"]


def test_six_sessions_restored_by_a_multiplexer_move_no_attention() -> None:
    day = Timeline()
    day.edits_between("09:00", "10:00", "acme")
    for i in range(6):
        day.beat(f"10:00:{10 + i}", f"other{i}", "session_start", "agent", session=f"s{i}")
    day.edits_between("10:02", "11:00", "acme")
    assert day.lines() == ["08:59-11:01 acme"]


def test_session_end_ends_the_timer_without_a_tail() -> None:
    day = Timeline()
    day.prompt("10:00", "acme")
    day.beat("10:04", "acme", "session_end", "agent", session="s1")
    assert day.lines("10:04:30") == ["09:59-10:04 acme"]


def test_session_end_alone_is_no_work() -> None:
    day = Timeline()
    day.beat("10:04", "acme", "session_end", "agent", session="s1")
    assert day.lines() == []


def test_other_evidence_of_the_project_carries_the_timer_on_after_a_session_end() -> None:
    day = Timeline()
    day.prompt("10:00", "acme")
    day.beat("10:02", "acme", "session_end", "agent", actor="agent", session="s1")
    assert day.lines("10:03") == ["09:59-10:01 acme"]
    day.beat("10:01", "acme", "edit", "editor")
    assert day.lines("10:03") == ["09:59-10:01 acme, running"]


def test_the_last_of_several_sessions_to_end_ends_the_timer_that_rests_on_them_alone() -> None:
    day = Timeline()
    day.beat("10:00", "acme", "prompt", "agent", session="s1")
    day.beat("10:01", "acme", "prompt", "agent", session="s2")
    day.beat("10:01", "acme", "session_end", "agent", actor="agent", session="s2")
    assert day.lines("10:02") == ["09:59-10:01 acme, running"]
    day.beat("10:00", "acme", "session_end", "agent", actor="agent", session="s1")
    assert day.lines("10:02") == ["09:59-10:01 acme"]


def test_more_than_four_hours_of_file_changes_alone_are_not_confirmed() -> None:
    day = Timeline()
    day.edits_between("09:00", "13:00", "acme", every=5)
    assert day.lines() == ["08:59-13:01 acme"]
    day.beat("13:00:01", "acme")
    assert day.lines() == ["08:59-13:01:01 acme, unconfirmed"]
    day.commit("11:00", "acme")
    assert day.lines() == ["08:59-13:01:01 acme"]


def test_file_changes_alone_outside_the_usual_hours_are_not_confirmed_when_those_are_known() -> None:
    usual = UsualHours(time(9), time(18), ZoneInfo("Europe/Berlin"))
    day = Timeline()
    day.edits_between("03:00", "03:30", "acme")
    day.edits_between("12:00", "12:30", "acme")
    day.edits_between("20:00", "20:30", "acme", source="editor")
    assert [stretch.is_confirmed for stretch in day.sheet(usual=usual).stretches] == [False, True, True]
    assert all(stretch.is_confirmed for stretch in day.sheet().stretches)


def test_usual_hours_may_cross_midnight() -> None:
    usual = UsualHours(time(22), time(4), UTC)
    assert usual.covers(clock("23:00"))
    assert usual.covers(clock("03:00"))
    assert not usual.covers(clock("12:00"))


def test_islands_are_cut_at_silences_longer_than_the_gap() -> None:
    runs = [Run(100, 120, 1, 3, 10), Run(0, 10, 1, 2, 10), Run(40, 60, 2, 2, 20)]
    assert islands(runs, 40) == [(0, 120)]
    assert islands(runs, 39) == [(0, 60), (100, 120)]
    assert islands(runs, 29) == [(0, 10), (40, 60), (100, 120)]


def test_island_gap_is_longer_than_any_silence_a_rule_looks_over() -> None:
    policy = Policy()
    longest = max(policy.idle_timeout, policy.session_idle_timeout, policy.supervised_max)
    assert island_gap(policy) > longest // timedelta(microseconds=1)
    unhurried = Policy(idle_timeout=timedelta(hours=1))
    assert island_gap(unhurried) > limits_of(unhurried).idle_extended > 60 * MINUTE


def test_runs_are_looked_into_only_where_a_rule_needs_single_heartbeats() -> None:
    asked = []

    def beats(run: Run) -> list[tuple[int, str]]:
        asked.append(run)
        return [(run[0], ""), (run[1], "")]

    at = to_us(clock("10:00"))
    contexts = {i: Context(source, "edit", repo=RepoId("acme")) for i, source in ((1, "watch"), (2, "editor"))}
    plain = [Run(at, at + 10 * MINUTE, 1, 20, MINUTE), Run(at + MINUTE, at + 9 * MINUTE, 2, 20, MINUTE)]
    derive(Evidence(contexts, plain, beats), Edits(), Policy(), ByRepo(), clock("23:00"))
    assert asked == []
    sparse = [Run(at, at + 10 * MINUTE, 1, 2, 10 * MINUTE)]
    derive(Evidence(contexts, sparse, beats), Edits(), Policy(), ByRepo(), clock("23:00"))
    assert asked == sparse


@pytest.mark.skipif(LAB is None, reason="STINTD_LAB does not name the accuracy lab's folder")
@pytest.mark.parametrize(
    ("family", "most"),
    [
        ("solo-watch", 0.055),
        ("solo-editor", 0.055),
        ("hopping", 0.055),
        ("thinker", 0.055),
        ("agents", 0.18),
        ("overnight", 0.10),
    ],
)
def test_lab_days_are_labelled_wrong_no_more_than_the_bar(family: str, most: float) -> None:
    assert LAB is not None
    found = lab_pure.scores(LAB, family, range(1000, 1030), Policy())
    assert found["confusion"] <= most
    if family in lab_pure.PEOPLE:
        assert found["away"] <= 0.02
        assert found["wrong"] <= 0.02


def test_mapping_that_holds_from_an_instant_on_divides_the_run_that_crosses_it() -> None:
    class Moved(ByRepo):
        def __init__(self, name: str) -> None:
            self.name = name

        def resolve(self, context: Context, entity: str = "") -> Assignment:
            return Assignment(ProjectId(self.name))

        def resolver_at(self, us: int) -> ByRepo:
            return new if us >= to_us(clock("10:05")) else old

    old, new = Moved("old"), Moved("new")
    at = to_us(clock("10:00"))
    times = [at + i * MINUTE for i in range(11)]
    contexts = {1: Context("watch", "edit", repo=RepoId("acme"))}
    evidence = Evidence(contexts, [Run(at, times[-1], 1, 11, MINUTE)], lambda run: [(time_us, "") for time_us in times])
    sheet = derive(evidence, Edits(), Policy(), old, clock("23:00"))
    assert lines(sheet.stretches) == ["09:59-10:04 old", "10:04-10:11 new"]
