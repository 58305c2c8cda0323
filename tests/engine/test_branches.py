"""A file's branch is the one HEAD named when it was written, whenever that is found out."""

from datetime import UTC, datetime, timedelta

from stintd.engine.intake.branches import MOVES_LIMIT, Branches

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def instant(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def make_branches(*moves: tuple[float, str | None]) -> Branches:
    """A checkout first found on main."""
    branches = Branches()
    branches.note_start("/r", "main")
    for minutes, branch in moves:
        branches.note("/r", instant(minutes), branch)
    return branches


def branches_at(branches: Branches, *minutes: float) -> list[str | None]:
    return [branches.branch_at("/r", instant(minute), "?") for minute in minutes]


def test_before_a_checkout_it_is_the_branch_before_and_from_it_on_the_new_one() -> None:
    branches = make_branches((10, "DEV-1"), (20, None), (30, "main"))
    assert branches_at(branches, 9, 10, 15, 25, 31) == ["main", "DEV-1", "DEV-1", None, "main"]


def test_acts_may_be_told_after_where_head_stands_now() -> None:
    """After downtime HEAD is read first, then what its reflog says of the way there."""
    assert branches_at(make_branches((60, "DEV-2"), (10, "DEV-1"), (30, "DEV-2")), 5, 20, 40) == ["main", "DEV-1", "DEV-2"]


def test_what_is_told_twice_and_what_is_unknown_change_nothing() -> None:
    branches = make_branches((10, "DEV-1"), (10, "DEV-1"), (12, "DEV-1"))
    branches.note_start("/r", "other")
    branches.note("/elsewhere", instant(1), "x")
    assert branches_at(branches, 5, 15) == ["main", "DEV-1"]
    assert branches.branch_at("/elsewhere", instant(2), "main") == "main"


def test_only_the_last_moves_are_kept_and_the_first_of_them_is_still_known() -> None:
    branches = make_branches(*((n, f"b{n}") for n in range(1, MOVES_LIMIT + 11)))
    assert branches_at(branches, 0, MOVES_LIMIT + 20) == ["b10", f"b{MOVES_LIMIT + 10}"]


def test_within_the_second_git_notes_its_lock_says_when() -> None:
    branches = make_branches()
    branches.note_lock("/r", instant(10) + timedelta(seconds=0.6))
    branches.note_act("/r", instant(10), "DEV-1")
    branches.note_act("/r", instant(20), "DEV-2")
    assert branches_at(branches, 10 + 0.5 / 60, 10 + 0.7 / 60, 20) == ["main", "DEV-1", "DEV-2"]
