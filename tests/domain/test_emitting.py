"""Heartbeats as events: the same heartbeats give the same events, and their lengths never overlap."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from stintd.domain.emitting import LONE_US, OutgoingBeat, events, first_open_us, wakatime_item

IDLE = 900_000_000
MINUTE = 60_000_000


def sent(minute, path="/code/a.py", actor="human", **more):
    return OutgoingBeat(round(minute * MINUTE), actor, "dev", more.get("kind", "edit"), "acme", "main", path, "/code", "vim")


def spans(beats, until=10_000):
    return [(one.start_us / MINUTE, one.end_us / MINUTE, dict(one.data)["file"]) for one in events(beats, IDLE, until * MINUTE)]


def test_a_heartbeat_lasts_until_the_next_and_equal_ones_are_one_event():
    assert spans([sent(0), sent(2), sent(5, "/code/b.py")]) == [(0, 5, "/code/a.py"), (5, 6, "/code/b.py")]


def test_a_silence_is_nobodys():
    assert spans([sent(0), sent(30)]) == [(0, 1, "/code/a.py"), (30, 31, "/code/a.py")]


def test_the_last_length_is_not_told_before_it_is_known():
    beats = [sent(0), sent(2, "/code/b.py")]
    assert spans(beats, until=3) == [(0, 2, "/code/a.py")]
    assert first_open_us(beats, IDLE, 3 * MINUTE) == 2 * MINUTE
    assert first_open_us(beats, IDLE, 30 * MINUTE) is None


def test_an_agent_has_a_bucket_of_its_own():
    found = events([sent(0), sent(1, actor="agent"), sent(4), sent(5, actor="agent")], IDLE, 100 * MINUTE)
    assert {one.bucket for one in found} == {"stintd-editor_dev", "stintd-agents_dev"}


@given(st.lists(st.tuples(st.integers(0, 5000), st.sampled_from("ab")), min_size=1, max_size=40), st.integers(0, 39))
def test_in_parts_or_whole_the_events_cover_the_same_time(told, cut):
    """The part up to now, then everything from what was open on: as an emitter sends them."""
    beats = sorted({sent(second / 60, f"/code/{name}.py") for second, name in told})
    now = beats[min(cut, len(beats) - 1)].time_us
    first = events([one for one in beats if one.time_us <= now], IDLE, now)
    begin = first_open_us([one for one in beats if one.time_us <= now], IDLE, now)
    rest = events([one for one in beats if one.time_us >= begin], IDLE, 10**12)
    whole = events(beats, IDLE, 10**12)
    assert sum(one.end_us - one.start_us for one in first + rest) == sum(one.end_us - one.start_us for one in whole)
    joined = sorted(whole)
    assert all(a.end_us <= b.start_us for a, b in pairwise(joined))
    assert LONE_US == MINUTE


def test_an_item_for_wakatime_says_whose_it_was():
    item = wakatime_item(sent(1, actor="agent"), "me")
    assert (item["entity"], item["type"], item["category"], item["is_write"], item["language"]) == (
        "/code/a.py",
        "file",
        "ai coding",
        True,
        "Python",
    )
    assert wakatime_item(sent(1, "", kind="prompt"), "me")["entity"] == "/code"
