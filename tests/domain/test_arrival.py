"""A file that arrives was not typed here: what its times say, and what the noise rules make of it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stintd.domain.model import FileSignal
from stintd.domain.noise.arrival import has_arrived, is_saved
from stintd.domain.noise.filename import noise_of_name
from tests.domain.test_noise import REPO, Day, s

SECOND = 1_000_000_000
NOW = 1_796_146_270 * SECOND + 123_456_789


@pytest.mark.parametrize(
    ("mtime", "ctime", "seen", "arrived"),
    [
        (0, 0, 0.05, False),  # saved in place
        (-1.9, 0, 0.05, False),  # a large file, written and renamed
        (-2.1, 0, 0.05, True),
        (-12 * 3600, 0, 0.05, True),  # a sync
        (0, 0, 300, False),  # the daemon looks five minutes late
        (0, 240, 0.05, False),  # made executable before the daemon looked
        (-12 * 3600, 0, 300, True),
        (-600, -600, 0.05, False),  # on a server whose clock is behind
        (600, 600, 0.05, False),  # and ahead
        (3600, 0, 0.05, True),  # set into the future
        (0, -86_400, 0.05, False),  # a system on which ctime is the time of creation
        (-3600, 0, 0.05, True),  # there too: a new file with an old time
    ],
)
def test_the_times_of_a_file_say_whether_it_was_written_here(mtime: float, ctime: float, seen: float, arrived: bool) -> None:
    assert has_arrived(*(NOW + round(at * SECOND) for at in (mtime, ctime, seen))) == arrived


@pytest.mark.parametrize(("behind", "arrived"), [(1, False), (3, False), (4, False), (5, True)])
def test_times_in_whole_seconds_may_be_coarse(behind: int, arrived: bool) -> None:
    whole = NOW // SECOND * SECOND
    assert has_arrived(whole - behind * SECOND, whole, whole) == arrived
    assert is_saved(whole - behind * SECOND, whole, True) != arrived


@given(
    mtime=st.integers(-(10**6), 10**6),
    rename=st.integers(0, 1999),
    late=st.integers(0, 10**6),
    skew=st.integers(-(10**6), 10**6),
)
def test_a_save_is_none_the_less_one_for_a_late_look_or_another_clock(mtime: int, rename: int, late: int, skew: int) -> None:
    at = NOW + (mtime + skew) * 1_000_000 + 1
    changed = at + rename * 1_000_000
    assert not has_arrived(at, changed, NOW + (mtime + rename + late) * 1_000_000)
    assert is_saved(at, changed, True)


@given(age=st.integers(2001, 10**9), late=st.integers(0, 10**6))
def test_an_old_file_is_no_save_however_late_it_is_seen(age: int, late: int) -> None:
    old = (NOW - age * 1_000_000) | 1
    assert has_arrived(old, NOW, NOW + late * 1_000_000) == (NOW - old > (2 if old % SECOND else 4) * SECOND)


def test_a_sweep_passes_over_a_time_that_was_set_into_the_future_of_its_change() -> None:
    assert not is_saved(NOW + 3 * SECOND, NOW, True)
    assert is_saved(NOW + 3 * SECOND, NOW, False)


# ---------------------------------------------------------------- what the rules make of it


def arrive(day: Day, at: float, path: str) -> None:
    day.tell(FileSignal(s(at), REPO, path, 1, has_arrived=True))


def go(day: Day, at: float, path: str, is_written: bool = False) -> None:
    day.tell(FileSignal(s(at), REPO, path, has_arrived=is_written, is_gone=True))


def test_what_arrives_is_no_edit_and_a_save_beside_it_is_one() -> None:
    day = Day()
    arrive(day, 0, "notes.md")
    day.write(0.5, "mine.py")
    arrive(day, 1, "more.md")
    day.write(60, "notes.md")
    assert day.seen() == [("edit", "mine.py", 0.5), ("edit", "notes.md", 60)]
    assert day.noise.dropped["arrived"] == 2


@pytest.mark.parametrize("is_gone_first", [True, False])
@pytest.mark.parametrize(("apart", "edits"), [(0, 0), (1.9, 0), (2.1, 1)])
def test_a_deletion_counts_unless_files_arrive_in_the_same_moment(is_gone_first: bool, apart: float, edits: int) -> None:
    day = Day()
    acts = [lambda at: go(day, at, "old.md"), lambda at: arrive(day, at, "new.md")]
    for at, act in zip((0, apart), acts if is_gone_first else acts[::-1], strict=True):
        act(at)
    assert len(day.seen()) == edits


def test_a_lone_deletion_is_an_act() -> None:
    day = Day()
    go(day, 0, "old.md")
    assert day.seen() == [("edit", "old.md", 0)]


def test_a_file_that_is_written_and_gone_again_was_a_temporary_one() -> None:
    day = Day()
    day.write(0, "download-17")
    go(day, 0.4, "download-17")
    arrive(day, 0.4, "film.md")
    go(day, 20, "upload-18", is_written=True)
    assert day.seen() == []


def test_an_editor_that_replaces_a_file_twice_within_a_second_saved_it() -> None:
    day = Day()
    day.write(0, "a.py")
    go(day, 0.5, "a.py")
    day.write(0.6, "a.py")
    assert day.seen() == [("edit", "a.py", 0.6)]


def test_files_that_come_for_an_hour_are_nobodys_hour() -> None:
    day = Day()
    for number in range(60):
        arrive(day, 60 * number, f"f{number}.md")
    assert day.seen() == []
    assert day.noise.next_deadline() is None


@pytest.mark.parametrize("name", [".film.mkv.~3f2a", "a.pdf.!sync", ".getxfer.123.mega", ".unison.a.txt.1a2b.unison.tmp"])
def test_the_unfinished_files_of_syncs_are_noise(name: str) -> None:
    assert noise_of_name(f"docs/{name}") == "editor"


def test_names_like_those_of_unfinished_files_may_be_work() -> None:
    assert [noise_of_name(name) for name in (".config.toml", "sync!.md", "unison.py", "a.~py")] == [""] * 4


def test_a_file_whose_time_is_set_after_it_was_closed_was_no_save() -> None:
    day = Day()
    day.write(0, "copied.py")
    day.write(0, "mine.py")
    day.tell(FileSignal(s(0), REPO, "copied.py", 1, has_arrived=True), s(0.6))
    assert day.seen() == [("edit", "mine.py", 0)]


def test_late_arrivals_change_nothing_that_was_decided() -> None:
    day = Day()
    day.write(0, "a.py")
    day.tell(FileSignal(s(1), REPO, "b.py", 1, has_arrived=True), s(1) + timedelta(minutes=5))
    assert day.seen() == [("edit", "a.py", 0)]
