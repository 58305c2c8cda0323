"""Names for the JSON that the daemon answers: an object of it, and a list of those."""

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing typing costs the fast path more than the request
    from typing import Any

    Answer = dict[str, Any]
    """One object: an entry, a project, a report; its fields are those of `protocol.schemas`."""
    Rows = list[dict[str, Any]]
else:
    Answer, Rows = dict, list
