"""`stint import FORMAT FILE`: entries from a file. It is read three times, never held: to find bad lines, to try, to import.

Nothing is imported before the whole file was read and tried; all of it is one edit, which `stint undo` undoes.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from array import array
from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from stintd.cli.answer import Answer, Rows
from stintd.cli.commands import evidence
from stintd.cli.commands.export import ALIASES
from stintd.cli.options import Operand, Option, Verb, Words
from stintd.cli.readfile import InputFile
from stintd.cli.text import bold, dim, for_terminal, length, local_time, plural
from stintd.client.control import Control
from stintd.errors import Conflict, Invalid, NotFound, StintdError
from stintd.formats import ical, native, spreadsheet, timeclock, timewarrior, watson
from stintd.formats.parsed import BadLine, ParsedItem, SkippedLine
from stintd.jsonvalue import objects_at
from stintd.protocol import files

READERS = {
    "csv": spreadsheet.read,
    "json": native.read,
    "ical": ical.read,
    "timeclock": timeclock.read,
    "timewarrior": timewarrior.read,
    "watson": watson.read,
}
FORMATS = (*READERS, *evidence.READERS)
BATCH, BATCH_BYTES = 200, 300_000
SHOWN = 20
PATIENCE = 120.0
OPTIONS = (
    Option("--dry-run", "show what would be added, change nothing"),
    Option("--project", "put everything into this project", "PROJECT", complete="projects"),
    Option("--create", "create projects that do not exist"),
    Option("--skip-bad", "leave out lines that cannot be read"),
    Option("--skip-overlaps", "leave out entries where you already have your own"),
    Option("--overlap", "keep your own entries in that time, and count both"),
)
DETAIL = """A second import of the same file adds nothing. `-` as FILE is standard input. Your own entries are never changed;
imported entries replace automatic ones, as with `stint add`. hledger and ledger are other names for timeclock, ics for
ical. daemon/FILES.md says what is read from each format."""


class EntryImport:
    """One import: the request, and what is known of the file so far."""

    def __init__(self, words: Words, control: Control) -> None:
        self.words, self.control = words, control
        self.zone = ZoneInfo(control.get("/api/users/me")["timezone"])
        self.source, self.now = InputFile(words.file), time.time()
        self.overlap = "keep" if words.overlap else "skip" if words.skip_overlaps else "refuse"
        self.bad: list[BadLine] = []
        self.passed: dict[str, int] = {}
        self.bad_count = self.count = 0
        self.left_out: set[int] = set()
        self.beside: set[int] = set()

    def items(self, stage: int) -> Iterator[ParsedItem]:
        """Everything of the file that can be imported. What is bad or skipped is noted at the first reading."""
        for item in READERS[self.words.format](self.source.pieces(stage), self.zone):
            item = self._check(item)
            if isinstance(item, ParsedItem):
                yield item
            elif stage == 1:
                self._note(item)

    def _check(self, item: ParsedItem | BadLine | SkippedLine) -> ParsedItem | BadLine | SkippedLine:
        if not isinstance(item, ParsedItem):
            return item
        section = "entries" if item.kind == "entry" else item.kind
        if self.words.project and section == "entries":
            item.value["projectName"] = self.words.project
            item.value.pop("projectId", None)
        try:
            files.check(section, item.value)
        except Invalid as error:
            return BadLine(item.line, error.message)
        if section == "entries" and local_time(str(item.value["end"])).timestamp() > self.now:
            return BadLine(item.line, "it is in the future")
        if section == "heartbeats" and not 0 <= local_time(str(item.value["time"])).timestamp() <= self.now:
            return BadLine(item.line, "it is in the future, or before 1970")
        return item

    def _note(self, item: BadLine | SkippedLine) -> None:
        if isinstance(item, SkippedLine):
            self.passed[item.reason] = self.passed.get(item.reason, 0) + 1
            return
        self.bad_count += 1
        if len(self.bad) < SHOWN:
            self.bad.append(item)

    # ------------------------------------------------------------ first reading

    def check_lines(self) -> Spans:
        """Find bad lines; the result says when the entries of the file were."""
        spans = Spans()
        for item in self.items(1):
            self.count += 1
            if item.kind == "entry" and item.value.get("actor", "human") == "human" and not item.value.get("overlaps"):
                spans.add(item)
        if self.bad_count and not self.words.skip_bad:
            raise Invalid(
                f"{plural(self.bad_count, 'line')} of {for_terminal(self.words.file)} cannot be read, nothing was imported",
                "\n".join([*_bad_lines(self), "fix the file, or leave them out with --skip-bad"]),
            )
        return spans

    def settle_clashes(self, spans: Spans, tally: Tally) -> bool:
        """Entries of the file that overlap another of it and are both new: refused, left out or marked. True when what
        was tried must be tried again.
        """
        clashes = spans.clashes(tally.known_lines)
        if clashes and self.overlap == "refuse":
            conflicts = [f"line {line} overlaps line {other}" for line, other in clashes[:SHOWN]]
            hint = [*conflicts, "leave the later ones out with --skip-overlaps, or count both with --overlap"]
            what = f"{plural(len(clashes), 'entry', 'entries')} of the file would overlap another entry of the file"
            raise Conflict(f"{what}, nothing was imported", "\n".join(hint))
        (self.left_out if self.overlap == "skip" else self.beside).update(line for line, _ in clashes)
        return bool(self.left_out)

    # ------------------------------------------------------------ batches

    def batches(self, stage: int) -> Iterator[tuple[Answer, list[int]]]:
        """Bodies of requests, each with the lines its entries come from."""
        body: dict[str, Rows] = {}
        lines: list[int] = []
        size = 0
        for item in self.items(stage):
            if item.line in self.left_out or (stage == 2 and item.kind in files.EVIDENCE):
                continue  # evidence is tried by importing it: nothing can be in its way
            if item.line in self.beside:
                item.value["overlaps"] = True
            section = "entries" if item.kind == "entry" else item.kind
            body.setdefault(section, []).append(item.value)
            if section == "entries":
                lines.append(item.line)
            size += len(json.dumps(item.value))
            if size >= BATCH_BYTES or sum(map(len, body.values())) >= BATCH:
                yield body, lines
                body, lines, size = {}, [], 0
        if body:
            yield body, lines

    def send(self, body: Answer, import_id: str | None = None) -> Answer:
        wanted = {
            "overlap": self.overlap,
            "match": "id" if self.words.format == "json" else "content",
            "dryRun": import_id is None,
            "create": bool(self.words.create) or self.words.format == "json",
            "source": self.source.name,
        }
        named = {"importId": import_id} if import_id else {}
        answer: Answer = self.control.post("/api/import", {**body, **wanted, **named}, PATIENCE)
        return answer

    def try_import(self) -> Tally:
        """What an import would do, asked of the daemon without changing anything."""
        tally = Tally()
        for body, lines in self.batches(2):
            tally.add(self.send(body), lines, body.get("entries", []))
        return tally

    def run_import(self) -> Tally:
        """Import; a failure in the middle undoes what was done."""
        tally, import_id = Tally(), str(uuid.uuid4())
        try:
            for body, lines in self.batches(3):
                tally.add(self.send(body, import_id), lines, body.get("entries", []))
        except (StintdError, KeyboardInterrupt):
            self._take_back(import_id)
            raise
        return tally

    def _take_back(self, import_id: str) -> None:
        try:
            self.control.post("/api/undo", {"editId": import_id}, PATIENCE)
        except NotFound:
            return
        except StintdError:
            print(f"a part may have been imported; undo: `stint undo {import_id}`", file=sys.stderr)


class Spans:
    """When the entries of the file were, as numbers: a hundred thousand take a few megabytes."""

    def __init__(self) -> None:
        self._starts, self._ends, self._lines, self._marks = array("d"), array("d"), array("q"), array("q")

    def add(self, item: ParsedItem) -> None:
        pauses = objects_at(item.value, "pauses")
        edges = [item.value["start"], *(edge for pause in pauses for edge in (pause["start"], pause["end"])), item.value["end"]]
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            self._starts.append(local_time(str(start)).timestamp())
            self._ends.append(local_time(str(end)).timestamp())
            self._lines.append(item.line)
            self._marks.append(hash(item.value["id"]))

    def clashes(self, known: Iterable[int]) -> list[tuple[int, int]]:
        """(line, earlier line) of entries that overlap one before them; an entry that is twice in the file, or
        stored already, does not count.
        """
        passed = set(known)
        fresh = [at for at in range(len(self._lines)) if self._lines[at] not in passed]
        clashes: dict[int, int] = {}
        last: int | None = None
        for at in sorted(fresh, key=lambda at: (self._starts[at], self._lines[at])):
            if last is not None and self._starts[at] < self._ends[last] and self._marks[at] != self._marks[last]:
                later, earlier = sorted((self._lines[at], self._lines[last]), reverse=True)
                clashes.setdefault(later, earlier)
            if last is None or self._ends[at] > self._ends[last]:
                last = at
        return sorted(clashes.items())


class Tally:
    """The results of the batches."""

    def __init__(self) -> None:
        self.added = self.known = self.seconds = self.taken = self.overlap_count = self.passed = 0
        self.known_lines = array("q")
        self.overlaps: Rows = []
        self.examples: Rows = []
        self.created: dict[str, None] = {}
        self.unknown: dict[str, None] = {}
        self.others: dict[str, int] = {}

    def add(self, answer: Answer, lines: list[int], entries: Rows) -> None:
        self.added += answer["outcomes"].count("added")
        self.known += answer["outcomes"].count("known")
        self.seconds += answer["addedSeconds"]
        self.taken += answer["takenSeconds"]
        self.created.update(dict.fromkeys(answer["projectsCreated"]))
        self.unknown.update(dict.fromkeys(answer["unknownProjects"]))
        for name, count in answer["others"].items():
            self.others[name] = self.others.get(name, 0) + count
        self.passed += answer["heartbeatsPassed"]
        self.overlap_count += len(answer["overlaps"])
        for item in answer["overlaps"][: SHOWN - len(self.overlaps)]:
            self.overlaps.append({"line": lines[item["index"]], "with": item["with"]})
        for line, outcome, entry in zip(lines, answer["outcomes"], entries, strict=True):
            if outcome == "known":
                self.known_lines.append(line)
            if outcome == "added" and len(self.examples) < SHOWN:
                self.examples.append({"line": line, **entry})

    def to_json(self, words: Words) -> Answer:
        """As JSON."""
        return {
            "dryRun": bool(words.dry_run),
            "added": self.added,
            "known": self.known,
            "overlapping": self.overlap_count,
            "addedSeconds": self.seconds,
            "takenSeconds": self.taken,
            "projectsCreated": list(self.created),
            "others": self.others,
            "overlaps": self.overlaps,
            "heartbeatsPassed": self.passed,
        }


def _bad_lines(job: EntryImport) -> list[str]:
    rest = job.bad_count - len(job.bad)
    return [f"line {bad.line}: {for_terminal(bad.reason)}" for bad in job.bad] + ([f"and {rest} more"] if rest else [])


def _refuse(job: EntryImport, tally: Tally) -> None:
    """Stop where you must decide first."""
    if tally.unknown and not job.words.create and job.words.format != "json":
        names = ", ".join(for_terminal(name) for name in list(tally.unknown)[:SHOWN])
        raise NotFound(f"there is no project {names}", "create it with --create, or put everything into one with --project NAME")
    if tally.overlap_count and job.overlap == "refuse":
        conflicts = [f"line {overlap['line']}: {', '.join(map(_entry_text, overlap['with']))}" for overlap in tally.overlaps]
        hint = [*conflicts, "leave them out with --skip-overlaps, or count both with --overlap"]
        raise Conflict(
            f"{plural(tally.overlap_count, 'entry', 'entries')} of the file would overlap your own, nothing was imported",
            "\n".join(hint),
        )


def _entry_text(entry: Answer) -> str:
    when = f"{local_time(entry['start']):%Y-%m-%d %H:%M}–{local_time(entry['end']):%H:%M}"
    return f"{for_terminal(entry['projectName']) or 'no project'} {when}"


def _show(job: EntryImport, tally: Tally) -> None:
    words = job.words
    verb = "would import" if words.dry_run else "imported"
    print(
        f"{verb} {bold(plural(tally.added, 'entry', 'entries'))}, {length(tally.seconds)}, from {for_terminal(job.source.name)}"
    )
    if words.dry_run:
        for example in tally.examples:
            what = for_terminal(example.get("projectName") or "no project")
            span = f"{local_time(example['start']):%Y-%m-%d %H:%M}–{local_time(example['end']):%H:%M}"
            print(f"  line {example['line']}: {span} {what} {dim(for_terminal(example.get('description')))}".rstrip())
        if tally.added > len(tally.examples):
            print(dim(f"  and {tally.added - len(tally.examples)} more"))
    for text in _remarks(job, tally):
        print(dim(text))


def _remarks(job: EntryImport, tally: Tally) -> Iterator[str]:
    if tally.known:
        yield f"{tally.known} {'exists' if tally.known == 1 else 'exist'} already"
    if tally.overlap_count or job.left_out:
        yield f"{tally.overlap_count + len(job.left_out)} left out: you have your own entries there"
    if tally.created:
        yield "projects created: " + ", ".join(for_terminal(name) for name in tally.created)
    others = ", ".join(f"{count} {name}" for name, count in tally.others.items() if count)
    if others:
        yield f"and {others}"
    if tally.passed:
        yield f"{plural(tally.passed, 'heartbeat')} skipped: you have your own evidence from that time"
    if job.bad_count:
        yield "\n".join([f"{plural(job.bad_count, 'line')} left out:", *_bad_lines(job)])
    for reason, count in job.passed.items():
        yield f"{count} skipped: {for_terminal(reason)}"
    if tally.taken:
        yield f"automatic time replaced: {length(tally.taken)}"
    if tally.added and not job.words.dry_run:
        yield "undo: `stint undo`"


def run(words: Words) -> None:
    if words.format in evidence.READERS:
        evidence.run(words)
        return
    job = EntryImport(words, Control())
    spans = job.check_lines()
    tally = job.try_import()
    _refuse(job, tally)
    if job.settle_clashes(spans, tally):
        tally = job.try_import()
    if not words.dry_run:
        tally = job.run_import()
    job.source.close()
    if words.json:
        print(json.dumps(tally.to_json(words)))
    else:
        _show(job, tally)


VERBS = {
    "import": Verb(
        "import",
        run,
        "import entries from a file: " + ", ".join(FORMATS),
        (Operand("FORMAT", choices=FORMATS, aliases=ALIASES), Operand("FILE")),
        OPTIONS,
        DETAIL,
    )
}
