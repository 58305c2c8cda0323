"""A short marker in the text of an entry, by which it is found again at a service that stores no ids of ours.

Everything else in an entry (a day, a length, a comment) somebody may have entered by hand just the same.
"""

from collections.abc import Mapping

OPTION, OFF = "marker", "off"
"""The setting of a target, and its value for people who want no marker on their invoices."""


def is_wanted(options: Mapping[str, str]) -> bool:
    """Whether texts get the marker; they do unless it was switched off."""
    return options.get(OPTION, "") != OFF


def marker(item_id: str) -> str:
    """The marker of an entry. It is looked for among the entries of about a day, where eight digits are unique."""
    return f"[st:{item_id[:8]}]"


def add_marker(text: str, item_id: str) -> str:
    """A text with the marker of its entry at the end."""
    return f"{text} {marker(item_id)}".strip()
