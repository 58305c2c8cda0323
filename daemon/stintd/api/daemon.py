"""What the API needs of the running daemon. The composition root provides it (`app.facade`); mypy checks that both agree."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypedDict

from stintd.domain.model import BeatSignal
from stintd.engine.apikeys import ApiKeys
from stintd.engine.checkouts import Places
from stintd.engine.delivery.connect import TargetCommands
from stintd.engine.delivery.webhooks import WebhookSender
from stintd.engine.engine import Engine
from stintd.engine.intake.backfill import Backfill
from stintd.engine.intake.intake import Intake
from stintd.engine.intake.recording import RecordingState
from stintd.engine.upkeep.backups import Backups
from stintd.engine.upkeep.buckets import Buckets
from stintd.engine.upkeep.calendars import Calendars
from stintd.engine.upkeep.doctor import Doctor
from stintd.engine.upkeep.purge import Purge
from stintd.engine.useragents import UserAgents
from stintd.jsonvalue import JsonObject

Shape = dict[str, Any]
"""A JSON object in an answer. Its fields are those of the route's schema; tests check every answer against it."""


class SourceState(TypedDict):
    """One source of evidence, and when its latest evidence came."""

    name: str
    state: str
    lastAt: str | None


class CheckoutState(TypedDict):
    """How one checkout is watched."""

    tier: str
    folders: int
    problem: str
    lastActiveAt: str


class RootState(TypedDict):
    """One watched folder: whether it exists, how many repositories are below it, and which settings file names it."""

    path: str
    state: str
    repos: int
    origin: str


class RemovedRoot(TypedDict):
    """A folder that is no longer watched."""

    path: str


class Daemon(Protocol):
    """The parts that handlers use, and methods for what no single part can answer."""

    engine: Engine
    intake: Intake
    places: Places
    buckets: Buckets
    useragents: UserAgents
    apikeys: ApiKeys
    calendars: Calendars
    pusher: WebhookSender
    connecting: TargetCommands
    backfill: Backfill
    backups: Backups
    purge: Purge
    doctor: Doctor
    device: str
    version: str

    @property
    def is_ready(self) -> bool:
        """Whether everything that should be watched is watched."""

    def take_beats(self, signals: list[BeatSignal]) -> tuple[int, int, list[tuple[int, str]]]:
        """Write heartbeats to the journal. Returns how many are new, how many were known, and the refused ones (index and
        reason)."""

    def set_aside(self, name: str, text: bytes, why: str) -> None:
        """Store what a client sent and cannot be read, and report it in the status."""

    def sources(self) -> Sequence[SourceState]:
        """Each source of evidence."""

    def checkouts(self) -> Mapping[str, CheckoutState]:
        """How each checkout is watched, by its path."""

    def roots(self) -> Sequence[RootState]:
        """The watched folders."""

    async def add_root(self, path: str) -> RootState:
        """Watch a folder and store that in the settings; `invalid` if it is not a folder."""

    async def remove_root(self, path: str) -> RemovedRoot:
        """Stop watching a folder; its hours stay."""

    def url(self) -> str | None:
        """The address of the loopback port; None if none is open."""

    def recording(self) -> RecordingState:
        """Whether recording is on."""

    async def set_recording(self, is_on: bool, minutes: float | None) -> RecordingState:
        """Switch recording on or off; off for some minutes, or until it is switched on again."""

    def settings(self) -> Shape:
        """Every setting in force, nested as in the files."""

    async def change_settings(self, changes: JsonObject) -> Shape:
        """Write changed values to settings.toml. Raises `invalid` with every problem, `conflict` for a value that config.toml
        sets."""
