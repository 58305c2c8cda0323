"""`stint watch`: the live feed; `stint watch add|remove|list` for the watched folders."""

import json

from stintd.cli.options import Operand, Verb
from stintd.cli.period import now, wire
from stintd.cli.repos import shown_path
from stintd.cli.roots import absolute, add, listed, remove
from stintd.cli.text import bold, clock, dim, for_terminal, length, paint, project_of, warn
from stintd.client.control import Control
from stintd.errors import Invalid

ACTIONS = ("feed", "add", "remove", "list")
SAYS = {
    "time_entry.started": ("started", 32), "time_entry.stopped": ("stopped", 31), "time_entry.created": ("created", 32),
    "time_entry.updated": ("updated", 2), "time_entry.deleted": ("deleted", 31), "project.created": ("new project", 36),
    "project.updated": ("project changed", 2), "project.deleted": ("project deleted", 31),
}  # fmt: skip


def line(kind, payload):
    """One change in one line; None for what a person need not see."""
    at = clock(payload.get("time") or payload.get("at") or wire(now()))
    if kind == "heartbeat":
        beats = payload.get("heartbeats") or [payload]
        return "\n".join(_beat(clock(beat.get("time") or wire(now())), beat) for beat in beats)
    if kind == "health":
        warnings = payload.get("warnings") or ([payload] if payload.get("text") else [])
        return "\n".join(f"{dim(at)} {warn('! ' + for_terminal(one['text']))}" for one in warnings) or None
    said, colour = SAYS.get(kind, (kind, 2))
    shape = payload.get("entry") or payload.get("timer") or payload.get("project") or payload
    if kind.startswith("project."):
        return f"{dim(at)} {paint(said, colour)} {bold(for_terminal(shape.get('name')))}"
    return f"{dim(at)} {paint(said, colour)} {_entry(shape)}"


def _entry(entry):
    task = for_terminal(entry.get("taskName") or "")
    words = [bold(project_of(entry)), task, length(entry["durationSeconds"]) if entry.get("durationSeconds") else ""]
    words.append(dim("agent") if entry.get("actor") == "agent" else "")
    return " ".join(word for word in words if word)


def _beat(at, beat):
    where = for_terminal(beat.get("project") or beat.get("repo") or shown_path(beat.get("path") or "") or "")
    what = for_terminal(beat.get("entity") or "")
    who = " agent" if beat.get("actor") == "agent" else ""
    return f"{dim(at)} {dim('·')} {where} {for_terminal(beat.get('kind') or '')}{who} {dim(what)}".rstrip()


def _feed(words):
    control = Control()
    stream = control.changes()
    if not words.json:
        control.get("/api/health")
        print(dim("what happens, as it happens; Ctrl-C ends"), flush=True)
    for mark, kind, payload in stream:
        text = json.dumps({"id": mark, "kind": kind, "payload": payload}) if words.json else line(kind, payload)
        if text:
            print(text, flush=True)


def run(words):
    action = words.action or "feed"
    if action == "feed":
        return _feed(words)
    if action == "list":
        found = listed()
        print(json.dumps(found) if words.json else "\n".join(map(shown_path, found)))
        return None
    if not words.folder:
        raise Invalid(f"which folder to {action}?", f"stint watch {action} FOLDER")
    folders = absolute(words.folder, must_exist=action == "add")
    done = add(folders) if action == "add" else remove(folders)
    print(json.dumps(done) if words.json else "\n".join(f"{action} {shown_path(folder)}" for folder in done))
    return None


VERBS = {
    "watch": Verb(
        "watch", run, "what happens, as it happens; or add, remove, list watched folders",
        (Operand("ACTION", "?", choices=ACTIONS), Operand("FOLDER", "*", complete="folders")),
    )
}  # fmt: skip
