"""Day totals kept equal to the sum of the entries. Writer thread only."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from stintd.domain import report
from stintd.engine.rows import Row
from stintd.store import rollup

if TYPE_CHECKING:
    from stintd.engine.step import Step


def add(step: "Step", row: Row) -> None:
    """An entry came."""
    rollup.apply(step.conn, _deltas(row, 1))


def remove(step: "Step", row: Row) -> None:
    """An entry went."""
    rollup.apply(step.conn, _deltas(row, -1))


def replace(step: "Step", before: Row, after: Row) -> None:
    """An entry changed."""
    remove(step, before)
    add(step, after)


def _deltas(row: Row, sign: int) -> Iterable[Any]:
    raise NotImplementedError
