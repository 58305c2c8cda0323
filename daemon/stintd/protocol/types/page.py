"""Lists as they are answered: one page at a time."""

from collections.abc import Iterator
from typing import Generic, TypeVar, overload

from stintd.frozen import frozen

T = TypeVar("T")


@frozen
class Page(Generic[T]):
    """One page of a list. It can be looped over; `next_cursor` asks for the next one, None at the end."""

    data: tuple[T, ...]
    next_cursor: str | None = None

    def __iter__(self) -> Iterator[T]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...
    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        return self.data[index]
