"""Protocols with more than one implementation: sources of signals, what sends requests from this machine, and connectors that
deliver hours to billing systems."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import field
from datetime import timedelta
from typing import Final, Literal, Protocol, runtime_checkable

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.domain.meeting import Meeting
from stintd.domain.model import AgentSignal, CheckoutFacts, GitSignal, Signal
from stintd.frozen import frozen

Sink = Callable[[Signal], None]
"""Accepts what a source noticed. Called on the event loop's thread; never blocks, never raises."""


class Source(Protocol):
    """Something that notices work. `run` ends only when cancelled; an exception makes the supervisor restart it."""

    name: str

    async def run(self, sink: Sink) -> None:
        """Notice until cancelled."""


@frozen
class HttpRequest:
    """One HTTP request to somebody else's server. Lengths in seconds; `total_seconds` from the look-up of the name to the
    last byte. Redirects are never followed. `answer_bytes`: the most that is read of the answer. Without `may_be_private`,
    only https to public addresses is allowed (`domain/address.py`)."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    may_be_private: bool = False
    connect_seconds: float = 5.0
    total_seconds: float = 10.0
    answer_bytes: int = 65536


@frozen
class HttpResponse:
    """What a server answered: header names in lower case. `is_cut`: the answer was longer than what was read, or broke off,
    or took too long after its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool = False


FailureKind = Literal["refused", "unreachable", "tls", "timeout", "dropped", "odd", "worker"]


@frozen
class Failure:
    """No answer. `kind`: `refused` (our rules forbid it; nothing was sent), `unreachable` (no name, no connection), `tls`,
    `timeout`, `dropped` (the connection ended before an answer), `odd` (no HTTP), `worker` (our own process failed).
    `text` is for people and names neither URL nor headers. Except after `refused`, the server may have received the request."""

    kind: FailureKind
    text: str


@frozen
class AgentLogActs:
    """What agents' session logs tell. `unreadable` lines were passed over; `troubles` name files that were not read to
    their end, `{path, why}`. `is_full`: there was more than one reading takes."""

    acts: list[AgentSignal]
    files: int
    lines: int = 0
    unreadable: int = 0
    troubles: list[dict[str, str]] = field(default_factory=list)
    is_full: bool = False


class LogReader(Protocol):
    """Reads the session logs that agents leave on disk."""

    async def read(self, lo_us: int, hi_us: int, now_us: int, progress: Callable[[dict[str, int]], None]) -> AgentLogActs:
        """The acts of a half-open period, each once. `progress` receives `{files, bytes}` first, then `{file, read}`.
        `unavailable` when the logs cannot be read."""


@frozen
class RepoHistory:
    """What git still knows of a repository's past: the owner's acts, oldest first, and why something could not be read."""

    acts: tuple[GitSignal, ...] = ()
    troubles: tuple[str, ...] = ()


Recall = Callable[[Sequence[CheckoutFacts], frozenset[str], int, int, int], RepoHistory]
"""Of the checkouts of one repository: the acts of its owner (addresses; none: whoever wrote this machine's reflogs) in a
half-open period, of its history alone those before the last instant. Blocking; microseconds."""


@frozen
class CalendarRequest:
    """What is asked of a calendar: the file, a half-open period, the zone of times without one, and its owner's addresses."""

    path: str
    lo_us: int
    hi_us: int
    zone: str
    emails: tuple[str, ...] = ()


@frozen
class CalendarAnswer:
    """What a calendar says. `trouble`, for people: why this is nothing, or not all."""

    meetings: tuple[Meeting, ...] = ()
    trouble: str = ""


ReadCalendar = Callable[[CalendarRequest], Awaitable[CalendarAnswer]]
"""Reads one calendar; never raises for what is in it."""


class Carrier(Protocol):
    """Sends requests."""

    async def send(self, request: HttpRequest) -> HttpResponse | Failure:
        """The answer; never raises for what a server does."""


# ---------------------------------------------------------------- connectors

OutcomeKind = Literal["taken", "missing", "blind", "unsent", "unknown", "refused", "locked", "lost", "stopped"]
TAKEN: Final = "taken"
MISSING: Final = "missing"
BLIND: Final = "blind"
UNSENT: Final = "unsent"
UNKNOWN: Final = "unknown"
REFUSED: Final = "refused"
LOCKED: Final = "locked"
LOST: Final = "lost"
STOPPED: Final = "stopped"


@frozen
class Outcome:
    """The result of an attempt at a billing system. `kind`: `taken` (it is there, or gone, as was wanted), `missing` (looked
    for, and not there), `blind` (it cannot be looked for), `unsent` (certainly nothing changed; try again later), `unknown`
    (may have been stored), `refused` (this entry is not accepted: a person must look), `locked` (its period is locked,
    submitted or approved there: kept as a difference, and tried again once a day), `lost` (what was to be changed is gone
    there), `stopped` (the credentials do not work). `text` and `remedy` are for people; `pause` is what the server asked for.
    """

    kind: OutcomeKind
    remote_id: str = ""
    text: str = ""
    remedy: str = ""
    pause: timedelta | None = None
    status: int | None = None


