"""`@frozen`: a frozen dataclass with slots, at half of what `@dataclass(frozen=True, slots=True)` costs.

dataclasses compiles six methods for every class from text. For three hundred classes that was 4.5 of the daemon's 48 MiB and
a third of its start. Only `__init__` needs it: comparing, hashing and showing go through one getter, and what refuses to
change a value is the same for all of them.
"""

from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """Equal when class and fields are equal; `replace`, `fields` and `asdict` of dataclasses work on it. A method that the class
    defines itself stays."""
    own = set(vars(cls))
    made: Any = dataclass(frozen=True, slots=True, repr=False, eq=False)(cls)
    in_repr = tuple(item.name for item in fields(made) if item.repr)
    compared = tuple(item.name for item in fields(made) if item.compare)
    get = attrgetter(*compared) if compared else _nothing
    for name, method in (("__eq__", _equal(get)), ("__hash__", _hash(get)), ("__repr__", _repr(in_repr))):
        if name not in own:
            setattr(made, name, method)
    made.__setattr__ = made.__delattr__ = _refuse
    kept: type[T] = made
    return kept


def _refuse(self: Any, name: str, *_: Any) -> None:
    raise FrozenInstanceError(f"{type(self).__name__} is frozen: {name} cannot be changed")


def _nothing(_: Any) -> tuple[()]:
    return ()


def _equal(get: Callable[[Any], Any]) -> Callable[[Any, Any], bool]:
    def equal(self: Any, other: Any) -> bool:
        return bool(get(self) == get(other)) if other.__class__ is self.__class__ else NotImplemented

    return equal


def _hash(get: Callable[[Any], Any]) -> Callable[[Any], int]:
    def hashed(self: Any) -> int:
        return hash(get(self))

    return hashed


def _repr(names: tuple[str, ...]) -> Callable[[Any], str]:
    def text(self: Any) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    return text
