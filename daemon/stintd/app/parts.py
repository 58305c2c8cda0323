"""What a daemon consists of: the bundles that `compose` returns. Nothing in them is replaced afterwards."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from stintd.app.live_settings import LiveSettings
from stintd.app.shared_watcher import SharedWatcher
from stintd.clock import Clock
from stintd.engine.apikeys import ApiKeys
from stintd.engine.checkouts import Places
from stintd.engine.delivery.connect import TargetCommands
from stintd.engine.delivery.emitter import Emitters
from stintd.engine.delivery.targets import BillingTargets
from stintd.engine.delivery.webhook_secrets import WebhookSecrets
from stintd.engine.delivery.webhooks import WebhookSender
from stintd.engine.engine import Engine
from stintd.engine.intake.backfill import Backfill
from stintd.engine.intake.intake import Intake
from stintd.engine.intake.projectfiles import ProjectFiles
from stintd.engine.intake.recording import Recording
from stintd.engine.intake.screenlock import ScreenLock
from stintd.engine.intake.seen_until import SeenUntil
from stintd.engine.intake.sessionwatch import SessionWatch
from stintd.engine.supervisor import Supervisor
from stintd.engine.upkeep.backups import Backups
from stintd.engine.upkeep.buckets import Buckets
from stintd.engine.upkeep.calendars import Calendars
from stintd.engine.upkeep.desktop import Desktop
from stintd.engine.upkeep.doctor import Doctor
from stintd.engine.upkeep.housekeeping import Housekeeping
from stintd.engine.upkeep.live_events import LiveEvents
from stintd.engine.upkeep.purge import Purge
from stintd.engine.upkeep.statusfile import StatusFile
from stintd.engine.useragents import UserAgents
from stintd.frozen import frozen
from stintd.paths import Layout
from stintd.ports import Carrier
from stintd.sources import process, screen, spool, suspend
from stintd.store.database import Database
from stintd.tracking.model import RepoState
from stintd.tracking.plainfolders import PlainFolders
from stintd.tracking.tracker import Tracker


@frozen
class Core:
    """Database, engine, and the intake of evidence. `seen_before`: until when the previous daemon saw everything."""

    live: LiveSettings
    layout: Layout
    environment: Mapping[str, str]
    device: str
    database: Database
    engine: Engine
    places: Places
    recording: Recording
    screen_lock: ScreenLock
    intake: Intake
    seen_before: datetime | None
    supervisor: Supervisor
    is_ready: asyncio.Event

    @property
    def clock(self) -> Clock:
        return self.engine.clock


@frozen
class DeliveryParts:
    """What leaves this machine: webhooks, billing systems, copies of heartbeats."""

    carrier: Carrier
    hook_secrets: WebhookSecrets
    pusher: WebhookSender
    connecting: TargetCommands
    emitters: Emitters

    @property
    def targets(self) -> BillingTargets:
        return self.connecting.targets


@frozen
class Upkeep:
    """Maintenance of the home, and what is only needed now and then."""

    apikeys: ApiKeys
    useragents: UserAgents
    buckets: Buckets
    backfill: Backfill
    calendars: Calendars
    doctor: Doctor
    backups: Backups
    purge: Purge
    housekeeping: Housekeeping
    status_file: StatusFile
    desktop: Desktop
    news: LiveEvents


@frozen
class Sources:
    """What notices work."""

    seen: SeenUntil
    watcher: SharedWatcher
    tracker: Tracker
    plain: PlainFolders
    spool: spool.SpoolSource
    processes: process.ProcessWatch
    clock_watch: suspend.ClockWatch
    screen_watch: screen.ScreenWatch
    session_watch: SessionWatch
    project_files: ProjectFiles

    def checkouts(self) -> list[str]:
        """The checkouts that are watched."""
        return [state.path for state in self.tracker.repos()]


@frozen
class SourceAccess:
    """What the sources provide: `repos` returns the state of each watched checkout; `set_aside` stores what a client sent and
    cannot be read (its name, the bytes, the reason)."""

    repos: Callable[[], Sequence[RepoState]]
    set_aside: Callable[[str, bytes, str], None]
