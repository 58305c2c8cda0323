"""Where evidence belongs, as values: what the resolver knows, and what it answers. Pure."""

from typing import Literal

from stintd.domain.mapping.clones import KnownCheckout
from stintd.domain.model import Context, ProjectId
from stintd.domain.policy import MapRule
from stintd.frozen import frozen

PlacedBy = Literal["", "mapping", "file", "foreign file", "name", "answer", "superproject", "repo", "guest", "folder", "fallback"]
"""What decided a placement; "" where nothing did. A foreign file is a project file that its owner did not write."""


@frozen
class KnownProject:
    """What the resolver needs of a project. `is_automatic`: nobody chose its name. `folder`: the folder it was created for.
    `aliases`: its earlier names.
    """

    id: ProjectId
    name: str
    is_automatic: bool = False
    folder: str = ""
    aliases: tuple[str, ...] = ()


@frozen
class DatedRule:
    """A mapping that holds for evidence from an instant on (`stint map --since`)."""

    rule: MapRule
    since_us: int | None = None


@frozen
class Placement:
    """Where a heartbeat belongs, and `why`, in words for people. `by`: what decided it.

    `wanted`: the name of a project that does not exist yet. `is_automatic`: nobody chose that name. `guest_of`: the remote by
    which its folder is a guest there. `waits_for`: the folder whose project it will share, once that has one.
    """

    project: ProjectId | None
    why: str
    task: str | None = None
    wanted: str | None = None
    is_automatic: bool = False
    folder: str = ""
    rule: MapRule | None = None
    tags: tuple[str, ...] = ()
    is_kept: bool = False
    guest_of: str = ""
    waits_for: KnownCheckout | None = None
    by: PlacedBy = ""


@frozen
class ProjectDraft:
    """A project to create. For the fields of billing see MapRule."""

    name: str
    folder: str = ""
    is_automatic: bool = True
    client: str | None = None
    billable: bool | None = None
    bill_agent_time: bool | None = None
    bill_supervised: bool | None = None


@frozen
class ProjectChoice:
    """What a place gets: a project, a project to create, or neither (shown in review). `is_kept`: its repository keeps it, as a
    guest by the remote `guest_of`. `first`: what must have its project before it.
    """

    project: ProjectId | None = None
    draft: ProjectDraft | None = None
    is_kept: bool = False
    guest_of: str = ""
    first: Context | None = None
