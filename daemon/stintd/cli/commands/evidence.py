"""`stint import wakatime|activitywatch FILE`: evidence from other trackers' exports, as heartbeats at their own time.

Read by the same rules as what their live clients send; a heartbeat that is stored already is recognised. Evidence
is not an edit: there is nothing to undo, and the entries it leads to are automatic like all others.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from stintd.cli.answer import Answer, Rows
from stintd.cli.options import Words
from stintd.cli.readfile import InputFile
from stintd.cli.text import bold, dim, for_terminal
from stintd.client.control import Control
from stintd.errors import Invalid
from stintd.formats import dumps
from stintd.formats.parsed import BadLine, ParsedItem, SkippedLine
from stintd.jsonvalue import object_at
from stintd.protocol import activitywatch, wakatime
from stintd.protocol.beats import signal_to_wire

READERS = {"wakatime": dumps.wakatime, "activitywatch": dumps.activitywatch}
BATCH = 500
SHOWN = 20
PATIENCE = 120.0
NOTHING: Answer = {"accepted": 0, "duplicates": 0, "rejected": []}


def heartbeats_of(item: ParsedItem) -> tuple[Rows, str]:
    """The heartbeats of one item of the file, as `POST /api/heartbeats` takes them; or why there are none."""
    if item.kind == "wakatime":
        beat = wakatime.beat_from_wire(item.value, datetime.now(UTC))
        return ([], "a page in a browser") if beat.page else ([signal_to_wire(beat.signal)], "")
    bucket = activitywatch.bucket_from_wire(
        str(item.value["id"]), {"hostname": "", "client": "", **object_at(item.value, "bucket")}
    )
    signals = activitywatch.signals_of(bucket, activitywatch.event_from_wire(item.value["event"]))
    acts = [signal_to_wire(signal) for signal in signals if signal.kind != "presence"]
    return acts, "" if acts else f"events of {bucket.kind} say nothing about work"


class EvidenceImport:
    """One import of evidence."""

    def __init__(self, words: Words, control: Control) -> None:
        self.words, self.control, self.source = words, control, InputFile(words.file)
        self.bad: list[BadLine] = []
        self.passed: dict[str, int] = {}
        self.bad_count = self.count = 0

    def beats(self, stage: int) -> Iterator[Answer]:
        """The heartbeats of the file; at the first reading what is bad or skipped is noted."""
        for item in READERS[self.words.format](self.source.pieces(stage), UTC):
            reason = ""
            beats: Rows = []
            try:
                if isinstance(item, ParsedItem):
                    beats, reason = heartbeats_of(item)
            except Invalid as error:
                item = BadLine(item.line, error.message)
            if stage == 1:
                self._note(item, reason)
            yield from beats

    def _note(self, item: ParsedItem | BadLine | SkippedLine, reason: str) -> None:
        if isinstance(item, BadLine):
            self.bad_count += 1
            self.bad += [item] if len(self.bad) < SHOWN else []
        elif reason:
            self.passed[reason] = self.passed.get(reason, 0) + 1

    def check_lines(self) -> None:
        """Count; refuse a file with bad lines unless they are left out."""
        self.count = sum(1 for _ in self.beats(1))
        if self.bad_count and not self.words.skip_bad:
            reasons = [f"line {bad.line}: {for_terminal(bad.reason)}" for bad in self.bad]
            hint = [*reasons, "fix the file, or leave them out with --skip-bad"]
            raise Invalid(f"{self.bad_count} heartbeats cannot be read, nothing was imported", "\n".join(hint))

    def run_import(self) -> Answer:
        """Post them in batches; each is derived before the next is sent, so that nothing piles up."""
        done: Answer = dict(NOTHING, rejected=[])
        batch: Rows = []
        for beat in self.beats(3):
            if self.words.project and "path" not in beat:
                beat["project"] = self.words.project
            batch.append(beat)
            if len(batch) == BATCH:
                self._post(batch, done)
                batch = []
        if batch:
            self._post(batch, done)
        return done

    def _post(self, batch: Rows, done: Answer) -> None:
        answer = self.control.post("/api/heartbeats", batch, PATIENCE)
        done["accepted"] += answer["accepted"]
        done["duplicates"] += answer["duplicates"]
        done["rejected"] += [row["error"] for row in answer["rejected"]]
        self.control.get("/api/heartbeats", limit=1)


def run(words: Words) -> None:
    job = EvidenceImport(words, Control())
    job.check_lines()
    done = NOTHING if words.dry_run else job.run_import()
    job.source.close()
    if words.json:
        print(json.dumps({"dryRun": bool(words.dry_run), "found": job.count, "passed": job.passed, **done}))
        return
    if words.dry_run:
        name = for_terminal(job.source.name)
        print(f"would import {bold(str(job.count))} heartbeats from {name}; those stored already add nothing")
    else:
        print(f"imported {bold(str(done['accepted']))} heartbeats from {for_terminal(job.source.name)}")
        if done["duplicates"]:
            print(dim(f"{done['duplicates']} were stored already"))
    for reason in dict.fromkeys(done["rejected"][:SHOWN]):
        print(dim(f"refused: {for_terminal(reason)}"))
    for reason, count in job.passed.items():
        print(dim(f"{count} skipped: {for_terminal(reason)}"))
