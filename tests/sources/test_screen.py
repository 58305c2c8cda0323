"""A locked screen, over a real bus: what counts as locked, and what happens when bus or logind come and go."""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stintd.domain.model import ScreenSignal
from stintd.sources.dbus import BusError, call, parse, socket_path
from stintd.sources.screen import MANAGER, ScreenWatch
from tests.support import PATIENCE
from tests.support.clock import FakeClock
from tests.support.logind import Logind, SystemBus, needs_bus


class Watching:
    """A watch that runs beside a bus, and what it told: (seconds since the start, locked)."""

    def __init__(self, address: str) -> None:
        self.clock, self.told, self.touched = FakeClock(), list[tuple[float, bool]](), False
        self._began = self.clock.now()
        self.watch = ScreenWatch(self.clock, address, lambda since: self.touched)

    async def __aenter__(self) -> "Watching":
        self.task = asyncio.create_task(self.watch.run(self._sink))
        await self.sees(lambda: self.told)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    def _sink(self, signal: ScreenSignal) -> None:
        self.told.append(((signal.time - self._began) / timedelta(seconds=1), signal.is_locked))

    async def sees(self, probe: Callable[[], object], *, advance: bool = False) -> None:
        """Wait until it has seen something; with `advance` its own pauses pass."""
        async with asyncio.timeout(PATIENCE):
            while not probe():
                await asyncio.sleep(0.01)
                if advance:
                    await self.clock.advance(seconds=1)

    async def settled(self, logind: Logind) -> None:
        """Everything sent so far was read: a session that begins and ends is asked about."""
        asked = logind.asked
        logind.end(logind.session("cookie", Class="greeter"))
        await self.sees(lambda: logind.asked >= asked + 2)
        await asyncio.sleep(0.05)


@pytest.fixture
def bus(tmp_path):
    bus = SystemBus(tmp_path).start()
    yield bus
    bus.stop()


@pytest.fixture
def logind(bus):
    logind = Logind(bus).start()
    yield logind
    logind.stop()


@needs_bus
async def test_a_lock_and_its_end_are_told_once_and_at_their_time(bus, logind):
    desktop = logind.session("2")
    async with Watching(bus.address) as one:
        one.clock.move(minutes=1)
        logind.wish(desktop, "Lock")
        logind.change(desktop, LockedHint=True)
        await one.sees(lambda: len(one.told) == 2)
        logind.change(desktop, IdleHint=True)
        logind.change(desktop, LockedHint=True)
        one.clock.move(minutes=9)
        logind.wish(desktop, "Unlock")
        logind.change(desktop, LockedHint=False)
        await one.sees(lambda: len(one.told) == 3)
        await one.settled(logind)
    assert one.told == [(0, False), (60, True), (600, False)]


@needs_bus
async def test_locked_at_the_start(bus, logind):
    logind.session("2", LockedHint=True)
    async with Watching(bus.address) as one:
        assert one.told == [(0, True)]


@needs_bus
@pytest.mark.parametrize(
    ("other", "is_away"),
    [
        ({"Remote": True, "Active": False}, False), ({"Active": True}, False), ({"Active": False}, True),
        ({"Class": "greeter"}, True), ({"Class": "manager"}, True), ({"State": "closing"}, True),
        ({"user": os.getuid() + 1}, True), ({"LockedHint": True}, True),
    ],
)  # fmt: skip
async def test_another_session_to_sit_before_is_no_absence(bus, logind, other, is_away):
    desktop = logind.session("2")
    logind.session("3", **other)
    async with Watching(bus.address) as one:
        logind.change(desktop, LockedHint=True, Active=False)
        await one.settled(logind)
    assert one.told[-1][1] is is_away


@needs_bus
async def test_coming_in_from_another_machine_ends_a_lock_and_leaving_begins_it_again(bus, logind):
    logind.session("2", LockedHint=True)
    async with Watching(bus.address) as one:
        one.clock.move(seconds=10)
        remote = logind.session("c7", Remote=True)
        await one.sees(lambda: len(one.told) == 2)
        one.clock.move(seconds=10)
        logind.end(remote)
        await one.sees(lambda: len(one.told) == 3)
    assert one.told == [(0, True), (10, False), (20, True)]


