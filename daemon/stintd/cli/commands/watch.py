"""`stint watch`: the live feed; `stint watch add|remove|list` for the watched folders."""

import json
from collections.abc import Iterator

from stintd.cli.answer import Answer
from stintd.cli.commands.repos import display_path
from stintd.cli.commands.roots import absolute_folders, add, remove, watched_folders
from stintd.cli.options import Operand, Verb, Words
from stintd.cli.period import now, to_wire
from stintd.cli.text import bold, clock, dim, for_terminal, length, paint, project_of, warn
from stintd.client.control import Control
from stintd.errors import Invalid

ACTIONS = ("feed", "add", "remove", "list")
SAYS = {
    "time_entry.started": ("started", 32), "time_entry.stopped": ("stopped", 31), "time_entry.created": ("added", 32),
    "time_entry.updated": ("changed", 2), "time_entry.deleted": ("deleted", 31), "project.created": ("new project", 36),
    "project.updated": ("project changed", 2), "project.deleted": ("project deleted", 31),
    "user.invited": ("invited", 36), "user.joined": ("joined", 36), "user.removed": ("user removed", 31),
}  # fmt: skip
WORTH_A_LINE = ("projectName", "taskName", "description", "state", "start", "approvedAt", "confirmed")
"""The fields of an entry whose change is worth a line; new evidence alone is not."""
REMEMBERED = 500


class ChangePrinter:
    """Changes as lines for people. Remembers the entries it saw, to say what changed in one, and which was deleted."""

    def __init__(self) -> None:
        self._seen: dict[str, Answer] = {}

    def lines(self, kind: str, payload: Answer) -> Iterator[str]:
        """The lines for a change: none, one, or one for each new commit."""
        time = dim(clock(to_wire(now())))
        if kind.startswith("time_entry."):
            yield from (f"{time} {line}" for line in self._entry(kind, payload))
        elif kind.startswith(("project.", "user.")):
            word, colour = SAYS.get(kind, (kind, 2))
            yield f"{time} {paint(word, colour)} {bold(for_terminal(payload.get('name')))}"
        elif kind == "heartbeat":
            yield f"{dim(clock(payload['time']))} {_beat_line(payload)}"
        elif kind == "health":
            yield from (f"{time} {line}" for line in _health(payload))

    def _entry(self, kind: str, entry: Answer) -> Iterator[str]:
        if entry.get("provisional"):
            return  # the final entry follows, or it was noise
        before = self._seen.pop(entry["id"], None)
        word, colour = SAYS.get(kind, (kind, 2))
        if kind == "time_entry.deleted":
            if before is not None and not entry.get("mergedInto"):
                yield f"{paint(word, colour)} {_describe(before)}"
            return
        self._remember(entry)
        seen = {commit["sha"] for commit in (before or {}).get("commits") or []}
        for commit in entry.get("commits") or []:
            if commit["sha"] not in seen and (before is not None or kind != "time_entry.created"):
                yield f"{paint('commit', 36)} {commit['sha'][:7]} {for_terminal(commit.get('subject'))}"
        is_new = before is None or kind != "time_entry.updated"
        if is_new or any((before or {}).get(name) != entry.get(name) for name in WORTH_A_LINE):
            yield f"{paint(word, colour)} {_describe(entry)}"

    def _remember(self, entry: Answer) -> None:
        self._seen[entry["id"]] = entry
        if len(self._seen) > REMEMBERED:
            del self._seen[next(iter(self._seen))]


def _health(payload: Answer) -> Iterator[str]:
    if payload.get("recording") is not None:
        yield warn("recording is on" if payload["recording"] else "recording is off")
    for warning in payload.get("warnings") or ([payload] if payload.get("text") else []):
        yield warn(f"! {for_terminal(warning['text'])}")


def _describe(entry: Answer) -> str:
    task = for_terminal(entry.get("taskName") or "")
    words = [bold(project_of(entry)), task, length(entry["durationSeconds"]) if entry.get("durationSeconds") else ""]
    words.append(dim("agent") if entry.get("actor") == "agent" else "")
    return " ".join(word for word in words if word)


def _is_commit(entity: str) -> bool:
    """Whether this is the full name of a commit, of which only the beginning is shown."""
    return len(entity) in (40, 64) and not entity.strip("0123456789abcdef")


def _beat_line(beat: Answer) -> str:
    where = for_terminal(beat.get("project") or beat.get("repo") or display_path(beat.get("path") or ""))
    who = " agent" if beat.get("actor") == "agent" else ""
    kind = for_terminal(beat.get("kind") or "")
    entity = beat.get("entity") or ""
    what = for_terminal(entity[:7] if _is_commit(entity) else entity)
    return f"{dim('·')} {where} {kind}{who} {dim(what)}".rstrip()


def _print_feed(words: Words) -> None:
    control = Control()
    stream = control.changes()
    if not words.json:
        control.get("/api/health")
        print(dim("showing changes as they happen; stop with Ctrl-C"), flush=True)
    printer = ChangePrinter()
    for mark, kind, payload in stream:
        if words.json:
            print(json.dumps({"id": mark, "kind": kind, "payload": payload}), flush=True)
        else:
            for text in printer.lines(kind, payload):
                print(text, flush=True)


def run(words: Words) -> None:
    action = words.action or "feed"
    if action == "feed":
        _print_feed(words)
        return
    if action == "list":
        folders_watched = watched_folders()
        print(json.dumps(folders_watched) if words.json else "\n".join(map(display_path, folders_watched)))
        return
    if not words.folder:
        raise Invalid(f"which folder to {action}?", f"stint watch {action} FOLDER")
    folders = absolute_folders(words.folder, must_exist=action == "add")
    done = add(folders) if action == "add" else remove(folders)
    verb = "watching" if action == "add" else "no longer watching"
    print(json.dumps(done) if words.json else "\n".join(f"{verb} {display_path(folder)}" for folder in done))


VERBS = {
    "watch": Verb(
        "watch",
        run,
        "show changes as they happen; or add, remove, list watched folders",
        (Operand("ACTION", "?", choices=ACTIONS), Operand("FOLDER", "*", complete="folders")),
    )
}
