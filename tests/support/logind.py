"""A system bus of the test's own, and something on it that speaks as systemd-logind does, by a library that is not ours."""

import os
import shutil
import socket
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from jeepney import DBusAddress, HeaderFields, MessageType, new_error, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from tests.support import poll_until

LOGIN, MANAGER, SESSION = "org.freedesktop.login1", "org.freedesktop.login1.Manager", "org.freedesktop.login1.Session"
CONFIG = """<busconfig><type>session</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
</policy></busconfig>"""
needs_bus = pytest.mark.skipif(not shutil.which("dbus-daemon"), reason="no dbus-daemon here (apt install dbus)")


class SystemBus:
    """A real dbus-daemon that can be stopped and started again on the same socket."""

    def __init__(self, folder: Path) -> None:
        self.socket, self._config = folder / "bus", folder / "bus.conf"
        self.address = f"unix:path={self.socket}"
        self._config.write_text(CONFIG.format(socket=self.socket))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "SystemBus":
        self.socket.unlink(missing_ok=True)
        self._process = subprocess.Popen(["dbus-daemon", "--nofork", "--nopidfile", f"--config-file={self._config}"])
        poll_until(self._listens, what="the bus listens")
        return self

    def _listens(self) -> bool:
        """The file is there a moment before anybody listens."""
        with socket.socket(socket.AF_UNIX) as channel:
            return channel.connect_ex(str(self.socket)) == 0

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class Logind:
    """Sessions as logind shows them. `sessions`: properties by object path, of this user unless `user` is set."""

    def __init__(self, bus: SystemBus) -> None:
        self._bus, self._stopping, self.asked = bus, threading.Event(), 0
        self.sessions: dict[str, dict[str, Any]] = {}
        self._thread: threading.Thread | None = None
        self._connection: DBusConnection | None = None

    def start(self) -> "Logind":
        self._stopping.clear()
        self._connection = open_dbus_connection(bus=self._bus.address)
        self._connection.send_and_get_reply(message_bus.RequestName(LOGIN))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(10)
        if self._connection is not None:
            self._connection.close()

    def session(self, name: str, **properties: Any) -> str:
        """A session that begins now: a desktop in front, unless told otherwise."""
        path = f"/org/freedesktop/login1/session/{name}"
        usual = {"Class": "user", "State": "active", "Active": True, "Remote": False, "LockedHint": False, "user": os.getuid()}
        self.sessions[path] = {**usual, **properties}
        self._signal("/org/freedesktop/login1", MANAGER, "SessionNew", "so", (name, path))
        return path

    def end(self, path: str) -> None:
        del self.sessions[path]
        self._signal("/org/freedesktop/login1", MANAGER, "SessionRemoved", "so", (path.rpartition("/")[2], path))

    def change(self, path: str, **properties: Any) -> None:
        """Properties change, and logind says so."""
        self.sessions[path].update(properties)
        body = (SESSION, {name: _variant(value) for name, value in properties.items()}, [])
        self._signal(path, "org.freedesktop.DBus.Properties", "PropertiesChanged", "sa{sv}as", body)

    def wish(self, path: str, what: str) -> None:
        """`Lock` or `Unlock`: what logind asks a session's desktop to do."""
        self._signal(path, SESSION, what)

    def _signal(self, path: str, interface: str, member: str, signature: str | None = None, body: tuple[Any, ...] = ()) -> None:
        if self._connection is not None:
            self._connection.send(new_signal(DBusAddress(path, interface=interface), member, signature, body))

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                message = self._connection.receive(timeout=0.1)  # type: ignore[union-attr]
            except TimeoutError:
                continue
            except (OSError, EOFError):
                return
            if message.header.message_type is MessageType.method_call:
                self.asked += 1
                self._connection.send(self._answer(message))  # type: ignore[union-attr]

    def _answer(self, message: Any) -> Any:
        member, path = message.header.fields[HeaderFields.member], message.header.fields[HeaderFields.path]
        if member == "ListSessions":
            listed = [(path.rpartition("/")[2], one["user"], "ada", "seat0", path) for path, one in self.sessions.items()]
            return new_method_return(message, "a(susso)", (listed,))
        if member == "GetAll" and path in self.sessions:
            shown = {name: _variant(value) for name, value in self.sessions[path].items() if name != "user"}
            # What real sessions have besides, of every shape.
            shown |= {"User": ("(uo)", (os.getuid(), "/org/freedesktop/login1/user/_0")), "VTNr": ("u", 2)}
            shown |= {"IdleSinceHint": ("t", 2**60), "Odd": ("a(ya{sv})", [(1, {"x": ("as", ["y", ""])}), (2, {})])}
            return new_method_return(message, "a{sv}", (shown,))
        return new_error(message, "org.freedesktop.DBus.Error.UnknownObject", "s", ("no such thing",))


def _variant(value: Any) -> tuple[str, Any]:
    return ("b" if isinstance(value, bool) else "s", value)