@needs_bus
@pytest.mark.parametrize("touched", [False, True])
async def test_a_desktop_that_never_says_so_is_believed_only_where_no_hand_was_seen(bus, logind, touched):
    desktop = logind.session("2")
    async with Watching(bus.address) as one:
        logind.wish(desktop, "Lock")
        await one.settled(logind)
        one.clock.move(minutes=20)
        one.touched = touched
        logind.wish(desktop, "Unlock")
        logind.wish(desktop, "Unlock")
        await one.settled(logind)
    assert one.told == [(0, False)] + ([] if touched else [(0, True), (1200, False)])


@needs_bus
async def test_a_bus_that_went_away_is_found_again_and_no_time_away_is_invented(bus, logind):
    desktop = logind.session("2", LockedHint=True)
    async with Watching(bus.address) as one:
        one.clock.move(minutes=10)
        logind.stop()
        bus.stop()
        await one.sees(lambda: one.watch._lost_at)
        one.clock.move(minutes=10)
        bus.start()
        logind.sessions[desktop]["LockedHint"] = False
        logind.start()
        await one.sees(lambda: len(one.told) == 2, advance=True)
        logind.change(desktop, LockedHint=True)
        await one.sees(lambda: len(one.told) == 3)
    assert one.told[:2] == [(0, True), (600, False)]


@needs_bus
async def test_logind_may_come_after_us_and_go_before_us(bus):
    async with Watching(bus.address) as one:
        logind = Logind(bus)
        logind.sessions["/org/freedesktop/login1/session/_2"] = {
            "Class": "user",
            "State": "active",
            "Active": True,
            "Remote": False,
            "LockedHint": True,
            "user": os.getuid(),
        }
        logind.start()
        await one.sees(lambda: len(one.told) == 2)
        logind.stop()
        await one.sees(lambda: len(one.told) == 3)
    assert [is_locked for _, is_locked in one.told] == [False, True, False]


@pytest.mark.parametrize("address", ["unix:path=/nonexistent/bus", "tcp:host=127.0.0.1", "", "nonsense", "unix:path="])
async def test_without_a_bus_nothing_is_locked_and_nothing_is_tried_again(address):
    async with Watching(address) as one:
        await one.clock.advance(hours=1)
        assert not one.clock._sleepers
    assert one.told == [(0, False)]


async def test_what_speaks_no_d_bus_is_no_bus(tmp_path):
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"OK 00\r\n" + b"l" + b"\xff" * 15)
        await reader.read(10)
        await asyncio.sleep(0.05)
        writer.close()

    server = await asyncio.start_unix_server(answer, str(tmp_path / "bus"))
    async with Watching(f"unix:path={tmp_path}/bus") as one:
        assert one.told == [(0, False)]
    server.close()


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("unix:path=/run/b%20us,guid=1", "/run/b us"), ("tcp:host=x;unix:path=/a", "/a"), ("unix:abstract=/x", "\0/x"),
        ("unixexec:path=/bin/x", ""), ("", ""),
    ],
)  # fmt: skip
def test_addresses_of_a_bus(address, path):
    assert socket_path(address) == path


@pytest.mark.parametrize("data", [b"", b"l", b"x" * 16, b"l\4\0\1" + b"\xff" * 12, b"l\4\0\1" + bytes(8) + b"\xff\0\0\0"])
def test_a_message_that_is_none_is_refused(data):
    with pytest.raises(BusError):
        parse(data)


@given(st.integers(0, 200), st.integers(0, 255), st.integers(0, 210))
def test_a_message_with_a_byte_changed_or_cut_is_read_or_refused(at, byte, length):
    """Never anything else, whatever it holds."""
    whole = bytearray(call(1, MANAGER, "GetAll", ("one", "two")))
    whole[at % len(whole)] = byte
    with suppress(BusError):
        parse(bytes(whole[:length]))
