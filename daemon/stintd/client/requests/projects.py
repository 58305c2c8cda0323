"""Projects and their budgets."""

from collections.abc import Sequence
from decimal import Decimal

from stintd.client.request import Clear, Request, new_key, page_reader, reader, route, wire_fields
from stintd.protocol.types import Budget, Page, Project

Money = Decimal | float | str
ONE = "/api/projects/{}"


def list_(
    *,
    client_id: str | None = None,
    client: str | None = None,
    status: str | None = None,
    search: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Request[Page[Project]]:
    """Projects sorted by name; only active ones unless `status` is archived or all."""
    return Request("GET", "/api/projects", page_reader(Project), query=wire_fields(locals()))


def get(project_id: str) -> Request[Project]:
    """One project."""
    return Request("GET", route(ONE, project_id), reader(Project))


def create(
    name: str,
    *,
    client_id: str | None = None,
    client_name: str | None = None,
    hourly_rate: Money | None = None,
    currency: str | None = None,
    budget_hours: float | None = None,
    budget_amount: Money | None = None,
    billable: bool | None = None,
    bill_agent_time: bool | None = None,
    bill_supervised: bool | None = None,
    default_task: str | None = None,
    idempotency_key: str | None = None,
) -> Request[Project]:
    """Create a project."""
    body = wire_fields(locals())
    return Request("POST", "/api/projects", reader(Project), body=body, key=new_key(idempotency_key))


def update(
    project_id: str,
    *,
    name: str | None = None,
    aliases: Sequence[str] | None = None,
    client_id: str | Clear | None = None,
    client_name: str | Clear | None = None,
    hourly_rate: Money | Clear | None = None,
    currency: str | Clear | None = None,
    budget_hours: float | Clear | None = None,
    budget_amount: Money | Clear | None = None,
    billable: bool | Clear | None = None,
    bill_agent_time: bool | None = None,
    bill_supervised: bool | None = None,
    default_task: str | Clear | None = None,
    archived: bool | None = None,
    revision: int | None = None,
) -> Request[Project]:
    """Change a project. Under an earlier name it is still found; `aliases` replaces those names."""
    body = wire_fields(locals(), "project_id")
    return Request("PATCH", route(ONE, project_id), reader(Project), body=body)


def delete(project_id: str, *, revision: int | None = None) -> Request[Project]:
    """Delete a project."""
    return Request("DELETE", route(ONE, project_id), reader(Project), revision=revision)


def budget(project_id: str) -> Request[Budget]:
    """How many hours and how much money of the budget are used."""
    return Request("GET", route(ONE + "/budget", project_id), reader(Budget))
