"""Names of projects: when two names are the same, when they are nearly the same, and how to name something new.

A mistake here bills one client's hours to another, so similarity alone decides nothing but a suggestion.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from difflib import SequenceMatcher
from unicodedata import normalize

from stintd.domain.model import ProjectId
from stintd.frozen import frozen

NEAR_SCORE = 60
"""A name with at least this score is worth suggesting to somebody who mistyped another."""
TYPO_SCORE = 85
"""Two words with at least this score are one word, mistyped (`payment`, `payments`); below it they are two words (`encode`
and `decode` score 83)."""
SHORT_WORD = 4
"""Words up to this length never count as mistyped: `app` and `api`, `ios` and `os` are different words."""
NAME_LIMIT = 200

_WORDS = re.compile(r"[^-_.\s/]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def normal_name(name: str) -> str:
    """The name in lower case without `-`, `_`, `.` and spaces. Two names are the same if their normal names are equal."""
    return re.sub(r"[-_.\s]", "", normalize("NFC", name).casefold())


def similarity(name: str, other: str) -> float:
    """How similar two normalised names are, from 0 to 100; the order of the names does not matter."""
    first, second = sorted((normal_name(name)[:NAME_LIMIT], normal_name(other)[:NAME_LIMIT]))
    return 100 * SequenceMatcher(None, first, second, autojunk=False).ratio()


def _words(name: str) -> list[str]:
    return [word.casefold() for part in _WORDS.findall(name) for word in _HUMP.split(part)]


def _is_mistyped(name: str, other: str) -> bool:
    return min(len(name), len(other)) > SHORT_WORD and similarity(name, other) >= TYPO_SCORE


def is_other_thing(first_name: str, second_name: str) -> bool:
    """Whether two similar names mean different things, because they differ in a digit or in a whole word.

    Examples: `api-v1` and `api-v2`, `payments-app` and `payments-api`, `payments` and `payments-api`.
    """
    digitless = [re.sub(r"\d+", "", normal_name(name)) for name in (first_name, second_name)]
    if digitless[0] == digitless[1]:
        return normal_name(first_name) != normal_name(second_name)
    first, second = _words(first_name), _words(second_name)
    if len(first) == len(second):
        differing = [pair for pair in zip(first, second, strict=True) if pair[0] != pair[1]]
        return not all(_is_mistyped(*pair) for pair in differing)
    # One word more or less means another thing, unless only the separators differ (`my-app`, `myapps`).
    longer, shorter = (first, second) if len(first) > len(second) else (second, first)
    return any(longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer)))


@frozen
class NameMatch:
    """What a name matched: `how` is "id", "exact", "normalised", "alias" or "fuzzy". Without a project, `how` is "several" when
    two match equally well, else ""; `near` then lists names that may be meant.
    """

    project: ProjectId | None
    how: str = ""
    near: tuple[str, ...] = ()

    @property
    def is_new(self) -> bool:
        """Whether nothing has this name yet, so that it is free for something new."""
        return self.project is None and self.how == ""


def similar_names(name: str, names: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """The names most similar to `name`, the nearest first, for the hint of an error."""
    key = normal_name(name)
    scored = []
    for other in names:
        score = similarity(name, other)
        if key and (key in normal_name(other) or normal_name(other) in key) and normal_name(other):
            score = max(score, NEAR_SCORE + 10)
        if score >= NEAR_SCORE:
            scored.append((-score, other))
    return tuple(other for _, other in sorted(scored)[:limit])


def match_name(
    text: str,
    known: Sequence[tuple[ProjectId, str]],
    fuzzy_threshold: float | None = None,
    aliases: Sequence[tuple[ProjectId, str]] = (),
) -> NameMatch:
    """Match an id or a name: exactly, else normalised, else by an earlier name (`aliases`), else fuzzily if there is a
    `fuzzy_threshold`.

    If two projects match equally well, there is no match: the caller shows `near` and asks.
    """
    names = [name for _, name in known]
    for project, _ in known:
        if project == text:
            return NameMatch(project, "id")
    exact = [project for project, name in known if name == text]
    if len(exact) == 1:
        return NameMatch(exact[0], "exact")
    # An earlier name, exactly: in a home that has two projects of nearly one name, it meant this project and not the other.
    earlier = [project for project, name in aliases if name == text]
    if len(earlier) == 1:
        return NameMatch(earlier[0], "alias")
    key = normal_name(text)
    same_names = [(project, name) for project, name in known if key and normal_name(name) == key]
    if len(same_names) == 1:
        return NameMatch(same_names[0][0], "normalised")
    if same_names:
        return NameMatch(None, "several", tuple(name for _, name in same_names))
    earlier = [project for project, name in aliases if key and normal_name(name) == key]
    if len(earlier) == 1:
        return NameMatch(earlier[0], "alias")
    if fuzzy_threshold is not None:
        close_names = [pair for pair in known if similarity(text, pair[1]) >= fuzzy_threshold]
        if len(close_names) == 1 and not is_other_thing(text, close_names[0][1]):
            return NameMatch(close_names[0][0], "fuzzy", (close_names[0][1],))
    return NameMatch(None, "", similar_names(text, names))


def folder_names(folder: str) -> list[str]:
    """The possible names of a folder, the shortest first: `api`, `clientB/api`, `work/clientB/api`, …

    A bare repository that worktrees share (`api/.bare`, `api.git`) gets the name that people see.
    """
    plain = re.sub(r"(?:/\.bare|/\.git|\.git)/*$", "", folder)
    parts = [part for part in re.split(r"[/\\]+", plain) if part and not part.endswith(":")]
    return ["/".join(parts[-depth:]) for depth in range(1, len(parts) + 1)] or ["root"]


def free_name(folder: str, taken: Collection[str]) -> str:
    """The shortest name of `folder` that differs from all in `taken` (normalised): `api`, else `clientB/api`, …"""
    keys = {normal_name(name) for name in taken}
    own = folder_names(folder)
    return next((name for name in own if normal_name(name) not in keys), None) or add_number(own[-1], keys)


def add_number(name: str, keys: Collection[str]) -> str:
    """The name with the first number that makes it different from all `keys` (normalised names)."""
    number = 2
    while normal_name(f"{name} {number}") in keys:
        number += 1
    return f"{name} {number}"
