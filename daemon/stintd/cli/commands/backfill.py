"""`stint backfill`: past hours, from git and agent logs, imported after showing what that would change."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from datetime import date

from stintd.cli.answer import Answer, Rows
from stintd.cli.options import Operand, Option, UsageError, Verb, Words
from stintd.cli.period import RANGE, range_of
from stintd.cli.text import UNKNOWN, bold, day_name, dim, for_terminal, length, plural, warn
from stintd.client.control import Control
from stintd.errors import StintdError

SOURCES = ("git", "agents")
OPTIONS = (
    *RANGE,
    Option("--all", "list every day and project, not only the first and last"),
    Option("--dry-run -n", "only show what would change"),
    Option("--undo", "undo the latest backfill as a whole"),
    Option("--yes -y", "do not ask"),
)
DETAIL = """git: the reflogs of HEAD, and your commits. agents: the session logs of Claude Code and Codex. Without SOURCE: both.
The hours are estimates. They are not delivered before you approve them."""
PATIENCE = 3600.0
LOOK = 0.5
SHOWN, EDGE = 12, 4
"""Lines of days that are listed in full; of more than that, how many from the beginning and from the end."""
READ = (
    ("repositories", "repository", "repositories"),
    ("acts", "event in git", "events in git"),
    ("files", "agent log", "agent logs"),
    ("lines", "line", "lines"),
)
STATES = (("handsOnSeconds", "active"), ("supervisedSeconds", "supervised"), ("agentSeconds", "agents"))


def lines(answer: Answer, lists_all: bool = False) -> Iterator[str]:
    """What was read, the total, and what each project gains on each day."""
    beats = answer["heartbeats"]
    read = [plural(answer[name], singular, many) for name, singular, many in READ if answer[name]] or ["nothing"]
    yield dim(f"read {', '.join(read)}" + _skip_counts(answer))
    if not beats["new"]:
        yield "nothing new" + (": all of it was recorded when it happened" if beats["live"] else "")
        return
    sources = " and ".join(name for field, name in (("acts", "git"), ("files", "agent logs")) if answer[field])
    verb = "would import" if answer["dryRun"] else "imported"
    yield bold(f"{verb} {plural(beats['new'], 'event')}{f' from {sources}' if sources else ''}") + f": {_total(answer['days'])}"
    yield from _days(answer["days"], lists_all, "`--all` lists them" if answer["dryRun"] else "`stint log` lists the entries")
    if not answer["days"]:
        return
    if any(row["band"] for row in answer["days"]):
        yield dim("in brackets: the range that contains the true length in four of five cases; commits alone do not tell more")
    yield "these hours are estimates, and are not delivered before you approve them"


def _skip_counts(answer: Answer) -> str:
    beats = answer["heartbeats"]
    words = (
        (beats["known"], "imported before"),
        (beats["live"], "recorded live"),
        (beats["notRecorded"] + answer["unwanted"], "left out"),
        (answer["unreadableLines"], "unreadable lines"),
    )
    return "".join(f", {count} {what}" for count, what in words if count)


def _total(days: Rows) -> str:
    """What all days and projects gain together."""
    sums = [(sum(row[name] for row in days), what) for name, what in STATES]
    number = len({row["day"] for row in days})
    parts = [_gain_text(seconds, what) for seconds, what in sums if seconds]
    return f"{', '.join(parts)} on {plural(number, 'day')}" if parts else "no day changes"


def _days(days: Rows, lists_all: bool, hint: str) -> Iterator[str]:
    if lists_all or len(days) <= SHOWN:
        yield from _day_lines(days)
        return
    yield from _day_lines(days[:EDGE])
    yield dim(f"… {len(days) - 2 * EDGE} more lines; {hint}")
    yield from _day_lines(days[-EDGE:])


def _day_lines(days: Rows) -> Iterator[str]:
    day = None
    for row in days:
        if row["day"] != day:
            day = row["day"]
            yield day_name(date.fromisoformat(row["day"]))
        parts = [
            _gain_text(row[name], what) + (_band_text(row) if name == "handsOnSeconds" else "")
            for name, what in STATES
            if row[name]
        ]
        yield f"  {for_terminal(row['projectName']) or UNKNOWN}: {', '.join(parts) or 'moved'}"


def _gain_text(seconds: int, what: str) -> str:
    return f"{'+' if seconds > 0 else '−'}{length(abs(seconds))} {what}"


def _band_text(row: Answer) -> str:
    band = row["band"]
    return f" ({length(band['lowSeconds'])} to {length(band['highSeconds'])})" if band else ""


def _request(control: Control, body: Answer) -> Answer:
    """Send the request, and show the progress meanwhile."""
    answers: list[Answer] = []
    errors: list[StintdError] = []

    def ask() -> None:
        try:
            answers.append(control.post("/api/backfill", body, timeout=PATIENCE))
        except StintdError as error:
            errors.append(error)

    if not sys.stderr.isatty():
        ask()
    else:
        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        while asking.is_alive():
            asking.join(LOOK)
            _show_progress()
        sys.stderr.write("\r\033[K")
    if errors:
        raise errors[0]
    return answers[0]


def _show_progress() -> None:
    try:
        state = Control().get("/api/backfill")
    except StintdError:
        return
    if state["running"] and state["bytes"]:
        share = min(99, 100 * state["bytesRead"] // state["bytes"])
        text = f"reading {state['filesRead'] + 1} of {state['files']}, {share} %"
        sys.stderr.write(f"\r\033[K{text if state['filesRead'] < state['files'] else 'working out the hours'}")
        sys.stderr.flush()


def _undo(control: Control, words: Words) -> None:
    if words.source or words.dry_run or getattr(words, "from") or words.to:
        raise UsageError("--undo takes no other options: it undoes the latest backfill as a whole", "`stint backfill --undo`")
    answer = control.post("/api/backfill", {"undo": True}, timeout=PATIENCE)
    print(json.dumps(answer) if words.json else f"undone: {for_terminal(answer['edit']['summary'])}")


def _show(answer: Answer, words: Words) -> None:
    if words.json:
        print(json.dumps(answer))
        return
    print("\n".join(lines(answer, words.all)))
    for trouble in answer["troubles"]:
        print(warn(f"! {for_terminal(trouble['path'])} could not be read to the end: {for_terminal(trouble['why'])}"))
    if answer["editId"]:
        print(dim("undo: `stint backfill --undo`; if it is right: `stint approve PERIOD`"))


def run(words: Words) -> None:
    control = Control()
    if words.undo:
        _undo(control, words)
        return
    bounds = range_of(words, None)
    body = {name: value for name, value in (("from", bounds["from_"]), ("to", bounds["to"])) if value}
    body["source"] = words.source or "all"
    must_ask = not words.yes and not words.json and sys.stdin.isatty()
    if words.dry_run or must_ask:
        preview = _request(control, {**body, "dryRun": True})
        _show(preview, words)
        if words.dry_run or not preview["heartbeats"]["new"]:
            return
        if input("import it? [y/N] ").strip().lower() not in ("y", "yes"):
            return
    _show(_request(control, body), words)


VERBS = {
    "backfill": Verb(
        "backfill",
        run,
        "import past hours from git and agent logs",
        (Operand("SOURCE", "?", choices=SOURCES),),
        OPTIONS,
        DETAIL,
    )
}
