"""What a request says about the work: its text, its task, whether it is billable. Fields it does not name stay as they are."""

from typing import TypedDict


class EntryWords(TypedDict, total=False):
    """A task named None means no task; without either field it is the task of the place or the project."""

    task_id: str | None
    task_name: str | None
    description: str | None
    tags: tuple[str, ...]
    billable: bool | None


class EntryChanges(EntryWords, total=False):
    """The same for an existing entry; a project named None removes its project."""

    project_id: str | None
    project_name: str | None
