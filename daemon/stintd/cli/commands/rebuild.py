"""`stint rebuild`: recompute the entries of a period from their evidence, after showing the difference."""

import json
import sys

from stintd.cli import change_preview
from stintd.cli.options import Option, Verb, Words
from stintd.cli.period import PERIOD, RANGE, range_of
from stintd.client.control import Control

OPTIONS = (*RANGE, Option("--dry-run -n", "only show what would change"), Option("--yes -y", "do not ask"))
PATIENCE = 600.0


def run(words: Words) -> None:
    bounds = range_of(words, None)
    body = {name: value for name, value in (("from", bounds["from_"]), ("to", bounds["to"])) if value}
    control = Control()
    must_ask = not words.yes and not words.json and sys.stdin.isatty()
    if words.dry_run or must_ask:
        preview = control.post("/api/rebuild", {**body, "dryRun": True}, timeout=PATIENCE)
        print(json.dumps(preview) if words.json else "\n".join(change_preview.lines(preview)))
        if words.dry_run or input("apply it? [y/N] ").strip().lower() not in ("y", "yes"):
            return
    answer = control.post("/api/rebuild", body, timeout=PATIENCE)
    print(json.dumps(answer) if words.json else "\n".join(change_preview.lines(answer)))


VERBS = {
    "rebuild": Verb(
        "rebuild",
        run,
        "recompute entries from their evidence; keeps what you set or approved, and shows the difference first",
        (PERIOD,),
        OPTIONS,
    )
}
