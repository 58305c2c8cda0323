"""`stint map FOLDER PROJECT`: assign the work in a folder to a project; shows first how past entries would change."""

import json
import os
import sys

from stintd.cli import change_preview
from stintd.cli.answer import Answer
from stintd.cli.options import Operand, Option, Verb, Words
from stintd.cli.period import to_bound
from stintd.cli.text import bold, dim, for_terminal
from stintd.client.control import Control
from stintd.errors import Invalid

OPTIONS = (
    Option("--remote", "map the repositories with this remote instead of a folder, like github.com/acme/*", "PATTERN"),
    Option("--branch", "only branches that match this pattern", "PATTERN"),
    Option("--task -t", "the task of these entries", "TASK"),
    Option("--client", "the client of the project", "CLIENT"),
    Option("--tag", "a tag of these entries; may be repeated", "TAG", is_list=True),
    Option("--billable", "whether this time is billed", has_no=True),
    Option("--since", "change past entries only from this day on", "DATE"),
    Option("--create", "create the project if it does not exist"),
    Option("--dry-run -n", "only show what would change"),
    Option("--yes -y", "do not ask"),
    Option("--list", "list your mappings"),
    Option("--remove", "remove the mapping with this id", "ID"),
)


def run(words: Words) -> None:
    control = Control()
    if words.list:
        _list(words, control)
        return
    if words.remove:
        removed = control.delete("/api/mappings", {"id": words.remove})
        print(json.dumps(removed) if words.json else "\n".join(["removed", *change_preview.lines(removed)]))
        return
    body = _rule(words)
    if words.dry_run or _must_confirm(words):
        preview = control.post("/api/mappings", {**body, "dryRun": True})
        if words.dry_run and words.json:
            print(json.dumps(preview))
            return
        print("\n".join(change_preview.lines(preview)))
        if words.dry_run or not _confirm():
            return
    answer = control.post("/api/mappings", body)
    if words.json:
        print(json.dumps(answer))
    else:
        place = body.get("path") or body.get("remote") or body.get("branch")
        print(f"{for_terminal(place)} belongs to {bold(for_terminal(body['project']))}")
        if not _must_confirm(words) and answer.get("difference"):
            print("\n".join(change_preview.lines(answer)))


def _rule(words: Words) -> Answer:
    folder, project = words.folder, words.project
    if folder and not project and (words.remote or words.branch):
        folder, project = None, folder
    if not project:
        raise Invalid("map needs a project", "stint map FOLDER PROJECT, or stint map --remote PATTERN PROJECT")
    folder = os.path.abspath(os.path.expanduser(folder)) if folder else None
    if folder is None and not (words.remote or words.branch):
        folder = os.getcwd()
    body = {
        "path": folder,
        "remote": words.remote,
        "branch": words.branch,
        "project": project,
        "task": words.task,
        "client": words.client,
        "tags": words.tag or None,
        "billable": words.billable,
        "since": to_bound(words.since) if words.since else None,
        "autoCreate": words.create or None,
    }
    return {name: value for name, value in body.items() if value is not None}


def _must_confirm(words: Words) -> bool:
    return not words.yes and not words.json and sys.stdin.isatty()


def _confirm() -> bool:
    return input("apply it? [y/N] ").strip().lower() in ("y", "yes")


def _list(words: Words, control: Control) -> None:
    rules = control.get("/api/mappings")["data"]
    if words.json:
        print(json.dumps(rules))
        return
    for rule in rules:
        where = " ".join(for_terminal(rule[name]) for name in ("path", "remote", "branch") if rule.get(name))
        print(f"{dim(rule.get('id') or 'config.toml')}  {where} → {bold(for_terminal(rule.get('project') or ''))}")


VERBS = {
    "map": Verb(
        "map",
        run,
        "assign a folder, remote or branch to a project, for past entries too",
        (Operand("FOLDER", "?", complete="folders"), Operand("PROJECT", "?", complete="projects")),
        OPTIONS,
    )
}