@frozen
class Item:
    """One entry to deliver. `id` is ours, the same in every repetition. Times in seconds since the epoch; `day` is the owner's
    local day, `seconds` the length that counts. `remote` names the place there, as the owner mapped it."""

    id: str
    start: int
    end: int
    seconds: int
    day: str
    description: str
    billable: bool
    tags: tuple[str, ...]
    remote: Mapping[str, str]
    project: str = ""
    task: str = ""
    client: str = ""
    actor: str = "human"
    pauses: tuple[tuple[int, int], ...] = ()


@frozen
class Login:
    """The address and credentials of an account. `options`: what its kind needs besides the key, named as the service names
    it; `zone`: the owner's time zone, for services that use local times only."""

    base_url: str
    key: str
    options: Mapping[str, str] = field(default_factory=dict)
    zone: str = "UTC"


@frozen
class Account:
    """Whose credentials these are."""

    name: str


@frozen
class RemotePlace:
    """A place at a billing system that hours can go to: `remote` as a mapping names it, `name` as its users know it (`Project`
    or `Project / Task`), `client` where the service has clients."""

    name: str
    remote: Mapping[str, str]
    client: str = ""


@frozen
class RemoteList:
    """A list of tasks there."""

    id: str
    name: str


@frozen
class RemoteTask:
    """A task there: `id` is the service's own, `custom_id` the one that people use, where it has one."""

    id: str
    custom_id: str
    name: str
    list: RemoteList
    is_open: bool = True


class TaskBook(Protocol):
    """Looks up tasks at a service that has them in lists. Reads only; none of it raises for what a server does."""

    async def task(self, task_id: str) -> RemoteTask | Outcome:
        """By id or custom id; `missing` when these credentials reach none."""

    async def lists(self) -> tuple[RemoteList, ...] | Outcome:
        """All lists."""

    async def tasks_of(self, one: RemoteList) -> tuple[RemoteTask, ...] | Outcome:
        """The tasks of one list."""


@runtime_checkable
class TaskConnector(Protocol):
    """A connector of a kind with `Abilities.has_tasks`."""

    tasks: TaskBook

    @property
    def calls(self) -> int:
        """Requests made so far, for the budget."""


@frozen
class Running:
    """A timer there, or the entry it became: `end` None while it runs. Seconds since the epoch, None where unknown."""

    id: str
    start: int | None
    end: int | None = None


class LiveConnector(Protocol):
    """A connector of a kind with `Abilities.live`: it can start and stop the one timer that its service allows."""

    async def current(self) -> Running | Outcome | None:
        """The timer that runs now, whoever started it."""

    async def start(self, item: Item) -> Outcome:
        """Start one; `item` says where and what. `unknown` also when the answer does not contain its id."""

    async def stop(self) -> Outcome:
        """Stop the one that runs. `current` was read just before: it is ours."""

    async def trace(self, item: Item, began: int, others: frozenset[str]) -> Running | Outcome | None:
        """The timer, running or stopped, that an attempt to start it at that second left; `others` are something else."""


class Connector(Protocol):
    """Delivers to one billing system: small HTTP calls, no memory. None of it raises for what a server does.

    Doing something twice must do no harm, except for `create`; nor must `create` where `Abilities.client_id` says so.
    """

    @property
    def calls(self) -> int:
        """Requests made so far, for the budget."""

    async def check(self) -> Account | Outcome:
        """One harmless call: whose credentials these are, or why they do not work."""

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """Everything that can be mapped to, or why it cannot be read. Empty where a service has no such list."""

    async def create(self, item: Item) -> Outcome:
        """Create the entry there."""

    async def update(self, remote_id: str, item: Item) -> Outcome:
        """Change the entry there to what it is now."""

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        """Remove the entry; `taken` when it is gone already. `item` is what is there."""

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        """Whether an attempt to create it was stored; `others` are known to be something else."""


@frozen
class Kind:
    """What a kind of target can do and how its connector is made. `base_url`: its address unless one is set."""

    able: Abilities
    make: Callable[[Carrier, Clock, Login], Connector]
    base_url: str = ""


@runtime_checkable
class RemotePlaceMaker(Protocol):
    """A connector that can create places (`Abilities.creates_places`)."""

    async def make_place(self, name: str, client: str) -> RemotePlace | Outcome:
        """Create a place; callers first look whether there is one of that name. `client` may be empty."""


@runtime_checkable
class Chooser(Protocol):
    """A connector that can list the possible values of an account's settings."""

    async def choices(self, option: str) -> tuple[RemotePlace, ...] | Outcome:
        """The values the service offers for one of `Abilities.settings`: `remote[option]` is the value, `name` what people call
        it. Called before anything else about the account is known; empty where the service cannot tell."""
