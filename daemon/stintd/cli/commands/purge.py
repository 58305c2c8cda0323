"""`stint purge`: permanently delete a project or period from everything that stintd has stored, after showing what goes."""

import json
import sys
from collections.abc import Iterator, Sequence

from stintd.cli.answer import Answer
from stintd.cli.commands.repos import display_path
from stintd.cli.options import Operand, Option, Verb, Words
from stintd.cli.period import RANGE, range_of
from stintd.cli.text import bold, dim, for_terminal, length, warn
from stintd.client.control import Control
from stintd.errors import Conflict, Invalid

PATIENCE = 1800.0
OPTIONS = (
    *RANGE,
    Option("--exclude", "also stop recording in the project's folders (watch.exclude)"),
    Option("--dry-run -n", "only show what would be deleted"),
    Option("--yes -y", "do not ask"),
)
DETAIL = """stint purge acme                                the project: its hours, evidence, commits, edits, stored answers, logs
stint purge --from 2026-03-01 --to 2026-03-31   everything from a period
There is no undo. Backups are removed and a new one is made; logs are emptied. No other project gets the hours.
Entries already sent to billing systems stay there: to remove them too, first use `stint delete` and `stint sync`."""
COUNTED = (("entries", "entry", "entries"), ("heartbeats", "heartbeat", "heartbeats"), ("commits", "commit", "commits"),
           ("sessions", "session", "sessions"), ("edits", "edit", "edits"))  # fmt: skip


def run(words: Words) -> int:
    body, control = _scope(words), Control()
    preview = control.post("/api/purge", {**body, "dryRun": True}, timeout=PATIENCE)
    if words.exclude and not words.project:
        raise Invalid("--exclude needs a project", "stint purge PROJECT --exclude")
    if words.dry_run:
        return _print(words, preview)
    if not words.yes:
        _confirm(words, preview)
    if words.exclude and preview["stillWatched"]:
        _exclude(control, preview["stillWatched"])
    return _print(words, control.post("/api/purge", body, timeout=PATIENCE))


def _scope(words: Words) -> Answer:
    bounds = range_of(_Bounds(words), None)
    if bool(words.project) == bool(bounds["from_"] or bounds["to"]):
        raise Invalid("what should be deleted?", "stint purge PROJECT, or stint purge --from DAY [--to DAY]")
    if words.project:
        return {"projectName": words.project}
    return {name: value for name, value in (("from", bounds["from_"] or "1970-01-01"), ("to", bounds["to"])) if value}


class _Bounds(Words):
    """The words for `range_of` without the operand, which is a project here and no period."""

    def __init__(self, words: Words) -> None:
        super().__init__({"from": getattr(words, "from"), "to": words.to, "period": []})


def _exclude(control: Control, folders: Sequence[str]) -> None:
    excluded = control.get("/api/settings")["watch"]["exclude"]
    new = [folder for folder in folders if folder not in excluded]
    control.patch("/api/settings", {"watch": {"exclude": [*excluded, *new]}})


def _confirm(words: Words, preview: Answer) -> None:
    if not sys.stdin.isatty():
        raise Invalid("a purge cannot be undone", "see what it would delete with --dry-run, then add --yes")
    print("\n".join(_lines(words, preview)), file=sys.stderr)
    answer = words.project or "purge"
    print(f"There is no undo. Type {bold(for_terminal(answer))} to continue: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() != answer:
        raise Conflict("nothing was changed", f"type {answer}, or add --yes")


def _print(words: Words, answer: Answer) -> int:
    print(json.dumps(answer) if words.json else "\n".join(_lines(words, answer)))
    return 0 if answer["isComplete"] else 1


def _lines(words: Words, answer: Answer) -> Iterator[str]:
    counts = [f"{answer[key]} {singular if answer[key] == 1 else plural}" for key, singular, plural in COUNTED if answer[key]]
    counted = ", ".join(counts) or "nothing"
    verb = "would be deleted" if answer["dryRun"] else "purged"
    yield f"{verb}: {counted}" + (f" ({length(answer['seconds'])})" if answer["seconds"] else "")
    if answer["files"]:
        names = sorted({path.rpartition("/")[2] for path in answer["files"]})
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        emptied = "would be removed or emptied" if answer["dryRun"] else "removed or emptied"
        yield dim(f"{emptied}: {', '.join(for_terminal(name) for name in names[:5])}{more}")
    for delivery in answer["deliveries"]:
        number = delivery["entries"]
        yield warn(f"{number} {'entry stays' if number == 1 else 'entries stay'} at {for_terminal(delivery['target'])}")
    for path in answer["stillWatched"] if not words.exclude else ():
        yield warn(f"{display_path(path)} is still watched: its path stays stored, and new work there is recorded again")
    if answer["stillWatched"] and not words.exclude:
        yield dim("use --exclude to stop that")
    if not answer["isComplete"]:
        yield warn("the database is still in use, or a file could not be removed: see the log, then purge again")


VERBS = {
    "purge": Verb(
        "purge",
        run,
        "permanently delete a project or period",
        (Operand("PROJECT", "?", complete="projects"),),
        OPTIONS,
        DETAIL,
    )
}
