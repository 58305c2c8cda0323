"""Time entries."""

from collections.abc import Iterable

from stintd.client.request import (
    Clear,
    Instant,
    Moment,
    Request,
    field_reader,
    list_reader,
    new_key,
    page_reader,
    reader,
    route,
    wire_fields,
)
from stintd.protocol.types import Entry, Evidence, History, MadeEntry, Page

ONE = "/api/entries/{}"


def list_(
    *,
    since: Moment | None = None,
    until: Moment | None = None,
    project_id: str | None = None,
    project: str | None = None,
    client_id: str | None = None,
    client: str | None = None,
    task_id: str | None = None,
    task: str | None = None,
    tag: str | None = None,
    billable: bool | None = None,
    actor: str | None = None,
    user_id: str | None = None,
    state: str | None = None,
    search: str | None = None,
    updated_since: Instant | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Request[Page[Entry]]:
    """Entries that overlap a period, the latest start first. `project`, `client`, `task` and `tag` are names; `actor` is
    human or agent; `search` looks in descriptions, projects and tasks. A date is a whole day; the last day is included.
    """
    return Request("GET", "/api/entries", page_reader(Entry), query=wire_fields(locals()))


def get(entry_id: str) -> Request[Entry]:
    """One entry, by its id or by a unique beginning of the id."""
    return Request("GET", route(ONE, entry_id), reader(Entry))


def create(
    project_id: str | None = None,
    *,
    project_name: str | None = None,
    path: str | None = None,
    start: Instant | None = None,
    end: Instant | None = None,
    duration_minutes: float | None = None,
    description: str | None = None,
    task_id: str | None = None,
    task_name: str | None = None,
    billable: bool | None = None,
    tags: Iterable[str] | None = None,
    auto_create: bool | None = None,
    replace: bool | None = None,
    overlap: bool | None = None,
    idempotency_key: str | None = None,
) -> Request[MadeEntry]:
    """Enter past work. Pass two of `start`, `end` and `duration_minutes`. The new entry replaces automatic entries in that time.
    If it overlaps entries that a person made, it is refused, unless `replace` (it replaces them too) or `overlap` (both count).
    """
    body = wire_fields(locals())
    return Request("POST", "/api/entries", reader(MadeEntry), body=body, key=new_key(idempotency_key))


def update(
    entry_id: str,
    *,
    project_id: str | Clear | None = None,
    project_name: str | None = None,
    task_id: str | Clear | None = None,
    task_name: str | Clear | None = None,
    start: Instant | None = None,
    end: Instant | None = None,
    duration_minutes: float | None = None,
    description: str | None = None,
    billable: bool | None = None,
    tags: Iterable[str] | None = None,
    confirmed: bool | None = None,
    revision: int | None = None,
) -> Request[Entry]:
    """Edit an entry; stintd never recomputes the fields that you set. Pass the `revision` that you read: if the entry was changed
    since, this raises `Conflict`, and that change is not lost.
    """
    body = wire_fields(locals(), "entry_id")
    return Request("PATCH", route(ONE, entry_id), reader(Entry), body=body)


def delete(entry_id: str, *, revision: int | None = None) -> Request[Entry]:
    """Delete an entry; its time is not tracked again. `restore` brings it back."""
    return Request("DELETE", route(ONE, entry_id), reader(Entry), revision=revision)


def start(
    project_id: str | None = None,
    *,
    project_name: str | None = None,
    path: str | None = None,
    task_id: str | None = None,
    task_name: str | None = None,
    description: str | None = None,
    billable: bool | None = None,
    tags: Iterable[str] | None = None,
    at: Instant | None = None,
    auto_create: bool | None = None,
    idempotency_key: str | None = None,
) -> Request[Entry]:
    """Start a manual timer. A person's running timer is stopped first, unless the settings allow parallel timers."""
    body = wire_fields(locals()) | {"manual": True}
    started = field_reader("timer", Entry)
    return Request("POST", "/api/timer/start", started, body=body, key=new_key(idempotency_key)).convert(_require_entry)


def _require_entry(entry: Entry | None) -> Entry:
    """The timer of a manual start, which always has one."""
    return entry if entry is not None else reader(Entry)(None)


def stop(project_id: str | None = None, *, at: Instant | None = None) -> Request[Entry | None]:
    """Stop the running timer. Returns its entry; None if no timer runs."""
    return Request("POST", "/api/timer/stop", field_reader("entry", Entry), body=wire_fields(locals()))


def split(entry_id: str, at: Instant, *, revision: int | None = None) -> Request[tuple[Entry, ...]]:
    """Split an entry in two at an instant inside it."""
    body = wire_fields({"at": at, "revision": revision})
    return Request("POST", route(ONE + "/split", entry_id), list_reader("entries", Entry), body=body)


def merge(ids: Iterable[str]) -> Request[Entry]:
    """Merge several entries of one project; the time between them becomes a pause."""
    return Request("POST", "/api/entries/merge", reader(Entry), body={"ids": list(ids)})


def restore(entry_id: str) -> Request[Entry]:
    """Restore a deleted entry; one that was not deleted is returned unchanged."""
    return Request("POST", route(ONE + "/restore", entry_id), reader(Entry), is_repeatable=True)


def evidence(entry_id: str) -> Request[Evidence]:
    """The evidence for an entry: heartbeats, commits, sessions, and the reason why each gap counted or not."""
    return Request("GET", route(ONE + "/evidence", entry_id), reader(Evidence))


def history(entry_id: str) -> Request[History]:
    """Every edit of an entry, oldest first."""
    return Request("GET", route(ONE + "/history", entry_id), reader(History))


def why(at: Instant) -> Request[Evidence]:
    """The evidence at an instant: for the entry there, or for the time without one."""
    return Request("GET", "/api/why", reader(Evidence), query=wire_fields(locals()))
