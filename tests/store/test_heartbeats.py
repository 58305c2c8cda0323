"""The set of heartbeats that is read back depends on the set that was put in, and on nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stintd.domain.model import Context, Heartbeat, RepoId, from_us, to_us
from stintd.store import heartbeats
from stintd.store.database import memory
from stintd.store.ids import content_id

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HERE = Context("watch", "edit", repo=RepoId("r"), repo_path="/code/acme", branch="main")
THERE = Context("editor", "read", repo=RepoId("r"), repo_path="/code/acme", branch="main", session="vim")
ELSEWHERE = Context("api", "prompt", project="beta", source_text="toaster")


def beat(seconds=0.0, entity="a.py", context=HERE, beat_id=None):
    time = NOON + timedelta(seconds=seconds)
    return Heartbeat(content_id(time, context, entity) if beat_id is None else beat_id, time, context, entity)


def stored(conn):
    """Every heartbeat as (time, entity, context), sorted."""
    contexts = heartbeats.contexts(conn)
    return sorted(
        (time_us, entity, repr(contexts[run.context]))
        for run in heartbeats.runs(conn)
        for time_us, entity in heartbeats.beats(conn, run)
    )


def expected(beats):
    """What must be stored: explicit ids once each, the others once per content."""
    seen = {}
    for one in beats:
        seen.setdefault(one.id or content_id(one.time, one.context, one.entity), one)
    return sorted((to_us(one.time), one.entity, repr(one.context)) for one in seen.values())


TIMES = st.one_of(st.integers(0, 600_000_000), st.integers(0, 20).map(lambda n: n * 60_000_000), st.integers(0, 10**12))
PLAIN = st.builds(
    lambda us, entity, context: beat(us / 1e6, entity, context),
    TIMES, st.sampled_from(["a.py", "b.py", ""]), st.sampled_from([HERE, THERE, ELSEWHERE]),
)  # fmt: skip
NAMED = st.builds(lambda number, us: beat((us + number) / 1e6, "a.py", THERE, f"id-{number}-{us}"), st.integers(0, 50), TIMES)


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_any_order_batching_and_repetition_gives_the_same_set(data):
    beats = data.draw(st.lists(st.one_of(PLAIN, NAMED), max_size=40))
    again = data.draw(st.lists(st.sampled_from(beats), max_size=15)) if beats else []
    arrival = data.draw(st.permutations(beats + again))
    conn, accepted, at = memory(), 0, 0
    while at < len(arrival):
        size = data.draw(st.integers(1, 12))
        accepted += heartbeats.add(conn, arrival[at : at + size]).accepted
        at += size
    assert stored(conn) == expected(beats)
    assert accepted == len(expected(beats))
    assert all(heartbeats.are_known(conn, beats))
    assert heartbeats.add(conn, arrival) == heartbeats.Added(0, len(arrival), [], [])
    conn.close()


@given(st.lists(st.integers(0, 3 * 10**9), unique=True, min_size=1, max_size=60), st.randoms())
@settings(max_examples=60, deadline=None)
def test_runs_keep_their_promises_in_any_order_of_arrival(instants, rng):
    conn, order = memory(), list(instants)
    rng.shuffle(order)
    for us in order:
        heartbeats.add(conn, [beat(us / 1e6)])
    for run in heartbeats.runs(conn):
        times = [time_us for time_us, _ in heartbeats.beats(conn, run)]
        gaps = [b - a for a, b in pairwise(times)]
        assert (run.first_us, run.last_us, run.count) == (times[0], times[-1], len(times))
        assert run.max_gap_us == max(gaps, default=0) <= 120_000_000
    conn.close()


def test_a_repeated_id_is_a_duplicate_whatever_its_time_and_the_first_counts(conn):
    first = heartbeats.add(conn, [beat(0, "a.py", beat_id="x"), beat(5, "b.py", beat_id="x")])
    later = heartbeats.add(conn, [beat(86_400 * 200, "c.py", beat_id="x")])
    assert (first.accepted, first.duplicates, later.accepted, later.duplicates) == (1, 1, 0, 1)
    assert [entity for _, entity, _ in stored(conn)] == ["a.py"]


def test_equal_content_with_ids_of_its_own_is_two_heartbeats(conn):
    assert heartbeats.add(conn, [beat(0, beat_id="x"), beat(0, beat_id="y"), beat(0)]).accepted == 3
    assert heartbeats.runs(conn)[0].count == 3


def test_a_retry_on_another_branch_is_the_same_heartbeat(conn):
    other = Context("watch", "edit", repo=RepoId("r"), repo_path="/code/acme", branch="topic")
    heartbeats.add(conn, [beat(0)])
    assert heartbeats.add(conn, [beat(0, context=other)]).duplicates == 1


def test_a_heartbeat_without_id_is_known_by_its_content(conn):
    heartbeats.add(conn, [beat(0, beat_id="")])
    assert heartbeats.are_known(conn, [beat(0), beat(0, beat_id=""), beat(1)]) == [True, True, False]


def test_touched_names_each_stretch_of_new_heartbeats(conn):
    heartbeats.add(conn, [beat(0), beat(60)])
    added = heartbeats.add(conn, [beat(0), beat(30), beat(3600), beat(3660)])
    us = [to_us(NOON) + s * 10**6 for s in (30, 30, 3600, 3660)]
    assert added.touched == [(us[0], us[1]), (us[2], us[3])]


def test_new_contexts_are_told_once(conn):
    assert heartbeats.add(conn, [beat(0), beat(1), beat(2, context=THERE)]).new_contexts == [HERE, THERE]
    assert heartbeats.add(conn, [beat(3), beat(4, context=ELSEWHERE)]).new_contexts == [ELSEWHERE]


def test_a_late_heartbeat_joins_two_spans_into_one(conn):
    heartbeats.add(conn, [beat(0), beat(200)])
    assert len(heartbeats.runs(conn)) == 2
    heartbeats.add(conn, [beat(100)])
    (run,) = heartbeats.runs(conn)
    assert (run.count, run.max_gap_us) == (3, 100_000_000)


def test_a_heartbeat_before_all_others_moves_the_start_of_its_span(conn):
    heartbeats.add(conn, [beat(100)])
    heartbeats.add(conn, [beat(0)])
    (run,) = heartbeats.runs(conn)
    assert run.first_us == to_us(NOON)


def test_a_thousand_heartbeats_of_one_instant_are_all_kept(conn):
    beats = [beat(0, f"{n}.py") for n in range(1000)]
    assert heartbeats.add(conn, beats).accepted == 1000
    assert sum(run.count for run in heartbeats.runs(conn)) == 1000
    assert heartbeats.add(conn, beats).accepted == 0


def test_a_range_finds_the_spans_that_reach_into_it(conn):
    heartbeats.add(conn, [beat(s) for s in (0, 60, 120, 1000)])
    at = to_us(NOON) + 90 * 10**6
    assert [run.count for run in heartbeats.runs(conn, at, at)] == [3]
    assert heartbeats.runs(conn, at + 10**8, at + 2 * 10**8) == []


def test_an_island_ends_at_a_silence_longer_than_the_gap(conn):
    heartbeats.add(conn, [beat(s) for s in (0, 60, 900, 1900, 5000)])
    us = lambda s: to_us(NOON) + s * 10**6  # noqa: E731
    assert heartbeats.island(conn, us(100), us(100), 1000 * 10**6) == (us(0), us(1900))
    assert heartbeats.island(conn, us(4000), us(4000), 1000 * 10**6) == (us(4000), us(5000))
    assert heartbeats.island(conn, us(9000), us(9000), 1000 * 10**6) == (us(9000), us(9000))


def test_an_island_reaches_over_spans_of_several_contexts(conn):
    heartbeats.add(conn, [beat(s, context=THERE) for s in range(0, 2000, 100)] + [beat(1500), beat(2500)])
    us = lambda s: to_us(NOON) + s * 10**6  # noqa: E731
    assert heartbeats.island(conn, us(1500), us(1500), 700 * 10**6) == (us(0), us(2500))


def test_ends_of_a_persons_runs_by_kind_leave_out_agents_and_other_kinds(conn):
    commit = replace(HERE, source="git", kind="commit")
    agents = replace(commit, actor="agent")
    beats = [beat(0, context=commit), beat(60, context=commit), beat(600, context=commit), beat(700, context=agents), beat(800)]
    heartbeats.add(conn, beats)
    lo, hi = (to_us(beat(seconds).time) for seconds in (0, 600))
    found = heartbeats.person_ends(conn, {"commit", "push"}, lo, hi)
    assert [(at - lo) // 1_000_000 for at in found] == [60, 600]
    assert heartbeats.person_ends(conn, {"commit"}, lo + 1, hi - 1) == []


def test_the_newest_heartbeat_may_lie_in_a_span_that_began_earlier(conn):
    heartbeats.add(conn, [beat(s) for s in (0, 100, 200)] + [beat(50, context=THERE)])
    assert heartbeats.last_us(conn) == to_us(NOON) + 200 * 10**6
    assert heartbeats.bounds(conn) == (to_us(NOON), to_us(NOON) + 200 * 10**6)


def test_nothing_stored_has_no_ends(conn):
    assert (heartbeats.last_us(conn), heartbeats.bounds(conn), heartbeats.runs(conn)) == (None, None, [])


def test_removed_heartbeats_may_come_again(conn):
    beats = [beat(s, beat_id=f"x{s}") for s in range(0, 600, 60)]
    heartbeats.add(conn, beats)
    touched = heartbeats.remove(conn, to_us(beats[3].time), to_us(beats[5].time))
    assert touched == [(to_us(NOON), to_us(beats[-1].time))]
    assert heartbeats.are_known(conn, beats) == [True] * 3 + [False] * 3 + [True] * 4
    assert heartbeats.add(conn, beats).accepted == 3
    assert stored(conn) == expected(beats)


def test_only_the_named_contexts_are_removed(conn):
    heartbeats.add(conn, [beat(0), beat(0, context=THERE)])
    (there,) = [number for number, context in heartbeats.contexts(conn).items() if context == THERE]
    heartbeats.remove(conn, 0, to_us(NOON) + 1, {there})
    assert [context for _, _, context in stored(conn)] == [repr(HERE)]


@pytest.mark.parametrize("name", ["naïve/日本.py", "caf\udce9.py", "a\x00b", "x" * 1024])
def test_odd_file_names_are_kept_and_recognised(conn, name):
    heartbeats.add(conn, [beat(0, name)])
    assert heartbeats.add(conn, [beat(0, name)]).duplicates == 1
    (kept,) = [entity for _, entity, _ in stored(conn)]
    assert kept == (name if "\udce9" not in name else "caf\\udce9.py")


def test_times_keep_their_microseconds(conn):
    instants = [from_us(to_us(NOON) + n * 1_000_001) for n in range(5)]
    heartbeats.add(conn, [Heartbeat("", instant, HERE, "") for instant in instants])
    assert [time_us for time_us, _, _ in stored(conn)] == [to_us(instant) for instant in instants]
