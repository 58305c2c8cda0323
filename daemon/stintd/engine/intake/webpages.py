"""Web pages as evidence: a page below the remote of a watched repository counts as reading there; nothing is stored of others.

What is stored is the address below the remote, without its query and fragment. Loop thread only; reads the map of places.
"""

import re
from urllib.parse import unquote, urlsplit

from stintd.domain.mapping.remote import normalise_remote
from stintd.domain.policy import Policy
from stintd.domain.ticket import task_of_branch, ticket_of
from stintd.engine.checkouts import Checkout, Places
from stintd.frozen import frozen

DEPTH = 8
"""The most segments of an address that may name a repository: groups of a forge are nested, but not without limit."""
EDITED_ON = {"github.dev": "github.com"}
"""Hosts whose pages show another host's repositories in an editor."""
_REVIEW = re.compile(r"(?:-/)?(?:pulls?|merge_requests|pull-requests|pullrequest)/\d+(?:/|\Z)")
_COMPARED = re.compile(r"(?:-/)?compare/(?:.*?\.{2,3})?(?P<head>[^?#]+)\Z")
_NEW_REVIEW = re.compile(r"pull/new/(?P<head>[^?#]+)\Z")


@frozen
class Page:
    """A page below a repository's remote: the checkouts of that repository, and the rest of the address."""

    checkouts: tuple[Checkout, ...]
    address: str
    below: str

    @property
    def is_review(self) -> bool:
        """Whether it belongs to a pull or merge request."""
        return _REVIEW.match(self.below) is not None


def page_of(address: str, places: Places) -> Page | None:
    """The page at an address, None when it is not one of a watched repository."""
    try:
        split = urlsplit(address if "://" in address else f"https://{address}")
        host, port = (split.hostname or "").lower(), split.port
    except ValueError:
        return None
    if split.scheme not in ("http", "https") or not host:
        return None
    host = EDITED_ON.get(host, host) + (f":{port}" if port else "")
    parts = [part for part in split.path.split("/") if part]
    for length in range(min(len(parts), DEPTH), 0, -1):
        repo = places.repo_with_remote(normalise_remote(f"{split.scheme}://{host}/{'/'.join(parts[:length])}"))
        checkouts = tuple(places.checkouts_of(repo)) if repo is not None else ()
        if checkouts:
            return Page(checkouts, f"{host}/{'/'.join(parts)}", unquote("/".join(parts[length:])))
    return None


def branch_of(page: Page, head: str | None, title: str, policy: Policy) -> str | None:
    """The branch that a page is about: the head that its sender or its address names. Else, for a review, the branch of a
    checkout for the ticket in its title, or the ticket itself. None when the page names no branch.
    """
    if head:
        return head
    match = _COMPARED.match(page.below) or _NEW_REVIEW.match(page.below)
    if match:
        return match["head"].rpartition(":")[2] or None
    ticket = ticket_of(title, policy) if page.is_review else None
    if ticket is None:
        return None
    return next((checkout.branch for checkout in page.checkouts if task_of_branch(checkout.branch, policy) == ticket), ticket)
