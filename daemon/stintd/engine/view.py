"""What a query reads from: one connection's snapshot, and the instant and policy it is read with."""

from datetime import datetime
from sqlite3 import Connection
from typing import Protocol

from stintd.domain.derive.timesheet import WaitingSession
from stintd.domain.model import Context
from stintd.domain.policy import Policy
from stintd.frozen import frozen


class Reader(Protocol):
    """What shapes need: a `Step` and a `View` both are one."""

    @property
    def conn(self) -> Connection: ...

    @property
    def now(self) -> datetime: ...

    @property
    def policy(self) -> Policy: ...

    def admits(self, project_id: str | None) -> bool: ...


@frozen
class View:
    """A query's surroundings. `waiting`: sessions that have started and not acted yet; `glimpses`: places where work was
    noticed that the noise rules have not released. Neither has an entry.
    """

    conn: Connection
    now: datetime
    policy: Policy
    waiting: tuple[WaitingSession, ...] = ()
    glimpses: tuple[tuple[Context, datetime], ...] = ()

    def admits(self, project_id: str | None) -> bool:
        """Whether a project is within reach: what is beyond is not in the connection's view at all."""
        return True
