"""Notices that the screen is locked, where systemd-logind knows it: on Linux desktops. Elsewhere it reports nothing.

LockedHint decides: a desktop sets it while its screen is locked. Some desktops do not set it and only receive logind's
requests to lock and to unlock. These count only once both came and the person was not seen in between, because such a screen
can be unlocked without any signal. A person with another open session, on another terminal or from another machine, is not
away, whatever the screen shows.

Nothing is polled: one connection to the system bus waits for signals. Without a bus it waits for nothing. When a bus that
was there goes away, it tries to connect again with growing pauses, because the bus comes back.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from datetime import datetime

from stintd.clock import Clock
from stintd.domain.model import ScreenSignal
from stintd.frozen import frozen
from stintd.ports import Sink
from stintd.sources.dbus import BUS, Bus, BusError, BusMessage, BusValue

ADDRESS = "unix:path=/run/dbus/system_bus_socket"
LOGIN = "org.freedesktop.login1"
MANAGER = (LOGIN, "/org/freedesktop/login1", f"{LOGIN}.Manager")
SESSION = f"{LOGIN}.Session"
PROPERTIES = "org.freedesktop.DBus.Properties"
RULES = (
    f"type='signal',sender='{BUS[0]}',member='NameOwnerChanged',arg0='{LOGIN}'",
    f"type='signal',sender='{LOGIN}',interface='{SESSION}'",
    f"type='signal',sender='{LOGIN}',interface='{PROPERTIES}',arg0='{SESSION}'",
    f"type='signal',sender='{LOGIN}',interface='{LOGIN}.Manager',member='SessionNew'",
    f"type='signal',sender='{LOGIN}',interface='{LOGIN}.Manager',member='SessionRemoved'",
)
SIGNIFICANT = frozenset({"LockedHint", "Active", "State"})
"""Properties of a session that decide whether its screen counts as locked."""
PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds before the next try to connect
LOST = (OSError, EOFError, BusError, TimeoutError)
"""How a connection fails."""
log = logging.getLogger(__name__)


@frozen
class LoginSession:
    """One login session of the user. `is_open`: the person can work in it now."""

    path: str
    is_locked: bool
    is_open: bool

    @classmethod
    def from_properties(cls, path: str, properties: dict[BusValue, BusValue]) -> "LoginSession | None":
        """None for a session without a person: a greeter, a cron job, one that is closing."""
        if properties.get("Class") != "user" or properties.get("State") == "closing":
            return None
        is_locked = properties.get("LockedHint") is True
        return cls(path, is_locked, not is_locked and (properties.get("Remote") is True or properties.get("Active") is True))


def is_locked(sessions: list[LoginSession]) -> bool:
    """Whether the user has a locked screen and no other session to work in."""
    return any(session.is_locked for session in sessions) and not any(session.is_open for session in sessions)


class ScreenWatch:
    """A source. `is_touched` says whether the person was seen on this machine since an instant."""

    name = "screen"

    def __init__(
        self, clock: Clock, address: str = ADDRESS, is_touched: Callable[[datetime], bool] = lambda since: False
    ) -> None:
        self._clock, self._address, self._is_touched = clock, address, is_touched
        self._is_locked: bool | None = None  # None: nothing was reported yet
        self._lost_at: datetime | None = None  # while the bus is away: until when the state is known
        self._requests: dict[str, datetime] = {}  # when sessions without LockedHint were asked to lock

    async def run(self, sink: Sink) -> None:
        """Follow logind until cancelled."""
        pause = PAUSE
        while True:
            bus = await self._connect()
            if bus is not None:
                pause = PAUSE
                await self._follow_until_lost(bus, sink)
            elif self._is_locked is None:  # this machine has no bus
                self._report(False, sink)
                await asyncio.Event().wait()
            await self._clock.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _connect(self) -> Bus | None:
        try:
            return await Bus.open(self._address)
        except LOST:
            return None

    async def _follow_until_lost(self, bus: Bus, sink: Sink) -> None:
        """Report changes until the bus goes away."""
        try:
            await self._follow(bus, sink)
        except LOST as error:
            log.info("the system bus went away: %s", error)
            self._requests.clear()
            self._lost_at = self._clock.now()
        finally:
            bus.close()

    async def _follow(self, bus: Bus, sink: Sink) -> None:
        for rule in RULES:
            await bus.call(BUS, "AddMatch", rule)
        while True:
            sessions = await self._sessions(bus)
            self._report(is_locked(sessions), sink)
            for session in sessions:
                if session.is_locked:
                    self._requests.pop(session.path, None)  # it sets LockedHint
            message = await bus.signal(_is_significant)
            if message.member in ("Lock", "Unlock"):
                self._handle_request(message, sessions, sink)

    async def _sessions(self, bus: Bus) -> list[LoginSession]:
        """The sessions of the user; none while logind is not there."""
        try:
            (rows,) = await bus.call(MANAGER, "ListSessions")
            paths = _paths_of_user(rows, os.getuid())
        except BusError:
            return []
        except (ValueError, TypeError) as error:
            raise BusError("logind answers something else") from error
        return [session for path in paths if (session := await self._session(bus, path)) is not None]

    async def _session(self, bus: Bus, path: str) -> LoginSession | None:
        try:
            (properties,) = await bus.call((LOGIN, path, PROPERTIES), "GetAll", SESSION)
        except (BusError, ValueError):  # it ended between the two calls
            return None
        return LoginSession.from_properties(path, properties) if isinstance(properties, dict) else None

    def _report(self, is_locked: bool, sink: Sink) -> None:
        """Report a change. A change while the bus was away counts from when it went away, so that no time away is invented."""
        lost, self._lost_at = self._lost_at, None
        if is_locked != self._is_locked:
            self._is_locked = is_locked
            sink(ScreenSignal(lost if lost and not is_locked else self._clock.now(), is_locked))

    def _handle_request(self, message: BusMessage, sessions: list[LoginSession], sink: Sink) -> None:
        """A session is asked to lock or unlock its screen. One that sets LockedHint is not guessed about."""
        now, path = self._clock.now(), message.path
        if message.member == "Lock":
            if path in {session.path for session in sessions}:
                self._requests[path] = now
            return
        since = self._requests.pop(path, None)
        has_other = any(session.is_open for session in sessions if session.path != path)
        if since is not None and not has_other and not self._is_locked and not self._is_touched(since):
            sink(ScreenSignal(since, True))
            sink(ScreenSignal(now, False))


def _is_significant(message: BusMessage) -> bool:
    """Whether the screen may count as locked, or no longer, after this message."""
    if message.member != "PropertiesChanged":
        return message.member in ("NameOwnerChanged", "Lock", "Unlock", "SessionNew", "SessionRemoved")
    if len(message.body) < 3:
        return False
    changed, invalidated = message.body[1:3]
    return isinstance(changed, dict) and isinstance(invalidated, list) and bool(SIGNIFICANT & {*changed, *invalidated})


def _paths_of_user(rows: BusValue, user: int) -> list[str]:
    """The paths of this user's sessions in what `ListSessions` answers; TypeError or ValueError for anything else."""
    if not isinstance(rows, list):
        raise TypeError
    paths = []
    for row in rows:
        if not isinstance(row, tuple):
            raise TypeError
        _, owner, _, _, path = row
        if owner == user:
            paths.append(str(path))
    return paths
