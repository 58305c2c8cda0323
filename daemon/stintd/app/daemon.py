"""One running daemon: its parts, their wiring, the order of start and stop. Contains no rule.

Order of the start: folders, lock, database, engine (which brings back the journal), control socket, sources. The socket
answers before the sources have caught up; `is_ready` says when they have.
"""

import asyncio
import logging
import os
import socket
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from stintd import __version__, instance, memory, paths, settings
from stintd.api.activitywatch import WatcherPort
from stintd.api.guard import LOOPBACK
from stintd.api.loopback import Loopback
from stintd.api.routes import TABLE
from stintd.api.server import Surface
from stintd.app.facade import Asked
from stintd.app.zone import machine_zone
from stintd.clock import Clock, SystemClock
from stintd.domain.billing.target import Target
from stintd.domain.meeting import MeetingRule
from stintd.domain.model import BlindSignal, Heartbeat
from stintd.domain.noise.filter import NoiseFilter
from stintd.engine import checkout_rows
from stintd.engine.apikeys import ApiKeys, holders
from stintd.engine.checkouts import Places
from stintd.engine.delivery.connect import Book, Connecting
from stintd.engine.delivery.credentials import TargetKeys
from stintd.engine.delivery.emitter import Deliver, Emitters
from stintd.engine.delivery.retry import Retry
from stintd.engine.delivery.targetlane import LaneTools
from stintd.engine.delivery.targets import Targets
from stintd.engine.delivery.webhook_secrets import HookSecrets
from stintd.engine.delivery.webhooklane import Tools
from stintd.engine.delivery.webhooks import Pusher
from stintd.engine.engine import Engine
from stintd.engine.health import Health
from stintd.engine.hub import Hub
from stintd.engine.intake.backfill import Backfill
from stintd.engine.intake.intake import Gate
from stintd.engine.intake.projectfiles import ProjectFiles
from stintd.engine.intake.recording import Recording
from stintd.engine.intake.screenlock import STATE as SCREEN_STATE
from stintd.engine.intake.screenlock import ScreenLock
from stintd.engine.intake.sessionwatch import SessionWatch
from stintd.engine.resolver import is_mapped
from stintd.engine.sheet import rollup
from stintd.engine.sheet_state import SheetState
from stintd.engine.step import Step
from stintd.engine.supervisor import Supervisor
from stintd.engine.upkeep.backups import Backups
from stintd.engine.upkeep.buckets import Buckets, kept
from stintd.engine.upkeep.calendars import Calendars, CalendarSettings
from stintd.engine.upkeep.desktop import Desktop
from stintd.engine.upkeep.doctor import Doctor, Watches
from stintd.engine.upkeep.housekeeping import Housekeeping
from stintd.engine.upkeep.live_events import News
from stintd.engine.upkeep.purge import Purge
from stintd.engine.upkeep.statusfile import StatusFile
from stintd.engine.useragents import UserAgents
from stintd.errors import Invalid, Unavailable
from stintd.ports import Connector, Login
from stintd.secret import SecretFolder, secret_of_file
from stintd.sinks.activitywatch import ActivityWatchServer
from stintd.sinks.registry import KINDS
from stintd.sinks.wakatime_heartbeats import WakaTimeServer
from stintd.sinks.worker_client import Courier
from stintd.sources import calendars, discover, folders, gitreader, history, process, projectfiles, screen, spool, suspend, watch
from stintd.sources.logreader import AgentLogReader
from stintd.store import cursors, deliveries, heartbeats
from stintd.store.database import Database
from stintd.store.journal import Journal
from stintd.store.restore import REBUILD_DUE
from stintd.tracking.model import TrackerSettings, TrackerSources
from stintd.tracking.tracker import Tracker

log = logging.getLogger(__name__)
IN_FLIGHT = timedelta(seconds=0.5)
"""How long what happened may be on its way from the kernel to the gate on a busy machine. Not longer: what git wrote
before it is found by the sweep after a kill, when nobody remembers that it was git's."""


