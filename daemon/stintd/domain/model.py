"""The value types of the rules: what was noticed, what it was turned into, and the sheet that comes out.

Values are frozen. Instants are aware UTC datetimes at this boundary; the kernel of `timesheet` works on integer
microseconds since the epoch (`*_us`) because a rebuild handles a million heartbeats in seconds.
"""

from dataclasses import field
from datetime import UTC, datetime, timedelta
from typing import Literal, NewType, get_args

from stintd.domain.kinds import BeatKind
from stintd.errors import Invalid
from stintd.frozen import frozen

ProjectId = NewType("ProjectId", str)
TaskId = NewType("TaskId", str)
EntryId = NewType("EntryId", str)
RepoId = NewType("RepoId", str)

Actor = Literal["human", "agent"]
BeatSource = Literal["watch", "git", "editor", "agent", "shell", "browser", "api"]
"""Which of our sources a heartbeat came from; `api` for everything that others send."""
GitSignalKind = BeatKind | Literal["reset"]
Witness = Literal["", "terminal", "agent"]
AbsenceKind = Literal["suspend", "lock", "shutdown", "off"]
NoteKind = Literal["git", "file", "folder", "overflow", "lost"]
"""What a watch reports of a path."""
WatchTier = Literal["full", "git", "swept", "none"]
"""How far a checkout is watched."""
CheckoutKind = Literal["main", "worktree", "submodule", "bare"]
Origin = Literal["auto", "manual", "import"]
"""Where an entry comes from: evidence, a person, a file."""
ShownOrigin = Literal["auto", "manual", "import", "backfill"]
"""The same as clients see it: `backfill` is automatic, from evidence that was read afterwards."""
EntryState = Literal["waiting", "running", "paused", "finished"]
Verdict = Literal["work", "away", "unassigned", "supervised", "autonomous"]
"""What a silence was taken for."""

ACTORS: tuple[Actor, ...] = get_args(Actor)
SOURCES: tuple[BeatSource, ...] = get_args(BeatSource)
ABSENCES: tuple[AbsenceKind, ...] = get_args(AbsenceKind)
ABSENCE_WORDS: dict[AbsenceKind, str] = {
    "suspend": "computer suspended", "lock": "screen locked", "shutdown": "computer off", "off": "recording off",
}  # fmt: skip
"""What each kind of absence is called where a person reads it."""

