"""One running daemon: starts its parts in order and stops them in reverse. `compose` builds the parts; there are no rules here.

Order of the start: folders, lock, database, engine (which brings back the journal), control socket, sources. The socket
answers before the sources have caught up; `is_ready` says when they have.
"""

import os
import socket
import sys

from stintd import instance, memory, paths, settings
from stintd.app.compose import compose_daemon
from stintd.clock import Clock, SystemClock
from stintd.domain.model import BlindSignal


class App:
    """One running daemon."""

    def __init__(self, chosen: settings.Settings, clock: Clock | None = None, environment: dict[str, str] | None = None) -> None:
        self._chosen, self._clock = chosen, clock or SystemClock()
        self._environment = dict(os.environ) if environment is None else environment
        self._locks: list[instance.Lock] = []

    async def start(self) -> None:
        """Start all parts in order. If that is impossible, it raises a StintdError before any request is served."""
        self._layout = paths.home_layout()
        paths.ensure_folders(self._layout)
        lock = self._lock()
        passed = [channel for channel in instance.take_sockets(self._environment) if channel.family == socket.AF_UNIX]
        self._channel = passed[0] if passed else instance.bind(self._layout.socket)
        self._is_passed = bool(passed)
        self._parts = compose_daemon(self._chosen, self._layout, self._clock, self._environment, lock)
        core, delivery, ports = self._parts.core, self._parts.delivery, self._parts.ports
        await core.engine.start()
        await delivery.pusher.start()
        self._parts.upkeep.desktop.start()
        await delivery.connecting.apply_settings()
        await ports.http.listen(self._channel)
        await ports.loopback.open(self._chosen.port)
        await ports.watchers.move(self._chosen.activitywatch_port)
        instance.notify_manager(self._environment, "READY=1\nSTATUS=finding repositories")
        self._start_sources()

    async def stop(self) -> None:
        """Stop all parts in reverse: sources, their last evidence, the socket, the engine, the status file."""
        core, delivery, upkeep, sources, ports = (
            self._parts.core,
            self._parts.delivery,
            self._parts.upkeep,
            self._parts.sources,
            self._parts.ports,
        )
        instance.notify_manager(self._environment, "STOPPING=1")
        await delivery.pusher.stop()
        await delivery.targets.stop()
        await core.supervisor.stop()
        sources.tracker.stop()
        sources.plain.stop()
        sources.watcher.tree.stop()
        core.intake.stop()
        core.recording.stop()
        sources.seen.stop()
        await ports.http.close()
        ports.loopback.close()
        ports.watchers.close()
        upkeep.apikeys.save()
        await core.engine.stop()
        await self._parts.courier.close()
        upkeep.status_file.stop()
        core.database.close()
        if not self._is_passed:
            instance.unbind(self._channel, self._layout.socket)
        for lock in reversed(self._locks):
            lock.release()

    def _lock(self) -> instance.Lock:
        """Take two locks: one in the runtime folder, and one beside the database, which two runtime folders may share. Returns
        the latter."""
        for path in dict.fromkeys([self._layout.lock, self._layout.database + ".lock"]):
            lock = instance.Lock(path)
            lock.acquire()
            self._locks.append(lock)
        return self._locks[-1]

    def _start_sources(self) -> None:
        core, sources = self._parts.core, self._parts.sources
        tell, supervise = core.intake.tell, core.supervisor.start
        sources.watcher.tree.start()
        if core.seen_before is not None:
            tell(BlindSignal(core.seen_before, core.clock.now(), "the daemon was not running"))
        self._parts.delivery.emitters.apply_settings()
        supervise("status", self._parts.upkeep.status_file.run)
        supervise("tracker", self._track)
        supervise("project files", sources.project_files.run)
        supervise("sessions", sources.session_watch.run)
        if sys.platform == "linux":
            supervise("screen", lambda: sources.screen_watch.run(tell))
        supervise("clock", lambda: sources.clock_watch.run(tell))
        supervise("processes", lambda: sources.processes.run(tell))
        folder = os.path.dirname(self._layout.settings)
        sources.watcher.watch_folder(folder, lambda: supervise("settings", core.live.reload))

    async def _track(self) -> None:
        core, sources = self._parts.core, self._parts.sources
        await sources.tracker.start()
        sources.tracker.report_missing([checkout.facts for checkout in core.places.checkouts()])
        if not core.is_ready.is_set():
            await sources.spool.drain(core.intake.tell)
            core.supervisor.start("spool", lambda: sources.spool.run(core.intake.tell))
        core.is_ready.set()
        core.supervisor.start("memory", self._give_back)
        core.supervisor.start("catching up", self._catch_up)
        core.supervisor.start("plain folders", sources.plain.run)
        instance.notify_manager(self._environment, "STATUS=watching")
        await sources.tracker.run()

    async def _catch_up(self) -> None:
        """Begin to note what was seen, once the work trees have been swept for changes made while nothing watched."""
        sources = self._parts.sources
        await sources.tracker.wait_until_settled()
        await sources.plain.wait_until_settled()
        sources.seen.begin()
        sources.plain.look_soon()

    async def _give_back(self) -> None:
        """Return memory that only the start needed."""
        await self._parts.sources.tracker.wait_until_settled()
        memory.give_back()
