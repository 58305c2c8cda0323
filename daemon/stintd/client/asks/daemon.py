"""The daemon itself."""

from stintd.client.ask import Ask, reader
from stintd.protocol.types import Health, Status


def status() -> Ask[Status]:
    """What runs, today's total, and what is degraded."""
    return Ask("GET", "/api/status", reader(Status))


def health() -> Ask[Health]:
    """Whether the daemon works."""
    return Ask("GET", "/api/health", reader(Health))
