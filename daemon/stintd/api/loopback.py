"""The loopback port, for API clients that cannot use the control socket: opened, announced in `run/http.json`, moved, closed.

Every request here needs an API key. The daemon works without this port: if none can be opened, that is a warning, and the
daemon keeps running.
"""

import json
import os
import socket
from collections.abc import Callable

from stintd.api.guard import Guard
from stintd.api.listener import Listener
from stintd.api.server import Server
from stintd.engine.health import Health
from stintd.engine.upkeep import statusfile
from stintd.errors import Unavailable

HOST = "127.0.0.1"


class Loopback:
    """The port of one daemon. `bind(port)` returns a bound socket, on another port if that one is taken."""

    def __init__(self, server: Server, health: Health, bind: Callable[[int], socket.socket], path: str) -> None:
        self._server, self._health, self._bind, self._path = server, health, bind, path
        self._channel: socket.socket | None = None
        self._listener: Listener | None = None
        self.url: str | None = None

    async def open(self, port: int) -> None:
        """Listen on this port, or on another if it is taken, and write the address to the file."""
        try:
            self._channel = self._bind(port)
        except Unavailable as error:
            self._health.raise_warning("http_port", error.message, error.hint)
        else:
            actual = self._channel.getsockname()[1]
            self._listener = await self._server.listen(self._channel, Guard(actual), needs_key=True)
            self.url = f"http://{HOST}:{actual}"
            self._warn_if_moved(port, actual)
        about = {"url": self.url, "pid": os.getpid(), "version": self._server.surface.daemon.version}
        statusfile.replace_file(self._path, json.dumps(about) + "\n")

    def _warn_if_moved(self, wanted: int, actual: int) -> None:
        if wanted in (0, actual):
            self._health.clear("http_port")
            return
        text = f"port {wanted} is taken; API clients: {self.url}"
        self._health.raise_warning("http_port", text, "stop the program that uses that port, or set http.port to another")

    async def move(self, port: int) -> None:
        """Move to the port that the settings name now. The file always exists: a reader finds the old address or the new one."""
        if self._listener is not None:
            self._server.stop_listening(self._listener)
        self._close_channel()
        await self.open(port)

    def close(self) -> None:
        """Stop listening and remove the file."""
        self._close_channel()
        statusfile.remove_file(self._path)

    def _close_channel(self) -> None:
        if self._channel is not None:
            self._channel.close()
        self._channel = self._listener = self.url = None
