from datetime import UTC, datetime, timedelta

from stintd.domain.model import Context
from stintd.store.ids import EXPLICIT, content_id, key_of, new_id, stored_beat_id

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_ids_sort_by_time_and_those_of_one_instant_by_creation():
    instants = [NOON + timedelta(microseconds=us) for us in (0, 0, 0, 1, 999, 1000, 1001, 10**9)]
    made = [new_id(instant) for instant in instants]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_an_id_is_a_uuid_of_version_7():
    text = new_id(NOON)
    assert (len(text), text[14], text[19] in "89ab") == (36, "7", True)
    assert int(text[:8] + text[9:13], 16) == int(NOON.timestamp() * 1000)


def test_a_derived_id_has_a_small_key_and_a_caller_s_id_a_large_one():
    derived = content_id(NOON, Context("watch", "edit"), "a.py")
    assert key_of(derived) < EXPLICIT
    assert key_of("bench-1") >= EXPLICIT
    assert key_of("bench-1") < 1 << 63


def test_content_that_differs_only_in_branch_or_device_is_the_same_heartbeat():
    one = content_id(NOON, Context("watch", "edit", repo_path="/a", branch="main", device="laptop"), "a.py")
    other = content_id(NOON, Context("watch", "edit", repo_path="/a", branch="topic", device="box"), "a.py")
    assert one == other
    assert one != content_id(NOON, Context("watch", "edit", repo_path="/b"), "a.py")


def test_an_id_as_it_is_listed_gives_the_key_it_was_listed_for():
    for text in ("bench-1", "~0123456789abcdef01234567", ""):
        key = key_of(text)
        assert key_of(stored_beat_id(key, 1_795_165_200_000_000)) == key
