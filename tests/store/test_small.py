"""Cursors, absences, the change log."""

from datetime import timedelta

from stintd.domain.model import Absence, to_us
from stintd.store import absences, changes, cursors
from tests.store.conftest import NOON

HOUR = timedelta(hours=1)


def test_cursors_are_replaced_by_name(conn):
    cursors.put(conn, {"reflog:/a": "1", "reflog:/b": "2", "spool": "x"})
    cursors.put(conn, {"reflog:/a": "3"})
    assert cursors.get(conn, "reflog:/a") == "3"
    assert cursors.all_of(conn, "reflog:") == {"reflog:/a": "3", "reflog:/b": "2"}
    cursors.drop(conn, "reflog:/a")
    assert cursors.get(conn, "reflog:/a") is None


def test_an_installation_keeps_its_ids(conn):
    ids = cursors.ensure_identity(conn, NOON)
    assert len(set(ids)) == 3
    assert cursors.ensure_identity(conn, NOON + HOUR) == ids


def test_an_absence_is_stored_once(conn):
    absence = Absence(NOON, NOON + HOUR, "suspend", "laptop")
    assert absences.add(conn, absence)
    assert not absences.add(conn, absence)
    assert absences.absences_in(conn, to_us(NOON + HOUR), to_us(NOON + 2 * HOUR)) == [absence]
    assert absences.absences_in(conn, to_us(NOON + HOUR) + 1, to_us(NOON + 2 * HOUR)) == []
    assert absences.remove(conn, absence)
    assert not absences.remove(conn, absence)


def test_blind_stretches_are_told(conn):
    absences.add_blind(conn, NOON, NOON + HOUR, "the daemon was down")
    (blind,) = absences.blind_stretches(conn, to_us(NOON), to_us(NOON))
    assert blind.reason == "the daemon was down"


def test_the_change_log_is_read_from_a_place(conn):
    first = changes.append(conn, NOON, "project.created", {"name": "ünï"})
    second = changes.append(conn, NOON, "health", {})
    assert changes.changes_since(conn, 0) == [first, second]
    assert changes.changes_since(conn, first.seq, 1) == [second]
    assert changes.bounds(conn) == (first.seq, second.seq)


def test_a_trimmed_log_never_gives_a_number_twice(conn):
    assert changes.bounds(conn) == (0, 0)
    for _ in range(5):
        last = changes.append(conn, NOON, "health", {}).seq
    assert changes.trim(conn, NOON + HOUR, keep=2) == 3
    assert changes.trim(conn, NOON + HOUR, keep=0) == 2
    assert changes.bounds(conn) == (0, last)
    assert changes.append(conn, NOON, "health", {}).seq == last + 1
    assert changes.trim(conn, NOON - HOUR, keep=0) == 0
