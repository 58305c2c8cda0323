"""ClickUp's tools that change something: one timer at a time, on a task."""

from datetime import datetime
from typing import Any

from stintd.domain import timer
from stintd.engine.commands import entries, resolve, timers
from stintd.engine.queries import clickup
from stintd.engine.rows import first
from stintd.engine.step import Step
from stintd.errors import Conflict, NotFound

SOURCE = "clickup"


def learn(step: Step, key: str, name: str, list_name: str) -> dict[str, Any]:
    """A task that only the service knew becomes one of ours: in the caller's project where it reaches one only, else in that
    of the list's name, which is made where there is none. Once; `{project, key}` says where it is."""
    reached = step.reach or frozenset()
    wanted = resolve.Wanted(project_name=list_name or "ClickUp")
    target = resolve.Wanted(project_id=next(iter(reached))) if len(reached) == 1 else wanted
    project = resolve.target(step, target, may_create=True)
    known = first(step.conn, "SELECT key FROM task WHERE project_id = ? AND key = ?", (project.id, key))
    row = known or resolve.new_task(step, project.id, name or key, key)
    name_of = first(step.conn, "SELECT name FROM project WHERE id = ?", (project.id,))
    return {"project": name_of["name"] if name_of else "", "key": row["key"]}


def start(
    step: Step, task_id: str | None = None, task_name: str | None = None, list_name: str | None = None, **words: Any
) -> dict[str, Any]:
    """Start a timer by hand on a task; `conflict` with the timer where one runs, be it for the same task."""
    found = clickup.find(step, task_id, task_name, list_name)
    try:
        reply = timers.start(
            step, project_id=found.project_id, task_name=found.key, source=SOURCE, manual=True, surface="strict", is_fresh=True,
            **words,
        )  # fmt: skip
    except Conflict as error:
        standing = error.details.get("timer")
        if isinstance(standing, dict):
            error.details["timer"] = clickup.with_task(step, standing)
        raise
    return {"entry": clickup.with_task(step, reply.value["timer"])}


def stop(step: Step, description: str | None = None, tags: tuple[str, ...] | None = None) -> dict[str, Any]:
    """End the timer that runs; what is said of it replaces what it said. `not_found` when none does."""
    near = [one for one in timers.open_timers(step) if step.admits(one.project)]
    found = timer.find(near, timer.TimerSelector(), ("running", "paused"))
    if found is None:
        raise NotFound("No timer is currently running", "start one with start_time_tracking")
    ended = timers.stop(step, timer_id=found.id)["entry"]
    given = (("description", description), ("tags", tags))
    words: dict[str, Any] = {name: value for name, value in given if value is not None}
    if words:
        ended = entries.change(step, ended["id"], **words)
    return {"entry": clickup.with_task(step, ended)}


def add(
    step: Step, start: datetime, end: datetime, task_id: str | None = None, task_name: str | None = None,
    list_name: str | None = None, **words: Any,
) -> dict[str, Any]:  # fmt: skip
    """Enter past work on a task."""
    found = clickup.find(step, task_id, task_name, list_name)
    made = entries.create(step, project_id=found.project_id, task_name=found.key, start=start, end=end, **words)
    return {"entry": clickup.with_task(step, made.value)}
