"""The gap rule at its edges, whose a silence is, credit before and after, absences and stops."""

from datetime import UTC, time, timedelta

import pytest

from stintd.domain.derive.habit import UNKNOWN, Habit
from stintd.domain.derive.timesheet import UsualHours
from stintd.domain.policy import Policy
from tests.support.timeline import Timeline, clock, exact_clock_text, gap_lines, lines


def pair(later: str, kind: str = "edit", source: str = "watch", where: str = "acme") -> Timeline:
    """An edit of acme at 10:00 and another act later."""
    day = Timeline()
    day.beat("10:00", "acme")
    day.beat(later, where, kind, source)
    return day


def test_silence_of_exactly_the_idle_timeout_is_work() -> None:
    assert pair("10:15").lines() == ["09:59-10:16 acme"]


def test_silence_a_microsecond_longer_is_time_away() -> None:
    assert pair("10:15:00.000001").lines() == ["09:59-10:01 acme", "10:14:00-10:16:00 acme"]


def test_lone_heartbeat_earns_lead_and_tail() -> None:
    day = Timeline()
    day.beat("10:00", "acme")
    assert day.lines() == ["09:59-10:01 acme"]


def test_lead_and_tail_do_not_reach_over_each_other_when_the_idle_timeout_is_short() -> None:
    day = Timeline(Policy(idle_timeout=timedelta(seconds=30)))
    day.beat("10:00", "acme")
    day.beat("10:01:30", "acme")
    assert day.lines() == ["09:59-10:01 acme", "10:01-10:02:30 acme"]


def test_silence_between_projects_is_the_earliers_up_to_the_cap_the_laters_by_its_lead_and_the_rest_nobodys() -> None:
    day = pair("10:10", where="beta")
    assert day.lines() == ["09:59-10:05 acme", "10:09-10:11 beta"]
    assert gap_lines(day.sheet().unassigned) == ["10:05-10:09 unassigned"]
    assert day.sheet().unassigned[0].reason == (
        "10m of silence between an edit and an edit in another project or task: the time beyond 5m belongs to neither"
    )


def test_short_silence_between_projects_leaves_nothing_over() -> None:
    day = pair("10:04", where="beta")
    assert day.lines() == ["09:59-10:03 acme", "10:03-10:05 beta"]
    assert day.sheet().unassigned == []


# A day's habit, the act before a silence, the longest silence after it that is still work.
LIMITS = [
    (UNKNOWN, "edit", "10:15", "within the limit of 15m: work"),
    (UNKNOWN, "commit", "10:07:30", "within the limit of 7m 30s: work"),
    (UNKNOWN, "push", "10:07:30", "within the limit of 7m 30s: work"),
    (UNKNOWN, "session_end", "10:05", "within the limit of 5m: work"),
    (Habit(leaves=True), "commit", "10:05", "within the limit of 5m (you nearly always leave then): work"),
    (Habit(leaves=True), "edit", "10:15", "within the limit of 15m: work"),
    (Habit(moves_on=True), "commit", "10:07:30", "within the limit of 7m 30s: work"),
    (
        Habit(finishes_first=True),
        "edit",
        "10:20",
        "within the limit of 20m (you finish something before nearly every break): work",
    ),
    (
        Habit(finishes_first=True),
        "read",
        "10:20",
        "within the limit of 20m (you finish something before nearly every break): work",
    ),
    (Habit(finishes_first=True), "commit", "10:07:30", "within the limit of 7m 30s: work"),
]


@pytest.mark.parametrize(("habit", "kind", "most", "reason"), LIMITS)
def test_longest_silence_that_is_work_hangs_on_what_was_done_before_it_and_on_the_owners_habit(
    habit: Habit, kind: str, most: str, reason: str
) -> None:
    usual = UsualHours(time.min, time.max, UTC, habit)
    day = Timeline()
    day.beat("09:59", "acme")
    day.beat("10:00", "acme", kind, "git" if kind in ("commit", "push") else "editor", witness="terminal")
    later = Timeline(heartbeats=[*day.heartbeats])
    day.beat(most, "acme")
    assert len(day.sheet(usual=usual).stretches) == 1
    assert day.sheet(usual=usual).stretches[0].gaps[-1].reason.endswith(reason)
    later.beat(exact_clock_text(clock(most) + timedelta(microseconds=1)), "acme")
    assert len(later.sheet(usual=usual).stretches) == 2


