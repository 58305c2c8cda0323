"""The value types of the rules: what sources noticed, the heartbeats made from it, and the sheet that is derived.

Values are frozen. At this boundary instants are aware UTC datetimes. The core of `timesheet` works on integer microseconds
since the epoch (`*_us`), because a rebuild handles a million heartbeats in seconds.
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
"""Which of our sources a heartbeat came from; `api` for everything that other programs send."""
GitSignalKind = BeatKind | Literal["reset"]
Witness = Literal["", "terminal", "agent"]
AbsenceKind = Literal["suspend", "lock", "shutdown", "off"]
NoteKind = Literal["git", "file", "folder", "overflow", "lost"]
"""What a watch reports about a path."""
WatchTier = Literal["full", "git", "swept", "none"]
"""How far a checkout is watched."""
CheckoutKind = Literal["main", "worktree", "submodule", "bare"]
Origin = Literal["auto", "manual", "import"]
"""Where an entry comes from: evidence, a person, a file."""
ShownOrigin = Literal["auto", "manual", "import", "backfill"]
"""The origin as clients see it: `backfill` is an automatic entry from evidence that was imported later."""
EntryState = Literal["waiting", "running", "paused", "finished"]
Verdict = Literal["work", "away", "unassigned", "supervised", "autonomous"]
"""What a silence counts as."""

ACTORS: tuple[Actor, ...] = get_args(Actor)
SOURCES: tuple[BeatSource, ...] = get_args(BeatSource)
ABSENCES: tuple[AbsenceKind, ...] = get_args(AbsenceKind)
ABSENCE_WORDS: dict[AbsenceKind, str] = {
    "suspend": "computer suspended", "lock": "screen locked", "shutdown": "computer off", "off": "recording off",
}  # fmt: skip
"""What each kind of absence is called where a person reads it."""

BACKFILLED = "backfill:"
"""`source_text` begins with this where evidence was imported from git or an agent's logs; the import's id follows."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_us(instant: datetime) -> int:
    """Microseconds since the epoch of an aware instant; `invalid` for one without a zone."""
    if instant.tzinfo is None:
        raise Invalid("a time without a zone is ambiguous", "add Z or an offset, like 2026-11-20T10:30:00Z")
    return (instant - EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """The aware UTC instant of microseconds since the epoch."""
    return EPOCH + timedelta(microseconds=us)


@frozen
class Context:
    """What a run of heartbeats has in common; stored once and referred to by number.

    `repo` is set inside a known repository; elsewhere `folder` (absolute) or `project` (a name that the sender gave) says
    where the heartbeat belongs. `witness` is what the source saw of the actor: "terminal" (a hook whose environment shows
    no agent), "agent" (an agent's marker or process) or "". `source_text` keeps the sender's own word for an unknown
    source, or the name of the program that reported (an editor). `repo_path` is the worktree's top folder; it
    distinguishes a linked worktree from the main one.
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
        """Whether it was imported later (`stint backfill`): time that rests on it is an estimate."""
        return self.source != "api" and self.source_text.startswith(BACKFILLED)


@frozen
class Heartbeat:
    """One moment of evidence. `id` is unique for a user; the source gives it, or it is derived from the content.

    `entity` is the file relative to the worktree, a commit's full sha, or the sender's own text.
    """

    id: str
    time: datetime
    context: Context
    entity: str = ""


@frozen
class Absence:
    """A stretch in which nobody worked at a device, or nothing may be recorded. `kind` is one of ABSENCES."""

    start: datetime
    end: datetime
    kind: AbsenceKind
    device: str = ""


@frozen
class Assignment:
    """Where a heartbeat belongs: a project (None: shown in review) and the key of one of its tasks (`DEV-12`), or None."""

    project: ProjectId | None
    task: str | None = None


# ---------------------------------------------------------------- signals: what sources noticed


@frozen
class FileSignal:
    """A file below a watched worktree was written, created, moved or deleted. `path` is relative to `checkout`.

    `has_arrived`: it was not written here now, because its own time says so or because it was a temporary file. `is_gone`:
    nothing is there any more.
    """

    time: datetime
    checkout: str
    path: str
    size: int | None = None
    is_ignored: bool = False
    has_arrived: bool = False
    is_gone: bool = False


@frozen
class GitSignal:
    """One git act of a person: read from the HEAD reflog (`origin="reflog"`), reported by a hook (`origin="hook"`), or
    found later in the history (`origin="history"`).

    `time` is the act's own time. `kind` is one of KINDS, or "reset", which is no evidence but ends a lock. `is_own`:
    whether the committer is the owner; None when that is unknown (hooks). `is_step` (with "reset"): a step of something
    larger, such as a bisect, which a hook may have reported as an act. `folded`: the commits that a rebase folded into others.
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
    is_step: bool = False
    folded: tuple[str, ...] = ()


@frozen
class LockSignal:
    """The git dir of `checkout` contains (or no longer contains) `index.lock` or `HEAD.lock`: git itself is writing."""

    time: datetime
    checkout: str
    is_held: bool


@frozen
class RescanSignal:
    """Changes may have been missed: compare everything of `checkout` (None: of all) with what was last known."""

    time: datetime
    reason: str
    checkout: str | None = None


@frozen
class AbsenceSignal:
    """This device was suspended, locked or shut down, or recording was off, for a stretch of time."""

    absence: Absence


@frozen
class ScreenSignal:
    """The screen of this device was locked or unlocked at `time`. The first signal after a start reports the present state."""

    time: datetime
    is_locked: bool


@frozen
class BlindSignal:
    """The daemon itself was down or stalled. The stretch is shown and swept later; it does not cut entries."""

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
    """A heartbeat that another program reports (spool, HTTP); `path` or `project` or neither says where it belongs.

    Its texts come from the sender and are not checked yet. `origin_id` is "" when the sender gave no id. `client`: the
    program that reports.
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
    """An act in a session of `agent`, reported by its hook. `reason`: why a session started or ended, in the agent's words.

    The beat's `pid` is set only for a process that was alive at `started` (seconds since the epoch). `folder`: the folder
    that the session works in; a file in it that lies in no known repository belongs there.
    """

    beat: BeatSignal
    agent: str
    reason: str = ""
    started: float | None = None
    folder: str = ""


@frozen
class FolderMarks:
    """What tells a repository that was moved from a copy of it. `git`: its git directory, wherever it was moved to on its
    file system. `log`: its HEAD reflog, which a copy shares. `mount`: the mount point that it lies on. `begun_us`: when the git
    directory came to be here (a copy's when it was copied). "" and 0 where unknown.
    """

    git: str = ""
    log: str = ""
    mount: str = ""
    begun_us: int = 0


@frozen
class CheckoutFacts:
    """What the files of one checkout say about it. `kind`: main, worktree, submodule or bare.

    `identity` describes the repository to people: the normalised remote (`host/owner/name`), else `root:<first commit>`, or
    `path:<folder>` while it has no commit. `network`: the remote, if it lies on the network and is the one that counts (TRACKING,
    Project by folder name, 6). `parent`: the main checkout of a worktree, or the superproject of a submodule. `is_unread`: it
    cannot be read just now, and nothing else here says anything about it.
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
    network: str = ""
    marks: FolderMarks = FolderMarks()
    is_unread: bool = False


@frozen
class CheckoutSignal:
    """A checkout was found or has changed, or it is gone from its place (`is_gone`)."""

    time: datetime
    facts: CheckoutFacts
    is_gone: bool = False


@frozen
class TroubleSignal:
    """A source has a problem, or it is over: raises or clears a warning. `subject` distinguishes several with one code."""

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

    `is_estimated`: it rests on evidence that was imported later, so it is not confirmed. `hands_on + supervised` is the
    whole length of a human stretch; an agent's stretch has neither. `is_open`: its last evidence is more recent than
    `idle_timeout` and nothing ended it, so the timer runs. Totals count it up to `last_evidence`. `watched`: the parts in
    which an agent was supervised. `evidence`: an instant of the evidence it rests on, also where only time before it is left.
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
    evidence: datetime | None = None


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
