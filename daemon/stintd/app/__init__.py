"""The composition root: builds everything, wires it, starts it in order, stops it in reverse. Contains no rule.

Only it sees every room; `cli/run.py` alone imports it.
"""

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

from stintd import memory, settings
from stintd.app.daemon import App
from stintd.app.offline import backup, restore

__all__ = ["App", "backup", "machine_zone", "restore", "serve"]

WORKERS = 2
"""Threads for blocking reads; each costs memory, and walks of folders gain nothing from more."""
SWITCH_SECONDS = 0.0005
"""How long a thread that derives may keep the interpreter from the one that answers; Python's own 5 ms are a bar of ours."""


def machine_zone() -> str:
    """The IANA name of the machine's zone; UTC when it has none that Python knows."""
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


async def serve(chosen: settings.Settings, stop: asyncio.Event) -> None:
    """Run a daemon until `stop`."""
    memory.keep_small()
    sys.setswitchinterval(SWITCH_SECONDS)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(WORKERS, thread_name_prefix="worker"))
    app = App(chosen)
    await app.start()
    try:
        await stop.wait()
    finally:
        await app.stop()
