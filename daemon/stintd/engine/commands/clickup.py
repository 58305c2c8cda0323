"""The ClickUp tools that change something: one timer at a time, on a task."""

from datetime import datetime
from typing import TypedDict, Unpack, cast

from stintd.domain import timer
from stintd.engine.commands import entries, resolve, timers
from stintd.engine.commands.words import EntryChanges, EntryWords
from stintd.engine.queries import clickup
from stintd.engine.step import Step
from stintd.engine.wire_types import ClickUpEntryAnswerJson, EntryJson
from stintd.errors import Conflict, NotFound
from stintd.store.rowio import fetch_value

SOURCE = "clickup"


class TaskKey(TypedDict):
    """Where a task is: its project by name, and its key there."""

    project: str
    key: str


class WorkWords(TypedDict, total=False):
    """What a request says about the work besides its task."""

    description: str | None
    tags: tuple[str, ...]
    billable: bool | None


def learn_task(step: Step, key: str, name: str, list_name: str) -> TaskKey:
    """Create a local task for one that only ClickUp knew: in the client's project if it can reach only one, else in the
    project named like the list, which is created if missing. An existing task is left as it is; `{project, key}` says where
    it is.
    """
    project_ids = step.reach or frozenset()
    list_project = resolve.ProjectNames(project_name=list_name or "ClickUp")
    names = resolve.ProjectNames(project_id=next(iter(project_ids))) if len(project_ids) == 1 else list_project
    project = resolve.require_project(step, names, may_create=True)
    known_key = fetch_value(step.conn, str, "SELECT key FROM task WHERE project_id = ? AND key = ?", (project.id, key))
    new_key = known_key or resolve.insert_task(step, project.id, name or key, key)["key"]
    project_name = fetch_value(step.conn, str, "SELECT name FROM project WHERE id = ?", (project.id,))
    return {"project": project_name or "", "key": new_key}


def start(
    step: Step,
    task_id: str | None = None,
    task_name: str | None = None,
    list_name: str | None = None,
    at: datetime | None = None,
    **words: Unpack[WorkWords],
) -> ClickUpEntryAnswerJson:
    """Start a manual timer on a task; `conflict` with the running timer if there is one, even for the same task."""
    task = clickup.find_task(step, task_id, task_name, list_name)
    work = cast("EntryWords", {**words, "task_name": task.key})
    request = timers.StartRequest(
        project_id=task.project_id, source=SOURCE, manual=True, at=at, words=work, surface="strict", is_fresh=True
    )
    try:
        entry = timers.start(step, request).value["timer"]
    except Conflict as error:
        running = error.details.get("timer")
        if isinstance(running, dict):
            error.details["timer"] = clickup.entry_with_task(step, cast("EntryJson", running))
        raise
    return {"entry": clickup.entry_with_task(step, entry) if entry is not None else None}


def stop(step: Step, description: str | None = None, tags: tuple[str, ...] | None = None) -> ClickUpEntryAnswerJson:
    """Stop the running timer; the given words replace its own. `not_found` if none runs."""
    reachable = [open_timer for open_timer in timers.open_timers(step) if step.admits(open_timer.project)]
    running = timer.find_timer(reachable, timer.TimerSelector(), ("running", "paused"))
    if running is None:
        raise NotFound("No timer is currently running", "start one with start_time_tracking")
    entry = timers.stop(step, timer_id=running.id)["entry"]
    words: EntryChanges = {}
    if description is not None:
        words["description"] = description
    if tags is not None:
        words["tags"] = tags
    if entry is not None and words:
        entry = entries.change(step, entry["id"], **words)
    return {"entry": clickup.entry_with_task(step, entry) if entry is not None else None}


def add(
    step: Step,
    start: datetime,
    end: datetime,
    task_id: str | None = None,
    task_name: str | None = None,
    list_name: str | None = None,
    **words: Unpack[WorkWords],
) -> ClickUpEntryAnswerJson:
    """Enter past work on a task."""
    task = clickup.find_task(step, task_id, task_name, list_name)
    work = cast("EntryWords", {**words, "task_name": task.key})
    reply = entries.create(step, entries.EntryRequest(project_id=task.project_id, start=start, end=end, words=work))
    return {"entry": clickup.entry_with_task(step, reply.value)}
