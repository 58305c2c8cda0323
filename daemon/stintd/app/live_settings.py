"""The settings in force, and who takes over what changes in them while the daemon runs."""

import inspect
from collections.abc import Awaitable, Callable

from stintd.engine.health import Health
from stintd.errors import Invalid
from stintd.settings import Settings

TakeOver = Callable[[Settings, Settings], Awaitable[None] | None]
"""Called with the settings before and now."""


class LiveSettings:
    """One a daemon. `load` reads the files; loop thread only."""

    def __init__(self, value: Settings, load: Callable[[], Settings], health: Health) -> None:
        self.value = value
        self._load, self._health = load, health
        self._listeners: list[TakeOver] = []

    def subscribe(self, take_over: TakeOver) -> None:
        """Have this part take over what changes, after those that subscribed before."""
        self._listeners.append(take_over)

    async def reload(self) -> None:
        """Take over what the files say now; a broken file changes nothing and is a warning."""
        try:
            now = self._load()
        except Invalid as error:
            self._health.raise_warning("settings", error.message, error.hint, severity="error")
            return
        self._health.clear("settings")
        before, self.value = self.value, now
        for take_over in self._listeners:
            waiting = take_over(before, now)
            if inspect.isawaitable(waiting):
                await waiting
