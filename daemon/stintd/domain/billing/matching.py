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
    return [
        _match_task(local, places, threshold) if local.task else _match_project(local, places, threshold) for local in locals_
    ]


def _match_project(local: LocalName, places: Sequence[NamedPlace], threshold: float) -> Proposal:
    """Match a project by the whole name; a place `Project / Task` matches only if its project there has no other task."""
    allowed_places = [place for place in places if _may_match(local, place)]
    whole = _best_match(local, local.project, [(place.key, place.name) for place in allowed_places if not place.task], threshold)
    if whole.key is not None or whole.how == SEVERAL:
        return whole
    project_keys = _project_keys(allowed_places, places)
    return _best_match(local, local.project, project_keys, threshold) if project_keys else whole


def _project_keys(allowed_places: Sequence[NamedPlace], places: Sequence[NamedPlace]) -> list[tuple[str, str]]:
    """Projects there, with the key of their only task; a project with several tasks has no key, because any may be meant."""
    tasks: dict[str, int] = {}
    for place in places:
        tasks[place.project] = tasks.get(place.project, 0) + 1
    return [(place.key if tasks[place.project] == 1 else "", place.project) for place in allowed_places if place.task]


def _match_task(local: LocalName, places: Sequence[NamedPlace], threshold: float) -> Proposal:
    """Match a task within the place of the same project; the project's name must be equal except for case and separators."""
    key = normal_name(local.project)
    candidates = [place for place in places if place.task and normal_name(place.project) == key and _may_match(local, place)]
    return _best_match(local, local.task or "", [(place.key, place.task) for place in candidates], threshold)


def _may_match(local: LocalName, place: NamedPlace) -> bool:
    """Whether their clients allow a match: if both have a client, it must be the same one."""
    return not local.client or not place.client or normal_name(local.client) == normal_name(place.client)


def _best_match(local: LocalName, name: str, names: Sequence[tuple[str, str]], threshold: float) -> Proposal:
    unique = list(dict.fromkeys(names))
    match = match_name(name, [(ProjectId(f"\0{number}"), other) for number, (_, other) in enumerate(unique)], threshold)
    if match.project is None:
        return Proposal(local, SEVERAL if match.how == SEVERAL else NONE, None, tuple(dict.fromkeys(match.near)))
    key, other = unique[int(match.project[1:])]
    if not key:
        return Proposal(local, SEVERAL, None, (other,))
    return Proposal(local, cast("Likeness", match.how), key, (other,))
