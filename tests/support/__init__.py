"""Shared pieces of the tests: clocks to advance, repositories to work in, daemons to run."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(probe: Callable[[], T], seconds: float = 10.0, what: str = "") -> T:
    """Poll `probe` until it answers something true; fails the test after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what or probe}")
        time.sleep(0.01)  # noqa: TID251
