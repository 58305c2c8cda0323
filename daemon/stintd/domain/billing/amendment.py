"""How a target's copy follows an entry that changed: by an update, by a new one, by a correction, or not at all.

Pure: what the connector can do, what the target holds and what it should hold go in; the way, and a sentence for people, come
out.
"""

import json
from typing import NotRequired, TypedDict

from stintd.domain.billing.delivery import Delivery
from stintd.domain.billing.target import Abilities, Hold
from stintd.domain.lengths import exact_length
from stintd.domain.model import Actor

SAME, UPDATE, REPLACE, DELETE, CORRECT, STAY = "same", "update", "replace", "delete", "correct", "stay"
BY_HAND = "correct it by hand there, then `stint outbox drop ID`"


class Content(TypedDict):
    """What a target holds or should hold. Times are seconds since the epoch; `seconds` is the length that counts. `live`: a
    timer that ran there left it."""

    projectId: str | None
    project: str
    task: str
    client: str
    start: int
    end: int
    seconds: int
    day: str
    description: str
    billable: bool
    tags: list[str]
    actor: Actor
    remote: dict[str, str]
    pauses: list[list[int]]
    live: NotRequired[bool]


def way_of(able: Abilities, delivery: Delivery) -> str:
    """The way in which the entry there follows the wanted one; "" when nothing is there."""
    return "" if delivery.held is None else way(able, json.loads(delivery.held), _content_wanted(delivery))


def deletes_first(delivery: Delivery, by: str) -> bool:
    """Whether the entry there is deleted before the wanted one is created."""
    wanted = _content_wanted(delivery)
    if by != CORRECT or delivery.held is None or wanted is None:
        return by == REPLACE
    return is_elsewhere(json.loads(delivery.held), wanted)


def difference_of(delivery: Delivery) -> Hold:
    """What to say and do about a difference that stays."""
    return explain_difference(json.loads(delivery.held or "{}"), _content_wanted(delivery))


def _content_wanted(delivery: Delivery) -> Content | None:
    return None if delivery.wanted is None else json.loads(delivery.wanted)


def way(able: Abilities, held: Content, wanted: Content | None) -> str:
    """How the entry there follows. `same`: nobody there would see a difference. `update`, `delete`: as they say. `replace`:
    delete it, then create it again. `correct`: create another one with the difference. `stay`: it cannot follow; the entry
    there stays, and a person must look at it."""
    if wanted is None:
        return DELETE if able.delete else CORRECT if able.corrects else STAY
    if _can_update(able, held, wanted):
        return UPDATE
    if _visible_content(able, held) == _visible_content(able, wanted):
        return SAME
    if able.delete:
        return REPLACE
    return CORRECT if able.corrects and (is_elsewhere(held, wanted) or held["seconds"] != wanted["seconds"]) else STAY


def is_elsewhere(held: Content, wanted: Content) -> bool:
    """Whether the place or the day differs; then a difference in hours means nothing."""
    return bool(held["remote"] != wanted["remote"] or held["day"] != wanted["day"])


def _can_update(able: Abilities, held: Content, wanted: Content) -> bool:
    return able.update and (able.moves or held["remote"] == wanted["remote"]) and (able.redates or held["day"] == wanted["day"])


def _visible_content(able: Abilities, content: Content) -> tuple[object, ...]:
    """The fields that somebody sees there, to compare where an update is not possible."""
    return (
        content["remote"],
        content["day"],
        content["seconds"],
        content["description"],
        None if able.day_based else content["start"],
        content["pauses"] if able.pauses else None,
        content["billable"] if able.billable else None,
        content["tags"] if able.tags else None,
    )


def explain_difference(held: Content, wanted: Content | None) -> Hold:
    """What to say and do about a difference that stays."""
    if wanted is None:
        return Hold(f"its {exact_length(held['seconds'])} there cannot be deleted", BY_HAND)
    if is_elsewhere(held, wanted):
        return Hold(f"it is still on {held['day']}, {place(held)} there, and cannot be moved", BY_HAND)
    if held["seconds"] == wanted["seconds"]:
        return Hold("its text or time of day is different there, and cannot be changed", BY_HAND)
    missing = wanted["seconds"] - held["seconds"]
    error = f"{exact_length(abs(missing))} too {'short' if missing > 0 else 'long'}"
    return Hold(f"it is {error} there, and cannot be changed", BY_HAND)


def place(content: Content) -> str:
    """The place there, by its ids."""
    return " ".join(f"{name}={value}" for name, value in content["remote"].items())


def correction(held: Content, sent: Content | None) -> Content:
    """The entry that corrects what is there: the difference; or, when the entry should be deleted or moved, its whole length
    subtracted where it is."""
    base, wanted = (held, 0) if sent is None else (sent, sent["seconds"])
    text = f"{base['description']} (correction)".strip()
    return {**base, "seconds": wanted - held["seconds"], "description": text, "pauses": []}
