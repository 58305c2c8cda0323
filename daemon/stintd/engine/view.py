"""What a query reads from: one connection's snapshot, with the instant and the policy."""

from datetime import datetime
from sqlite3 import Connection
from typing import Protocol

from stintd.domain.derive.timesheet import WaitingSession
from stintd.domain.mapping.projectfile import ProjectFile
from stintd.domain.mapping.resolver import Resolver
from stintd.domain.model import Context
from stintd.domain.policy import Policy
from stintd.engine.resolver import load_resolver
from stintd.frozen import frozen


class Reader(Protocol):
    """What building JSON shapes needs; both `Step` and `View` provide it."""

    @property
    def conn(self) -> Connection: ...

    @property
    def now(self) -> datetime: ...

    @property
    def policy(self) -> Policy: ...

    def admits(self, project_id: str | None) -> bool: ...

    def resolver(self) -> Resolver: ...


@frozen
class View:
    """A query's surroundings. `waiting`: sessions that have started and not acted yet; `provisional_timers`: places where work
    was noticed that the noise rules have not released. Neither has an entry. `roots`: the watched folders; `files`: the project
    files in them.
    """

    conn: Connection
    now: datetime
    policy: Policy
    waiting: tuple[WaitingSession, ...] = ()
    provisional_timers: tuple[tuple[Context, datetime], ...] = ()
    roots: tuple[str, ...] = ()
    files: tuple[ProjectFile, ...] = ()

    def admits(self, project_id: str | None) -> bool:
        """Whether a project is within reach: always, because the connection does not contain what is beyond."""
        return True

    def resolver(self) -> Resolver:
        """How contexts resolve to projects, as evidence is derived."""
        return load_resolver(self.conn, self.policy, self.roots, self.files)
