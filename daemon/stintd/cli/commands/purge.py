"""`stint purge`: take a project or a period out of everything that stintd has stored, for good, after showing what goes."""

import json
import sys

from stintd.cli.commands.repos import shown_path
from stintd.cli.options import Operand, Option, Verb
from stintd.cli.period import RANGE, range_of
from stintd.cli.text import bold, dim, for_terminal, length, warn
from stintd.client.control import Control
from stintd.errors import Conflict, Invalid

PATIENCE = 1800.0
OPTIONS = (
    *RANGE,
    Option("--exclude", "and stop recording in the project's folders (watch.exclude)"),
    Option("--dry-run -n", "only show what would go"),
    Option("--yes -y", "do not ask"),
)
DETAIL = """stint purge acme                          the project: its hours, evidence, commits, edits, answers, logs
stint purge --from 2026-03-01 --to 2026-03-31   everything of a period
There is no undo. Backups are removed and one is made anew; logs are emptied. No other project gets the hours.
What billing systems were given stays there: delete it first, if it shall go (`stint delete`, `stint sync`)."""
COUNTED = (("entries", "entry", "entries"), ("heartbeats", "heartbeat", "heartbeats"), ("commits", "commit", "commits"),
           ("sessions", "session", "sessions"), ("edits", "edit", "edits"))  # fmt: skip


def run(words):
    body, control = _wanted(words), Control()
    shown = control.post("/api/purge", {**body, "dryRun": True}, timeout=PATIENCE)
    if words.exclude and not words.project:
        raise Invalid("--exclude belongs to a project", "stint purge PROJECT --exclude")
    if words.dry_run:
        return _print(words, shown)
    if not words.yes:
        _confirm(words, shown)
    if words.exclude and shown["stillWatched"]:
        _exclude(control, shown["stillWatched"])
    return _print(words, control.post("/api/purge", body, timeout=PATIENCE))


def _wanted(words):
    bounds = range_of(_Bounds(words), None)
    if bool(words.project) == bool(bounds["from_"] or bounds["to"]):
        raise Invalid("what shall go?", "stint purge PROJECT, or stint purge --from DAY [--to DAY]")
    if words.project:
        return {"projectName": words.project}
    return {name: value for name, value in (("from", bounds["from_"] or "1970-01-01"), ("to", bounds["to"])) if value}


class _Bounds:
    """`range_of` reads periods too, which would be a project here."""

    def __init__(self, words):
        self.__dict__.update({"from": getattr(words, "from"), "to": words.to, "period": []})


def _exclude(control, folders):
    known = control.get("/api/settings")["watch"]["exclude"]
    control.patch("/api/settings", {"watch": {"exclude": [*known, *(one for one in folders if one not in known)]}})


def _confirm(words, shown):
    if not sys.stdin.isatty():
        raise Invalid("a purge cannot be undone", "look at it with --dry-run, then say --yes")
    print("\n".join(_lines(words, shown)), file=sys.stderr)
    wanted = words.project or "purge"
    print(f"There is no undo. Write {bold(for_terminal(wanted))} to go on: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() != wanted:
        raise Conflict("nothing was changed", f"write {wanted}, or say --yes")


def _print(words, answer):
    print(json.dumps(answer) if words.json else "\n".join(_lines(words, answer)))
    return 0 if answer["isComplete"] else 1


def _lines(words, answer):
    counts = [f"{answer[key]} {one if answer[key] == 1 else many}" for key, one, many in COUNTED if answer[key]]
    told = ", ".join(counts) or "nothing"
    verb = "would go" if answer["dryRun"] else "purged"
    yield f"{verb}: {told}" + (f" ({length(answer['seconds'])})" if answer["seconds"] else "")
    if answer["files"]:
        names = sorted({path.rpartition("/")[2] for path in answer["files"]})
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        emptied = "would be removed or emptied" if answer["dryRun"] else "removed or emptied"
        yield dim(f"{emptied}: {', '.join(for_terminal(name) for name in names[:5])}{more}")
    for one in answer["deliveries"]:
        number = one["entries"]
        yield warn(f"{number} {'entry stays' if number == 1 else 'entries stay'} at {for_terminal(one['target'])}")
    for path in answer["stillWatched"] if not words.exclude else ():
        yield warn(f"{shown_path(path)} is still watched, so its path stays known, and what happens there is recorded again")
    if answer["stillWatched"] and not words.exclude:
        yield dim("--exclude stops that")
    if not answer["isComplete"]:
        yield warn("something still reads the database, or a file could not be removed: see the log, and purge again")


VERBS = {
    "purge": Verb(
        "purge", run, "take a project or a period out of everything stored, for good",
        (Operand("PROJECT", "?", complete="projects"),), OPTIONS, DETAIL,
    )
}  # fmt: skip
