"""The daemon's side of the worker process. The worker starts with the first request, ends when nothing has been sent for a while,
and starts again if it died. Everything here runs in the thread of the event loop.

If the worker dies, its requests are answered with a failure, and their senders send them again. The worker gets a reduced
environment (no proxies, no Python settings), and the only secrets it gets are those in the requests.
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress

import stintd
from stintd.clock import Clock
from stintd.ports import Failure, HttpRequest, HttpResponse
from stintd.sinks.wire import LONGEST, read_answer, request_line

IDLE = 30.0
"""Seconds after the last answer until the worker ends."""
GRACE = 5.0
"""Seconds after a request's own time limit until the worker itself counts as stuck."""
ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "SYSTEMROOT")


class Courier:
    """Sends requests through the worker; see `ports.Carrier`."""

    def __init__(self, clock: Clock, grace: float = GRACE) -> None:
        self._clock, self._grace = clock, grace
        self._process: Process | None = None
        self._waiting: dict[int, asyncio.Future[HttpResponse | Failure]] = {}
        self._starting = asyncio.Lock()
        self._listening: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._number = 0

    @property
    def pid(self) -> int | None:
        """The process id of the worker; None while none runs."""
        return self._process.pid if self._process is not None else None

    async def send(self, request: HttpRequest) -> HttpResponse | Failure:
        """See `ports.Carrier`."""
        self._number += 1
        number = self._number
        answer: asyncio.Future[HttpResponse | Failure] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        self._cancel_end()
        try:
            async with asyncio.timeout(request.total_seconds + self._grace):
                await self._hand_over(request_line(number, request))
                return await answer
        except TimeoutError:
            await self._kill()
            return Failure("worker", "the worker process that sends requests did not answer")
        except OSError as error:
            return Failure(
                "worker", f"the worker process that sends requests does not work: {error.strerror or type(error).__name__}"
            )
        finally:
            self._waiting.pop(number, None)
            if not self._waiting:
                self._end_when_idle()

    async def close(self) -> None:
        """End the worker; its unanswered requests fail."""
        self._cancel_end()
        await self._kill()

    async def _hand_over(self, line: bytes) -> None:
        process = await self._worker()
        assert process.stdin is not None
        process.stdin.write(line)
        await process.stdin.drain()

    async def _worker(self) -> Process:
        async with self._starting:
            if self._process is None or self._process.returncode is not None:
                env = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
                env["PYTHONPATH"] = os.path.dirname(os.path.dirname(stintd.__file__))
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-P",
                    "-s",
                    "-m",
                    "stintd.sinks.worker",
                    env=env,
                    cwd=os.sep,
                    limit=LONGEST,
                    stdin=PIPE,
                    stdout=PIPE,
                    stderr=DEVNULL,
                    start_new_session=True,
                )
                self._listening = asyncio.create_task(self._listen(self._process))
            return self._process

    async def _listen(self, process: Process) -> None:
        """Pass answers to the requests that wait for them. If the worker ends, all waiting requests fail."""
        assert process.stdout is not None
        try:
            while line := await process.stdout.readline():
                number, answer = read_answer(line)
                waiting = self._waiting.get(number)
                if waiting is not None and not waiting.done():
                    waiting.set_result(answer)
        except (ValueError, KeyError, OSError):
            _end(process)
        if self._process is process:
            self._process = None
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_result(Failure("worker", "the worker process that sends requests ended"))
        await process.wait()

    def _cancel_end(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None

    def _end_when_idle(self) -> None:
        self._cancel_end()
        if self._process is not None:
            self._ending = asyncio.create_task(self._end_after_pause())

    async def _end_after_pause(self) -> None:
        await self._clock.sleep(IDLE)
        process = self._process
        if process is not None and process.stdin is not None:
            self._process = None  # the next request starts another worker
            process.stdin.close()  # the worker ends when its input ends

    async def _kill(self) -> None:
        process, listening = self._process, self._listening
        if process is not None:
            _end(process)
        if listening is not None:
            await asyncio.wait([listening], timeout=self._grace)


def _end(process: Process) -> None:
    with suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()
