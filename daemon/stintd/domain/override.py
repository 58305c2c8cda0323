"""What the owner decided about time: everything derived yields to it. These are sets; their order means nothing."""

from collections.abc import Sequence

from stintd.domain.model import Actor, ProjectId
from stintd.frozen import frozen


@frozen
class Claim:
    """Time of an entry that the rules must not touch: a manual timer (`end_us` is None while it runs), or an entry whose
    time is pinned. A claim that `may_overlap` takes only the time of its own project.
    """

    actor: Actor
    project: ProjectId | None
    task: str | None
    start_us: int
    end_us: int | None
    may_overlap: bool = False


@frozen
class RemovedTime:
    """Time that a person removed: no automatic entry of that actor and project (None: any project) may lie there, even if
    evidence for it comes late."""

    start_us: int
    end_us: int
    actor: Actor
    project: ProjectId | None = None


@frozen
class Cut:
    """Where a person stopped an automatic timer: it ends there, and no credit crosses that instant."""

    at_us: int
    actor: Actor = "human"
    project: ProjectId | None = None


@frozen
class Edits:
    """Everything the owner decided about time; sets, like the evidence."""

    claims: Sequence[Claim] = ()
    taken: Sequence[RemovedTime] = ()
    cuts: Sequence[Cut] = ()
