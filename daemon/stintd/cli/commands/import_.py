"""`stint import FORMAT FILE`: hours out of a file. Read three times, never held: to find bad lines, to try, to import.

Nothing is imported before the whole file was read and tried; all of it is one edit, which `stint undo` takes back.
"""

import json
import sys
import time
import uuid
from array import array
from zoneinfo import ZoneInfo

from stintd.cli.commands import evidence
from stintd.cli.options import Operand, Option, Verb
from stintd.cli.readfile import Source
from stintd.cli.text import bold, dim, for_terminal, length, local
from stintd.client.control import Control
from stintd.errors import Conflict, Invalid, NotFound, StintdError
from stintd.formats import ical, native, spreadsheet, timeclock, timewarrior, watson
from stintd.formats.found import Bad, Found, Passed
from stintd.protocol import files

READERS = {
    "csv": spreadsheet.read, "json": native.read, "ical": ical.read, "timeclock": timeclock.read,
    "timewarrior": timewarrior.read, "watson": watson.read,
}  # fmt: skip
FORMATS = (*READERS, *evidence.READERS)
BATCH, BATCH_BYTES = 200, 300_000
SHOWN = 20
PATIENCE = 120.0
OPTIONS = (
    Option("--dry-run", "show what would be added, change nothing"),
    Option("--project", "put everything into this project", "PROJECT", complete="projects"),
    Option("--create", "make projects that are not there"),
    Option("--skip-bad", "leave out lines that cannot be read"),
    Option("--skip-overlaps", "leave out entries where you have entries of your own"),
    Option("--overlap", "count them beside your own entries there"),
)
DETAIL = """A second import of the same file adds nothing. FILE - is standard input. Your own entries are never changed;
automatic time gives way, as it does for `stint add`. daemon/FILES.md tells what is read of each format."""


class Job:
    """One import: what was asked, and what is known of it so far."""

    def __init__(self, words, control):
        self.words, self.control = words, control
        self.zone = ZoneInfo(control.get("/api/users/me")["timezone"])
        self.source, self.now = Source(words.file), time.time()
        self.overlap = "keep" if words.overlap else "skip" if words.skip_overlaps else "refuse"
        self.bad, self.bad_count, self.passed, self.count = [], 0, {}, 0
        self.left_out, self.beside = set(), set()

    def found(self, stage):
        """Everything of the file that can be imported. What is bad or passed over is noted at the first reading."""
        for one in READERS[self.words.format](self.source.pieces(stage), self.zone):
            one = self._checked(one)
            if isinstance(one, Found):
                yield one
            elif stage == 1:
                self._note(one)

    def _checked(self, one):
        if not isinstance(one, Found):
            return one
        section = "entries" if one.kind == "entry" else one.kind
        if self.words.project and section == "entries":
            one.value["projectName"] = self.words.project
            one.value.pop("projectId", None)
        try:
            files.check(section, one.value)
        except Invalid as error:
            return Bad(one.line, error.message)
        if section == "entries" and local(one.value["end"]).timestamp() > self.now:
            return Bad(one.line, "it is in the future")
        if section == "heartbeats" and not 0 <= local(one.value["time"]).timestamp() <= self.now:
            return Bad(one.line, "it is in the future, or before 1970")
        return one

    def _note(self, one):
        if isinstance(one, Passed):
            self.passed[one.reason] = self.passed.get(one.reason, 0) + 1
            return
        self.bad_count += 1
        if len(self.bad) < SHOWN:
            self.bad.append(one)

    # ------------------------------------------------------------ first reading

    def look_through(self):
        """Find bad lines; when the entries of the file were."""
        spans = Spans()
        for one in self.found(1):
            self.count += 1
            if one.kind == "entry" and one.value.get("actor", "human") == "human" and not one.value.get("overlaps"):
                spans.add(one)
        if self.bad_count and not self.words.skip_bad:
            raise Invalid(
                f"{_lines(self.bad_count)} of {for_terminal(self.words.file)} cannot be read, nothing was imported",
                "\n".join([*_bad_lines(self), "mend the file, or leave them out with --skip-bad"]),
            )  # fmt: skip
        return spans

    def part(self, spans, tally):
        """Entries of the file that overlap another of it and are both new: refused, left out or marked. True when what
        was tried must be tried again.
        """
        clashes = spans.clashes(tally.known_lines)
        if clashes and self.overlap == "refuse":
            told = [f"line {line} overlaps line {other}" for line, other in clashes[:SHOWN]]
            hint = [*told, "leave the later ones out with --skip-overlaps, or count both with --overlap"]
            what = f"{_entries(len(clashes))} of the file would overlap another of it"
            raise Conflict(f"{what}, nothing was imported", "\n".join(hint))
        (self.left_out if self.overlap == "skip" else self.beside).update(line for line, _ in clashes)
        return bool(self.left_out)

    # ------------------------------------------------------------ batches

    def batches(self, stage):
        """Bodies of requests, each with the lines its entries come from."""
        body, lines, size = {}, [], 0
        for one in self.found(stage):
            if one.line in self.left_out or (stage == 2 and one.kind in files.EVIDENCE):
                continue  # evidence is tried by importing it: nothing can be in its way
            if one.line in self.beside:
                one.value["overlaps"] = True
            section = "entries" if one.kind == "entry" else one.kind
            body.setdefault(section, []).append(one.value)
            if section == "entries":
                lines.append(one.line)
            size += len(json.dumps(one.value))
            if size >= BATCH_BYTES or sum(map(len, body.values())) >= BATCH:
                yield body, lines
                body, lines, size = {}, [], 0
        if body:
            yield body, lines

    def send(self, body, import_id=None):
        wanted = {
            "overlap": self.overlap, "match": "id" if self.words.format == "json" else "content", "dryRun": import_id is None,
            "create": bool(self.words.create) or self.words.format == "json", "source": self.source.name,
        }  # fmt: skip
        return self.control.post("/api/import", {**body, **wanted, **({"importId": import_id} if import_id else {})}, PATIENCE)

    def try_it(self):
        """What an import would do, asked of the daemon without changing anything."""
        tally = Tally()
        for body, lines in self.batches(2):
            tally.add(self.send(body), lines, body.get("entries", []))
        return tally

    def do_it(self):
        """Import; a failure in the middle takes back what was done."""
        tally, import_id = Tally(), str(uuid.uuid4())
        try:
            for body, lines in self.batches(3):
                tally.add(self.send(body, import_id), lines, body.get("entries", []))
        except (StintdError, KeyboardInterrupt):
            self._take_back(import_id)
            raise
        return tally

    def _take_back(self, import_id):
        try:
            self.control.post("/api/undo", {"editId": import_id}, PATIENCE)
        except NotFound:
            return
        except StintdError:
            print(f"a part may be imported: `stint undo {import_id}` takes it back", file=sys.stderr)


