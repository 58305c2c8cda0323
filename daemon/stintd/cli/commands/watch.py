"""`stint watch`: the live feed; `stint watch add|remove|list` for the watched folders."""

import json

from stintd.cli.commands.repos import shown_path
from stintd.cli.commands.roots import absolute, add, listed, remove
from stintd.cli.options import Operand, Verb
from stintd.cli.period import now, to_wire
from stintd.cli.text import bold, clock, dim, for_terminal, length, paint, project_of, warn
from stintd.client.control import Control
from stintd.errors import Invalid

ACTIONS = ("feed", "add", "remove", "list")
SAYS = {
    "time_entry.started": ("started", 32), "time_entry.stopped": ("stopped", 31), "time_entry.created": ("added", 32),
    "time_entry.updated": ("changed", 2), "time_entry.deleted": ("gone", 31), "project.created": ("new project", 36),
    "project.updated": ("project changed", 2), "project.deleted": ("project deleted", 31),
    "user.invited": ("invited", 36), "user.joined": ("joined", 36), "user.removed": ("user removed", 31),
}  # fmt: skip
TOLD = ("projectName", "taskName", "description", "state", "start", "approvedAt", "confirmed")
"""What of an entry is worth a line when it changes; that its last evidence moved on is not."""
REMEMBERED = 500


class Teller:
    """Changes as lines for people. Remembers the entries it saw, to say what is new about one and what is gone."""

    def __init__(self):
        self._seen = {}

    def lines(self, kind, payload):
        """The lines a change is worth: none, one, or one for each commit it brought."""
        at = dim(clock(to_wire(now())))
        if kind.startswith("time_entry."):
            yield from (f"{at} {line}" for line in self._entry(kind, payload))
        elif kind.startswith(("project.", "user.")):
            said, colour = SAYS.get(kind, (kind, 2))
            yield f"{at} {paint(said, colour)} {bold(for_terminal(payload.get('name')))}"
        elif kind == "heartbeat":
            yield f"{dim(clock(payload['time']))} {_beat(payload)}"
        elif kind == "health":
            yield from (f"{at} {line}" for line in _health(payload))

    def _entry(self, kind, entry):
        if entry.get("provisional"):
            return  # the real one follows, or it was noise
        before = self._seen.pop(entry["id"], None)
        said, colour = SAYS.get(kind, (kind, 2))
        if kind == "time_entry.deleted":
            if before is not None and not entry.get("mergedInto"):
                yield f"{paint(said, colour)} {_shown(before)}"
            return
        self._remember(entry)
        known = {commit["sha"] for commit in (before or {}).get("commits") or []}
        for commit in entry.get("commits") or []:
            if commit["sha"] not in known and (before is not None or kind != "time_entry.created"):
                yield f"{paint('commit', 36)} {commit['sha'][:7]} {for_terminal(commit.get('subject'))}"
        is_dull = kind == "time_entry.updated" and before is not None
        if not is_dull or any(before.get(name) != entry.get(name) for name in TOLD):
            yield f"{paint(said, colour)} {_shown(entry)}"

    def _remember(self, entry):
        self._seen[entry["id"]] = entry
        if len(self._seen) > REMEMBERED:
            del self._seen[next(iter(self._seen))]


def _health(payload):
    if payload.get("recording") is not None:
        yield warn("recording is on" if payload["recording"] else "recording is off")
    for warning in payload.get("warnings") or ([payload] if payload.get("text") else []):
        yield warn(f"! {for_terminal(warning['text'])}")


def _shown(entry):
    task = for_terminal(entry.get("taskName") or "")
    words = [bold(project_of(entry)), task, length(entry["durationSeconds"]) if entry.get("durationSeconds") else ""]
    words.append(dim("agent") if entry.get("actor") == "agent" else "")
    return " ".join(word for word in words if word)


def _is_commit(entity):
    """Whether this is the full name of a commit, which nobody reads to its end."""
    return len(entity) in (40, 64) and not entity.strip("0123456789abcdef")


def _beat(beat):
    where = for_terminal(beat.get("project") or beat.get("repo") or shown_path(beat.get("path") or ""))
    who = " agent" if beat.get("actor") == "agent" else ""
    kind = for_terminal(beat.get("kind") or "")
    entity = beat.get("entity") or ""
    what = for_terminal(entity[:7] if _is_commit(entity) else entity)
    return f"{dim('·')} {where} {kind}{who} {dim(what)}".rstrip()


def _feed(words):
    control = Control()
    stream = control.changes()
    if not words.json:
        control.get("/api/health")
        print(dim("what happens, as it happens; Ctrl-C ends"), flush=True)
    teller = Teller()
    for mark, kind, payload in stream:
        if words.json:
            print(json.dumps({"id": mark, "kind": kind, "payload": payload}), flush=True)
        else:
            for text in teller.lines(kind, payload):
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
