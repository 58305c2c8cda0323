"""Clients of the daemon, standard library only: `Client` blocks, `AsyncClient` is awaited, and `control` is the fast path
of the command line. It speaks HTTP by itself, because importing `http.client` alone costs more than the rest of a command.
Imports protocol, paths and errors.

A program imports what it needs from here. Each name is loaded on first use: `stint status` imports `stintd.client.control`,
and with it this package, and must not pay for dataclasses and asyncio.
"""

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stintd.client.aio import AsyncClient, AsyncEventStream
    from stintd.client.request import CLEAR
    from stintd.client.sync import Client, EventStream
    from stintd.client.transport import DaemonDown

__all__ = ["CLEAR", "AsyncClient", "AsyncEventStream", "Client", "DaemonDown", "EventStream"]
_HOMES = {
    "AsyncClient": "aio",
    "AsyncEventStream": "aio",
    "CLEAR": "request",
    "Client": "sync",
    "DaemonDown": "transport",
    "EventStream": "sync",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
