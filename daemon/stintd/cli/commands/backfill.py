"""`stint backfill`: hours from before anybody recorded, out of git and agents' logs, after showing what that would change."""

import json
import sys
import threading
from datetime import date

from stintd.cli.options import Operand, Option, UsageError, Verb
from stintd.cli.period import RANGE, range_of
from stintd.cli.text import UNKNOWN, bold, day_name, dim, for_terminal, length, warn
from stintd.client.control import Control
from stintd.errors import StintdError

SOURCES = ("git", "agents")
OPTIONS = (
    *RANGE,
    Option("--dry-run -n", "only show what would change"),
    Option("--undo", "take the latest backfill back, whole"),
    Option("--yes -y", "do not ask"),
)
PATIENCE = 3600.0
LOOK = 0.5
SHOWN = 40
READ = (
    ("repositories", "repository", "repositories"),
    ("acts", "act of git", "acts of git"),
    ("files", "log", "logs"),
    ("lines", "line", "lines"),
)
STATES = (("handsOnSeconds", "hands-on"), ("supervisedSeconds", "supervised"), ("agentSeconds", "agents"))


def lines(answer):
    """What was read, and what each project has more on each day."""
    beats = answer["heartbeats"]
    read = [_count(answer[name], one, many) for name, one, many in READ if answer[name]] or ["nothing"]
    yield dim(f"{', '.join(read)} read" + _skip_counts(answer))
    if not beats["new"]:
        yield "nothing new" + (": it was all noticed when it happened" if beats["live"] else "")
        return
    title = "would come" if answer["dryRun"] else "came"
    yield bold(f"{_count(beats['new'], 'heartbeat')} {title}; estimated, not delivered before you approve")
    yield from _days(answer["days"])
    if any(row["band"] for row in answer["days"]):
        yield dim("in brackets: where the true length lies in four of five cases; commits tell no more")


def _skip_counts(answer):
    beats = answer["heartbeats"]
    words = (
        (beats["known"], "known"), (beats["live"], "noticed before"),
        (beats["notRecorded"] + answer["unwanted"], "not to be kept"),
        (answer["unreadableLines"], "lines unreadable"),
    )  # fmt: skip
    return "".join(f", {count} {what}" for count, what in words if count)


def _days(days):
    shown = None
    for row in days[:SHOWN]:
        if row["day"] != shown:
            shown = row["day"]
            yield day_name(date.fromisoformat(shown))
        parts = [_gain(row[name], what) + (_band(row) if name == "handsOnSeconds" else "") for name, what in STATES if row[name]]
        yield f"  {for_terminal(row['projectName']) or UNKNOWN}: {', '.join(parts) or 'moved'}"
    if len(days) > SHOWN:
        yield dim(f"and {len(days) - SHOWN} more; --json lists all")


def _gain(seconds, what):
    return f"{'+' if seconds > 0 else '−'}{length(abs(seconds))} {what}"


def _band(row):
    band = row["band"]
    return f" ({length(band['lowSeconds'])} to {length(band['highSeconds'])})" if band else ""


def _count(number, one, many=""):
    return f"{number} {one if number == 1 else many or one + 's'}"


def _request(control, body):
    """Ask, and meanwhile say how far it is."""
    found = {}

    def ask():
        try:
            found["answer"] = control.post("/api/backfill", body, timeout=PATIENCE)
        except StintdError as error:
            found["error"] = error

    if not sys.stderr.isatty():
        ask()
    else:
        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        while asking.is_alive():
            asking.join(LOOK)
            _show_progress()
        sys.stderr.write("\r\033[K")
    if "error" in found:
        raise found["error"]
    return found["answer"]


def _show_progress():
    try:
        state = Control().get("/api/backfill")
    except StintdError:
        return
    if state["running"] and state["bytes"]:
        share = min(99, 100 * state["bytesRead"] // state["bytes"])
        text = f"reading {state['filesRead'] + 1} of {state['files']}, {share} %"
        sys.stderr.write(f"\r\033[K{text if state['filesRead'] < state['files'] else 'working out the hours'}")
        sys.stderr.flush()


def _undo(control, words):
    if words.source or words.dry_run or getattr(words, "from") or words.to:
        raise UsageError("--undo stands alone: it takes the latest backfill back whole", "stint backfill --undo")
    answer = control.post("/api/backfill", {"undo": True}, timeout=PATIENCE)
    print(json.dumps(answer) if words.json else f"taken back: {for_terminal(answer['edit']['summary'])}")


def _show(answer, words):
    if words.json:
        print(json.dumps(answer))
        return
    print("\n".join(lines(answer)))
    for trouble in answer["troubles"]:
        print(warn(f"! {for_terminal(trouble['path'])} was not read to its end: {for_terminal(trouble['why'])}"))
    if answer["editId"]:
        print(dim("`stint backfill --undo` takes it back; `stint approve PERIOD` releases what is right"))


def run(words):
    control = Control()
    if words.undo:
        _undo(control, words)
        return
    words.period = None
    bounds = range_of(words, None)
    body = {name: value for name, value in (("from", bounds["from_"]), ("to", bounds["to"])) if value}
    body["source"] = words.source or "all"
    must_ask = not words.yes and not words.json and sys.stdin.isatty()
    if words.dry_run or must_ask:
        preview = _request(control, {**body, "dryRun": True})
        _show(preview, words)
        if words.dry_run or not preview["heartbeats"]["new"]:
            return
        if input("store it? [y/N] ").strip().lower() not in ("y", "yes"):
            return
    _show(_request(control, body), words)


VERBS = {
    "backfill": Verb(
        "backfill", run, "hours from before stintd ran, from what is on disk",
        (Operand("SOURCE", "?", choices=SOURCES),), OPTIONS,
        "git: what HEAD's reflogs know, and your commits. agents: the session logs that Claude Code and Codex keep. Without\n"
        "either: both. What comes is estimated, and not delivered unapproved.",
    )
}  # fmt: skip
