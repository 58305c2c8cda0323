"""What the owner said about time: whatever is derived gives way to it. Sets, whose order means nothing."""

from collections.abc import Sequence

from stintd.domain.model import Actor, ProjectId
from stintd.frozen import frozen


@frozen
class Claim:
    """Time that belongs to an entry the rules must not touch: a manual timer (`end_us` None while it runs), an entry
    whose time is pinned. A claim that `may_overlap` takes only its own project's time.
    """

    actor: Actor
    project: ProjectId | None
    task: str | None
    start_us: int
    end_us: int | None
    may_overlap: bool = False


@frozen
class Taken:
    """Time a person took away: no automatic entry of that actor (and project, None: any) there, whatever comes late."""

    start_us: int
    end_us: int
    actor: Actor
    project: ProjectId | None = None


@frozen
class Cut:
    """Where a person stopped an automatic timer: what ran ends there, and no credit crosses it."""

    at_us: int
    actor: Actor = "human"
    project: ProjectId | None = None


@frozen
class Edits:
    """What the owner said about time; sets, like the evidence."""

    claims: Sequence[Claim] = ()
    taken: Sequence[Taken] = ()
    cuts: Sequence[Cut] = ()
