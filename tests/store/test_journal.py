"""An answered heartbeat is in the journal; what is not whole there was never answered."""

import os
import random
import resource
import signal
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stintd.domain.model import Context, Heartbeat, RepoId
from stintd.errors import StorageFull, Unavailable
from stintd.store import heartbeats
from stintd.store.database import memory
from stintd.store.ids import content_id, key_of
from stintd.store.journal import Journal

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HERE = Context("watch", "edit", repo=RepoId("r"), repo_path="/code/acme", branch="main")
THERE = Context("api", "prompt", project="beta\n", session="ünï", source_text="toaster")


def beat(number, context=HERE):
    time = NOON + timedelta(seconds=40 * number)
    entity = f"file-{number % 7}.py"
    return Heartbeat(f"id-{number}" if number % 2 else content_id(time, context, entity), time, context, entity)


BEATS = [beat(n, THERE if n % 5 == 0 else HERE) for n in range(60)]


def essence(beats):
    return [(key_of(one.id), one.time, one.context, one.entity) for one in beats]


def replayed(folder):
    return essence(Journal(folder).replay())


def test_what_was_appended_is_replayed_in_order(folder):
    written = Journal(folder)
    for at in range(0, 60, 7):
        written.append(BEATS[at : at + 7])
    assert replayed(folder) == essence(BEATS)
    assert replayed(folder) == essence(BEATS)


def test_a_heartbeat_takes_about_twenty_bytes(folder):
    written = Journal(folder)
    for number in range(500):
        written.append([beat(number)])
    (file,) = folder.iterdir()
    assert file.stat().st_size / 500 < 20
    assert file.stat().st_mode & 0o777 == 0o600


def test_every_torn_tail_costs_only_the_call_it_tore(folder):
    written, ends = Journal(folder), []
    for at in range(0, 12, 3):
        written.append(BEATS[at : at + 3])
        ends.append(next(folder.iterdir()).stat().st_size)
    (file,) = folder.iterdir()
    data = file.read_bytes()
    for size in range(len(data) + 1):
        file.write_bytes(data[:size])
        whole = sum(end <= size for end in ends)
        assert replayed(folder) == essence(BEATS[: 3 * whole])


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_no_damage_makes_heartbeats_that_were_never_sent(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("journal")
    written = Journal(folder)
    for at in range(0, 60, 5):
        written.append(BEATS[at : at + 5])
    (file,) = folder.iterdir()
    damaged = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    file.write_bytes(damaged)
    found = replayed(folder)
    assert found == essence(BEATS[: len(found)])


def test_what_could_not_be_read_is_counted(folder):
    Journal(folder).append(BEATS)
    (file,) = folder.iterdir()
    os.truncate(file, file.stat().st_size - 3)
    read = Journal(folder)
    assert read.replay() == []
    assert read.damaged_bytes > 0


def test_retired_heartbeats_are_not_replayed_and_those_behind_them_are(folder):
    written = Journal(folder)
    for at in range(0, 60, 10):
        written.append(BEATS[at : at + 10])
    written.retire(BEATS[:30])
    assert replayed(folder) == essence(BEATS[30:])
    written.retire(BEATS[30:])
    assert replayed(folder) == []


def test_part_of_a_call_retired_keeps_the_call(folder):
    written = Journal(folder)
    written.append(BEATS)
    written.retire(BEATS[:10])
    assert replayed(folder) == essence(BEATS)


def test_a_second_process_goes_on_in_a_file_of_its_own(folder):
    Journal(folder).append(BEATS[:10])
    second = Journal(folder)
    old = second.replay()
    second.append(BEATS[10:20])
    assert replayed(folder) == essence(BEATS[:20])
    second.retire(old)
    assert replayed(folder) == essence(BEATS[10:20])
    assert len(list(folder.iterdir())) == 1


def test_files_of_former_processes_go_when_they_are_stored_though_others_came_later(folder):
    for at in (0, 10, 20):
        Journal(folder).append(BEATS[at : at + 10])
    last = Journal(folder)
    old = last.replay()
    last.append(BEATS[30:40])
    last.retire([*old, *BEATS[30:40]])
    assert len(list(folder.iterdir())) == 1
    assert replayed(folder) == []


def test_a_grown_file_is_replaced_when_all_of_it_is_stored(folder):
    written = Journal(folder, fresh_bytes=1000)
    for _ in range(50):
        written.append(BEATS)
        written.retire(BEATS)
    assert sum(file.stat().st_size for file in folder.iterdir()) < 3000
    written.append(BEATS[:5])
    assert replayed(folder) == essence(BEATS[:5])


def test_a_clean_end_leaves_nothing(folder):
    written = Journal(folder)
    written.append(BEATS)
    written.retire(BEATS)
    written.close()
    assert list(folder.iterdir()) == []


def test_a_heartbeat_is_pending_until_it_is_retired(folder):
    written = Journal(folder)
    written.append(BEATS[:10])
    assert all(written.is_pending(one) for one in BEATS[:10])
    assert not written.is_pending(BEATS[10])
    again = Journal(folder)
    assert again.is_pending(BEATS[0]) is False
    old = again.replay()
    assert all(again.is_pending(one) for one in BEATS[:10])
    again.retire(old)
    assert not any(again.is_pending(one) for one in BEATS[:10])


def test_replaying_twice_stores_once(folder, conn):
    Journal(folder).append(BEATS)
    first = heartbeats.add(conn, Journal(folder).replay())
    assert first.accepted == 60
    assert heartbeats.add(conn, Journal(folder).replay()).accepted == 0
    assert heartbeats.add(conn, BEATS).accepted == 0


@given(st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_restarts_at_any_moment_lose_and_double_nothing(tmp_path_factory, rng: random.Random):
    folder, conn = tmp_path_factory.mktemp("journal"), memory()
    running, sent, waiting = Journal(folder), 0, []
    while sent < 60:
        act = rng.random()
        if act < 0.5:
            size = rng.randrange(1, 8)
            running.append(BEATS[sent : sent + size])
            waiting += BEATS[sent : sent + size]
            sent += size
        elif act < 0.75:
            heartbeats.add(conn, waiting)
            if rng.random() < 0.7:  # else the process dies between the commit and the retirement
                running.retire(waiting)
                waiting = []
        if rng.random() < 0.2:
            running = Journal(folder)
            waiting = running.replay()
    heartbeats.add(conn, Journal(folder).replay())
    assert sum(run.count for run in heartbeats.runs(conn)) == 60
    conn.close()


def test_a_file_that_cannot_grow_is_storage_full_and_keeps_what_was_answered(folder):
    written = Journal(folder)
    written.append(BEATS[:10])
    (file,) = folder.iterdir()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + 20, hard))
    try:
        with pytest.raises(StorageFull):
            written.append(BEATS[10:30])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert replayed(folder) == essence(BEATS[:10])
    written.append(BEATS[30:40])
    assert replayed(folder) == essence(BEATS[:10] + BEATS[30:40])


def test_a_folder_that_is_a_file_is_unavailable(tmp_path):
    (tmp_path / "journal").write_text("")
    with pytest.raises(Unavailable):
        Journal(tmp_path / "journal").append(BEATS[:1])


def test_flushing_nothing_does_nothing(folder):
    written = Journal(folder)
    written.sync()
    written.append(BEATS[:1])
    written.sync()
    written.sync()
    written.close()
