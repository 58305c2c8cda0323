"""One entry at one target: what should be there, what is there as far as we know, and what may happen next.

A table defines the states. An act that is not in the table raises `conflict` and changes nothing. Only an answer ends the
state `sending`: an attempt with an unknown outcome (a timeout, a kill) stays in it, and the next attempt looks at the target
before it writes again. Contents are opaque texts here; equal texts are equal contents.
"""

from dataclasses import replace
from typing import Final, Literal, get_args

from stintd.errors import Conflict
from stintd.frozen import frozen

DeliveryState = Literal["waiting", "sending", "delivered", "changed", "withdrawn", "parked", "dropped", "gone"]
WAITING: Final = "waiting"
SENDING: Final = "sending"
DELIVERED: Final = "delivered"
CHANGED: Final = "changed"
WITHDRAWN: Final = "withdrawn"
PARKED: Final = "parked"
DROPPED: Final = "dropped"
GONE: Final = "gone"
STATES: tuple[DeliveryState, ...] = get_args(DeliveryState)
PENDING: tuple[DeliveryState, ...] = (WAITING, SENDING, CHANGED, WITHDRAWN)
"""The states in which the daemon has something to do."""
REMOVAL = ""
REST: Final = ""
"""In the table: the state that follows from what is wanted and what is there."""

Act = Literal["want", "begin", "taken", "missing", "unsent", "refused", "locked", "lost", "give_up", "retry", "drop"]
ACTS: tuple[Act, ...] = get_args(Act)
WANT, BEGIN, TAKEN, MISSING, UNSENT, REFUSED, LOCKED, LOST, GIVE_UP, RETRY, DROP = ACTS
Verb = Literal["create", "update", "delete", "correct"]

TABLE: dict[tuple[DeliveryState, Act], DeliveryState | Literal[""]] = {
    **{(state, WANT): REST for state in (WAITING, DELIVERED, CHANGED, WITHDRAWN, PARKED, GONE)},
    (SENDING, WANT): SENDING,  # the answer decides what is left to do
    (DROPPED, WANT): DROPPED,
    **{(state, BEGIN): SENDING for state in (WAITING, CHANGED, WITHDRAWN)},
    **{(SENDING, act): REST for act in (TAKEN, MISSING, UNSENT)},
    (SENDING, REFUSED): PARKED, (SENDING, LOCKED): PARKED, (SENDING, LOST): PARKED, (SENDING, GIVE_UP): PARKED,
    **{(state, RETRY): REST for state in (PARKED, DROPPED, WAITING, CHANGED, WITHDRAWN)},
    (SENDING, RETRY): SENDING,
    **{(state, DROP): DROPPED for state in (WAITING, CHANGED, WITHDRAWN, PARKED, DROPPED)},
}  # fmt: skip


@frozen
class Delivery:
    """`wanted`: the content that the target should hold, None for nothing. `held`: what it holds as far as we know. `sent`:
    what an unanswered attempt writes; REMOVAL if it deletes, None if there is no such attempt. `is_correction`: that attempt
    creates another entry with the difference. `remote_id`: the target's own id of it; with corrections, one id per line."""

    state: DeliveryState = GONE
    wanted: str | None = None
    held: str | None = None
    sent: str | None = None
    remote_id: str = ""
    is_correction: bool = False

    @property
    def verb(self) -> Verb:
        """What an attempt does: create, update, delete or correct."""
        if self.held is None:
            return "create"
        if self.is_correction:
            return "correct"
        is_removal = self.sent == REMOVAL if self.state == SENDING else self.wanted is None
        return "delete" if is_removal else "update"


def next_state(delivery: Delivery, name: Act) -> DeliveryState:
    """The state after an act; `conflict` when that cannot happen now."""
    try:
        state = TABLE[delivery.state, name]
    except KeyError as error:
        raise Conflict(f"cannot {name} a delivery that is {delivery.state}", "`stint outbox` shows its state") from error
    if not state and delivery.sent is not None:
        return SENDING  # what was given up while nobody knew its outcome is looked for first
    return state or settled_state(delivery.wanted, delivery.held)


