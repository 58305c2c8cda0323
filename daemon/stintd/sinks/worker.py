"""The worker process, which talks to other servers. It reads requests as lines of JSON and writes one line for each answer. It
handles many requests at a time, and ends when its input ends.

It is a separate process because TLS in the daemon would cost 4 MiB for ever; this process needs some 40 MiB, but only while
there is something to send. It stores nothing, and the only secrets it gets are those in the requests.
"""

import asyncio
import os
import sys

from stintd.ports import Failure, HttpResponse
from stintd.sinks.http import Exchange
from stintd.sinks.wire import LONGEST, answer_line, read_request


async def serve(lines: asyncio.StreamReader) -> None:
    """Answer requests until the input ends. Requests that are still unanswered then are given up, because nobody waits for
    them."""
    exchange, tasks = Exchange(), set[asyncio.Task[None]]()
    while line := await lines.readline():
        task = asyncio.create_task(_answer(exchange, line))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


async def _answer(exchange: Exchange, line: bytes) -> None:
    number, request = read_request(line)
    answer: HttpResponse | Failure
    try:
        answer = await exchange.send(request)
    except Exception as error:  # the outermost boundary of this process: one failed request must not end the others
        answer = Failure("odd", f"the request failed: {type(error).__name__}")
    _write(answer_line(number, answer))


def _write(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


async def main() -> None:
    """Serve standard input."""
    lines = asyncio.StreamReader(limit=LONGEST)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin.buffer)
    await serve(lines)
    os._exit(0)  # a normal exit would wait for name look-ups that hang


if __name__ == "__main__":
    asyncio.run(main())
