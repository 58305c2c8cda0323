"""What the API needs of the running daemon (`api.daemon.Daemon`), answered by its parts."""

import asyncio
import os
from collections.abc import Callable, Mapping
from typing import cast

from stintd import __version__, settings
from stintd.api.daemon import CheckoutState, Daemon, RemovedRoot, RootState, Shape, SourceState
from stintd.app.parts import Core, DeliveryParts, SourceAccess, Upkeep
from stintd.domain.model import BeatSignal
from stintd.engine import wire
from stintd.engine.intake.recording import RecordingState
from stintd.errors import Invalid
from stintd.jsonvalue import JsonObject
from stintd.settings.document import Toml


class Facade:
    """One per daemon. `noticed` is what its sources report; `url` returns the current address of its loopback port."""

    version = __version__

    def __init__(
        self, base: Core, out: DeliveryParts, care: Upkeep, noticed: SourceAccess, url: Callable[[], str | None]
    ) -> None:
        self.engine, self.intake, self.places, self.device = base.engine, base.intake, base.places, base.device
        self._live, self._recording, self._ready = base.live, base.recording, base.is_ready
        self.pusher, self.connecting = out.pusher, out.connecting
        self.apikeys, self.useragents, self.buckets = care.apikeys, care.useragents, care.buckets
        self.backfill, self.calendars, self.doctor = care.backfill, care.calendars, care.doctor
        self.backups, self.purge = care.backups, care.purge
        self._noticed, self._url = noticed, url

    @property
    def is_ready(self) -> bool:
        """See api.daemon.Daemon."""
        return self._ready.is_set()

    def take_beats(self, signals: list[BeatSignal]) -> tuple[int, int, list[tuple[int, str]]]:
        """See api.daemon.Daemon."""
        return self.intake.take_beats(signals)

    def set_aside(self, name: str, text: bytes, why: str) -> None:
        """See api.daemon.Daemon."""
        self._noticed.set_aside(name, text, why)

    def sources(self) -> list[SourceState]:
        """The sources of evidence, and when each last reported something."""
        names = ("watch", "git", "editor", "agent", "shell", "browser", "api")
        last, state = self.intake.last_at, "on" if self.is_ready else "starting"
        return [{"name": name, "state": state, "lastAt": wire.stamp(last[name]) if name in last else None} for name in names]

    def checkouts(self) -> dict[str, CheckoutState]:
        """How each checkout is watched."""
        return {
            state.path: {
                "tier": state.tier,
                "folders": state.folders,
                "problem": state.problem,
                "lastActiveAt": wire.stamp(state.last_active),
            }
            for state in self._noticed.repos()
        }

    def roots(self) -> list[RootState]:
        """The watched folders."""
        repos = [state.path for state in self._noticed.repos()]
        return [
            {
                "path": root,
                "state": "watched" if os.path.isdir(root) else "missing",
                "repos": sum(path == root or path.startswith(root.rstrip("/") + "/") for path in repos),
                "origin": self._live.value.origins.get("watch.folders", ""),
            }
            for root in map(os.path.realpath, self._live.value.folders)
        ]

    async def add_root(self, path: str) -> RootState:
        """Watch a folder and keep it in the settings."""
        folder = await asyncio.to_thread(_existing_folder, path)
        settings.add_folders([folder])
        await self._live.reload()
        return next(root for root in self.roots() if root["path"] in (path, folder))

    async def remove_root(self, path: str) -> RemovedRoot:
        """Stop watching a folder."""
        settings.remove_folders([path])
        await self._live.reload()
        return {"path": path}

    def url(self) -> str | None:
        """Where the loopback port is."""
        return self._url()

    def recording(self) -> RecordingState:
        """Whether recording is on."""
        return self._recording.state()

    async def set_recording(self, is_on: bool, minutes: float | None) -> RecordingState:
        """Switch recording."""
        await (self._recording.switch_on() if is_on else self._recording.switch_off(minutes))
        return self._recording.state()

    def settings(self) -> Shape:
        """Every setting in force."""
        return settings.nested_values(self._live.value)

    async def change_settings(self, changes: JsonObject) -> Shape:
        """Write what differs to settings.toml."""
        settings.change_nested(cast(Mapping[str, Toml | None], changes))  # it checks every value
        await self._live.reload()
        return settings.nested_values(self._live.value)


def _existing_folder(path: str) -> str:
    """The folder with links resolved; `invalid` if it does not exist."""
    folder = os.path.realpath(os.path.expanduser(path))
    if not os.path.isdir(folder):
        raise Invalid(f"{path} is not a folder", "name a folder that exists")
    return folder


_: type[Daemon] = Facade  # mypy checks that the API finds here all that it needs
