"""The composition root: builds and connects all parts, starts them in order and stops them in reverse. Contains no rules.

It is the only package that imports every other; `cli/run.py` alone imports it.
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
"""Threads for blocking reads. Each costs memory, and walking folders gets no faster with more."""
SWITCH_SECONDS = 0.0005
"""How long a thread that derives may keep the interpreter from the thread that answers. Python's default of 5 ms would use up one
of our limits for the time of an answer."""


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
