"""One transaction of the engine, as commands see it. Lives in the writer thread and ends with its commit or rollback."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from sqlite3 import Connection

from stintd.domain.mapping.resolver import Resolver
from stintd.domain.policy import Policy
from stintd.engine.sheet_state import SheetState
from stintd.store import edits
from stintd.store.ids import new_id
from stintd.store.scope import ReadLimit


class DryRun(Exception):
    """Raised by a command to roll back everything it did and give `answer` to its caller."""

    def __init__(self, answer: object) -> None:
        super().__init__("dry run")
        self.answer = answer


class Step:
    """What a command works with: the instant, the policy, the connection, and the changes so far.

    `who` made the change (stored in the audit trail). `state` holds the resolver and the live end of the sheet; only the
    writer thread touches it.
    """

    def __init__(self, conn: Connection, now: datetime, policy: Policy, state: SheetState, who: str = "owner") -> None:
        self.conn, self.now, self.policy, self.state, self.who = conn, now, policy, state, who
        self.changes: list[tuple[str, Mapping[str, object]]] = []
        self.outgoing: set[str] = set()  # targets of the outbox that have something new
        self.limit: ReadLimit | None = None
        self.reach: frozenset[str] | None = None
        self._touched: list[tuple[int, int]] = []

    def limit_to(self, limit: ReadLimit, reach: frozenset[str]) -> None:
        """From now on limit this command to these projects (None: all), and to new ones of the limiting client."""
        self.limit, self.reach = limit, reach

    def admits(self, project_id: str | None) -> bool:
        """Whether what belongs to this project is within reach."""
        return self.reach is None or project_id in self.reach

    def resolver(self) -> Resolver:
        """How contexts resolve to projects now; ask again after `forget_places`."""
        return self.state.resolver(self.conn, self.policy)

    def touch(self, lo_us: int, hi_us: int) -> None:
        """Derive again between these instants before the commit: evidence, absences or edits changed there."""
        self._touched.append((min(lo_us, hi_us), max(lo_us, hi_us)))

    def publish(self, kind: str, payload: Mapping[str, object]) -> None:
        """Notify listeners after the commit; goes into the change log."""
        self.changes.append((kind, payload))

    def new_id(self) -> str:
        """A globally unique id that sorts by this step's time."""
        return new_id(self.now)

    def take_touched_ranges(self) -> list[tuple[int, int]]:
        """What was touched since the last call."""
        touched, self._touched = self._touched, []
        return touched

    def forget_places(self) -> None:
        """Resolve contexts anew: projects, repositories or mappings changed."""
        self.state.forget_places()

    @contextmanager
    def edit(self, verb: str, summary: str, edit_id: str | None = None) -> Iterator[str]:
        """Record the rows changed inside as one edit that can be undone; yields the edit's id. `edit_id`: an id chosen earlier;
        an edit with that id is continued.
        """
        with edits.recording(self.conn, edit_id or self.new_id(), self.now, self.who, verb, summary) as edit_id:
            yield edit_id
