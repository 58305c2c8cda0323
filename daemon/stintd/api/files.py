"""Exports as files: each is first written completely, beside the database and from one snapshot, then sent. So a slow reader
keeps no connection to the database busy, and a failed export is an error, never half a file.
"""

import asyncio
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import tzinfo
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

from aiohttp.web_request import BaseRequest
from aiohttp.web_response import StreamResponse
from multidict import CIMultiDict

from stintd.api.answer import SECURITY_HEADERS, writer_of
from stintd.api.route import Call, Request
from stintd.api.surface import Surface
from stintd.domain.model import from_us
from stintd.engine.queries import files
from stintd.engine.rows import Row
from stintd.engine.view import View
from stintd.errors import StorageFull
from stintd.formats import ical, native, spreadsheet, timeclock, timewarrior, watson
from stintd.formats.work import Work
from stintd.protocol.fields import Arguments

STALL_SECONDS = 30.0
BLOCK = 65536

MEDIA = {
    "csv": "text/csv", "json": "application/json", "ical": "text/calendar", "timeclock": "text/plain",
    "timewarrior": "text/plain", "watson": "application/json",
}  # fmt: skip
MEDIAS = ", ".join(dict.fromkeys(MEDIA.values()))
ENDINGS = {"csv": "csv", "json": "json", "ical": "ics", "timeclock": "timeclock", "timewarrior": "data", "watson": "json"}
Write = Callable[[Iterator[Work], View, tzinfo], Iterator[str]]
WRITERS: Mapping[str, Write] = {
    "csv": lambda work, view, zone: spreadsheet.write(work, zone),
    "ical": lambda work, view, zone: ical.write(work, view.now),
    "timeclock": lambda work, view, zone: timeclock.write(work, zone),
    "timewarrior": lambda work, view, zone: timewarrior.write(work),
    "watson": lambda work, view, zone: watson.write(work),
}


class File(StreamResponse):
    """Sends a finished file. `keep_alive` is false: the connection is closed afterwards."""

    def __init__(self, content: BinaryIO, headers: Mapping[str, str]) -> None:
        super().__init__()
        self._content, self._more = content, dict(headers)
        self.force_close()

    def add(self, headers: Mapping[str, str]) -> None:
        """Add headers."""
        self._more |= headers

    async def prepare(self, request: BaseRequest) -> None:
        """Send the file; a reader that reads nothing for `STALL_SECONDS` counts as gone."""
        loop = asyncio.get_running_loop()
        writer = writer_of(request)
        with self._content as content:
            await writer.write_headers("HTTP/1.1 200 OK", CIMultiDict({**SECURITY_HEADERS, **self._more}))
            while block := await loop.run_in_executor(None, content.read, BLOCK):
                if request.transport is None or request.transport.is_closing():
                    raise ConnectionResetError("the reader is gone")
                try:
                    async with asyncio.timeout(STALL_SECONDS):
                        await writer.write(block, drain=True)
                except TimeoutError as error:
                    raise ConnectionResetError("the reader does not read") from error
            await writer.write_eof()  # if the file is empty, nothing has been sent yet

    async def write_eof(self, data: bytes = b"") -> None:
        """The connection is closed instead."""


async def export(surface: Surface, call: Call, request: Request) -> File:
    """Entries as a file in the requested format."""
    engine, arguments = surface.daemon.engine, dict(call.arguments)
    name = arguments.pop("format")
    actor = arguments.pop("actor", None) or ("all" if name == "json" else "human")
    filters = {**arguments, "actor": None if actor == "all" else actor}
    folder = engine.database.path.parent

    async with surface.exporting:
        content = await engine.read(
            lambda conn: _write_file(View(conn, engine.clock.now(), engine.policy), name, filters, folder)
        )
    headers = {
        "Content-Type": f"{MEDIA[name]}; charset=utf-8",
        "Content-Length": str(content.seek(0, 2)),
        "Content-Disposition": f'attachment; filename="stint.{ENDINGS[name]}"',
        "Connection": "close",
    }
    content.seek(0)
    return File(content, headers)


def _write_file(view: View, name: str, filters: Arguments, folder: Path) -> BinaryIO:
    """Write the file. It has no name on the disk, so it disappears when it is closed, whatever happens."""
    content = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  the answer closes it
    try:
        for text in _texts(view, name, filters):
            content.write(text.encode("utf-8", "replace"))
        content.flush()
    except OSError as error:
        content.close()
        raise StorageFull(
            f"the file cannot be written: {error.strerror}", "free some space on the disk that holds the database"
        ) from error
    except BaseException:
        content.close()
        raise
    return content


def _texts(view: View, name: str, filters: Arguments) -> Iterator[str]:
    if name == "json":
        return native.write(files.sections(view, **filters), view.now, view.policy.zone)
    work = (_work(row) for row in files.entries(view, **filters))
    return WRITERS[name](work, view, ZoneInfo(view.policy.zone))


def _work(row: Row) -> Work:
    pauses = tuple((from_us(start), from_us(end)) for start, end in json.loads(row["pauses"]) if end is not None)
    return Work(
        from_us(row["start_us"]),
        from_us(row["end_us"]),
        row["project_name"] or "",
        row["id"],
        row["client_name"] or "",
        row["task_name"] or row["task"] or "",
        row["description"],
        tuple(json.loads(row["tags"])),
        bool(row["billable"]),
        pauses,
        row["actor"],
        row["origin"],
        row["branch"] or "",
        row["repo_name"] or "",
        row["approved_us"] is not None,
    )
