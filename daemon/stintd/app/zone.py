"""The machine's time zone, which decides what a day is."""

import os
from zoneinfo import ZoneInfo


def machine_zone() -> str:
    """The IANA name of the machine's zone; UTC if Python does not know it."""
    name = os.environ.get("TZ", "").lstrip(":")
    if not name:
        target = os.path.realpath("/etc/localtime")
        name = target.split("/zoneinfo/", 1)[1] if "/zoneinfo/" in target else "UTC"
    return name if _is_zone(name) else "UTC"


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
