"""The composition root: builds everything, wires it, starts it in order, stops it in reverse. Contains no rule.

Only it sees every room; `cli/run.py` alone imports it.
"""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor

from stintd import memory, settings
from stintd.app.daemon import App
from stintd.app.offline import backup, restore
from stintd.app.zone import machine_zone

__all__ = ["App", "backup", "machine_zone", "restore", "serve"]

WORKERS = 2
"""Threads for blocking reads; each costs memory, and walks of folders gain nothing from more."""
SWITCH_SECONDS = 0.0005
"""How long a thread that derives may keep the interpreter from the one that answers; Python's own 5 ms are a bar of ours."""


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
