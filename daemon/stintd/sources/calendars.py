"""The daemon's side of `calendarworker`: one process for each calendar that is read. Event loop's thread."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress

import stintd
from stintd.domain.meeting import Meeting
from stintd.jsonvalue import Json, text_of, value_at
from stintd.ports import CalendarAnswer, CalendarRequest

LINE_LIMIT = 16 * 1024 * 1024
ANSWER_LIMIT = 15.0
"""Seconds after which the worker counts as stuck; it gives itself less."""
ENVIRONMENT_NAMES = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT")


async def read(question: CalendarRequest) -> CalendarAnswer:
    """See `ports.ReadCalendar`."""
    message = {
        "path": question.path,
        "lo_us": question.lo_us,
        "hi_us": question.hi_us,
        "zone": question.zone,
        "emails": list(question.emails),
    }
    try:
        process = await _start()
    except OSError as error:
        return CalendarAnswer(trouble=f"the process that reads calendars cannot start: {error.strerror}")
    try:
        out, _ = await asyncio.wait_for(process.communicate(json.dumps(message).encode() + b"\n"), ANSWER_LIMIT)
        return _parse_answer(out)
    except TimeoutError:
        return CalendarAnswer(trouble="it takes too long to read")
    finally:
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()
        await process.wait()


def _parse_answer(out: bytes) -> CalendarAnswer:
    """What the worker answered; one that was killed answered nothing."""
    if not out or len(out) > LINE_LIMIT:
        return CalendarAnswer(trouble="it takes too long or too much memory to read")
    answer: Json = json.loads(out)
    error, rows = text_of(value_at(answer, "error")), value_at(answer, "meetings")
    if error or not isinstance(rows, list):
        return CalendarAnswer(trouble=error or "it cannot be understood")
    is_full = value_at(answer, "isFull") is True
    return CalendarAnswer(tuple(map(_meeting, rows)), "it has more events in this period than are read" if is_full else "")


def _meeting(row: Json) -> Meeting:
    """A meeting as the worker writes it: `[start, end, title, attendees]`."""
    match row:
        case [int(lo_us), int(hi_us), str(title), list(attendees)]:
            return Meeting(lo_us, hi_us, title, tuple(map(text_of, attendees)))
    raise ValueError("the process that reads calendars wrote something else")


async def _start() -> Process:
    env = {name: os.environ[name] for name in ENVIRONMENT_NAMES if name in os.environ}
    env["PYTHONPATH"] = os.path.dirname(os.path.dirname(stintd.__file__))
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-s", "-m", "stintd.sources.calendarworker"),
        env=env,
        cwd=os.sep,
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        start_new_session=True,
    )
