"""The one factory: builds the parts of a daemon and hands each what it needs, for production and for tests alike.

    core        database, engine, and the intake of evidence
    delivery    what leaves this machine
    upkeep      maintenance of the home, and what is only needed now and then
    sources     what notices work (tests leave them out and call the intake themselves)
    ports       the routes, and the ports that serve them

Afterwards no part is changed from outside. A part that needs a later one gets a function that looks it up when it is called, or
the later part subscribes to the earlier one. Nothing runs yet when these functions return: `App` starts the parts."""

import asyncio
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from stintd import instance, memory, settings
from stintd.api.guard import LOOPBACK
from stintd.api.loopback import Loopback
from stintd.api.routes import TABLE
from stintd.api.server import Server
from stintd.api.surface import Limits, Surface
from stintd.api.watcherport import WatcherPort
from stintd.app.emit import emitter_makers
from stintd.app.facade import Facade
from stintd.app.live_settings import LiveSettings
from stintd.app.parts import Core, DeliveryParts, SourceAccess, Sources, Upkeep
from stintd.app.plain import plain_folders, watch_mappings
from stintd.app.shared_watcher import SharedWatcher
from stintd.app.zone import machine_zone
from stintd.clock import Clock
from stintd.domain.billing.target import Target
from stintd.domain.meeting import MeetingRule
from stintd.domain.noise.filter import NoiseFilter
from stintd.engine import earlier_joins
from stintd.engine.apikeys import ApiKeys, load_holders
from stintd.engine.checkouts import Places
from stintd.engine.commands.rebuild import rebuild_all
from stintd.engine.delivery.connect import TargetCommands, TargetSettings
from stintd.engine.delivery.credentials import TargetKeys
from stintd.engine.delivery.emitter import Emitters
from stintd.engine.delivery.retry import Retry
from stintd.engine.delivery.targetlane import LaneTools
from stintd.engine.delivery.targets import BillingTargets
from stintd.engine.delivery.webhook_secrets import WebhookSecrets
from stintd.engine.delivery.webhooklane import WebhookTools
from stintd.engine.delivery.webhooks import WebhookSender
from stintd.engine.engine import Engine
from stintd.engine.health import Health
from stintd.engine.hub import Hub
from stintd.engine.intake.agentsessions import AgentSessions
from stintd.engine.intake.backfill import Backfill
from stintd.engine.intake.intake import Intake
from stintd.engine.intake.projectfiles import ProjectFiles
from stintd.engine.intake.recording import STATE as RECORDING_STATE
from stintd.engine.intake.recording import Recording
from stintd.engine.intake.repositories import Repositories
from stintd.engine.intake.screenlock import STATE as SCREEN_STATE
from stintd.engine.intake.screenlock import ScreenLock
from stintd.engine.intake.seen_until import SeenUntil, last_seen_at
from stintd.engine.intake.sessionwatch import SessionWatch
from stintd.engine.sheet import checkout_rows
from stintd.engine.sheet_state import SheetState
from stintd.engine.supervisor import Supervisor
from stintd.engine.upkeep.backups import Backups
from stintd.engine.upkeep.buckets import Buckets, load_buckets
from stintd.engine.upkeep.calendars import Calendars, CalendarSettings
from stintd.engine.upkeep.desktop import Desktop
from stintd.engine.upkeep.doctor import Doctor, Watches
from stintd.engine.upkeep.housekeeping import Housekeeping
from stintd.engine.upkeep.live_events import LiveEvents
from stintd.engine.upkeep.purge import Purge, PurgedFiles
from stintd.engine.upkeep.statusfile import StatusFile
from stintd.engine.useragents import UserAgents
from stintd.frozen import frozen
from stintd.paths import Layout
from stintd.ports import Carrier, Connector, Kind, Login
from stintd.secret import SecretFolder
from stintd.settings import Settings
from stintd.settings.keys import RuleTable
from stintd.sinks.registry import KINDS
from stintd.sinks.worker_client import Courier
from stintd.sources import (
    calendars,
    discover,
    folders,
    gitmarks,
    gitreader,
    history,
    linked,
    process,
    projectfiles,
    screen,
    spool,
    suspend,
)
from stintd.sources.logreader import AgentLogReader
from stintd.store import cursors, heartbeats
from stintd.store.database import Database
from stintd.store.journal import Journal
from stintd.store.restore import REBUILD_DUE
from stintd.tracking.model import TrackerSettings, TrackerSources
from stintd.tracking.plainfolders import PlainFolders
from stintd.tracking.tracker import Tracker


