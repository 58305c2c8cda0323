"""Which repository each folder is does not depend on the order in which they are found."""

from datetime import UTC, datetime
from itertools import permutations

import pytest

from stintd.domain.model import CheckoutFacts, FolderMarks
from stintd.engine.checkouts import Checkout, Places
from stintd.engine.intake.repositories import Repositories

NOW = datetime(2026, 12, 1, tzinfo=UTC)
BARE = "/code/grove/.bare"
REMOTE = "git.example.com/grove"


def facts(path, kind="main", mark="7:1", store=BARE, parent=None):
    return CheckoutFacts(path, store, store, kind, REMOTE, parent=parent, network=REMOTE, marks=FolderMarks(mark))


def assign_each(*batches):
    """The repositories of checkouts that are found batch by batch; all of them stay where they are."""
    places = Places(("/code",))
    repositories = Repositories(places, lambda facts, root: "there", lambda facts, mark: False)
    repos = {}
    for batch in batches:
        repos |= repositories.assign(batch, NOW)
        for one in batch:
            places.learn(Checkout(one.path, repos[one.path], one))
    assert {one.path for one in places.checkouts()} == set(repos)
    return repos


FOUND = [facts("/code/grove"), facts(BARE, "bare"), facts("/code/grove/oak", "worktree", parent=BARE)]


@pytest.mark.parametrize("order", list(permutations(FOUND)), ids=lambda order: " ".join(one.kind for one in order))
def test_a_bare_repository_and_the_folder_that_names_it_are_one_whatever_is_found_first(order):
    assert len(set(assign_each(*[[one] for one in order]).values())) == 1
    assert len(set(assign_each(order[:2], order[2:]).values())) == 1
    assert len(set(assign_each(order).values())) == 1


def test_a_folder_with_the_git_directory_of_another_folder_is_one_of_its_own():
    first, second = facts("/code/a", store="/code/a/.git"), facts("/code/b", store="/code/a/.git")
    for batches in ([[first], [second]], [[first, second]], [[second, first]]):
        repos = assign_each(*batches)
        assert repos["/code/a"] != repos["/code/b"]


def test_a_bare_repository_that_lies_where_another_one_lay_is_not_that_one_s_folder():
    """The folder that names it was read when the earlier one lay there, and will be read again."""
    repos = assign_each([facts("/code/grove", mark="7:1")], [facts(BARE, "bare", mark="8:2")])
    assert repos["/code/grove"] != repos[BARE]


def stand(number, mark):
    return facts(f"/code/f{number}", mark=f"{mark}:1", store=f"/code/f{number}/.git")


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("moved", [(1, 0, 2), (1, 2, 0), (2, 0, 1)])
def test_folders_that_changed_places_are_followed_whichever_is_heard_of_first(moved, order):
    places = Places(("/code",))
    repositories = Repositories(places, lambda facts, root: "replaced", lambda facts, mark: False)
    first = [stand(number, number) for number in range(3)]
    before = repositories.assign(first, NOW)
    for one in first:
        places.learn(Checkout(one.path, before[one.path], one))
    for number in order:
        now = stand(number, moved[number])
        repo = repositories.assign([now], NOW)[now.path]
        places.learn(Checkout(now.path, repo, now))
        assert repo == before[f"/code/f{moved[number]}"]
