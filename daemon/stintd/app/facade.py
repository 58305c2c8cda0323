"""What the control socket asks of the running daemon (`api.control.Daemon`), answered from its parts."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

from stintd import settings
from stintd.api.loopback import Loopback
from stintd.domain.model import BeatSignal
from stintd.engine import wire
from stintd.engine.intake.intake import Gate
from stintd.engine.intake.recording import Recording
from stintd.errors import Invalid
from stintd.sources import spool
from stintd.tracking.tracker import Tracker


class Asked:
    """The answers. Whoever is built on it has the parts, and `_reload` to take over what the settings files say now."""

    chosen: settings.Settings
    gate: Gate
    spool: spool.SpoolSource
    tracker: Tracker
    recording_state: Recording
    loopback: Loopback
    is_ready: bool
    _reload: Callable[[], Awaitable[None]]

    def beat(self, signals: list[BeatSignal]) -> tuple[int, int, list[tuple[int, str]]]:
        """See api.control.Daemon."""
        return self.gate.beat(signals)

    def set_aside(self, name: str, text: bytes, why: str) -> None:
        """See api.control.Daemon."""
        self.spool.set_aside(name, text, why, self.gate.tell)

    def sources(self) -> list[dict[str, Any]]:
        """What listens, and when it last heard something."""
        names = ("watch", "git", "editor", "agent", "shell", "browser", "api")
        last, state = self.gate.last_at, "on" if self.is_ready else "starting"
        return [{"name": name, "state": state, "lastAt": wire.stamp(last[name]) if name in last else None} for name in names]

    def checkouts(self) -> dict[str, dict[str, Any]]:
        """How each checkout is watched."""
        return {
            state.path: {
                "tier": state.tier, "folders": state.folders, "problem": state.problem,
                "lastActiveAt": wire.stamp(state.last_active),
            }
            for state in self.tracker.repos()
        }  # fmt: skip

    def roots(self) -> list[dict[str, Any]]:
        """The watched folders."""
        repos = [state.path for state in self.tracker.repos()]
        return [
            {
                "path": root, "state": "watched" if os.path.isdir(root) else "missing",
                "repos": sum(path == root or path.startswith(root.rstrip("/") + "/") for path in repos),
                "origin": self.chosen.origins.get("watch.folders", ""),
            }
            for root in map(os.path.realpath, self.chosen.folders)
        ]  # fmt: skip

    async def add_root(self, path: str) -> dict[str, Any]:
        """Watch a folder and keep it in the settings."""
        folder = await asyncio.to_thread(_existing_folder, path)
        settings.add_folders([folder])
        await self._reload()
        return next(root for root in self.roots() if root["path"] in (path, folder))

    async def remove_root(self, path: str) -> dict[str, Any]:
        """Watch it no more."""
        settings.remove_folders([path])
        await self._reload()
        return {"path": path}

    def url(self) -> str | None:
        """Where the loopback port is."""
        return self.loopback.url

    def recording(self) -> dict[str, Any]:
        """Whether recording is on."""
        return self.recording_state.shape()

    async def set_recording(self, is_on: bool, minutes: float | None) -> dict[str, Any]:
        """Switch recording."""
        await (self.recording_state.switch_on() if is_on else self.recording_state.switch_off(minutes))
        return self.recording_state.shape()

    def settings(self) -> dict[str, Any]:
        """Every setting in force."""
        return settings.nested(self.chosen)

    async def change_settings(self, changes: dict[str, Any]) -> dict[str, Any]:
        """Write what differs to settings.toml."""
        settings.change_nested(changes)
        await self._reload()
        return settings.nested(self.chosen)


def _existing_folder(path: str) -> str:
    """The folder without links; `invalid` when there is none."""
    folder = os.path.realpath(os.path.expanduser(path))
    if not os.path.isdir(folder):
        raise Invalid(f"{path} is not a folder", "name a folder that exists")
    return folder
