"""`stint edit`, `split`, `merge`, `delete`, `undo`: corrections, which always win and can be undone."""

from __future__ import annotations

import json

from stintd.cli.answer import Answer, Rows
from stintd.cli.commands.log import row, span_text
from stintd.cli.options import Operand, Option, Verb, Words
from stintd.cli.period import now, to_wire
from stintd.cli.short_ids import find_entries, find_entry
from stintd.cli.text import bold, dim, for_terminal, length, local_time, project_of, short_id
from stintd.client.control import Control
from stintd.errors import Invalid
from stintd.protocol import when

IDS = Operand("ID", "+", complete="entries")
EDIT_OPTIONS = (
    Option("--project -p", "move it to this project", "PROJECT", complete="projects"),
    Option("--task -t", "the task, by key or name; - for none", "TASK", complete="tasks"),
    Option("--message -m", "what it was about", "TEXT"),
    Option("--tag", "a new tag; the new tags replace the old ones; may be repeated", "TAG", is_list=True),
    Option("--billable", "whether it is billed", has_no=True),
    Option("--start", "when it began; a bare 10:30 is on the entry's day", "WHEN"),
    Option("--end", "when it ended", "WHEN"),
    Option("--confirm", "confirm that it was work, so that it can be delivered"),
)


def line(entry: Answer) -> str:
    """An entry in one line."""
    text = f"{short_id(entry['id'])}  {span_text(entry)}  {length(entry.get('durationSeconds') or 0)}  {project_of(entry)}"
    return "  ".join(part for part in (text, *row(entry)[4:]) if part)


def _moment(text: str, entry: Answer) -> str:
    """A time as people write it, near the entry: a bare time of day is on the day the entry began."""
    return to_wire(when.instant(text, now(), local_time(entry["start"]).date()))


def _change(words: Words, entry: Answer) -> Answer:
    body = {
        "projectName": words.project,
        "taskName": words.task,
        "description": words.message,
        "tags": words.tag or None,
        "billable": words.billable,
        "confirmed": words.confirm or None,
        "start": _moment(words.start, entry) if words.start else None,
        "end": _moment(words.end, entry) if words.end else None,
    }
    body = {name: value for name, value in body.items() if value is not None}
    if not body:
        raise Invalid("nothing to change", "`stint edit --help` lists the options")
    if words.task == "-":
        body["taskName"] = None
    return {**body, "revision": entry["revision"]}


def edit(words: Words) -> None:
    control = Control()
    entries = find_entries(control, words.id)
    bodies = [_change(words, entry) for entry in entries]
    _show(words, [control.patch(f"/api/entries/{e['id']}", body) for e, body in zip(entries, bodies, strict=True)])


def split(words: Words) -> None:
    control = Control()
    entry = find_entry(control, words.id)
    body = {"at": _moment(" ".join(words.when), entry), "revision": entry["revision"]}
    _show(words, control.post(f"/api/entries/{entry['id']}/split", body)["entries"])


def merge(words: Words) -> None:
    control = Control()
    entries = find_entries(control, words.id)
    if len(entries) < 2:
        raise Invalid("merging needs at least two entries", "`stint merge ID ID…`")
    _show(words, [control.post("/api/entries/merge", {"ids": [entry["id"] for entry in entries]})])


def delete(words: Words) -> None:
    control = Control()
    gone = [control.delete(f"/api/entries/{entry['id']}") for entry in find_entries(control, words.id)]
    if words.json:
        print(json.dumps(gone))
        return
    for entry in gone:
        print(f"deleted {line(entry)}")
    print(dim("the time stays free; undo: `stint undo`"))


def undo(words: Words) -> None:
    answer = Control().post("/api/undo", {"editId": words.edit} if words.edit else {})
    if words.json:
        print(json.dumps(answer))
        return
    edit = answer.get("edit") or answer
    print(f"undone: {bold(for_terminal(edit.get('summary') or edit.get('verb') or 'the last edit'))}")


def edits(words: Words) -> None:
    edits = Control().get("/api/edits", limit=20)["data"]
    if words.json:
        print(json.dumps(edits))
        return
    for step in edits:
        at = local_time(step["at"])
        gone = dim(" (undone)") if step.get("undoneAt") else ""
        print(f"{dim(step['editId'])}  {at:%a %d %b %H:%M}  {for_terminal(step['summary'])}{gone}")


def _show(words: Words, entries: Rows) -> None:
    if words.json:
        print(json.dumps(entries))
        return
    for entry in entries:
        print(line(entry))


def undo_or_list(words: Words) -> None:
    return edits(words) if words.list else undo(words)


VERBS = {
    "edit": Verb("edit", edit, "change entries; what you set stays as you set it", (IDS,), EDIT_OPTIONS),
    "split": Verb("split", split, "split an entry in two at WHEN", (Operand("ID", complete="entries"), Operand("WHEN", "+"))),
    "merge": Verb("merge", merge, "merge several entries into one", (IDS,)),
    "delete": Verb("delete", delete, "delete entries; evidence that comes later does not bring them back", (IDS,)),
    "undo": Verb(
        "undo",
        undo_or_list,
        "undo the last edit, or any edit by its id",
        (Operand("EDIT", "?"),),
        (Option("--list", "list the latest edits"),),
    ),
}
