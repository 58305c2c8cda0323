"""What earlier work says about silences: enough cases, and shares at their limits."""

import pytest

from stintd.domain.derive.habit import CASES_NEEDED, UNKNOWN, Habit, PastWork, habit_of
from stintd.domain.derive.limits import MINUTE, limits_of
from stintd.domain.policy import Policy

LIMITS = limits_of(Policy())


def days(breaks: int, finished: int, silence: int = 60 * MINUTE, hops: int = 0) -> tuple[list[PastWork], list[int]]:
    """Stretches of an hour with breaks between; the first so many breaks begin with a commit. `hops`: after so many stretches
    the project is another.
    """
    step = 60 * MINUTE + silence
    work = [PastWork(i * step, i * step + 60 * MINUTE, f"p{min(i, hops)}") for i in range(breaks + 1)]
    return work, [stretch.last for stretch in work[:finished]]


@pytest.mark.parametrize(("finished", "expected"), [(10, True), (8, True), (7, False), (0, False)])
def test_who_finishes_before_four_of_five_breaks_finishes_first(finished: int, expected: bool) -> None:
    assert habit_of(*days(10, finished), LIMITS).finishes_first is expected


def test_too_few_breaks_or_commits_say_nothing() -> None:
    work, finishes = days(CASES_NEEDED - 1, CASES_NEEDED - 1)
    assert habit_of(work, finishes, LIMITS) == UNKNOWN
    assert habit_of([], [], LIMITS) == UNKNOWN


def test_silence_no_longer_than_the_most_patient_would_bridge_is_no_break() -> None:
    assert habit_of(*days(10, 0, 20 * MINUTE), LIMITS) == UNKNOWN
    assert habit_of(*days(10, 10, 20 * MINUTE), LIMITS).finishes_first is False
    assert habit_of(*days(10, 10, 20 * MINUTE + 1), LIMITS).finishes_first is True


@pytest.mark.parametrize(
    ("after", "silence", "expected"),
    [(0, 5 * MINUTE, False), (0, 5 * MINUTE + 1, True), (30 * MINUTE, 60 * MINUTE, False)],
)
def test_who_acts_again_within_a_third_of_the_idle_timeout_does_not_leave(after: int, silence: int, expected: bool) -> None:
    """A commit at the end of its stretch, or so long before the end."""
    work, finishes = days(10, 10, silence)
    assert habit_of(work, [at - after for at in finishes], LIMITS).leaves is expected


def test_who_leaves_after_four_of_five_commits_leaves() -> None:
    work, _ = days(10, 0)
    ends, amid = [stretch.last for stretch in work], [stretch.last - MINUTE for stretch in work]
    assert habit_of(work, sorted(ends[:8] + amid[8:10]), LIMITS).leaves is True
    assert habit_of(work, sorted(ends[:8] + amid[7:10]), LIMITS).leaves is False


@pytest.mark.parametrize(("hops", "silence", "expected"), [(3, MINUTE, True), (2, MINUTE, False), (10, 5 * MINUTE + 1, False)])
def test_who_is_soon_in_another_project_after_one_commit_of_four_moves_on(hops: int, silence: int, expected: bool) -> None:
    assert habit_of(*days(12, 12, silence, hops), LIMITS).moves_on is expected


def test_commit_after_the_last_stretch_was_not_followed() -> None:
    work, _ = days(0, 0)
    assert habit_of(work, [work[-1].last] * CASES_NEEDED, LIMITS) == Habit(leaves=True)


def test_commit_before_all_known_work_is_in_no_project_to_move_on_from() -> None:
    work, _ = days(0, 0)
    assert habit_of(work, [work[0].start - MINUTE] * CASES_NEEDED, LIMITS) == UNKNOWN
