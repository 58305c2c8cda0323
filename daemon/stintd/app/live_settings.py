"""The settings in force, and the parts that apply changes of them while the daemon runs."""

import inspect
from collections.abc import Awaitable, Callable

from stintd.engine.health import Health
from stintd.errors import Invalid
from stintd.settings import Settings

TakeOver = Callable[[Settings, Settings], Awaitable[None] | None]
"""Called with the previous and the current settings."""


class LiveSettings:
    """One per daemon. `load` reads the files. Only for the thread of the event loop."""

    def __init__(self, value: Settings, load: Callable[[], Settings], health: Health) -> None:
        self.value = value
        self._load, self._health = load, health
        self._listeners: list[TakeOver] = []

    def subscribe(self, take_over: TakeOver) -> None:
        """Call this part when settings change, after the parts that subscribed before it."""
        self._listeners.append(take_over)

    async def reload(self) -> None:
        """Apply the current files. A broken file changes nothing and raises a warning."""
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
