"""The screen lock through a real bus and a real daemon, which is killed while the screen is locked."""

import sqlite3

from tests.support import poll_until
from tests.support.logind import Logind, SystemBus, needs_bus


def rows(daemon, sql: str) -> list[tuple]:
    connection = sqlite3.connect(f"file:{daemon.layout.database}?mode=ro", uri=True)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


@needs_bus
def test_a_lock_outlives_the_daemon_s_death_and_becomes_one_absence(make_daemon, tmp_path):
    bus = SystemBus(tmp_path).start()
    logind = Logind(bus).start()
    try:
        desktop = logind.session("2")
        daemon = make_daemon(environment={"DBUS_SYSTEM_BUS_ADDRESS": bus.address}).start()
        poll_until(lambda: logind.asked, "the daemon asks")
        logind.change(desktop, LockedHint=True)
        poll_until(lambda: rows(daemon, "SELECT 1 FROM cursor WHERE name = 'screen_locked'"), "the lock is kept")
        daemon.kill()
        asked = logind.asked
        daemon.start()
        poll_until(lambda: logind.asked >= asked + 2, "the daemon asks again")
        assert rows(daemon, "SELECT 1 FROM absence") == []
        logind.change(desktop, LockedHint=False)
        poll_until(lambda: rows(daemon, "SELECT 1 FROM absence"), "the absence is stored")
        assert [kind for (kind,) in rows(daemon, "SELECT kind FROM absence")] == ["lock"]
        assert rows(daemon, "SELECT 1 FROM cursor WHERE name = 'screen_locked'") == []
        assert daemon.client.get("/api/status")["warnings"] == []
    finally:
        logind.stop()
        bus.stop()
