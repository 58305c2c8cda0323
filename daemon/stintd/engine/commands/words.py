"""What a request says of the work: its text, its task, whether it is billed. What it does not name is left as it is."""

from typing import TypedDict


class EntryWords(TypedDict, total=False):
    """A task named as None means none; without either name it is the one of the place or the project."""

    task_id: str | None
    task_name: str | None
    description: str | None
    tags: tuple[str, ...]
    billable: bool | None


class EntryChanges(EntryWords, total=False):
    """The same of an entry that is there; a project named as None takes it away."""

    project_id: str | None
    project_name: str | None
