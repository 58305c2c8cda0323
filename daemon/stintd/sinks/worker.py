"""The worker process that speaks to other people's servers: a line of JSON in, one out, many at a time, until its input ends.

A process of its own because TLS costs the daemon 4 MiB for ever and this one some 40 MiB for as long as there is something
to send. It keeps nothing, and is told no secret but what a request itself carries.
"""

import asyncio
import os
import sys

from stintd.ports import Failure, HttpResponse
from stintd.sinks.http import Exchange
from stintd.sinks.wire import LONGEST, answer_line, read_request


async def serve(lines: asyncio.StreamReader) -> None:
    """Answer until the input ends. What is on its way then is given up: nobody is left to hear of it."""
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
    except Exception as error:  # the outermost boundary of this process: one request must not end the others
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
    os._exit(0)  # the interpreter would wait for look-ups that hang


if __name__ == "__main__":
    asyncio.run(main())
