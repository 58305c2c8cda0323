"""Idempotency: the second call with an Idempotency-Key gets the answer of the first and changes nothing.

The answer is stored in the transaction of the command, so neither ever exists without the other. A command that failed stored
nothing: its retry runs.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from sqlite3 import Connection

from stintd.domain.model import to_us
from stintd.engine.reply import Reply
from stintd.engine.step import Step
from stintd.errors import Conflict
from stintd.frozen import frozen
from stintd.store import rowio
from stintd.store.row_types import IdempotencyRow
from stintd.store.rowio import fetch_one

ANSWER_LIFETIME = timedelta(days=30)


@frozen
class Repeat:
    """What identifies a repeated request: the client's API key, the route, and a digest of path and body."""

    key: str
    route: str
    digest: str


def find_answer(conn: Connection, repeat: Repeat) -> Reply[object] | None:
    """The stored answer for this key, or None. The same key with another request is a `conflict`."""
    stored = fetch_one(conn, IdempotencyRow, "SELECT * FROM idempotency WHERE key = ?", (repeat.key,))
    if stored is None:
        return None
    if (stored["route"], stored["request_hash"]) != (repeat.route, repeat.digest):
        raise Conflict("this Idempotency-Key was used for another request", "use a new key for a new request")
    return Reply(json.loads(stored["answer"]), stored["status"] == 201)


def answer_once(step: Step, repeat: Repeat, fresh: Callable[[Step], object]) -> Reply[object]:
    """The stored answer for this key, or that of `fresh`, which is stored. The same key with another request is a `conflict`."""
    stored = find_answer(step.conn, repeat)
    if stored is not None:
        return stored
    answer = fresh(step)
    reply = answer if isinstance(answer, Reply) else Reply(answer)
    step.conn.execute("DELETE FROM idempotency WHERE at_us < ?", (to_us(step.now - ANSWER_LIFETIME),))
    row = {
        "key": repeat.key,
        "route": repeat.route,
        "request_hash": repeat.digest,
        "status": 201 if reply.is_new else 200,
        "answer": json.dumps(reply.value),
        "at_us": to_us(step.now),
    }
    rowio.insert(step.conn, "idempotency", row)
    return reply
