"""Who wants to hear of one kind of event. Lets a part that is built later hear of one that is built earlier."""

from collections.abc import Callable
from typing import Generic, ParamSpec

P = ParamSpec("P")


class Listeners(Generic[P]):
    """Calls everyone who subscribed, in that order, on the caller's thread. Nobody has to listen, so it is only for what may
    go unheard: what a part cannot work without is an argument of its constructor."""

    def __init__(self) -> None:
        self._listeners: list[Callable[P, object]] = []

    def subscribe(self, listener: Callable[P, object]) -> None:
        """Call this one from now on."""
        self._listeners.append(listener)

    def tell(self, *values: P.args, **named: P.kwargs) -> None:
        """Something happened."""
        for listener in self._listeners:
            listener(*values, **named)
