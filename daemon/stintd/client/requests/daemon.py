"""The daemon itself."""

from stintd.client.request import Request, reader
from stintd.protocol.types import Dashboard, Health, Status


def status() -> Request[Status]:
    """The running timers, today's total, and the warnings."""
    return Request("GET", "/api/status", reader(Status))


def health() -> Request[Health]:
    """Whether the daemon works."""
    return Request("GET", "/api/health", reader(Health))


def dashboard() -> Request[Dashboard]:
    """The running timers, today, the week, and what needs your attention."""
    return Request("GET", "/api/dashboard", reader(Dashboard))