class App(Asked):
    """One running daemon. What the control socket asks of it is `api.control.Daemon`."""

    version = __version__

    def __init__(self, chosen: settings.Settings, clock: Clock | None = None, environment: dict[str, str] | None = None) -> None:
        self.chosen, self.clock = chosen, clock or SystemClock()
        self.environment = dict(os.environ) if environment is None else environment
        self.is_ready = False
        self._is_caught_up, self._note_due = False, 0.0
        self._locks: list[instance.Lock] = []
        self._boxes: dict[str, Any] = {}

    # ------------------------------------------------------------------ life

    async def start(self) -> None:
        """Everything in order; raises a StintdError before anything is served when it cannot."""
        self.layout = paths.home_layout()
        paths.ensure(self.layout)
        self._lock()
        passed = [one for one in instance.activated(self.environment) if one.family == socket.AF_UNIX]
        self.listener = passed[0] if passed else instance.bind(self.layout.socket)
        self._is_passed = bool(passed)
        self._build()
        await self.engine.start()
        await self.pusher.start()
        self.engine.on_outgoing = self._outgoing
        await self.connecting.take_over()
        await self.surface.listen(self.listener)
        await self.loopback.open(self.chosen.port)
        await self.watchers.move(self.chosen.activitywatch_port)
        instance.notify_manager(self.environment, "READY=1\nSTATUS=finding repositories")
        self._start_sources()

    async def stop(self) -> None:
        """In reverse: sources, what they told last, the socket, the engine, the file that said what runs."""
        instance.notify_manager(self.environment, "STOPPING=1")
        await self.pusher.stop()
        await self.connecting.targets.stop()
        await self.supervisor.stop()
        self.tracker.stop()
        self.watcher.stop()
        self.gate.stop()
        self.recording_state.stop()
        if self._is_caught_up:
            self.engine.write(lambda step: cursors.set_meta(step.conn, "alive", step.now.isoformat()))
        await self.surface.close()
        self.loopback.close()
        self.watchers.close()
        self.apikeys.save()
        await self.engine.stop()
        await self.courier.close()
        self.status_file.stop()
        self.database.close()
        if not self._is_passed:
            instance.unbind(self.listener, self.layout.socket)
        for lock in reversed(self._locks):
            lock.release()

    def _lock(self) -> None:
        """Two locks: of the runtime folder, and beside the database, which two runtime folders may share."""
        for path in dict.fromkeys([self.layout.lock, self.layout.database + ".lock"]):
            lock = instance.Lock(path)
            lock.acquire()
            self._locks.append(lock)

    def _build(self) -> None:
        policy, clock = self.chosen.policy, self.clock
        self.health, self.hub, self.places = Health(clock.now), Hub(), Places()
        self.database = Database(self.layout.database, clock, self.layout.backups)
        self.database.open()
        user, device, workspace = self.database.write_now(lambda conn: cursors.ensure_identity(conn, clock.now()))
        self.device, self.places.roots = device, tuple(map(os.path.realpath, self.chosen.folders))
        self.state = SheetState(policy.zone, user, device, workspace)
        self.state.roots = self.chosen.folders
        self.journal = Journal(self.layout.journal)
        self.engine = Engine(self.database, self.journal, clock, policy, self.health, self.hub, self.state)
        self.database.read_now(lambda conn: checkout_rows.load(conn, self.places))
        noise, boot = NoiseFilter(policy, self.chosen.exclude), instance.boot_id()
        self.gate = Gate(self.engine, self.places, noise, clock, device, self._known, boot)
        self.database.read_now(self.gate.agents.restore)
        self.recording_state = Recording(self.engine, clock, device)
        self.gate.is_off = self.recording_state.is_off
        self.supervisor = Supervisor(clock, self.health)
        self.status_file = StatusFile(self.layout.status, self.engine, clock, policy.zone)
        self.courier = Courier(clock)
        hook_secrets = HookSecrets(SecretFolder(self.layout.secrets))
        self.pusher = Pusher(Tools(self.engine, hook_secrets, self.courier, self._retry()), self.supervisor)
        self._build_targets()
        self.apikeys = ApiKeys(clock, self.engine.read, partial(self.engine.write, soon=False))
        self.apikeys.load(self.database.read_now(holders))
        self._fetched = os.path.join(self.layout.state, "calendars")
        self.calendars = Calendars(self.engine, self.courier, calendars.read, self._fetched, self._calendar)
        self.backfill = Backfill(self.engine, self.gate, self.places, AgentLogReader(self.environment), history.recall)
        self.backfill.on_done = memory.give_back
        self.useragents = UserAgents(clock, partial(self.engine.write, soon=False))
        self.buckets = Buckets(self.engine, self.database.read_now(kept))
        self.surface = Surface(self, TABLE)
        self._set_surface()
        self.watchers = WatcherPort(self.surface, self.health, instance.bind_loopback)
        self.loopback = Loopback(self.surface, self.health, instance.bind_loopback, self.layout.http_json)
        self.watcher = watch.TreeWatcher(self._notes, asyncio.get_running_loop(), clock, roots=self.chosen.folders)
        self._build_sources()
        self._build_emitters()
        targets = self.connecting.targets
        self.doctor = Doctor(self.engine, targets.tools, self._watches, machine_zone, lambda: targets.planned)
        self.backups = Backups(self.engine, clock, self.supervisor, *self._rhythm())
        self.purge = Purge(self.engine, self.backups, self.layout.log, os.path.join(self.layout.spool, "bad"), self._fetched)
        self.purge.settled = self.gate.wait_until_settled
        self.purge.watched = lambda: [one for one in self.checkouts() if not self.gate.is_excluded(one)]
        if self.database.needs_rebuild or self.database.read_now(lambda conn: cursors.meta(conn, REBUILD_DUE)):
            self.engine.write(self._rebuild)
        for note in self.database.notes:
            self.health.raise_warning("database_mended", note, "see the backups folder; `stint log` shows what is there")

    def _build_targets(self) -> None:
        def make(target: Target, secret: str) -> Connector:
            kind = KINDS[target.kind]
            login = Login(target.base_url or kind.base_url, secret, target.options, self.engine.policy.zone)
            return kind.make(self.courier, self.clock, login)

        keys = TargetKeys(SecretFolder(self.layout.secrets), self.environment)
        targets = Targets(LaneTools(self.engine, keys, make), self.supervisor)
        self.desktop = Desktop(self.engine, self.supervisor, lambda: bool(self.chosen.values["timer.notify"]))
        book = Book(lambda: self.chosen.targets, settings.read_target, settings.set_target, self._reload)
        self.connecting = Connecting(targets, KINDS, book)

    def _calendar(self) -> CalendarSettings:
        values = self.chosen.values
        rules = tuple(MeetingRule(**rule) for rule in values["calendar.map"] or ())
        return CalendarSettings(values["calendar.files"], values["calendar.addresses"], rules, values["owner.emails"])

    def _outgoing(self, targets: set[str]) -> None:
        """Something has to leave: webhooks' and billing systems' alike."""
        self.pusher.changed(targets)
        self.connecting.targets.changed(targets)
        self.desktop.changed(targets)

    def _set_surface(self) -> None:
        self.surface.rate_limit = self.chosen.rate_limit
        self.surface.extension_origins = frozenset(self.chosen.extension_origins)

    @staticmethod
    def _rebuild(step: Step) -> None:
        """The database is a backup, or was put together from one and remains: derive everything again."""
        rollup.rebuild(step.conn)
        deliveries.question(step.conn)
        known = heartbeats.bounds(step.conn)
        if known is not None:
            step.touch(*known)
        cursors.set_meta(step.conn, REBUILD_DUE, "")

    def _build_sources(self) -> None:
        clock = self.clock
        self._since = self._alive_until()
        self.folders = folders.Folders(clock)
        parts = TrackerSources(self.watcher, gitreader, self.folders, discover.discover)
        kept = self.database.read_now(cursors.all_of)
        chosen = TrackerSettings(
            self.chosen.folders, self.chosen.cold_after, frozenset(self.chosen.policy.owner_emails), self._since
        )
        self.tracker = Tracker(parts, clock, self.gate.take, kept, chosen)
        self.clock_watch = suspend.ClockWatch(clock, self.device)
        self.processes = process.ProcessWatch(clock, self._holder)
        self.spool = spool.SpoolSource(
            self.layout.spool, clock, self.gate.wait_until_settled, self._watch_folder, self._head_of,
            self.chosen.policy.max_future, process.agent_above, self.gate.links.follow,
        )  # fmt: skip
        self.recording_state.restore(kept.get("recording_off"))
        self.screen_lock = ScreenLock(self.engine, self.device)
        self.screen_lock.restore(kept.get(SCREEN_STATE), self._since)
        self.screen_watch = screen.ScreenWatch(
            clock, self.environment.get("DBUS_SYSTEM_BUS_ADDRESS") or screen.ADDRESS, self._is_touched
        )
        self.gate.on_screen = self.screen_lock.take
        self.gate.is_mapped = lambda folder: self.database.read_now(lambda conn: is_mapped(conn, self.engine.policy, folder))
        self.gate.on_rescan = self.tracker.rescan
        self.gate.on_work = self.tracker.touch
        news = News(self.engine)
        self.gate.on_glimpse, self.engine.on_admitted, self.health.on_change = news.glimpse, self._admitted, news.warnings
        self.news = news
        self.project_files = ProjectFiles(self.engine, self.gate, projectfiles.find)
        self.project_files.roots, self.project_files.excluded = self.chosen.folders, self.chosen.exclude
        self.gate.on_checkout = self.project_files.look
        self.session_watch = SessionWatch(
            self.engine, instance.boot_id(), process.start_time, process.is_alive, process.Exits().watch, lambda: self.is_ready
        )
        self.housekeeping = Housekeeping(self.engine, clock, self.chosen.values["retention.evidence"])
        self.engine.after_commit(self._committed)

    def _alive_until(self) -> datetime | None:
        """Until when the daemon before us saw everything: noted when it stopped, or by the way if it was killed. None
        when there was none."""
        stopped = self.database.read_now(lambda conn: cursors.meta(conn, "alive"))
        noted = self._locks[-1].noted
        known = [datetime.fromisoformat(stopped)] if stopped else []
        known += [datetime.fromtimestamp(noted, UTC)] if noted is not None else []
        return min(max(known), self.clock.now()) if known else None

    def _note_alive(self) -> None:
        """Note, at most once a second and only while something happens, until when everything seen is kept."""
        now = self.clock.monotonic()
        if self._is_caught_up and now >= self._note_due:
            self._note_due = now + 1.0
            self._locks[-1].note((self.gate.certain_until() - IN_FLIGHT).timestamp())

    def _start_sources(self) -> None:
        self.watcher.start()
        if self._since is not None:
            self.gate.tell(BlindSignal(self._since, self.clock.now(), "the daemon was not running"))
        self._set_emitters()
        self.supervisor.start("status", self.status_file.run)
        self.supervisor.start("tracker", self._track)
        self.supervisor.start("project files", self.project_files.run)
        self.supervisor.start("sessions", self.session_watch.run)
        if sys.platform == "linux":
            self.supervisor.start("screen", lambda: self.screen_watch.run(self.gate.tell))
        self.supervisor.start("clock", lambda: self.clock_watch.run(self.gate.tell))
        self.supervisor.start("processes", lambda: self.processes.run(self.gate.tell))
        self._watch_folder(os.path.dirname(self.layout.settings), self._settings_changed)

    async def _track(self) -> None:
        await self.tracker.start()
        self.tracker.miss([known.facts for known in self.places.checkouts()])
        if not self.is_ready:
            await self.spool.drain(self.gate.tell)
            self.supervisor.start("spool", lambda: self.spool.run(self.gate.tell))
        self.is_ready = True
        self.supervisor.start("memory", self._give_back)
        self.supervisor.start("catching up", self._catch_up)
        instance.notify_manager(self.environment, "STATUS=watching")
        await self.tracker.run()

    async def _catch_up(self) -> None:
        """Once the work trees were swept for what nobody watched: from now on the present is known."""
        await self.tracker.wait_until_settled()
        self._is_caught_up = True
        self._note_alive()

    async def _give_back(self) -> None:
        """The start leaves much behind that is never needed again."""
        await self.tracker.wait_until_settled()
        memory.give_back()

    # ------------------------------------------------------------------ wiring

    def _known(self, beats: Sequence[Heartbeat]) -> list[bool]:
        return self.database.read_now(lambda conn: heartbeats.are_known(conn, beats))

    def _watches(self) -> Watches:
        stats = self.watcher.stats()
        return Watches(stats.main.watches, stats.main.budget, stats.limit, stats.trouble)

    def _watch_folder(self, folder: str, call: Any) -> Any:
        """Call when something in a folder of ours changes; through the one watcher."""
        self._boxes[folder] = call
        self.watcher.cover(folder, [folder], [])
        return lambda: self.watcher.uncover(folder)

    def _notes(self, notes: list[Any]) -> None:
        self._note_alive()
        self.clock_watch.check()
        theirs = []
        for note in notes:
            if note.checkout in self._boxes:
                self._boxes[note.checkout]()
            else:
                theirs.append(note)
        if theirs:
            self.processes.ask()
            self.tracker.notes(theirs)

    def _holder(self, path: str) -> str | None:
        """The checkout that holds a path."""
        found = self.places.locate(path).checkout
        return found.path if found is not None else None

    def _committed(self) -> None:
        self._note_alive()
        self.status_file.changed()
        self.session_watch.note_change()
        self.housekeeping.check()
        self.backups.check()
        self.clock_watch.need_ticks(self.state.is_running)

    def _is_touched(self, since: datetime) -> bool:
        """Whether an editor or a shell told of a hand on this machine since then."""
        last = self.gate.last_at
        return any(last[name] >= since for name in ("editor", "shell") if name in last)

    def _head_of(self, folder: str) -> tuple[str | None, str]:
        facts = gitreader.facts_of(folder)
        return (facts.branch, facts.head) if facts is not None else (None, "")

    def _settings_changed(self) -> None:
        self.supervisor.start("settings", self._reload)

    async def _reload(self) -> None:
        """Take over what the files say now; a broken file changes nothing and is a warning."""
        try:
            chosen = settings.load(self.environment, self.chosen.policy.zone)
        except Invalid as error:
            self.health.raise_warning("settings", error.message, error.hint, severity="error")
            return
        self.health.clear("settings")
        if chosen.folders != self.chosen.folders:
            self.places.roots = tuple(map(os.path.realpath, chosen.folders))
            await self.tracker.set_roots(chosen.folders)
        is_moved = chosen.port != self.chosen.port
        is_other_watchers = chosen.activitywatch_port != self.chosen.activitywatch_port
        self.chosen = chosen
        self._set_surface()
        self.pusher.set_retry(self._retry())
        self.backups.set_rhythm(*self._rhythm())
        self.housekeeping.evidence_kept = chosen.values["retention.evidence"]
        await self.connecting.take_over()
        self._set_emitters()
        if is_moved:
            await self.loopback.move(chosen.port)
        if is_other_watchers:
            await self.watchers.move(chosen.activitywatch_port)
        self.project_files.roots, self.project_files.excluded = chosen.folders, chosen.exclude
        self.project_files.apply()
        if chosen.policy != self.engine.policy:
            self.engine.policy = chosen.policy
            self.state.forget_places()

    # ------------------------------------------------------------------ copies for other time trackers

    def _admitted(self, beats: Sequence[Heartbeat]) -> None:
        self.news.heartbeats(beats)
        self.emitters.admitted(beats)

    def _build_emitters(self) -> None:
        def activitywatch(url: str) -> Deliver:
            idle_us = self.chosen.policy.idle_timeout // timedelta(microseconds=1)
            return ActivityWatchServer(self.courier, url, socket.gethostname(), idle_us).deliver

        makers: dict[str, Callable[[str], Deliver]] = {
            "activitywatch": activitywatch,
            "wakatime": lambda url: WakaTimeServer(self.courier, url, self._emit_key).deliver,
        }
        self.emitters = Emitters(self.engine, self.supervisor, makers)

    def _set_emitters(self) -> None:
        ports = (self.loopback.url or "").rpartition(":")[2], str(self.chosen.activitywatch_port)
        own = {f"http://{host}:{port}" for host in LOOPBACK for port in ports}
        self.emitters.set_addresses({name: self.chosen.values[f"emit.{name}"] for name in ("activitywatch", "wakatime")}, own)

    def _emit_key(self) -> str:
        """The key of the WakaTime-compatible server; "" when it cannot be had."""
        file, name = self.chosen.values["emit.wakatime_key_file"], self.chosen.values["emit.wakatime_key_env"]
        try:
            return secret_of_file(os.path.expanduser(file)) if file else self.environment.get(name or "", "")
        except Unavailable as error:
            log.warning("%s", error.message)
            return ""

    def _rhythm(self) -> tuple[timedelta, int]:
        return self.chosen.values["backup.every"], self.chosen.values["backup.keep"]

    def _retry(self) -> Retry:
        return Retry(self.chosen.values["webhooks.retry_initial"], self.chosen.values["webhooks.retry_max"])
