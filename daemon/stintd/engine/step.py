"""One transaction of the engine, as commands see it. Lives in the writer thread and ends with its commit or rollback."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from sqlite3 import Connection

from stintd.domain.policy import Policy
from stintd.engine.sheet_state import SheetState
from stintd.store import edits
from stintd.store.ids import new_id
from stintd.store.scope import ReadLimit


class DryRun(Exception):
    """Raised by a command to have everything it did rolled back and `answer` given to its caller."""

    def __init__(self, answer: object) -> None:
        super().__init__("dry run")
        self.answer = answer


class Step:
    """What a command works with: the instant, the policy, the connection, and what it changed so far.

    `who` made the change (kept in the audit trail). `state` holds the resolver and the live end of the sheet; only the
    writer thread touches it.
    """

    def __init__(self, conn: Connection, now: datetime, policy: Policy, state: SheetState, who: str = "owner") -> None:
        self.conn, self.now, self.policy, self.state, self.who = conn, now, policy, state, who
        self.changes: list[tuple[str, Mapping[str, object]]] = []
        self.outgoing: set[str] = set()  # targets of the outbox for which something changed
        self.limit: ReadLimit | None = None
        self.reach: frozenset[str] | None = None
        self._touched: list[tuple[int, int]] = []

    def keep_within(self, limit: ReadLimit, reach: frozenset[str]) -> None:
        """From now on this command reaches only these projects (None: all), and new ones of a limiting client."""
        self.limit, self.reach = limit, reach

    def admits(self, project_id: str | None) -> bool:
        """Whether what belongs to this project is within reach."""
        return self.reach is None or project_id in self.reach

    def touch(self, lo_us: int, hi_us: int) -> None:
        """Evidence, absences or edits changed between these instants: derive there again before the commit."""
        self._touched.append((min(lo_us, hi_us), max(lo_us, hi_us)))

    def publish(self, kind: str, payload: Mapping[str, object]) -> None:
        """Tell listeners after the commit; goes into the change log."""
        self.changes.append((kind, payload))

    def new_id(self) -> str:
        """A globally unique id that sorts by this step's time."""
        return new_id(self.now)

    def take_touched(self) -> list[tuple[int, int]]:
        """What was touched since this was asked last."""
        touched, self._touched = self._touched, []
        return touched

    def forget_places(self) -> None:
        """Projects, repositories or mappings changed: resolve anew."""
        self.state.forget_places()

    @contextmanager
    def edit(self, verb: str, summary: str, edit_id: str | None = None) -> Iterator[str]:
        """Record the rows changed inside as one edit that can be undone; yields the edit's id. `edit_id`: one chosen before;
        an edit of that id goes on."""
        with edits.recording(self.conn, edit_id or self.new_id(), self.now, self.who, verb, summary) as edit_id:
            yield edit_id