@pytest.mark.parametrize(
    ("habit", "most"), [(UNKNOWN, "10:07:30"), (Habit(moves_on=True), "10:10"), (Habit(leaves=True), "10:05")]
)
def test_silence_after_a_commit_and_before_another_project_hangs_on_whether_the_owner_moves_on(habit: Habit, most: str) -> None:
    usual = UsualHours(time.min, time.max, UTC, habit)
    day = Timeline()
    day.beat("09:59", "acme")
    day.commit("10:00", "acme")
    later = Timeline(heartbeats=[*day.heartbeats])
    day.beat(most, "beta")
    later.beat(exact_clock_text(clock(most) + timedelta(microseconds=1)), "beta")
    assert day.sheet(usual=usual).stretches[0].end > clock("10:02")
    assert later.sheet(usual=usual).stretches[0].end == clock("10:01")
    assert later.sheet(usual=usual).gaps[0].verdict == "away"


def test_reason_for_moving_on_names_the_habit() -> None:
    day = pair("10:12", where="beta")
    day.commit("10:00:01", "acme")
    usual = UsualHours(time.min, time.max, UTC, Habit(moves_on=True))
    assert day.sheet(usual=usual).gaps[0].reason == (
        "11m of silence after a commit: away (after a commit the limit is 10m: you often move on to another project then)"
    )


def test_patience_is_not_for_a_silence_that_ends_elsewhere() -> None:
    usual = UsualHours(time.min, time.max, UTC, Habit(finishes_first=True))
    day = pair("10:15:01", where="beta")
    assert lines(day.sheet(usual=usual).stretches) == ["09:59-10:01 acme", "10:14:01-10:16:01 beta"]


def test_timer_of_the_patient_runs_as_long_as_an_act_would_carry_it_on_and_can_be_stopped_until_then() -> None:
    usual = UsualHours(time.min, time.max, UTC, Habit(finishes_first=True))
    day = Timeline()
    day.beat("10:00", "acme")
    assert lines(day.sheet("10:20", usual).stretches) == ["09:59-10:00 acme, running"]
    assert lines(day.sheet("10:20:00.000001", usual).stretches) == ["09:59-10:01 acme"]
    day.cut("10:18")
    assert lines(day.sheet("10:19", usual).stretches) == ["09:59-10:18 acme"]
    assert day.lines("10:19") == ["09:59-10:01 acme"]


def test_reason_for_a_break_after_a_commit_names_the_habit() -> None:
    day = Timeline()
    day.commit("10:00", "acme")
    day.beat("10:06", "acme")
    usual = UsualHours(time.min, time.max, UTC, Habit(leaves=True))
    assert day.sheet(usual=usual).gaps[0].reason == (
        "6m of silence after a commit: away (after a commit the limit is 5m: you nearly always leave then)"
    )


@pytest.mark.parametrize(
    ("later", "split"),
    [
        ("10:00:30", "10:00"),
        ("10:01:30", "10:00:30"),
        ("10:01:45", "10:00:35"),
        ("10:03", "10:01"),
        ("10:06", "10:04"),
        ("10:07", "10:05"),
    ],
)
def test_after_a_commit_the_later_project_has_its_lead_or_two_thirds_of_the_silence_up_to_twice_that(
    later: str, split: str
) -> None:
    day = Timeline()
    day.edits_between("09:00", "09:58", "acme")
    day.commit("10:00", "acme")
    day.edits_between(later, "11:00", "beta")
    assert day.lines() == [f"08:59-{split} acme", f"{split}-11:01 beta"]


def test_reason_says_what_came_before_a_silence_that_was_cut() -> None:
    day = Timeline()
    day.commit("10:00", "acme")
    day.beat("10:18", "acme")
    assert day.sheet().gaps[0].reason == "18m of silence after a commit: away"


def test_silence_that_was_bridged_is_explained_in_its_stretch() -> None:
    (gap,) = pair("10:09").sheet().stretches[0].gaps
    assert (gap.verdict, gap.reason) == ("work", "9m of silence between an edit and an edit, within the limit of 15m: work")


def test_short_absence_is_bridged_and_one_of_two_minutes_is_not() -> None:
    day = pair("10:10")
    day.away("10:02", "10:03:59")
    assert day.lines() == ["09:59-10:11 acme"]
    day.away("10:05", "10:07")
    assert day.lines() == ["09:59-10:05 acme", "10:07-10:11 acme"]


