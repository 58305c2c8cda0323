"""Acts of git at a steady period are a timer's: none of them is billed, those before the period was known neither."""

import random
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stintd.domain.derive.timesheet import Edits, Evidence, Run, derive
from stintd.domain.model import to_us
from stintd.domain.noise.steady import MOST, SECOND, steady_times
from stintd.domain.policy import Policy
from tests.support.timeline import ByRepo, Timeline, clock, evidence_of, exact_clock_text

NOW = "9d 00:00"


def row(day: Timeline, start: str, count: int, minutes: float, where: str = "vault", kind: str = "commit", **more: str) -> None:
    """Acts of git, one each `minutes`."""
    for number in range(count):
        at = clock(start) + timedelta(minutes=minutes * number)
        day.beat(exact_clock_text(at), where, kind, "git", entity=f"{kind}{number}", **more)


@pytest.mark.parametrize("kind", ["commit", "checkout", "pull", "push"])
@pytest.mark.parametrize("minutes", [1, 5, 10, 14.5, 30, 60])
def test_steady_acts_alone_are_nobodys(kind: str, minutes: float) -> None:
    day = Timeline()
    row(day, "22:00", 12, minutes, kind=kind)
    assert day.lines(NOW) == []


def test_a_night_of_steady_checkouts_after_one_save_leaves_the_save() -> None:
    day = Timeline()
    day.beat("18:00", "acme")
    row(day, "18:10", 12, 10, "acme", "checkout")
    assert day.lines(NOW) == ["17:59-18:01 acme"]


def test_the_silence_says_what_the_timer_did_in_it() -> None:
    day = Timeline()
    day.beat("18:00", "acme")
    row(day, "18:10", 12, 10, "acme")
    (gap,) = day.sheet(NOW).gaps
    assert "12 acts of git at a steady interval, a timer's" in gap.reason
    day = Timeline()
    row(day, "18:10", 12, 10, "acme")
    (gap,) = day.sheet(NOW).gaps
    assert (gap.start, gap.end, gap.verdict) == (clock("18:10"), clock("20:00"), "away")
    assert gap.reason == "nothing but 12 acts of git at a steady interval, a timer's"


def test_four_acts_are_a_persons_still_and_the_fifth_takes_them_all() -> None:
    day = Timeline()
    row(day, "10:00", 4, 7)
    assert day.lines(NOW) != []
    row(day, "10:28", 1, 7)
    assert day.lines(NOW) == []


def test_a_timer_jitters_drifts_and_skips_what_has_nothing_to_commit() -> None:
    day, at, chance = Timeline(), clock("10:00"), random.Random(5)
    for number in range(20):
        day.beat(exact_clock_text(at), "vault", "commit", "git", entity=str(number))
        at += timedelta(minutes=10 * (chance.choice((1, 2, 3)) if number >= 6 else 1), seconds=2 + chance.uniform(-4, 4))
    assert day.lines(NOW) == []


@settings(max_examples=60, deadline=None)
@given(gaps=st.lists(st.integers(60, 900), min_size=4, max_size=12), data=st.data())
def test_a_persons_uneven_commits_stay(gaps: list[int], data: st.DataObject) -> None:
    for at in range(len(gaps) - 3):
        window = gaps[at : at + 4]
        mean = sum(window) / 4
        if all(abs(gap - mean) <= max(2, 0.05 * mean) for gap in window):
            gaps[at] += 600
    times = [sum(gaps[:number]) * SECOND for number in range(len(gaps) + 1)]
    windows = [gaps[at : at + 4] for at in range(len(gaps) - 3)]
    if not any(max(window) - min(window) <= 2 * max(2, 0.05 * sum(window) / 4) for window in windows):
        assert steady_times(data.draw(st.permutations(times)), lambda lo, hi: False) == frozenset()


@pytest.mark.parametrize("source", ["watch", "editor", "shell"])
def test_acts_of_the_person_between_steady_ones_keep_them(source: str) -> None:
    day = Timeline()
    row(day, "10:00", 7, 10)
    for minute in range(5, 60, 10):
        day.beat(f"10:{minute:02}", "vault", "edit" if source != "shell" else "read", source)
    assert day.lines(NOW) == ["09:59-11:01 vault"]


def test_acts_elsewhere_keep_no_steady_act() -> None:
    """Somebody works on acme while the notes are backed up: the backups take nothing of it."""
    day, alone = Timeline(), Timeline()
    for line in (day, alone):
        line.edits_between("10:00", "12:00", "acme", every=3)
    row(day, "10:01", 12, 10)
    assert day.lines(NOW) == alone.lines(NOW) == ["09:59-12:01 acme"]


