"""Shows a notification on the owner's desktop when a timer was auto-paused: it is there when they come back, and asks what
they did meanwhile. Without a desktop or `notify-send`, only status and dashboard ask. Loop thread.
"""

import asyncio
import logging
import shutil
from asyncio.subprocess import DEVNULL
from collections.abc import Callable, Sequence
from html import escape

from stintd.engine.engine import Engine
from stintd.engine.queries.notices import notices
from stintd.engine.sheet.forgotten import DESKTOP
from stintd.engine.supervisor import Supervisor
from stintd.engine.view import View

log = logging.getLogger(__name__)
PROGRAM, SECONDS = "notify-send", 5.0
CODE = "paused"
"""The code of the status notice that asks."""


def command_of(program: str, text: str, hint: str) -> list[str]:
    """The command to run; a desktop reads the body as markup."""
    lines = [text, *hint.replace("`", "").split("; ")]
    body = "\n".join(escape("".join(c if c.isprintable() else "�" for c in line), quote=False) for line in lines)
    return [program, "--app-name=stintd", "--", "stintd", body]


class Desktop:
    """`is_wanted` asks the settings each time."""

    def __init__(self, engine: Engine, supervisor: Supervisor, is_wanted: Callable[[], bool]) -> None:
        self._engine, self._supervisor, self._is_wanted = engine, supervisor, is_wanted

    def start(self) -> None:
        """Show notifications from now on."""
        self._engine.on_outgoing.subscribe(self._ask_if_due)

    def _ask_if_due(self, names: set[str]) -> None:
        """A step reports that the owner is to be asked."""
        if DESKTOP in names and self._is_wanted():
            self._supervisor.start("desktop", self._ask)

    async def _ask(self) -> None:
        program = shutil.which(PROGRAM)
        if program is None:
            return
        clock, policy = self._engine.clock, self._engine.policy
        warnings = await self._engine.read(lambda conn: notices(View(conn, clock.now(), policy)))
        for warning in warnings:
            if warning["code"] == CODE:
                await _run(command_of(program, warning["text"], warning["hint"]))


async def _run(command: Sequence[str]) -> None:
    """Show the notification; a desktop that does not answer is ignored, and nobody waits for it."""
    try:
        process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL)
    except OSError as error:
        log.debug("no notification: %s", error)
        return
    try:
        async with asyncio.timeout(SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
