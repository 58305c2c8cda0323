"""What the API asks of the running daemon. The composition root provides it (`app.facade`); mypy holds the two together."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypedDict

from stintd.domain.model import BeatSignal
from stintd.engine.apikeys import ApiKeys
from stintd.engine.checkouts import Places
from stintd.engine.delivery.connect import Connecting
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
"""A JSON object as we answer it: its fields are those of the route's schema, to which every answer is held in tests."""


class SourceState(TypedDict):
    """One source, and when it last heard something."""

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
    """One watched folder: whether it is there, how many repositories lie below it, and which setting names it."""

    path: str
    state: str
    repos: int
    origin: str


class RemovedRoot(TypedDict):
    """A folder that is no longer watched."""

    path: str


class Daemon(Protocol):
    """The parts that handlers ask, and what no single part can answer."""

    engine: Engine
    intake: Intake
    places: Places
    buckets: Buckets
    useragents: UserAgents
    apikeys: ApiKeys
    calendars: Calendars
    pusher: WebhookSender
    connecting: Connecting
    backfill: Backfill
    backups: Backups
    purge: Purge
    doctor: Doctor
    device: str
    version: str

    @property
    def is_ready(self) -> bool:
        """Whether everything that is to be watched is watched."""

    def beat(self, signals: list[BeatSignal]) -> tuple[int, int, list[tuple[int, str]]]:
        """Journal heartbeats: how many are new, how many known, and which (by index) were refused, and why."""

    def set_aside(self, name: str, text: bytes, why: str) -> None:
        """Keep what a client sent and nobody can read, and say so in the status."""

    def sources(self) -> Sequence[SourceState]:
        """Each source of evidence."""

    def checkouts(self) -> Mapping[str, CheckoutState]:
        """How each checkout is watched, by its path."""

    def roots(self) -> Sequence[RootState]:
        """The watched folders."""

    async def add_root(self, path: str) -> RootState:
        """Watch a folder and keep it in the settings; `invalid` when it is not one."""

    async def remove_root(self, path: str) -> RemovedRoot:
        """Stop watching a folder; its hours stay."""

    def url(self) -> str | None:
        """Where the loopback port is; None when there is none."""

    def recording(self) -> RecordingState:
        """Whether recording is on."""

    async def set_recording(self, is_on: bool, minutes: float | None) -> RecordingState:
        """Switch recording; off for some minutes, or until it is switched on."""

    def settings(self) -> Shape:
        """Every setting in force, nested as in the files."""

    async def change_settings(self, changes: JsonObject) -> Shape:
        """Write to settings.toml what differs; `invalid` with every problem, `conflict` for what config.toml fixes."""