def test_a_commit_off_the_beat_is_the_persons() -> None:
    day = Timeline()
    row(day, "20:00", 6, 10)
    day.commit("20:54", "vault")
    row(day, "21:00", 6, 10)
    assert day.lines(NOW) == ["20:53-20:55 vault"]


def test_work_before_a_night_of_backups_stays_as_it_is() -> None:
    day = Timeline()
    day.edits_between("21:00", "21:58", "vault", every=2)
    row(day, "21:10", 40, 10)
    assert day.lines(NOW) == ["20:59-21:59 vault"]


def test_what_a_backup_pulls_and_pushes_around_its_commit_is_its_own() -> None:
    day = Timeline()
    row(day, "10:00", 8, 10)
    for number in range(8):
        lag = (3, 21, 8, 44, 17, 5, 50, 29)[number]
        day.beat(f"{10 + number // 6}:{number % 6}0:{lag:02}", "vault", "push", "git")
    assert day.lines(NOW) == []


def test_a_job_that_writes_a_file_and_commits_it_bills_neither() -> None:
    day = Timeline()
    row(day, "10:00:05", 8, 10)
    for number in range(4):  # the noise rules know the file's rhythm from then on
        day.beat(f"10:{number}0:02", "vault", "edit", "watch", entity="status.json")
    assert day.lines(NOW) == []


def test_two_saves_just_before_backups_are_saves() -> None:
    day = Timeline()
    row(day, "10:00:05", 8, 10)
    day.beat("10:30:02", "vault")
    day.beat("10:40:02", "vault")
    assert day.lines(NOW) != []


def test_two_worktrees_are_two_places() -> None:
    day = Timeline()
    row(day, "10:00", 3, 10, repo_path="/code/a")
    row(day, "10:30", 3, 10, repo_path="/code/b")
    assert day.lines(NOW) != []


def test_quick_commits_of_one_change_are_a_persons() -> None:
    day = Timeline()
    row(day, "10:00", 8, 0.25)
    assert day.lines(NOW) != []


def test_leaving_at_the_same_time_each_day_is_no_period() -> None:
    chance = random.Random(3)
    times = [(day * 86_400 + 17 * 3600 + chance.randint(-600, 600)) * SECOND for day in range(60)]
    assert len(steady_times(times, lambda lo, hi: False)) == 0
    assert len(steady_times([day * 86_400 * SECOND for day in range(6)], lambda lo, hi: False)) == 6
    assert MOST == 20 * SECOND


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_neither_order_nor_runs_change_the_sheet(data: st.DataObject) -> None:
    day = Timeline()
    row(day, "10:00", data.draw(st.integers(3, 9)), data.draw(st.sampled_from([1, 2, 10])))
    row(day, "10:03", data.draw(st.integers(0, 9)), data.draw(st.sampled_from([1, 10])), kind="checkout")
    for second in data.draw(st.lists(st.integers(0, 5400), max_size=8)):
        day.beat(exact_clock_text(clock("10:00") + timedelta(seconds=second)), "vault", entity=f"f{second}")
    expected = day.sheet(NOW)
    day.heartbeats = list(data.draw(st.permutations(day.heartbeats)))
    assert day.sheet(NOW) == expected
    assert derive(_in_runs(day), Edits(), Policy(), ByRepo(), clock(NOW)) == expected


def _in_runs(day: Timeline) -> Evidence:
    """The same evidence with heartbeats of one context in runs, as a store keeps them."""
    single = evidence_of(day.heartbeats)
    runs: list[Run] = []
    by_context: dict[int, list[tuple[int, str]]] = {}
    for beat in day.heartbeats:
        number = next(number for number, context in single.contexts.items() if context == beat.context)
        by_context.setdefault(number, []).append((to_us(beat.time), beat.entity))
    for number, beats in by_context.items():
        beats.sort()
        run = [beats[0]]
        for beat in [*beats[1:], None]:
            if beat is None or beat[0] - run[-1][0] > 600 * SECOND:
                gap = max((b[0] - a[0] for a, b in pairwise(run)), default=0)
                runs.append(Run(run[0][0], run[-1][0], number, len(run), gap))
                run = []
            run += [beat] if beat is not None else []
    return Evidence(
        single.contexts, runs, lambda run: [beat for beat in by_context[run[2]] if run[0] <= beat[0] <= run[1]], single.absences
    )