def core(
    chosen: Settings,
    layout: Layout,
    clock: Clock,
    environment: Mapping[str, str],
    load: Callable[[Settings], Settings],
    last_note: float | None = None,
    boot: str = "",
) -> Core:
    """`load` reads the settings anew; `last_note`: when the daemon before this one was last known to see everything (epoch
    seconds); `boot` names this boot of the machine. Opens the database."""
    health = Health(clock.now)
    live = LiveSettings(chosen, lambda: load(live.value), health)
    database = Database(layout.database, clock, layout.backups)
    database.open()
    identity = database.write_now(lambda conn: cursors.ensure_identity(conn, clock.now()))
    device = identity[1]
    state = SheetState(chosen.policy.zone, *identity, _real_paths(chosen.folders))
    engine = Engine(database, Journal(layout.journal), clock, chosen.policy, health, Hub(), state)
    places = _load_places(database, clock, chosen)
    states = database.read_now(cursors.all_of)
    seen_before = database.read_now(lambda conn: last_seen_at(conn, last_note, clock.now()))
    recording = Recording(engine, clock, device)
    recording.restore(states.get(RECORDING_STATE))
    screen_lock = ScreenLock(engine, device)
    screen_lock.restore(states.get(SCREEN_STATE), seen_before)
    agents = AgentSessions(engine, boot)
    database.read_now(agents.restore)
    intake = Intake(
        engine,
        places,
        NoiseFilter(chosen.policy, chosen.exclude, agents.processes),
        agents,
        device,
        Repositories(places, presence=gitmarks.presence, continues=gitmarks.continues_log),
        are_known=lambda beats: database.read_now(lambda conn: heartbeats.are_known(conn, beats)),
        is_off=recording.is_off,
        on_screen=screen_lock.take,
    )
    live.subscribe(partial(_take_over, engine, places))
    _note_repairs(database, engine)
    supervisor = Supervisor(clock, health)
    return Core(
        live, layout, environment, device, database, engine, places, recording, screen_lock, intake, seen_before, supervisor,
        asyncio.Event(),
    )  # fmt: skip


def _load_places(database: Database, clock: Clock, chosen: Settings) -> Places:
    """The folders that were known when the daemon stopped."""
    database.write_now(lambda conn: earlier_joins.separate(conn, clock.now()))
    places = Places(_real_paths(chosen.folders))
    database.read_now(lambda conn: checkout_rows.load_checkouts(conn, places))
    return places


def _take_over(engine: Engine, places: Places, before: Settings, now: Settings) -> None:
    """Let changed settings hold from now on."""
    if now.folders != before.folders:
        roots = _real_paths(now.folders)
        places.set_roots(roots)
        engine.write(lambda step: step.state.set_roots(roots))
    if now.policy != engine.policy:
        engine.set_policy(now.policy)


def _real_paths(paths: Sequence[str]) -> tuple[str, ...]:
    return tuple(map(os.path.realpath, paths))


def _note_repairs(database: Database, engine: Engine) -> None:
    """If the database was restored from a backup or salvaged, recompute its entries and raise a warning."""
    if database.needs_rebuild or database.read_now(lambda conn: cursors.meta(conn, REBUILD_DUE)):
        engine.write(rebuild_all)
    for note in database.notes:
        engine.health.raise_warning(
            "database_mended", note, "see the backups folder; `stint log` lists the entries that are there"
        )


# ---------------------------------------------------------------- what leaves this machine


def delivery(
    base: Core,
    carrier: Carrier,
    own_ports: Callable[[], Collection[str]],
    book: TargetSettings | None = None,
    billing: Callable[[], Carrier] | None = None,
    chance: Callable[[], float] | None = None,
) -> DeliveryParts:
    """`carrier` sends all requests; `own_ports`: the loopback ports this daemon itself listens on. `book`: where targets are
    kept if not in the settings files; `billing`: what sends to billing systems if that is another; `chance`: numbers from 0 to
    1, if not random ones."""
    engine, live, supervisor = base.engine, base.live, base.supervisor
    secrets = SecretFolder(base.layout.secrets)
    hook_secrets = WebhookSecrets(secrets)
    tools = WebhookTools(engine, hook_secrets, carrier, _retry(live.value))
    pusher = WebhookSender(replace(tools, chance=chance) if chance is not None else tools, supervisor)
    live.subscribe(lambda before, now: pusher.set_retry(_retry(now)))

    def make(target: Target, secret: str) -> Connector:
        kind: Kind = KINDS[target.kind]
        login = Login(target.base_url or kind.base_url, secret, target.options, engine.policy.zone)
        return kind.make(billing() if billing is not None else carrier, base.clock, login)

    lane_tools = LaneTools(engine, TargetKeys(secrets, base.environment), make)
    targets = BillingTargets(replace(lane_tools, chance=chance) if chance is not None else lane_tools, supervisor)
    book = book or TargetSettings(lambda: live.value.targets, settings.read_target, settings.set_target, live.reload)
    connecting = TargetCommands(targets, KINDS, book)
    live.subscribe(lambda before, now: connecting.apply_settings())
    engine.on_outgoing.subscribe(targets.wake_lanes)

    def addresses() -> dict[str, str | None]:
        return {name: live.value.text(f"emit.{name}") for name in ("activitywatch", "wakatime")}

    def own_addresses() -> set[str]:
        return {f"http://{host}:{port}" for host in LOOPBACK for port in own_ports()}

    makers = emitter_makers(carrier, live, base.environment)
    emitters = Emitters(engine, supervisor, makers, addresses, own_addresses)
    engine.on_admitted.subscribe(emitters.note_admitted)
    return DeliveryParts(carrier, hook_secrets, pusher, connecting, emitters)


