"""Tasks of projects."""

from stintd.client.request import Clear, Request, new_key, page_reader, reader, route, wire_fields
from stintd.client.requests.projects import Money
from stintd.protocol.types import Page, Task

ONE = "/api/tasks/{}"


def list_(
    *,
    project_id: str | None = None,
    status: str | None = None,
    search: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Request[Page[Task]]:
    """Tasks sorted by name; only active ones unless `status` is complete or all."""
    return Request("GET", "/api/tasks", page_reader(Task), query=wire_fields(locals()))


def get(task_id: str) -> Request[Task]:
    """One task."""
    return Request("GET", route(ONE, task_id), reader(Task))


def create(
    name: str,
    *,
    project_id: str | None = None,
    project_name: str | None = None,
    key: str | None = None,
    estimated_hours: float | None = None,
    hourly_rate: Money | None = None,
    idempotency_key: str | None = None,
) -> Request[Task]:
    """Create a task of a project; `key` is its short name in branches, like DEV-12."""
    body = wire_fields(locals())
    return Request("POST", "/api/tasks", reader(Task), body=body, key=new_key(idempotency_key))


def update(
    task_id: str,
    *,
    name: str | None = None,
    status: str | None = None,
    key: str | None = None,
    estimated_hours: float | Clear | None = None,
    hourly_rate: Money | Clear | None = None,
    revision: int | None = None,
) -> Request[Task]:
    """Change a task; `status` is active or complete."""
    body = wire_fields(locals(), "task_id")
    return Request("PATCH", route(ONE, task_id), reader(Task), body=body)


def complete(task_id: str) -> Request[Task]:
    """Mark a task complete."""
    return Request("POST", route(ONE + "/complete", task_id), reader(Task), is_repeatable=True)


def delete(task_id: str, *, revision: int | None = None) -> Request[Task]:
    """Delete a task."""
    return Request("DELETE", route(ONE, task_id), reader(Task), revision=revision)
