"""Clients of the daemon, which need only the standard library: `Client` blocks, `AsyncClient` is for asyncio, and `control` is
the fast path of the command line. The package has its own HTTP, because importing `http.client` alone takes longer than the
rest of a command. It imports protocol, paths and errors.

Programs import what they need from here. Each name is loaded on first use, because `stint status` imports
`stintd.client.control`, and with it this package, but must not spend time on loading dataclasses and asyncio.
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
