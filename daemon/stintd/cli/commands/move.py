"""`stint move --from --to PROJECT`: give a stretch of time to another project, backwards too."""

import json

from stintd.cli.commands.edit import line
from stintd.cli.options import Operand, Option, Verb
from stintd.cli.period import instant_of
from stintd.cli.text import bold, dim, for_terminal
from stintd.client.control import Control
from stintd.errors import Invalid

OPTIONS = (
    Option("--from", "where the stretch begins", "WHEN"),
    Option("--to", "where it ends", "WHEN"),
    Option("--project -p", "only what belongs to this project now", "PROJECT", complete="projects"),
    Option("--task -t", "the task there", "TASK", complete="tasks"),
    Option("--create", "make the project if there is none by that name"),
    Option("--dry-run -n", "only show what would change"),
)


def run(words):
    since = getattr(words, "from")
    if not since or not words.to:
        raise Invalid("move needs --from and --to", "stint move --from 9:00 --to 10:30 PROJECT")
    body = {
        "from": instant_of(since), "to": instant_of(words.to), "project": words.project, "projectName": words.target,
        "taskName": words.task, "autoCreate": words.create or None, "dryRun": words.dry_run or None,
    }  # fmt: skip
    answer = Control().post("/api/move", {name: value for name, value in body.items() if value is not None})
    if words.json:
        print(json.dumps(answer))
        return
    entries = answer.get("entries") or []
    verb = "would go" if words.dry_run else "moved"
    print(f"{len(entries)} {'entry' if len(entries) == 1 else 'entries'} {verb} to {bold(for_terminal(words.target))}")
    for entry in entries:
        print(f"  {line(entry)}")
    if entries and not words.dry_run:
        print(dim("`stint undo` takes it back"))


TARGET = Operand("TARGET", complete="projects")
VERBS = {"move": Verb("move", run, "give a stretch of time to another project", (TARGET,), OPTIONS)}