class Spans:
    """When the entries of the file were, as numbers: a hundred thousand take a few megabytes."""

    def __init__(self):
        self._starts, self._ends, self._lines, self._marks = array("d"), array("d"), array("q"), array("q")

    def add(self, one):
        pauses = one.value.get("pauses") or []
        edges = [one.value["start"], *(edge for pause in pauses for edge in (pause["start"], pause["end"])), one.value["end"]]
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            self._starts.append(local(start).timestamp())
            self._ends.append(local(end).timestamp())
            self._lines.append(one.line)
            self._marks.append(hash(one.value["id"]))

    def clashes(self, known):
        """(line, earlier line) of entries that overlap one before them; the very same one twice, or one there already, is
        none.
        """
        passed = set(known)
        order = (at for at in range(len(self._lines)) if self._lines[at] not in passed)
        order = sorted(order, key=lambda at: (self._starts[at], self._lines[at]))
        found, last = {}, None
        for at in order:
            if last is not None and self._starts[at] < self._ends[last] and self._marks[at] != self._marks[last]:
                later, earlier = sorted((self._lines[at], self._lines[last]), reverse=True)
                found.setdefault(later, earlier)
            if last is None or self._ends[at] > self._ends[last]:
                last = at
        return sorted(found.items())


class Tally:
    """What came of the batches."""

    def __init__(self):
        self.added = self.known = self.seconds = self.taken = self.overlap_count = self.passed = 0
        self.known_lines = array("q")
        self.overlaps, self.examples, self.created, self.unknown, self.others = [], [], {}, {}, {}

    def add(self, answer, lines, entries):
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
        for one in answer["overlaps"][: SHOWN - len(self.overlaps)]:
            self.overlaps.append({"line": lines[one["index"]], "with": one["with"]})
        for line, outcome, entry in zip(lines, answer["outcomes"], entries, strict=True):
            if outcome == "known":
                self.known_lines.append(line)
            if outcome == "added" and len(self.examples) < SHOWN:
                self.examples.append({"line": line, **entry})

    def told(self, words):
        """As JSON."""
        return {
            "dryRun": bool(words.dry_run), "added": self.added, "known": self.known, "overlapping": self.overlap_count,
            "addedSeconds": self.seconds, "takenSeconds": self.taken, "projectsCreated": list(self.created),
            "others": self.others, "overlaps": self.overlaps, "heartbeatsPassed": self.passed,
        }  # fmt: skip


