"""That the owner looked at the list of open decisions: what changes afterwards is new to them."""

from stintd.domain.model import to_us
from stintd.engine import wire
from stintd.engine.queries.review import LOOKED
from stintd.engine.step import Step
from stintd.engine.wire_types import LookedJson
from stintd.store import cursors


def looked(step: Step) -> LookedJson:
    """Now; answers when that was."""
    cursors.put(step.conn, {LOOKED: str(to_us(step.now))})
    return {"lookedAt": wire.stamp(step.now)}
