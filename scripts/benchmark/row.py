"""A row of the table, and how it is printed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """One measured number. `at_most`/`at_least` is its bar in the same unit; neither: shown for information."""

    what: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""

    @property
    def is_met(self) -> bool:
        if self.at_most is not None:
            return self.value <= self.at_most
        return self.at_least is None or self.value >= self.at_least

    def text(self) -> str:
        bar = ""
        if self.at_most is not None:
            bar = f"≤ {self.at_most:g}"
        elif self.at_least is not None:
            bar = f"≥ {self.at_least:g}"
        verdict = ("ok" if self.is_met else "MISSED") if bar else ""
        return f"{self.what:58} {self.value:>11,.3g} {self.unit:12} {bar:>10}  {verdict:6} {self.note}".rstrip()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that cannot be measured here, and what is missing."""

    what: str
    why: str

    is_met = True

    def text(self) -> str:
        return f"{self.what:58} skipped: {self.why}"


Rows = Iterator[Result | Skipped]
Row = Callable[[], Rows]