def test_screen_lock_counts_from_its_start_once_longer_than_its_grace() -> None:
    day = pair("10:12")
    day.away("10:01", "10:06", "lock")
    assert day.lines() == ["09:59-10:13 acme"]
    day.away("10:01", "10:06:01", "lock")
    assert day.lines() == ["09:59-10:01 acme", "10:06:01-10:13 acme"]


def test_credit_does_not_reach_into_an_absence() -> None:
    day = Timeline()
    day.beat("10:00", "acme")
    day.away("09:30", "09:59:30")
    day.away("10:00:20", "11:00")
    assert day.lines() == ["09:59:30-10:00:20 acme"]


def test_waking_for_a_moment_between_two_suspends_without_an_act_is_still_away() -> None:
    day = pair("10:14")
    day.away("10:01", "10:06")
    day.away("10:07", "10:12")
    assert day.lines() == ["09:59-10:01 acme", "10:12-10:15 acme"]


def test_heartbeat_from_inside_an_absence_of_its_device_is_no_work() -> None:
    day = pair("10:10")
    day.away("10:05", "10:40")
    assert day.lines() == ["09:59-10:01 acme"]


def test_suspend_of_one_device_says_nothing_about_another() -> None:
    day = Timeline()
    day.beat("10:00", "acme", device="desk")
    day.beat("10:10", "acme", device="desk")
    day.away("10:01", "10:09", device="laptop")
    assert day.lines() == ["09:59-10:11 acme"]
    day.away("10:01", "10:09", device="desk")
    assert day.lines() == ["09:59-10:01 acme", "10:09-10:11 acme"]


def test_presence_alone_is_never_work_and_bridges_nothing() -> None:
    day = pair("10:20")
    day.beat("10:10", "acme", "presence", "editor")
    assert day.lines() == ["09:59-10:01 acme", "10:19-10:21 acme"]


def test_timer_stopped_by_hand_ends_there_and_no_credit_crosses() -> None:
    day = pair("10:10")
    day.cut("10:04")
    assert day.lines() == ["09:59-10:04 acme", "10:09-10:11 acme"]
    day.beat("10:04:30", "acme")
    assert day.lines() == ["09:59-10:04 acme", "10:04-10:11 acme"]


def test_running_timer_stopped_by_hand_is_no_longer_open() -> None:
    day = Timeline()
    day.beat("10:00", "acme")
    assert day.lines("10:08") == ["09:59-10:00 acme, running"]
    day.cut("10:07")
    assert day.lines("10:08") == ["09:59-10:07 acme"]


def test_claims_take_their_time_out_and_credit_does_not_leak_past_them() -> None:
    day = Timeline()
    day.edits_between("10:00", "10:59", "acme")
    day.claim("10:20", "10:30", "beta")
    day.claim("10:58:30", "10:59:30", "beta")
    assert day.lines() == ["09:59-10:20 acme", "10:30-10:58:30 acme"]


def test_claim_that_may_overlap_takes_only_its_own_projects_time() -> None:
    day = pair("10:10")
    day.claim("10:02", "10:05", "beta", may_overlap=True)
    assert day.lines() == ["09:59-10:11 acme"]
    day.claim("10:02", "10:05", "acme", may_overlap=True)
    assert day.lines() == ["09:59-10:02 acme", "10:05-10:11 acme"]


def test_what_was_taken_away_stays_empty() -> None:
    day = pair("10:10")
    day.take("10:03", "10:04")
    day.take("10:06", "10:07", project="beta")
    assert day.lines() == ["09:59-10:03 acme", "10:04-10:11 acme"]


def test_manual_timer_started_at_the_last_act_ends_the_automatic_one() -> None:
    day = pair("10:10")
    day.claim("10:10", None, "beta")
    assert day.lines("10:12") == ["09:59-10:10 acme"]


def test_what_was_taken_with_its_heartbeat_leaves_the_silence_after_it_but_not_mere_credit() -> None:
    day = pair("10:04", where="beta")
    day.take("09:00", "10:02")
    assert day.lines() == ["10:02-10:03 acme", "10:03-10:05 beta"]
    day.take("10:03:30", "10:04:30")
    assert day.lines() == ["10:02-10:03 acme", "10:03-10:03:30 beta"]
