"""A short sign in the text of an entry, by which it is found again at a service that takes no ids of ours.

What else an entry says (a day, a length, a comment) others may have entered by hand just so.
"""

from collections.abc import Mapping

OPTION, OFF = "marker", "off"
"""The setting of a target, and its value for people who want no sign on their invoices."""


def is_wanted(options: Mapping[str, str]) -> bool:
    """Whether texts get the sign; so it is unless the owner wants none."""
    return options.get(OPTION, "") != OFF


def marker(item_id: str) -> str:
    """The sign of an entry: looked for among those of a day or so, where eight digits do not meet again."""
    return f"[st:{item_id[:8]}]"


def marked(text: str, item_id: str) -> str:
    """A text with its sign at the end."""
    return f"{text} {marker(item_id)}".strip()
