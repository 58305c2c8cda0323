"""`stint export FORMAT`: finished entries as a file, for other programs, for safekeeping, or for another home."""

from __future__ import annotations

import json
import os
import sys
from typing import BinaryIO

from stintd.cli.catalog import exact_project_name
from stintd.cli.options import Operand, Option, Verb, Words
from stintd.cli.period import PERIOD, RANGE, range_of
from stintd.cli.text import dim
from stintd.client.control import Control
from stintd.client.transport import Response, send
from stintd.client.wire import query_text
from stintd.errors import Invalid, Unavailable
from stintd.protocol.errors import from_wire

FORMATS = ("csv", "json", "ical", "timeclock", "timewarrior", "watson")
ALIASES = {"hledger": "timeclock", "ledger": "timeclock", "ics": "ical", "icalendar": "ical"}
"""Other words for formats."""
PATIENCE = 600.0
"""Seconds of silence: the daemon sends nothing before the whole file is written."""
OPTIONS = (
    *RANGE,
    Option("--project", "only this project", "PROJECT", complete="projects"),
    Option("--client", "only this client", "CLIENT"),
    Option("--tag", "only with this tag", "TAG"),
    Option("--agents", "also agents' own time (json always has it)"),
    Option("--output -o", "write to this file instead of standard output", "FILE"),
)
DETAIL = """Without a period: everything. An entry belongs to the period in which it starts; running timers are left out.
hledger and ledger are other names for timeclock, ics for ical. daemon/FILES.md says what each format can hold."""


class Progress:
    """How much was received, on a terminal."""

    def __init__(self, total: int) -> None:
        self._total, self._done, self._shown = total, 0, -1
        self._is_shown = sys.stderr.isatty()

    def add(self, size: int) -> None:
        self._done += size
        share = self._done * 100 // self._total if self._total else 100
        if self._is_shown and share != self._shown:
            self._shown = share
            sys.stderr.write(f"\r{share:3d} %")

    def end(self) -> None:
        if self._is_shown:
            sys.stderr.write("\r      \r")


def run(words: Words) -> None:
    control = Control()
    bounds = range_of(words, None)
    query = {
        "format": words.format,
        "from": bounds["from_"],
        "to": bounds["to"],
        "client": words.client,
        "tag": words.tag,
        "project": exact_project_name(control, words.project),
        "actor": "all" if words.agents else None,
    }
    if words.output is None and sys.stderr.isatty():
        sys.stderr.write(dim("writing…\r"))
    answer = send(control.path, "GET", "/api/export" + query_text(query), timeout=PATIENCE)
    try:
        if answer.status != 200:
            raise from_wire(answer.status, _json(answer.read()))
        if words.output is None:
            sys.stdout.flush()
            _copy(answer, sys.stdout.buffer)
        else:
            _write_privately(answer, words.output)
    finally:
        answer.close()


def _json(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except ValueError as error:
        raise Unavailable("the answer is not from stintd", "see `stint doctor`") from error


def _copy(answer: Response, target: BinaryIO) -> None:
    progress = Progress(int(answer.headers.get("content-length", "0")))
    for block in answer.blocks():
        target.write(block)
        progress.add(len(block))
    target.flush()
    progress.end()


def _write_privately(answer: Response, path: str) -> None:
    """Write beside the file and put it in place when it is whole; hours are private, so nobody else may read it."""
    partial = f"{path}.part"
    try:
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as target:
            _copy(answer, target)
        os.replace(partial, path)
    except OSError as error:
        raise Invalid(f"{path} cannot be written: {error.strerror or error}", "choose another place with -o FILE") from error
    finally:
        if os.path.lexists(partial):
            os.unlink(partial)


VERBS = {
    "export": Verb(
        "export",
        run,
        "write finished entries to a file: " + ", ".join(FORMATS),
        (Operand("FORMAT", choices=FORMATS, aliases=ALIASES), PERIOD),
        OPTIONS,
        DETAIL,
        has_json=False,
    )
}