def settled_state(wanted: str | None, held: str | None) -> DeliveryState:
    """The state that follows from what is wanted and what is there."""
    if held is None:
        return GONE if wanted is None else WAITING
    if wanted is None:
        return WITHDRAWN
    return DELIVERED if wanted == held else CHANGED


def want(delivery: Delivery, wanted: str | None) -> Delivery:
    """Set what the target should hold after the entry changed. A parked delivery is tried again only if the content changed;
    a delivery that a person dropped is never tried again."""
    if delivery.wanted == wanted and delivery.state in (PARKED, DROPPED):
        return delivery
    after = replace(delivery, wanted=wanted)
    if delivery.state == DROPPED and wanted is None and delivery.held is None and delivery.sent is None:
        return replace(after, state=GONE)
    return replace(after, state=next_state(after, WANT))


def begin(delivery: Delivery, takes_away: bool = False, corrects: bool = False) -> Delivery:
    """Note that an attempt is about to be made. The caller stores this first, so that after a kill the unknown outcome is
    visible. `takes_away`: the entry there is deleted first, and an attempt of its own creates the wanted one. `corrects`: the
    entry there stays, and another one with the difference is created."""
    sent = REMOVAL if delivery.wanted is None or (takes_away and delivery.held is not None) else delivery.wanted
    return replace(delivery, state=next_state(delivery, BEGIN), sent=sent, is_correction=corrects and delivery.held is not None)


def record_taken(delivery: Delivery, remote_id: str = "") -> Delivery:
    """Note that the target has what was sent: it answered so, or a look found it there."""
    is_removed = delivery.held is not None and delivery.sent == REMOVAL
    name = f"{delivery.remote_id}\n{remote_id}" if delivery.is_correction else remote_id or delivery.remote_id
    after = replace(
        delivery, held=None if is_removed else delivery.sent, sent=None, remote_id="" if is_removed else name, is_correction=False
    )
    return replace(after, state=next_state(after, TAKEN))


def record_missing(delivery: Delivery) -> Delivery:
    """Note that a look did not find it there: nothing was written."""
    after = replace(delivery, sent=None, is_correction=False)
    return replace(after, state=next_state(after, MISSING))


def record_unsent(delivery: Delivery) -> Delivery:
    """Note that the attempt certainly changed nothing."""
    after = replace(delivery, sent=None, is_correction=False)
    return replace(after, state=next_state(after, UNSENT))


def record_refused(delivery: Delivery) -> Delivery:
    """Note that the target refused it: parked for a person to look at."""
    return replace(delivery, state=next_state(delivery, REFUSED), sent=None, is_correction=False)


def record_locked(delivery: Delivery) -> Delivery:
    """Note that its period is closed at the target: the entry there stays different until the period is open again."""
    return replace(delivery, state=next_state(delivery, LOCKED), sent=None, is_correction=False)


def give_up(delivery: Delivery) -> Delivery:
    """Note that nobody can find out whether the attempt was stored: parked for a person, together with what was sent."""
    return replace(delivery, state=next_state(delivery, GIVE_UP))


def record_lost(delivery: Delivery) -> Delivery:
    """Note that somebody deleted at the target what we wanted to change. It is created again only when a person asks."""
    return replace(delivery, state=next_state(delivery, LOST), sent=None, held=None, remote_id="", is_correction=False)


def retry(delivery: Delivery) -> Delivery:
    """Note that a person wants it tried again."""
    return replace(delivery, state=next_state(delivery, RETRY))


def record_same(delivery: Delivery) -> Delivery:
    """Note that at the target nobody would see a difference: nothing is sent."""
    return want(replace(delivery, held=delivery.wanted), delivery.wanted)


def drop(delivery: Delivery) -> Delivery:
    """Note that a person wants it neither delivered nor corrected."""
    return replace(delivery, state=next_state(delivery, DROP))
