"""Protocols with more than one implementation: what delivers signals, and what carries requests out of this machine."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from stintd.domain.model import AgentSignal, Signal

Sink = Callable[[Signal], None]
"""Where a source puts what it noticed. Called on the event loop's thread; never blocks, never raises."""


class Source(Protocol):
    """Something that notices work. `run` ends only when cancelled; an exception makes the supervisor restart it."""

    name: str

    async def run(self, sink: Sink) -> None:
        """Notice until cancelled."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request to somebody else's server. Lengths in seconds; `total_seconds` from the look-up of the name to the
    last byte. Redirects are never followed. `answer_bytes`: so much of the answer is read. Without `may_be_private` only
    https to addresses of the internet (`domain/address.py`)."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    may_be_private: bool = False
    connect_seconds: float = 5.0
    total_seconds: float = 10.0
    answer_bytes: int = 65536


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered: header names in lower case. `is_cut`: the answer was longer, or broke off, or took too
    long after its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """No answer. `kind`: `refused` (our rules forbid it; nothing was sent), `unreachable` (no name, no connection), `tls`,
    `timeout`, `dropped` (the connection ended before an answer), `odd` (no HTTP), `worker` (our own process failed).
    `text` is for people and names neither URL nor headers. Except for `refused` the server may have got the request."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Logged:
    """What agents' session logs tell. `unreadable` lines were passed over; `troubles` name files that were not read to
    their end, `{path, why}`. `is_full`: there was more than one reading takes."""

    acts: list[AgentSignal]
    files: int
    lines: int = 0
    unreadable: int = 0
    troubles: list[dict[str, str]] = field(default_factory=list)
    is_full: bool = False


class LogReader(Protocol):
    """Reads the session logs that agents leave on disk."""

    async def read(self, lo_us: int, hi_us: int, now_us: int, told: Callable[[dict[str, int]], None]) -> Logged:
        """The acts of a half-open period, each once. `told` hears `{files, bytes}` first, then `{file, read}`.
        `unavailable` when the logs cannot be read."""


class Carrier(Protocol):
    """Sends requests."""

    async def send(self, request: Request) -> Response | Failure:
        """The answer; never raises for what a server does."""