BACKFILLED = "backfill:"
"""What `source_text` begins with where evidence was read afterwards from what others had left; then the import's id."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_us(instant: datetime) -> int:
    """Microseconds since the epoch of an aware instant; naive ones are refused (`invalid`)."""
    if instant.tzinfo is None:
        raise Invalid("a time without a zone is ambiguous", "add Z or an offset, like 2026-11-20T10:30:00Z")
    return (instant - EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """The aware UTC instant of microseconds since the epoch."""
    return EPOCH + timedelta(microseconds=us)


@frozen
class Context:
    """What a run of heartbeats shares; stored once and referred to by number.

    `repo` is set inside a known repository, else `folder` (absolute) or `project` (a name the caller gave) places the
    heartbeat. `witness` is what the source saw of the actor: "terminal" (a hook whose environment shows no agent),
    "agent" (an agent's marker or process) or "". `source_text` keeps a caller's own word for an unknown source, or the
    name of the program that spoke (an editor).
    `repo_path` is the worktree's top folder, so that a linked worktree is told from its main one.
    """

    source: BeatSource
    kind: BeatKind
    actor: Actor = "human"
    repo: RepoId | None = None
    repo_path: str | None = None
    folder: str | None = None
    project: str | None = None
    branch: str | None = None
    session: str | None = None
    device: str = ""
    witness: Witness = ""
    source_text: str = ""

    @property
    def is_backfilled(self) -> bool:
        """Whether it was read afterwards (`stint backfill`): time that rests on it is an estimate."""
        return self.source != "api" and self.source_text.startswith(BACKFILLED)


@frozen
class Heartbeat:
    """One moment of evidence. `id` is unique per user, from the source or derived from content.

    `entity` is the file relative to the worktree, a commit's full sha, or a caller's own text.
    """

    id: str
    time: datetime
    context: Context
    entity: str = ""


@frozen
class Absence:
    """A stretch of one device in which nobody worked or nothing may be kept. `kind` is one of ABSENCES."""

    start: datetime
    end: datetime
    kind: AbsenceKind
    device: str = ""


@frozen
class Assignment:
    """Where a heartbeat belongs: a project (None: shown in review) and a task key (`DEV-12`) of it, or None."""

    project: ProjectId | None
    task: str | None = None


# ---------------------------------------------------------------- signals: what sources noticed


@frozen
class FileSignal:
    """A file below a watched worktree was written, created, moved or deleted. `path` is relative to `checkout`.

    `facts` from the source: `grew` (only appended to), `is_ignored`, `is_new_folder`.
    """

    time: datetime
    checkout: str
    path: str
    size: int | None = None
    is_ignored: bool = False


@frozen
class GitSignal:
    """One human-sized git act: read from the HEAD reflog (`origin="reflog"`), told by a hook
    (`origin="hook"`), or found afterwards in the history (`origin="history"`).

    `time` is the act's own time. `kind` is one of KINDS or "reset" (no evidence, but it ends a lock). `is_own` says
    that the committer is the owner; None when unknown (hooks).
    """

    time: datetime
    checkout: str
    kind: GitSignalKind
    origin: Literal["reflog", "hook", "history"]
    old: str = ""
    new: str = ""
    branch: str | None = None
    subject: str = ""
    author: str = ""
    is_own: bool | None = None
    witness: Witness = ""


@frozen
class LockSignal:
    """The git dir of `checkout` holds (or no longer holds) `index.lock` or `HEAD.lock`: git itself is writing."""

    time: datetime
    checkout: str
    is_held: bool


@frozen
class RescanSignal:
    """Certainty was lost: compare everything of `checkout` (None: everywhere) with what was last known."""

    time: datetime
    reason: str
    checkout: str | None = None


@frozen
class AbsenceSignal:
    """A suspend, lock, shutdown or switched-off stretch of this device."""

    absence: Absence


@frozen
class ScreenSignal:
    """The screen of this device is locked since `time`, or no longer. The first after a start says how it stands."""

    time: datetime
    is_locked: bool


@frozen
class BlindSignal:
    """The daemon itself was down or stalled: shown and swept afterwards, cuts nothing."""

    start: datetime
    end: datetime
    reason: str


@frozen
class ProcessSignal:
    """A known agent process works (or no longer works) with its working folder in `folder`."""

    time: datetime
    pid: int
    started: float
    name: str
    folder: str
    is_alive: bool


@frozen
class BeatSignal:
    """A heartbeat told by someone else (spool, HTTP), placed by `path`, `project` or neither.

    Its words are the sender's, not checked yet. `time` None means on arrival; `origin_id` "" means no id of the sender's.
    `client`: the program that speaks.
    """

    time: datetime
    kind: str
    source: str
    actor: str = "human"
    path: str | None = None
    project: str | None = None
    branch: str | None = None
    session: str | None = None
    entity: str = ""
    origin_id: str = ""
    pid: int | None = None
    witness: Witness = ""
    client: str = ""


@frozen
class AgentSignal:
    """An act in a session of `agent`, told by its hook. `reason`: why a session started or ended, in the host's word.

    The beat's `pid` is set only for a process that was alive at `started` (seconds since the epoch). `folder`: where the
    session works, which places a file in it that lies in no repository known here.
    """

    beat: BeatSignal
    agent: str
    reason: str = ""
    started: float | None = None
    folder: str = ""


@frozen
class CheckoutFacts:
    """What can be read about one checkout from its files. `kind`: main, worktree, submodule or bare.

    `identity` names the repository wherever it lies: the normalised remote (`host/owner/name`), else `root:<first
    commit>`, else `path:<folder>` while it has no commit. `parent` is the main checkout of a worktree, or the
    superproject of a submodule.
    """

    path: str
    git_dir: str
    common_dir: str
    kind: CheckoutKind
    identity: str
    remote: str = ""
    first_commit: str = ""
    branch: str | None = None
    head: str = ""
    parent: str | None = None
    trouble: str = ""


@frozen
class CheckoutSignal:
    """A checkout was found (or found changed), or is gone from where it was (`is_gone`)."""

    time: datetime
    facts: CheckoutFacts
    is_gone: bool = False


@frozen
class TroubleSignal:
    """A source lost certainty or got it back: raises or clears a health warning. `subject` tells several apart."""

    code: str
    text: str
    hint: str
    subject: str = ""
    is_cleared: bool = False


Signal = (
    FileSignal | GitSignal | LockSignal | RescanSignal | AbsenceSignal | BlindSignal | ProcessSignal | BeatSignal
    | AgentSignal | CheckoutSignal | TroubleSignal | ScreenSignal
)  # fmt: skip


# ---------------------------------------------------------------- the sheet


@frozen
class Pause:
    """A stretch inside an entry that does not count."""

    start: datetime
    end: datetime | None


@frozen
class GapVerdict:
    """Why a silence was bridged or cut. `verdict`: "work", "away", "unassigned", "supervised" or "autonomous"."""

    start: datetime
    end: datetime
    verdict: Verdict
    reason: str


@frozen
class Stretch:
    """What the rules derive: one automatic entry before it has an id.

    `is_estimated`: it rests on evidence that was read afterwards, which is why it is not confirmed.
    `hands_on + supervised` is the whole length for a human stretch; an agent stretch has neither. `is_open`: its last
    evidence is not yet `idle_timeout` old and nothing ended it, so the timer runs. `last_evidence` is what totals count to.
    `watched`: where in it an agent was supervised.
    """

    actor: Actor
    project: ProjectId | None
    task: str | None
    start: datetime
    end: datetime
    last_evidence: datetime
    is_open: bool
    hands_on: timedelta
    supervised: timedelta
    repo: RepoId | None = None
    branch: str | None = None
    session: str | None = None
    is_confirmed: bool = True
    is_estimated: bool = False
    gaps: tuple[GapVerdict, ...] = ()
    watched: tuple[tuple[datetime, datetime], ...] = ()


@frozen
class TimeEntry:
    """A stretch of work on one project and task; a running timer has no `end`."""

    id: EntryId
    actor: Actor
    origin: Origin
    project: ProjectId | None
    task: str | None
    start: datetime
    end: datetime | None
    state: EntryState
    description: str = ""
    billable: bool = False
    tags: tuple[str, ...] = ()
    pauses: tuple[Pause, ...] = ()
    hands_on: timedelta = timedelta()
    supervised: timedelta = timedelta()
    last_evidence: datetime | None = None
    repo: RepoId | None = None
    branch: str | None = None
    session: str | None = None
    pinned: frozenset[str] = field(default=frozenset())
    is_confirmed: bool = True
    revision: int = 1
    zone: str = "UTC"
