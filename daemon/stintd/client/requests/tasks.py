"""Tasks of projects."""

from stintd.client.request import Ask, Clear, given, new_key, paged, reader, route
from stintd.client.requests.projects import Money
from stintd.protocol.types import Page, Task

ONE = "/api/tasks/{}"


def list_(
    *, project_id: str | None = None, status: str | None = None, search: str | None = None, limit: int | None = None,
    cursor: str | None = None,
) -> Ask[Page[Task]]:  # fmt: skip
    """Tasks by name; active ones unless `status` is complete or all."""
    return Ask("GET", "/api/tasks", paged(Task), query=given(locals()))


def get(task_id: str) -> Ask[Task]:
    """One task."""
    return Ask("GET", route(ONE, task_id), reader(Task))


def create(
    name: str, *, project_id: str | None = None, project_name: str | None = None, key: str | None = None,
    estimated_hours: float | None = None, hourly_rate: Money | None = None, idempotency_key: str | None = None,
) -> Ask[Task]:  # fmt: skip
    """A new task of a project; `key` is its short name in branches, like DEV-12."""
    body = given(locals())
    return Ask("POST", "/api/tasks", reader(Task), body=body, key=new_key(idempotency_key))


def update(
    task_id: str, *, name: str | None = None, status: str | None = None, key: str | None = None,
    estimated_hours: float | Clear | None = None, hourly_rate: Money | Clear | None = None, revision: int | None = None,
) -> Ask[Task]:  # fmt: skip
    """Change a task; `status` is active or complete."""
    body = given(locals(), "task_id")
    return Ask("PATCH", route(ONE, task_id), reader(Task), body=body)


def complete(task_id: str) -> Ask[Task]:
    """Mark a task complete."""
    return Ask("POST", route(ONE + "/complete", task_id), reader(Task), is_repeatable=True)


def delete(task_id: str, *, revision: int | None = None) -> Ask[Task]:
    """Delete a task."""
    return Ask("DELETE", route(ONE, task_id), reader(Task), revision=revision)
