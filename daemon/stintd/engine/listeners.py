"""The listeners of one kind of event. A part that is built later can thus listen to one that is built earlier."""

from collections.abc import Callable
from typing import Generic, ParamSpec

P = ParamSpec("P")


class Listeners(Generic[P]):
    """Calls every subscriber, in the order of subscription, on the caller's thread. An event may have no listener, so this is
    only for optional notices: what a part cannot work without is an argument of its constructor.
    """

    def __init__(self) -> None:
        self._listeners: list[Callable[P, object]] = []

    def subscribe(self, listener: Callable[P, object]) -> None:
        """Call this listener from now on."""
        self._listeners.append(listener)

    def tell(self, *values: P.args, **named: P.kwargs) -> None:
        """Notify the listeners."""
        for listener in self._listeners:
            listener(*values, **named)
