"""Entries by the short ids that lists show.

Ids are time-sortable, so those of one day begin alike: lists show the last six letters. The daemon finds whole ids and
unique beginnings; endings are looked for here, among the latest entries.
"""

from stintd.cli.text import short_id
from stintd.errors import Invalid, NotFound

SEARCHED = 5000
_HEX = frozenset("0123456789abcdef")


def find_entry(control, word):
    """The entry a person means by `word`: a whole id, a unique beginning or a unique ending."""
    text = word.lower().strip()
    compact = text.replace("-", "")
    if len(compact) < 4 or not set(compact) <= _HEX:
        raise Invalid(f"{word!r} is no id of an entry", "`stint log` shows ids at the beginning of its lines")
    found = [] if len(compact) >= 32 else _entries_ending_with(control, compact)
    if len(found) > 1:
        listed = ", ".join(sorted(entry["id"] for entry in found))
        raise Invalid(f"{word!r} is the ending of {len(found)} ids", f"write more of it: {listed}")
    return found[0] if found else control.get(f"/api/entries/{text}")


def find_by_id(found, word, kind, hint):
    """The one of a list whose id is `word`, or ends or begins with it as only this one does."""
    compact = word.lower().strip().replace("-", "")
    ids = {one["id"]: one["id"].replace("-", "") for one in found}
    for is_meant in (compact.__eq__, lambda known: known.endswith(compact), lambda known: known.startswith(compact)):
        meant = [one for one in found if len(compact) >= 4 and is_meant(ids[one["id"]])]
        if len(meant) == 1:
            return meant[0]
        if meant:
            raise Invalid(
                f"{word!r} is part of {len(meant)} ids", "write more of it: " + ", ".join(one["id"] for one in meant[:5])
            )
    raise NotFound(f"there is no {kind} {word!r}", hint)


def _entries_ending_with(control, compact):
    found = []
    for number, entry in enumerate(control.every("/api/entries")):
        if number >= SEARCHED:
            break
        if entry["id"].replace("-", "").endswith(compact):
            found.append(entry)
    return found


def find_entries(control, words):
    """Several, each once, in the order written."""
    found = {}
    for word in words:
        entry = find_entry(control, word)
        found.setdefault(entry["id"], entry)
    if not found:
        raise NotFound("no entry was named", "`stint log` shows ids")
    return list(found.values())


def looks_like_id(word):
    """Whether `word` rather names an entry than a time: hexadecimal, and no date."""
    compact = word.lower().replace("-", "")
    is_date = len(word) == 10 and word[4:5] == "-" and word[7:8] == "-"
    return len(compact) >= 4 and set(compact) <= _HEX and not is_date


def entry_label(entry):
    """How an entry is called in a sentence."""
    return short_id(entry["id"])
