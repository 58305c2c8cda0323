"""Time entries: what was worked, and on what."""

from collections.abc import Iterable

from stintd.client.request import Ask, Clear, Instant, Moment, given, new_key, paged, part, parts, reader, route
from stintd.protocol.types import Entry, Evidence, History, MadeEntry, Page

ONE = "/api/entries/{}"


def list_(
    *, since: Moment | None = None, until: Moment | None = None, project_id: str | None = None, project: str | None = None,
    client_id: str | None = None, client: str | None = None, task_id: str | None = None, task: str | None = None,
    tag: str | None = None, billable: bool | None = None, actor: str | None = None, user_id: str | None = None,
    state: str | None = None, search: str | None = None, updated_since: Instant | None = None, limit: int | None = None,
    cursor: str | None = None,
) -> Ask[Page[Entry]]:  # fmt: skip
    """Entries that overlap a period, the latest start first. `project`, `client`, `task` and `tag` are names; `actor` is
    human or agent; `search` looks in descriptions, projects and tasks. Dates are whole days, the last one included.
    """
    return Ask("GET", "/api/entries", paged(Entry), query=given(locals()))


def get(entry_id: str) -> Ask[Entry]:
    """One entry by its id, or by a beginning of it that no other has."""
    return Ask("GET", route(ONE, entry_id), reader(Entry))


def create(
    project_id: str | None = None, *, project_name: str | None = None, path: str | None = None, start: Instant | None = None,
    end: Instant | None = None, duration_minutes: float | None = None, description: str | None = None,
    task_id: str | None = None, task_name: str | None = None, billable: bool | None = None,
    tags: Iterable[str] | None = None, auto_create: bool | None = None, replace: bool | None = None,
    overlap: bool | None = None, idempotency_key: str | None = None,
) -> Ask[MadeEntry]:  # fmt: skip
    """Enter past work: two of `start`, `end` and `duration_minutes`. It takes automatic time; the owner's own entries
    only with `replace`, and lies beside them with `overlap`.
    """
    body = given(locals())
    return Ask("POST", "/api/entries", reader(MadeEntry), body=body, key=new_key(idempotency_key))


def update(
    entry_id: str, *, project_id: str | Clear | None = None, project_name: str | None = None,
    task_id: str | Clear | None = None, task_name: str | Clear | None = None, start: Instant | None = None,
    end: Instant | None = None, duration_minutes: float | None = None, description: str | None = None,
    billable: bool | None = None, tags: Iterable[str] | None = None, confirmed: bool | None = None,
    revision: int | None = None,
) -> Ask[Entry]:  # fmt: skip
    """Edit an entry; what is set stays as set. With the `revision` that was read, a change somebody made meanwhile is a
    `Conflict` instead of being lost.
    """
    body = given(locals(), "entry_id")
    return Ask("PATCH", route(ONE, entry_id), reader(Entry), body=body)


def delete(entry_id: str, *, revision: int | None = None) -> Ask[Entry]:
    """Delete an entry; its time stays away. `restore` brings it back."""
    return Ask("DELETE", route(ONE, entry_id), reader(Entry), revision=revision)


def start(
    project_id: str | None = None, *, project_name: str | None = None, path: str | None = None, task_id: str | None = None,
    task_name: str | None = None, description: str | None = None, billable: bool | None = None,
    tags: Iterable[str] | None = None, at: Instant | None = None, auto_create: bool | None = None,
    idempotency_key: str | None = None,
) -> Ask[Entry]:  # fmt: skip
    """Start a timer by hand; what a person ran before stops first, unless the settings let timers run side by side."""
    body = given(locals()) | {"manual": True}
    started = part("timer", Entry)
    return Ask("POST", "/api/timer/start", started, body=body, key=new_key(idempotency_key)).then(_there)


def _there(entry: Entry | None) -> Entry:
    """A start by hand always has its timer."""
    return entry if entry is not None else reader(Entry)(None)


def stop(project_id: str | None = None, *, at: Instant | None = None) -> Ask[Entry | None]:
    """Stop the timer; None when none runs."""
    return Ask("POST", "/api/timer/stop", part("entry", Entry), body=given(locals()))


def split(entry_id: str, at: Instant, *, revision: int | None = None) -> Ask[tuple[Entry, ...]]:
    """Cut an entry in two at an instant inside it."""
    body = given({"at": at, "revision": revision})
    return Ask("POST", route(ONE + "/split", entry_id), parts("entries", Entry), body=body)


def merge(ids: Iterable[str]) -> Ask[Entry]:
    """Make one entry of several of a project; what lay between them becomes a pause."""
    return Ask("POST", "/api/entries/merge", reader(Entry), body={"ids": list(ids)})


def restore(entry_id: str) -> Ask[Entry]:
    """Bring a deleted entry back; one that is there is answered as it is."""
    return Ask("POST", route(ONE + "/restore", entry_id), reader(Entry), is_repeatable=True)


def evidence(entry_id: str) -> Ask[Evidence]:
    """What an entry rests on: heartbeats, commits, sessions, and the reason of each gap."""
    return Ask("GET", route(ONE + "/evidence", entry_id), reader(Evidence))


def history(entry_id: str) -> Ask[History]:
    """Every edit that touched an entry."""
    return Ask("GET", route(ONE + "/history", entry_id), reader(History))


def why(at: Instant) -> Ask[Evidence]:
    """What a minute rests on: the entry there, or the silence."""
    return Ask("GET", "/api/why", reader(Evidence), query=given(locals()))
