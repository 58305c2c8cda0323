"""The port of ActivityWatch's watchers: opened, moved and closed as the settings say."""

import socket
from collections.abc import Callable

from stintd.api.activitywatch import TABLE
from stintd.api.guard import Guard
from stintd.api.listener import Listener
from stintd.api.server import Server
from stintd.engine.health import Health
from stintd.errors import Unavailable


class WatcherPort:
    """The port for watchers, while the settings enable it. No other port is tried if it is taken, because watchers would not find
    it."""

    def __init__(self, server: Server, health: Health, bind: Callable[[int], socket.socket]) -> None:
        self._server, self._health, self._bind = server, health, bind
        self._channel: socket.socket | None = None
        self._listener: Listener | None = None

    async def move(self, port: int | None) -> None:
        """Listen on this port only; None: on no port."""
        self.close()
        self._health.clear("activitywatch_port")
        if port is None:
            return
        try:
            channel = self._bind(port)
        except Unavailable as error:
            self._warn(port, error.message)
            return
        if channel.getsockname()[1] != port:
            channel.close()
            self._warn(port, f"port {port} is taken")
            return
        self._channel = channel
        self._listener = await self._server.listen(channel, Guard(port), table=TABLE)

    def _warn(self, port: int, text: str) -> None:
        hint = "stop ActivityWatch's own server, or set activitywatch.port to another port"
        self._health.raise_warning("activitywatch_port", f"ActivityWatch watchers cannot connect: {text}", hint)

    def close(self) -> None:
        """Stop listening."""
        if self._listener is not None:
            self._server.stop_listening(self._listener)
        if self._channel is not None:
            self._channel.close()
        self._channel = self._listener = None
