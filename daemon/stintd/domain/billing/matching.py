"""Matches local projects and tasks to a target's places by name: proposals, never decisions.

A wrong match bills one client's hours to another. So a near match is marked as such, two equally good matches are none, and
a place of another client never matches. Pure: names in, proposals out.
"""

from collections.abc import Sequence
from typing import Final, Literal, cast

from stintd.domain.mapping.naming import match_name, normal_name
from stintd.domain.model import ProjectId
from stintd.frozen import frozen

SEPARATOR = " / "
Likeness = Literal["exact", "normalised", "fuzzy", "several", "none"]
EXACT: Final = "exact"
NORMALISED: Final = "normalised"
FUZZY: Final = "fuzzy"
SEVERAL: Final = "several"
NONE: Final = "none"


@frozen
class LocalName:
    """A project that needs a mapping, or one of its tasks."""

    project: str
    task: str | None = None
    client: str | None = None


@frozen
class NamedPlace:
    """A place at the target: `key` identifies it, `name` is `Project` or `Project / Task`."""

    key: str
    name: str
    client: str = ""

    @property
    def project(self) -> str:
        return self.name.partition(SEPARATOR)[0].strip()

    @property
    def task(self) -> str:
        return self.name.partition(SEPARATOR)[2].strip()


@frozen
class Proposal:
    """`how`: the way it matched. `key`: the key of the place, None when none matched. `near`: the names that may be meant."""

    local: LocalName
    how: Likeness
    key: str | None = None
    near: tuple[str, ...] = ()


def proposals(locals_: Sequence[LocalName], places: Sequence[NamedPlace], threshold: float) -> list[Proposal]:
    """One proposal for each local name, in their order."""
    return [_task(local, places, threshold) if local.task else _project(local, places, threshold) for local in locals_]


def _project(local: LocalName, places: Sequence[NamedPlace], threshold: float) -> Proposal:
    """Match a project by the whole name; a place `Project / Task` matches only if its project there has no other task."""
    allowed = [place for place in places if _may_be(local, place)]
    whole = _best(local, local.project, [(place.key, place.name) for place in allowed if not place.task], threshold)
    if whole.key is not None or whole.how == SEVERAL:
        return whole
    named = _projects(allowed, places)
    return _best(local, local.project, named, threshold) if named else whole


def _projects(allowed: Sequence[NamedPlace], places: Sequence[NamedPlace]) -> list[tuple[str, str]]:
    """Projects there, with the key of their only task; a project with several tasks has no key, because any may be meant."""
    tasks: dict[str, int] = {}
    for place in places:
        tasks[place.project] = tasks.get(place.project, 0) + 1
    return [(place.key if tasks[place.project] == 1 else "", place.project) for place in allowed if place.task]


def _task(local: LocalName, places: Sequence[NamedPlace], threshold: float) -> Proposal:
    """Match a task within the place of the same project; the project's name must be equal except for case and separators."""
    key = normal_name(local.project)
    within = [place for place in places if place.task and normal_name(place.project) == key and _may_be(local, place)]
    return _best(local, local.task or "", [(place.key, place.task) for place in within], threshold)


def _may_be(local: LocalName, there: NamedPlace) -> bool:
    """Whether their clients allow a match: if both have a client, it must be the same one."""
    return not local.client or not there.client or normal_name(local.client) == normal_name(there.client)


def _best(local: LocalName, name: str, known: Sequence[tuple[str, str]], threshold: float) -> Proposal:
    unique = list(dict.fromkeys(known))
    match = match_name(name, [(ProjectId(f"\0{number}"), other) for number, (_, other) in enumerate(unique)], threshold)
    if match.project is None:
        return Proposal(local, SEVERAL if match.how == SEVERAL else NONE, None, tuple(dict.fromkeys(match.near)))
    key, other = unique[int(match.project[1:])]
    if not key:
        return Proposal(local, SEVERAL, None, (other,))
    return Proposal(local, cast("Likeness", match.how), key, (other,))
