"""The daemon itself."""

from stintd.client.request import Ask, reader
from stintd.protocol.types import Dashboard, Health, Status


def status() -> Ask[Status]:
    """What runs, today's total, and what is degraded."""
    return Ask("GET", "/api/status", reader(Status))


def health() -> Ask[Health]:
    """Whether the daemon works."""
    return Ask("GET", "/api/health", reader(Health))


def dashboard() -> Ask[Dashboard]:
    """What runs, today, the week, and what needs a look."""
    return Ask("GET", "/api/dashboard", reader(Dashboard))
