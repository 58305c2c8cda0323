"""Which checkout or folder a path belongs to, in whichever Unicode form it is told."""

from unicodedata import normalize

from hypothesis import given
from hypothesis import strategies as st

from stintd.domain.model import CheckoutFacts, RepoId
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