def _retry(chosen: Settings) -> Retry:
    return Retry(chosen.length("webhooks.retry_initial"), chosen.length("webhooks.retry_max"))


# ---------------------------------------------------------------- what keeps the home in order


def upkeep(
    base: Core,
    out: DeliveryParts,
    watches: Callable[[], Watches],
    watched: Callable[[], Sequence[str]],
    zone: Callable[[], str],
    calendar: Callable[[], CalendarSettings] | None = None,
) -> Upkeep:
    """`watches` returns how many watches are in use, `watched` which checkouts are watched, `zone` the time zone of the machine;
    `calendar`: the settings of calendars if they are not in the settings files."""
    engine, live, database, layout, clock = base.engine, base.live, base.database, base.layout, base.clock
    apikeys = ApiKeys(clock, engine.read, partial(engine.write, soon=False))
    apikeys.load(database.read_now(load_holders))
    fetched = os.path.join(layout.state, "calendars")
    backups = Backups(engine, clock, base.supervisor, *_rhythm(live.value))
    live.subscribe(lambda before, now: backups.set_rhythm(*_rhythm(now)))
    housekeeping = Housekeeping(engine, clock, live.value.length("retention.evidence"))
    live.subscribe(lambda before, now: housekeeping.keep_evidence(now.length("retention.evidence")))
    status_file = StatusFile(layout.status, engine, clock, live.value.policy.zone)
    for listener in (status_file.note_commit, housekeeping.check, backups.check):
        engine.call_after_commit(listener)
    news = LiveEvents(engine)
    engine.on_admitted.subscribe(news.note_heartbeats)
    engine.health.on_change.subscribe(news.publish_warnings)
    base.intake.on_provisional_timer.subscribe(news.publish_provisional_timer)
    files = PurgedFiles(layout.log, os.path.join(layout.spool, "bad"), fetched)
    reader = AgentLogReader(base.environment)
    return Upkeep(
        apikeys,
        UserAgents(clock, partial(engine.write, soon=False)),
        Buckets(engine, database.read_now(load_buckets)),
        Backfill(engine, base.intake, base.places, reader, history.recall, memory.give_back),
        Calendars(engine, out.carrier, calendars.read, fetched, calendar or (lambda: _calendar(live.value))),
        Doctor(engine, out.targets.tools, watches, zone, lambda: out.targets.planned),
        backups,
        Purge(engine, base.intake, backups, files, watched),
        housekeeping,
        status_file,
        Desktop(engine, base.supervisor, lambda: live.value.flag("timer.notify")),
        news,
    )


def _rhythm(chosen: Settings) -> tuple[timedelta, int]:
    return chosen.length("backup.every"), chosen.number("backup.keep")


def _calendar(chosen: Settings) -> CalendarSettings:
    rules = tuple(_meeting_rule(table) for table in chosen.tables("calendar.map"))
    files, addresses = chosen.texts("calendar.files"), chosen.texts("calendar.addresses")
    return CalendarSettings(files, addresses, rules, chosen.texts("owner.emails"))


def _meeting_rule(table: RuleTable) -> MeetingRule:
    texts = {name: value for name, value in table.items() if isinstance(value, str)}
    return MeetingRule(ignore=table.get("ignore") is True, **texts)


# ---------------------------------------------------------------- what notices work


