"""`stint move --from --to PROJECT`: move a stretch of time to another project, in the past too."""

import json

from stintd.cli.commands.edit import line
from stintd.cli.options import Operand, Option, Verb, Words
from stintd.cli.period import instant_of
from stintd.cli.text import bold, dim, for_terminal
from stintd.client.control import Control
from stintd.errors import Invalid

OPTIONS = (
    Option("--from", "start of the stretch", "WHEN"),
    Option("--to", "end of the stretch", "WHEN"),
    Option("--project -p", "only time that belongs to this project now", "PROJECT", complete="projects"),
    Option("--task -t", "the task of the moved time", "TASK", complete="tasks"),
    Option("--create", "create the project if it does not exist"),
    Option("--dry-run -n", "only show what would change"),
)


def run(words: Words) -> None:
    since = getattr(words, "from")
    if not since or not words.to:
        raise Invalid("move needs --from and --to", "stint move --from 9:00 --to 10:30 PROJECT")
    body = {
        "from": instant_of(since),
        "to": instant_of(words.to),
        "project": words.project,
        "projectName": words.target,
        "taskName": words.task,
        "autoCreate": words.create or None,
        "dryRun": words.dry_run or None,
    }
    answer = Control().post("/api/move", {name: value for name, value in body.items() if value is not None})
    if words.json:
        print(json.dumps(answer))
        return
    entries = answer.get("entries") or []
    verb = "would move" if words.dry_run else "moved"
    print(f"{len(entries)} {'entry' if len(entries) == 1 else 'entries'} {verb} to {bold(for_terminal(words.target))}")
    for entry in entries:
        print(f"  {line(entry)}")
    if entries and not words.dry_run:
        print(dim("undo: `stint undo`"))


TARGET = Operand("PROJECT", complete="projects")
TARGET.key = "target"  # beside the option --project
DETAIL = "stint move acme --from 9:00 --to 10:30   give the time between 9:00 and 10:30 to acme"
VERBS = {"move": Verb("move", run, "move a stretch of time to another project", (TARGET,), OPTIONS, DETAIL)}
