"""Shared pieces of the tests: clocks to advance, repositories to work in, daemons to run."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 180.0
"""Seconds until a test that waits for something to happen gives up. Nobody waits so long but for what never comes: a test that
bets on a machine's speed fails where others work on it."""


def poll_until(probe: Callable[[], T], what: str = "") -> T:
    """Poll `probe` until it answers something true."""
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {PATIENCE:.0f} s: {what or probe}")
        time.sleep(0.01)  # noqa: TID251


async def wait_until(probe: Callable[[], T | Awaitable[T]], what: str = "") -> T:
    """The same in a coroutine, while others go on; `probe` may be one."""
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = probe()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {PATIENCE:.0f} s: {what or probe}")
        await asyncio.sleep(0.005)
