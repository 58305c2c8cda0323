"""Lists, which are answered one page at a time."""

from collections.abc import Iterator
from typing import Generic, TypeVar, overload

from stintd.frozen import frozen

T = TypeVar("T")


@frozen
class Page(Generic[T]):
    """One page of a list. It can be iterated; `next_cursor` requests the next page and is None on the last one."""

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