def _entries(number):
    return f"{number} {'entry' if number == 1 else 'entries'}"


def _lines(number):
    return f"{number} {'line' if number == 1 else 'lines'}"


def _bad_lines(job):
    rest = job.bad_count - len(job.bad)
    return [f"line {one.line}: {for_terminal(one.reason)}" for one in job.bad] + ([f"and {rest} more"] if rest else [])


def _refuse(job, tally):
    """Stop where the owner must decide first."""
    if tally.unknown and not job.words.create and job.words.format != "json":
        names = ", ".join(for_terminal(name) for name in list(tally.unknown)[:SHOWN])
        raise NotFound(
            f"there is no project {names}", "make what is missing with --create, or put everything into one with --project NAME"
        )
    if tally.overlap_count and job.overlap == "refuse":
        told = [f"line {one['line']}: {', '.join(map(_entry_text, one['with']))}" for one in tally.overlaps]
        hint = [*told, "leave them out with --skip-overlaps, or count both with --overlap"]
        raise Conflict(
            f"{_entries(tally.overlap_count)} of the file would overlap your own,"
            " nothing was imported", "\n".join(hint),
        )  # fmt: skip


def _entry_text(entry):
    when = f"{local(entry['start']):%Y-%m-%d %H:%M}–{local(entry['end']):%H:%M}"
    return f"{for_terminal(entry['projectName']) or 'no project'} {when}"


def _show(job, tally):
    words = job.words
    verb = "would import" if words.dry_run else "imported"
    print(f"{verb} {bold(_entries(tally.added))}, {length(tally.seconds)}, from {for_terminal(job.source.name)}")
    if words.dry_run:
        for one in tally.examples:
            what = for_terminal(one.get("projectName") or "no project")
            span = f"{local(one['start']):%Y-%m-%d %H:%M}–{local(one['end']):%H:%M}"
            print(f"  line {one['line']}: {span} {what} {dim(for_terminal(one.get('description')))}".rstrip())
        if tally.added > len(tally.examples):
            print(dim(f"  and {tally.added - len(tally.examples)} more"))
    for text in _remarks(job, tally):
        print(dim(text))


def _remarks(job, tally):
    if tally.known:
        yield f"{tally.known} {'was' if tally.known == 1 else 'were'} there already"
    if tally.overlap_count or job.left_out:
        yield f"{tally.overlap_count + len(job.left_out)} left out, because entries of your own are there"
    if tally.created:
        yield "projects made: " + ", ".join(for_terminal(name) for name in tally.created)
    others = ", ".join(f"{count} {name}" for name, count in tally.others.items() if count)
    if others:
        yield f"and {others}"
    if tally.passed:
        yield f"{tally.passed} heartbeats passed over: evidence of your own is there from that time"
    if job.bad_count:
        yield "\n".join([f"{_lines(job.bad_count)} left out:", *_bad_lines(job)])
    for reason, count in job.passed.items():
        yield f"{count} passed over: {for_terminal(reason)}"
    if tally.taken:
        yield f"automatic time it takes: {length(tally.taken)}"
    if tally.added and not job.words.dry_run:
        yield "`stint undo` takes it back"


def run(words):
    if words.format in evidence.READERS:
        evidence.run(words)
        return
    job = Job(words, Control())
    spans = job.look_through()
    tally = job.try_it()
    _refuse(job, tally)
    if job.part(spans, tally):
        tally = job.try_it()
    if not words.dry_run:
        tally = job.do_it()
    job.source.close()
    if words.json:
        print(json.dumps(tally.told(words)))
    else:
        _show(job, tally)


VERBS = {
    "import": Verb(
        "import", run, "hours out of a file: " + ", ".join(FORMATS),
        (Operand("FORMAT", choices=FORMATS), Operand("FILE")), OPTIONS, DETAIL,
    )
}  # fmt: skip
