"""Which web pages are of a watched repository, and what they say of a branch."""

import pytest

from stintd.domain.model import CheckoutFacts, RepoId
from stintd.domain.policy import Policy
from stintd.engine.checkouts import Checkout, Places
from stintd.engine.intake.webpages import branch_of, page_of


@pytest.fixture
def places():
    known = Places()
    for path, repo, kind, identity, branch in (
        ("/code/api", "r1", "main", "github.com/acme/api", "main"),
        ("/code/api-wt", "r1", "worktree", "github.com/acme/api", "feature/DEV-12-login"),
        ("/code/deep", "r2", "main", "gitlab.com/acme/group/sub/tool", "main"),
        ("/code/local", "r3", "main", "git.acme.test:3000/me/app", "main"),
    ):
        facts = CheckoutFacts(path, path, path, kind, identity, branch=branch)
        known.learn(Checkout(path, RepoId(repo), facts))
    return known


@pytest.mark.parametrize(("address", "below"), [
    ("https://github.com/acme/api", ""), ("https://GitHub.com/Acme/API/pull/7/files?diff=split#r1", "pull/7/files"),
    ("github.com/acme/api/issues", "issues"), ("https://github.dev/acme/api/blob/main/x.py", "blob/main/x.py"),
    ("https://gitlab.com/acme/group/sub/tool/-/merge_requests/3", "-/merge_requests/3"),
    ("http://git.acme.test:3000/me/app/src", "src"),
])  # fmt: skip
def test_a_page_below_a_remote_is_of_its_repository(places, address, below):
    page = page_of(address, places)
    assert page.below == below
    assert "?" not in page.address
    assert "#" not in page.address


@pytest.mark.parametrize("address", [
    "https://github.com", "https://github.com/acme", "https://github.com/acme/apifake", "https://evil.test/acme/api",
    "https://mail.example/inbox?x=github.com/acme/api", "ftp://github.com/acme/api", "http://[", "http://git.acme.test/me/app",
    "https://github.com:444444/acme/api", "", "javascript:alert(1)", "https://user:secret@evil.test/github.com/acme/api",
])  # fmt: skip
def test_other_pages_are_of_none(places, address):
    assert page_of(address, places) is None


@pytest.mark.parametrize(("address", "sent_branch", "title", "branch"), [
    ("https://github.com/acme/api/pull/7", "fix/it", "DEV-9", "fix/it"),
    ("https://github.com/acme/api/pull/7", None, "DEV-12: login by Ada · Pull Request #7", "feature/DEV-12-login"),
    ("https://github.com/acme/api/pull/7/files", None, "OPS-4 faster · Pull Request #7", "OPS-4"),
    ("https://github.com/acme/api/pull/7", None, "nothing special", None),
    ("https://github.com/acme/api/blob/main/DEV-3.md", None, "DEV-3.md at main", None),
    ("https://github.com/acme/api/compare/main...ada:feature/DEV-5", None, "", "feature/DEV-5"),
    ("https://github.com/acme/api/pull/new/topic", None, "", "topic"),
    ("https://gitlab.com/acme/group/sub/tool/-/merge_requests/3", None, "Draft: ABC-1 x", "ABC-1"),
])  # fmt: skip
def test_a_review_names_its_branch_or_ticket(places, address, sent_branch, title, branch):
    assert branch_of(page_of(address, places), sent_branch, title, Policy()) == branch


def test_a_checkout_that_is_gone_is_not_watched(places):
    places.forget("/code/deep")
    assert page_of("https://gitlab.com/acme/group/sub/tool", places) is None
