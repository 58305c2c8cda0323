"""Projects, clients, tasks, people."""

from datetime import datetime

from stintd.frozen import frozen


@frozen
class ProjectRepo:
    """A repository of a project."""

    id: str
    name: str | None
    remote: str | None


@frozen
class Project:
    """A project. `aliases`: its earlier names, by which it is found as well."""

    id: str
    name: str
    aliases: tuple[str, ...]
    client_id: str | None
    client_name: str | None
    hourly_rate: float | None
    currency: str | None
    budget_hours: float | None
    budget_amount: float | None
    billable: bool
    bill_agent_time: bool
    bill_supervised: bool
    default_task: str | None
    archived: bool
    origin: str
    repos: tuple[ProjectRepo, ...]
    revision: int
    created_at: datetime | None


@frozen
class Budget:
    """How much of a project's budget is used."""

    project_id: str
    hours_used: float
    hours_limit: float | None
    spend: float | None
    spend_cap: float | None
    currency: str | None


@frozen
class Task:
    """A task of a project."""

    id: str
    key: str
    name: str | None
    project_id: str
    status: str
    estimated_hours: float | None
    hourly_rate: float | None
    revision: int


@frozen
class Client:
    """A client, to whom hours are billed."""

    id: str
    name: str
    archived: bool
    revision: int


@frozen
class User:
    """A person in the workspace. Only you have `emails`, `timezone` and `device_id`."""

    id: str
    name: str
    email: str | None
    role: str
    status: str
    workspace_id: str | None
    created_at: datetime | None
    revision: int
    emails: tuple[str, ...]
    timezone: str | None
    device_id: str | None
