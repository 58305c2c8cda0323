"""`stint map FOLDER PROJECT`: whose the work in a folder is; shows what it changes in the past before it does it."""

import json
import os
import sys

from stintd.cli import change_preview
from stintd.cli.options import Operand, Option, Verb
from stintd.cli.period import to_bound
from stintd.cli.text import bold, dim, for_terminal
from stintd.client.control import Control
from stintd.errors import Invalid

OPTIONS = (
    Option("--remote", "map repositories with this remote instead, like github.com/acme/*", "PATTERN"),
    Option("--branch", "only on branches like this", "PATTERN"),
    Option("--task -t", "the task there", "TASK"),
    Option("--client", "the client of the project", "CLIENT"),
    Option("--tag", "tags of its entries; may be repeated", "TAG", is_list=True),
    Option("--billable", "whether it is billed", has_no=True),
    Option("--since", "change the past from this day on only", "DATE"),
    Option("--create", "make the project if there is none by that name"),
    Option("--dry-run -n", "only show what would change"),
    Option("--yes -y", "do not ask"),
    Option("--list", "list the mappings there are"),
    Option("--remove", "drop the mapping with this id", "ID"),
)


def run(words):
    control = Control()
    if words.list:
        return _list(words, control)
    if words.remove:
        gone = control.delete("/api/mappings", {"id": words.remove})
        print(json.dumps(gone) if words.json else "\n".join(["dropped", *change_preview.lines(gone)]))
        return None
    body = _rule(words)
    if words.dry_run or _is_asked(words):
        preview = control.post("/api/mappings", {**body, "dryRun": True})
        if words.dry_run and words.json:
            print(json.dumps(preview))
            return None
        print("\n".join(change_preview.lines(preview)))
        if words.dry_run or not _agrees():
            return None
    answer = control.post("/api/mappings", body)
    if words.json:
        print(json.dumps(answer))
    else:
        print(f"{for_terminal(body.get('path') or body.get('remote') or body.get('branch'))} is {bold(words.project)}")
        if not _is_asked(words) and answer.get("difference"):
            print("\n".join(change_preview.lines(answer)))
    return None


def _rule(words):
    if words.folder and not words.project and (words.remote or words.branch):
        words.folder, words.project = None, words.folder
    if not words.project:
        raise Invalid("map needs a project", "stint map FOLDER PROJECT, or stint map --remote PATTERN PROJECT")
    folder = os.path.abspath(os.path.expanduser(words.folder)) if words.folder else None
    if folder is None and not (words.remote or words.branch):
        folder = os.getcwd()
    body = {
        "path": folder, "remote": words.remote, "branch": words.branch, "project": words.project, "task": words.task,
        "client": words.client, "tags": words.tag or None, "billable": words.billable,
        "since": to_bound(words.since) if words.since else None, "autoCreate": words.create or None,
    }  # fmt: skip
    return {name: value for name, value in body.items() if value is not None}


def _is_asked(words):
    return not words.yes and not words.json and sys.stdin.isatty()


def _agrees():
    return input("apply it? [y/N] ").strip().lower() in ("y", "yes")


def _list(words, control):
    found = control.get("/api/mappings")["data"]
    if words.json:
        print(json.dumps(found))
        return
    for rule in found:
        where = " ".join(for_terminal(rule[name]) for name in ("path", "remote", "branch") if rule.get(name))
        print(f"{dim(rule.get('id') or 'config.toml')}  {where} → {bold(for_terminal(rule.get('project') or ''))}")


VERBS = {
    "map": Verb(
        "map", run, "say which project a folder, remote or branch belongs to, backwards too",
        (Operand("FOLDER", "?", complete="folders"), Operand("PROJECT", "?", complete="projects")), OPTIONS,
    )
}  # fmt: skip