def sources(base: Core, note_down: Callable[[float], None], boot: str) -> Sources:
    """`note_down` stores an instant (epoch seconds) so that it survives a kill. Needs a running event loop."""
    engine, intake, live, clock = base.engine, base.intake, base.live, base.clock
    chosen = live.value
    seen = SeenUntil(engine, intake, note_down)
    watcher = SharedWatcher(clock, chosen.folders)
    parts = TrackerSources(watcher.tree, gitreader, folders.Folders(clock), discover.discover, linked.linked_checkouts)
    owner = frozenset(chosen.policy.owner_emails)
    rules = TrackerSettings(chosen.folders, chosen.cold_after, owner, base.seen_before)
    read_to = base.database.read_now(cursors.all_of)
    plain = plain_folders(base, watcher, rules, read_to, lambda path: tracker.holder(path), lambda: project_files)
    tracker = Tracker(parts, clock, intake.take, read_to, rules, plain.set_marked)
    intake.on_rescan.subscribe(tracker.rescan)
    intake.on_rescan.subscribe(lambda checkout: plain.rescan() if checkout is None else None)
    intake.on_work.subscribe(tracker.touch)
    live.subscribe(partial(_set_roots, tracker, plain))
    watch_mappings(base, tracker, plain)
    clock_watch = suspend.ClockWatch(clock, base.device)
    processes = process.ProcessWatch(clock, base.places.holder_of)
    watcher.on_wake.subscribe(seen.note)
    watcher.on_wake.subscribe(clock_watch.check)
    watcher.on_notes.subscribe(lambda notes: processes.ask())
    watcher.on_notes.subscribe(lambda notes: tracker.handle_notes(plain.handle_notes(notes)))
    letterbox = spool.SpoolSource(
        base.layout.spool,
        clock,
        intake.wait_until_settled,
        watcher.watch_folder,
        lambda folder: gitreader.head_of(folder, base.places.roots),
        chosen.policy.max_future,
        process.agent_above,
        intake.links.follow,
    )
    bus = base.environment.get("DBUS_SYSTEM_BUS_ADDRESS") or screen.ADDRESS
    session_watch = SessionWatch(engine, boot, process.start_time, process.is_alive, process.Exits().watch, base.is_ready.is_set)
    project_files = ProjectFiles(engine, intake, projectfiles.find, _real_paths(chosen.folders), chosen.exclude)
    intake.on_checkout.subscribe(project_files.request_read)
    live.subscribe(lambda before, now: project_files.set_scope(_real_paths(now.folders), now.exclude))
    for listener in (seen.note, session_watch.note_change, lambda: clock_watch.need_ticks(engine.state.is_running)):
        engine.call_after_commit(listener)
    screen_watch = screen.ScreenWatch(clock, bus, intake.has_activity_since)
    return Sources(seen, watcher, tracker, plain, letterbox, processes, clock_watch, screen_watch, session_watch, project_files)


async def _set_roots(tracker: Tracker, plain: PlainFolders, before: Settings, now: Settings) -> None:
    if now.folders != before.folders:
        await tracker.set_roots(now.folders)
        plain.set_roots(now.folders)


# ---------------------------------------------------------------- the routes and their ports


@frozen
class Ports:
    """The routes, and the ports they are served on."""

    live: LiveSettings
    facade: Facade
    surface: Surface
    http: Server
    loopback: Loopback
    watchers: WatcherPort

    def own_ports(self) -> tuple[str, ...]:
        """The ports of this machine that we listen on, or want to."""
        return (self.loopback.url or "").rpartition(":")[2], str(self.live.value.activitywatch_port)


@frozen
class DaemonParts:
    """All of them."""

    core: Core
    delivery: DeliveryParts
    upkeep: Upkeep
    sources: Sources
    ports: Ports
    courier: Courier


def ports(base: Core, out: DeliveryParts, care: Upkeep, noticed: SourceAccess) -> Ports:
    """`noticed` is what the sources report about themselves."""
    live, health = base.live, base.engine.health
    facade = Facade(base, out, care, noticed, lambda: loopback.url)
    surface = Surface(facade, lambda: Limits(live.value.rate_limit, frozenset(live.value.extension_origins)))
    http = Server(surface, TABLE)
    loopback = Loopback(http, health, instance.bind_loopback, base.layout.http_json)
    watchers = WatcherPort(http, health, instance.bind_loopback)

    async def take_over(before: Settings, now: Settings) -> None:
        if now.port != before.port:
            await loopback.move(now.port)
        if now.activitywatch_port != before.activitywatch_port:
            await watchers.move(now.activitywatch_port)
        out.emitters.apply_settings()

    live.subscribe(take_over)
    return Ports(live, facade, surface, http, loopback, watchers)


def compose_daemon(
    chosen: Settings, layout: Layout, clock: Clock, environment: Mapping[str, str], lock: instance.Lock
) -> DaemonParts:
    """A daemon for this home. `lock` is its lock, already taken; its file survives a kill, so the instant last seen is noted
    there."""
    boot = instance.boot_id()

    def load(before: Settings) -> Settings:
        return settings.load(environment, before.policy.zone)

    base = core(chosen, layout, clock, environment, load, lock.last_note, boot)
    courier = Courier(clock)
    out = delivery(base, courier, lambda: doors.own_ports())
    noticing = sources(base, lock.note, boot)
    care = upkeep(base, out, noticing.watcher.watches, noticing.checkouts, machine_zone)

    def set_aside(name: str, text: bytes, why: str) -> None:
        noticing.spool.set_aside(name, text, why, base.intake.tell)

    doors = ports(base, out, care, SourceAccess(noticing.tracker.repos, set_aside))
    return DaemonParts(base, out, care, noticing, doors, courier)
