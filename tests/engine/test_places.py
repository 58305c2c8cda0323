"""Which checkout or folder a path belongs to, in whichever Unicode form it is told."""

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stintd.domain.model import CheckoutFacts, CheckoutKind, RepoId
from stintd.engine.checkouts import Checkout, Places

FORMS = ("NFC", "NFD")
NAMES = st.text("aeéüñ각å-", min_size=1, max_size=5).map(lambda text: normalize("NFC", text))


def places(*paths: str, roots: tuple[str, ...] = ("/code",)) -> Places:
    known = Places(roots)
    for number, path in enumerate(paths):
        facts = CheckoutFacts(path, f"{path}/.git", f"{path}/.git", "main", f"root:{number}")
        known.learn(Checkout(path, RepoId(f"r{number}"), facts))
    return known


@given(st.lists(NAMES, min_size=1, max_size=3), st.sampled_from(FORMS), st.sampled_from(FORMS), NAMES)
def test_a_path_is_the_same_in_either_unicode_form(names: list[str], stored: str, told: str, file: str) -> None:
    top = normalize(stored, "/code/" + "/".join(names))
    place = places(top).locate(normalize(told, top) + f"/{file}")
    assert place.checkout is not None
    assert (place.checkout.path, place.entity) == (top, file)


@given(NAMES, st.sampled_from(FORMS), st.sampled_from(FORMS))
def test_a_watched_folder_is_the_same_in_either_unicode_form(name: str, stored: str, told: str) -> None:
    root = normalize(stored, f"/data/{name}")
    known = places(roots=(root,))
    path = normalize(told, root) + "/acme/a.py"
    assert (known.root_of(path), known.is_below_root(path)) == (root, True)
    assert known.locate(path).folder == f"{root}/acme"
    known.set_roots(("/code",))
    assert known.root_of(path) is None


def test_two_folders_that_only_their_unicode_form_tells_apart_stay_two() -> None:
    composed, decomposed = (normalize(form, "/code/Café") for form in FORMS)
    known = places(composed, decomposed)
    assert [known.locate(path).checkout.path for path in (composed, decomposed)] == [composed, decomposed]  # type: ignore[union-attr]


def test_a_checkout_inside_a_folder_of_the_other_form_is_the_deepest() -> None:
    outer, inner = normalize("NFD", "/code/Café"), normalize("NFD", "/code/Café/libs/ä")
    known = places(outer, inner)
    place = known.locate(normalize("NFC", f"{inner}/x.py"))
    assert place.checkout is not None
    assert (place.checkout.path, place.entity) == (inner, "x.py")
    ascii_inside = places(outer, f"{outer}/libs")
    below = ascii_inside.locate(normalize("NFC", f"{outer}/libs/x.py"))
    assert below.checkout is not None
    assert below.checkout.path == f"{outer}/libs"


def checkout_at(path: str, git_dir: str, common_dir: str = "", kind: CheckoutKind = "main") -> Checkout:
    facts = CheckoutFacts(path, git_dir, common_dir or git_dir, kind, f"path:{path}", branch=path)
    return Checkout(path, RepoId(path), facts)


@pytest.mark.parametrize("turn", [1, -1])
def test_gits_own_files_belong_to_the_worktree_or_submodule_they_are_of(turn: int) -> None:
    """The message of a commit that an editor shows lies in the git dir, which is inside another checkout's folder."""
    main = checkout_at("/code/acme", "/code/acme/.git")
    known = [
        main,
        checkout_at("/code/acme-7", "/code/acme/.git/worktrees/acme-7", "/code/acme/.git", "worktree"),
        checkout_at("/code/acme/lib", "/code/acme/.git/modules/lib", kind="submodule"),
        checkout_at("/code/lib-2", "/code/acme/.git/modules/lib/worktrees/lib-2", "/code/acme/.git/modules/lib", "worktree"),
        checkout_at("/code/apart", "/stores/apart.git"),
        checkout_at("/code/copy-of-apart", "/stores/apart.git"),
        checkout_at("/code/refused", ""),
    ]
    places = Places(("/code",))
    for checkout in known[::turn]:
        places.learn(checkout)
    for path, owner, entity in [
        ("/code/acme/.git/COMMIT_EDITMSG", "/code/acme", ".git/COMMIT_EDITMSG"),
        ("/code/acme/.git/worktrees/acme-7/COMMIT_EDITMSG", "/code/acme-7", ".git/COMMIT_EDITMSG"),
        ("/code/acme/.git/worktrees/acme-7/rebase-merge/git-rebase-todo", "/code/acme-7", ".git/rebase-merge/git-rebase-todo"),
        ("/code/acme/.git/modules/lib/COMMIT_EDITMSG", "/code/acme/lib", ".git/COMMIT_EDITMSG"),
        ("/code/acme/.git/modules/lib/worktrees/lib-2/MERGE_MSG", "/code/lib-2", ".git/MERGE_MSG"),
        ("/stores/apart.git/COMMIT_EDITMSG", "/code/apart", ".git/COMMIT_EDITMSG"),
    ]:
        place = places.locate(path)
        assert place.checkout is not None
        assert (place.checkout.path, place.entity, place.is_of_another) == (owner, entity, False), path
    for name in ("worktrees/unknown/COMMIT_EDITMSG", "modules/other/COMMIT_EDITMSG"):
        place = places.locate(f"/code/acme/.git/{name}")
        assert (place.checkout, place.is_of_another) == (main, True)
    places.forget("/code/acme-7")
    assert places.locate("/code/acme/.git/worktrees/acme-7/COMMIT_EDITMSG").is_of_another
