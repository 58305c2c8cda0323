"""What the writer thread remembers between steps: how contexts resolve, and the live end of the sheet. In memory only: it writes
nothing, and a rollback clears it. `Step` carries it.
"""

from datetime import datetime
from sqlite3 import Connection

from stintd.domain.derive.timesheet import Sheet, WaitingSession
from stintd.domain.mapping.projectfile import ProjectFile
from stintd.domain.mapping.resolver import Resolver
from stintd.domain.policy import Policy
from stintd.engine.resolver import load_resolver


class SheetState:
    """What the writer thread remembers between steps: how places resolve, and the live end of the sheet."""

    def __init__(self, zone: str, user_id: str, device_id: str, workspace_id: str, roots: tuple[str, ...]) -> None:
        self.zone, self.user_id, self.device_id, self.workspace_id = zone, user_id, device_id, workspace_id
        self.waiting: list[WaitingSession] = []
        self.roots = roots
        self.places_version = 0  # the writer thread counts it up; any thread may compare it
        self._files: dict[str, tuple[ProjectFile, ...]] = {}
        self._live: tuple[int, int] | None = None
        self._silence: datetime | None = None
        self._check: datetime | None = None
        self._resolver: Resolver | None = None

    @property
    def next_deadline(self) -> datetime | None:
        """When the passing of time alone changes something: a silence ends a timer, or a manual timer needs a check."""
        return min((at for at in (self._silence, self._check) if at is not None), default=None)

    @property
    def is_running(self) -> bool:
        """Whether any timer runs."""
        return self.next_deadline is not None

    def resolver(self, conn: Connection, policy: Policy) -> Resolver:
        """How contexts resolve to projects now; rebuilt after `forget_places`."""
        if self._resolver is None:
            self._resolver = load_resolver(conn, policy, self.roots, self.files)
        return self._resolver

    @property
    def files(self) -> tuple[ProjectFile, ...]:
        """The project files of all checkouts, as they are now. May be read in any thread."""
        return tuple(file for files in self._files.values() for file in files)

    def learn_files(self, checkout: str, files: tuple[ProjectFile, ...]) -> None:
        """Take over what the project files of a checkout say now."""
        self._files = {**self._files, checkout: files}

    def forget_places(self) -> None:
        """Resolve anew: projects, repositories or mappings changed."""
        self._resolver = None
        self.places_version += 1

    def set_roots(self, roots: tuple[str, ...]) -> None:
        """Look for project files up to these watched folders from now on."""
        self.roots = roots
        self.forget_places()

    def forget(self) -> None:
        """Clear everything: after a rollback nothing remembered is certain."""
        self._resolver = None

    def live_range(self, now: datetime) -> tuple[int, int] | None:
        """The island whose sheet changes by the passing of time alone, if that time has come."""
        if self._live is not None and self._silence is not None and self._silence <= now:
            return self._live
        return None

    def note_live(self, lo_us: int, hi_us: int, sheet: Sheet) -> None:
        """Remember what runs, and when a silence will end it."""
        if sheet.next_deadline is not None:
            self._live, self._silence, self.waiting = (lo_us, hi_us), sheet.next_deadline, list(sheet.waiting)
        elif self._live is not None and lo_us <= self._live[1] and self._live[0] <= hi_us:
            self._live, self._silence, self.waiting = None, None, []

    def note_next_check(self, check: datetime | None) -> None:
        """When manual timers need their next check."""
        self._check = check
