"""Manual timers their owner forgot: when they pause, and what is said."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from stintd.domain.manual import Signs, next_check, pause_due, return_choices, shadow_notice
from stintd.domain.model import Absence, Pause, Stretch, TimeEntry
from stintd.domain.policy import Policy
from stintd.domain.timer import PauseEntry

LONDON = ZoneInfo("Europe/London")
NAMES = {"acme": "acme", "beta": "beta", "p": "client site"}
POLICY = Policy()


def at(hour, minute=0, day=20):
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


TWO = at(14)


def manual(start=TWO, **more):
    return TimeEntry("m", "human", "manual", "beta", None, start, None, "running", **more)


def due(timer, now, *signs, absences=()):
    return pause_due(timer, Signs(signs, absences), POLICY, LONDON, now)


def stretch(start, end, project="acme", actor="human"):
    return Stretch(actor, project, None, start, end, end, False, end - start, timedelta())


# ---------------------------------------------------------------- absences


@pytest.mark.parametrize(("minutes", "pauses"), [(15, False), (15.001, True), (60, True), (3, False)])
def test_an_absence_longer_than_a_quarter_of_an_hour_pauses_at_its_start(minutes, pauses):
    away = Absence(at(15), at(15) + timedelta(minutes=minutes), "suspend")
    found = due(manual(), at(17), absences=[away])
    assert (found is not None) == pauses
    assert found is None or found.at == at(15)


def test_an_absence_before_the_timer_or_before_it_was_resumed_does_not_count():
    away = Absence(at(13), at(13, 40), "lock")
    assert due(manual(), at(15), absences=[away]) is None
    resumed = manual(at(12), pauses=(Pause(at(13), at(13, 45)),))
    assert due(resumed, at(15), at(13, 45), absences=[away]) is None


# ---------------------------------------------------------------- silence


@pytest.mark.parametrize(("now", "pauses"), [(at(17, 59), False), (at(18), True), (at(19), True)])
def test_four_hours_without_a_sign_pause_where_the_four_hours_ended(now, pauses):
    found = due(manual(), now)
    assert (found.at if found else None) == (at(18) if pauses else None)


def test_evidence_or_an_act_keeps_it_running():
    assert due(manual(), at(20), at(17, 30)) is None
    assert due(manual(), at(21, 30), at(17, 30)).at == at(21, 30)


def test_late_evidence_after_the_four_hours_does_not_undo_them():
    assert due(manual(at(8)), at(14), at(13)).at == at(12)


# ---------------------------------------------------------------- nights


def test_a_timer_never_crosses_a_night_by_itself():
    found = due(manual(at(23)), at(9, day=21), at(1, day=21))
    assert found.at == at(4, day=21)
    assert found.reason == "no activity at 04:00, when the day ends"


def test_evidence_around_four_carries_it_through_the_night():
    signs = [at(1, 0, 21), at(3, 50, 21), at(4, 5, 21), at(6, 0, 21)]
    assert due(manual(at(23)), at(6, 30, day=21), *signs) is None


def test_evidence_of_the_morning_does_not_carry_it_back_over_the_night():
    assert due(manual(at(23)), at(9, 30, day=21), at(2, 0, 21), at(5, 0, 21), at(9, 0, 21)).at == at(4, day=21)


def test_a_night_ends_by_the_local_clock():
    auckland = ZoneInfo("Pacific/Auckland")
    found = pause_due(manual(at(13)), Signs([at(14, 30)]), POLICY, auckland, at(17))
    assert found.at == at(15)


@pytest.mark.parametrize(
    ("now", "sign", "next_at"), [(at(15), at(14, 30), at(18, 30)), (at(3, day=21), at(2, day=21), at(4, day=21))]
)
def test_the_next_check_is_when_silence_alone_may_pause_it(now, sign, next_at):
    assert next_check(manual(), Signs([sign]), POLICY, LONDON, now) == next_at


def test_a_check_is_always_in_the_future():
    assert next_check(manual(), Signs(), POLICY, LONDON, at(20)) > at(20)


# ---------------------------------------------------------------- what is said


def test_ten_minutes_of_evidence_elsewhere_are_told_with_the_command_that_mends_it():
    notice = shadow_notice(manual(), NAMES, [stretch(at(14, 31), at(14, 45))], POLICY, LONDON, at(14, 46))
    assert (
        notice.text == "your timer has run on beta since 14:00, but your activity has been in acme since 14:31:"
        " `stint switch acme --at 14:31`"
    )
    assert (notice.project, notice.since) == ("acme", at(14, 31))


@pytest.mark.parametrize(
    "shadow",
    [
        [],
        [stretch(at(14, 31), at(14, 40))],
        [stretch(at(14, 31), at(15), "beta")],
        [stretch(at(14, 31), at(15), "acme", "agent")],
        [stretch(at(14, 31), at(15), None)],
        [stretch(at(13), at(14))],
        [stretch(at(14, 10), at(14, 30)), stretch(at(14, 30), at(14, 50), "beta")],
        [stretch(at(14, 10), at(14, 18)), stretch(at(14, 20), at(14, 28), "p")],
    ],
    ids=["none", "nine minutes", "here", "an agent's", "nowhere", "before", "back again", "eight minutes each"],
)
def test_nothing_is_said_without_ten_minutes_in_one_other_project(shadow):
    assert shadow_notice(manual(), NAMES, shadow, POLICY, LONDON, at(15)) is None


def test_evidence_from_before_the_timer_counts_from_its_start_and_names_are_quoted():
    notice = shadow_notice(manual(), NAMES, [stretch(at(13), at(14, 30), "p")], POLICY, LONDON, at(14, 31))
    assert notice.since == at(14)
    assert notice.command == "stint switch 'client site' --at 14:00"


def test_on_return_the_owner_is_asked_what_the_time_was():
    text, answers = return_choices("beta", PauseEntry("m", at(18), reason="computer suspended"), LONDON, at(9, day=21))
    assert "2026-11-20 18:00" in text
    assert answers == {
        "keep": "stint return keep",
        "drop": "stint return drop",
        "split": "stint return split WHEN",
        "assign": "stint return assign PROJECT",
    }
