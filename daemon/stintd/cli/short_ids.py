"""Entries by the short ids that lists show.

Ids are time-sortable, so those of one day begin alike: lists show the last six letters. The daemon finds whole ids and
unique beginnings; endings are looked for here, among the latest entries.
"""

from __future__ import annotations

from collections.abc import Iterable

from stintd.cli.answer import Answer, Rows
from stintd.cli.text import short_id
from stintd.client.control import Control
from stintd.errors import Invalid, NotFound

SEARCHED = 5000
_HEX = frozenset("0123456789abcdef")


def find_entry(control: Control, word: str) -> Answer:
    """The entry a person means by `word`: a whole id, a unique beginning or a unique ending."""
    text = word.lower().strip()
    compact = text.replace("-", "")
    if len(compact) < 4 or not set(compact) <= _HEX:
        raise Invalid(f"{word!r} is not the id of an entry", "`stint log` shows ids at the start of its lines")
    matches = [] if len(compact) >= 32 else _entries_ending_with(control, compact)
    if len(matches) > 1:
        listed = ", ".join(sorted(entry["id"] for entry in matches))
        raise Invalid(f"{len(matches)} ids end in {word!r}", f"write more of it: {listed}")
    return matches[0] if matches else control.get(f"/api/entries/{text}")


def find_by_id(rows: Rows, word: str, kind: str, hint: str) -> Answer:
    """The row whose id is `word`, or the only one whose id ends or begins with it."""
    compact = word.lower().strip().replace("-", "")
    ids = {row["id"]: row["id"].replace("-", "") for row in rows}
    for is_meant in (compact.__eq__, lambda known: known.endswith(compact), lambda known: known.startswith(compact)):
        meant = [row for row in rows if len(compact) >= 4 and is_meant(ids[row["id"]])]
        if len(meant) == 1:
            return meant[0]
        if meant:
            raise Invalid(f"{len(meant)} ids match {word!r}", "write more of it: " + ", ".join(row["id"] for row in meant[:5]))
    raise NotFound(f"there is no {kind} {word!r}", hint)


def _entries_ending_with(control: Control, compact: str) -> Rows:
    matches = []
    for number, entry in enumerate(control.every("/api/entries")):
        if number >= SEARCHED:
            break
        if entry["id"].replace("-", "").endswith(compact):
            matches.append(entry)
    return matches


def find_entries(control: Control, words: Iterable[str]) -> Rows:
    """The entries that several words mean, each once, in the order written."""
    entries: dict[str, Answer] = {}
    for word in words:
        entry = find_entry(control, word)
        entries.setdefault(entry["id"], entry)
    if not entries:
        raise NotFound("no entry was named", "`stint log` shows ids")
    return list(entries.values())


def looks_like_id(word: str) -> bool:
    """Whether `word` rather names an entry than a time: hexadecimal, and no date."""
    compact = word.lower().replace("-", "")
    is_date = len(word) == 10 and word[4:5] == "-" and word[7:8] == "-"
    return len(compact) >= 4 and set(compact) <= _HEX and not is_date


def entry_label(entry: Answer) -> str:
    """The short name of an entry in a sentence."""
    return short_id(entry["id"])
