"""How what a target holds follows an entry that changed: by an update, anew, by a correction, or not at all.

Pure: what its connector can do, what it holds and what it is to hold go in; the way and the words for people come out.
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
    """What is at a target, or is to be: seconds since the epoch; `seconds` is the length that counts. `live`: a timer there
    left it."""

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
    """How what is there follows what is wanted; "" when nothing is there."""
    return "" if delivery.held is None else way(able, json.loads(delivery.held), _content_wanted(delivery))


def takes_away(delivery: Delivery, by: str) -> bool:
    """Whether what is there goes before what is wanted is made."""
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
    """`same`: nobody there could see the difference. `replace`: taken away, then made anew. `correct`: another one with the
    difference. `stay`: it cannot follow; what is there stays, and a person must look."""
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
    """Whether the place or the day differs: a difference of hours says nothing then."""
    return bool(held["remote"] != wanted["remote"] or held["day"] != wanted["day"])


def _can_update(able: Abilities, held: Content, wanted: Content) -> bool:
    return able.update and (able.moves or held["remote"] == wanted["remote"]) and (able.redates or held["day"] == wanted["day"])


def _visible_content(able: Abilities, content: Content) -> tuple[object, ...]:
    """What of a content somebody there sees, where it cannot simply be told anew."""
    return (
        content["remote"], content["day"], content["seconds"], content["description"],
        None if able.day_based else content["start"], content["pauses"] if able.pauses else None,
        content["billable"] if able.billable else None, content["tags"] if able.tags else None,
    )  # fmt: skip


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
    """Where, as its ids say."""
    return " ".join(f"{name}={value}" for name, value in content["remote"].items())


def correction(held: Content, sent: Content | None) -> Content:
    """The one that puts right what is there: the difference, or, when it is to be nowhere or elsewhere, all of it taken
    back where it is."""
    base, wanted = (held, 0) if sent is None else (sent, sent["seconds"])
    text = f"{base['description']} (correction)".strip()
    return {**base, "seconds": wanted - held["seconds"], "description": text, "pauses": []}
