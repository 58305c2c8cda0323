"""Names of projects: the same, nearly the same, and new ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stintd.domain.mapping.naming import free_name, is_other_thing, match_name, normal_name, similar_names, similarity

KNOWN = [("p1", "payments-api"), ("p2", "Atlas"), ("p3", "client site"), ("p4", "api-v1")]


def test_names_are_the_same_without_case_and_separators():
    assert normal_name("Client_Site.X y") == normal_name("client-site x-Y") == "clientsitexy"


@pytest.mark.parametrize(
    ("text", "project", "how"),
    [
        ("p2", "p2", "id"),
        ("Atlas", "p2", "exact"),
        ("aTLAS", "p2", "normalised"),
        ("client-site", "p3", "normalised"),
        ("payments-apis", "", ""),
        ("", "", ""),
    ],
)
def test_a_name_matches_exactly_or_normalised_and_never_nearly(text, project, how):
    match = match_name(text, KNOWN)
    assert (match.project or "", match.how) == (project, how)


@pytest.mark.parametrize(
    ("text", "project"),
    [
        ("paymnts-api", "p1"),
        ("payment-api", "p1"),
        ("atlass", "p2"),
        ("clients site", "p3"),
        ("payments-app", None),  # one whole word differs
        ("api-v2", None),  # one digit differs
        ("payments", None),
        ("payments-api-docs", None),
    ],
)
def test_a_fuzzy_match_needs_a_typo_not_another_word_or_digit(text, project):
    assert match_name(text, KNOWN, 90).project == project


def test_two_near_names_are_no_match():
    known = [("a", "warehouse-api"), ("b", "warehouses-api")]
    match = match_name("warehousse-api", known, 90)
    assert match.project is None
    assert set(match.near) == {"warehouse-api", "warehouses-api"}


def test_two_names_that_are_the_same_normalised_are_ambiguous_and_not_new():
    match = match_name("myapp", [("a", "my-app"), ("b", "my_app")])
    assert (match.project, match.how, match.is_new) == (None, "several", False)
    assert match_name("my-app", [("a", "my-app"), ("b", "my_app")]).project == "a"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("payments-app", "payments-api"), ("api-v1", "api-v2"), ("web1", "web"), ("video-encode", "video-decode"),
        ("frontendApp", "frontendApi"), ("acme", "acme-site"), ("data-import", "data-export"),
    ],
)  # fmt: skip
def test_these_look_alike_and_are_two_things(one, other):
    assert is_other_thing(one, other)
    assert is_other_thing(other, one)


def test_near_names_help_who_mistyped_and_the_nearest_is_first():
    assert similar_names("paymnets", [name for _, name in KNOWN]) == ("payments-api",)
    assert similar_names("atlsa", ["Atlas", "Borealis"]) == ("Atlas",)
    assert similar_names("xyz", ["Atlas"]) == ()


def test_a_newcomer_carries_as_much_of_its_parents_as_tells_it_apart():
    assert free_name("/w/clientB/api", ["api"]) == "clientB/api"
    assert free_name("/w/clientB/api", ["API"]) == "clientB/api"
    assert free_name("/y/client/api", ["api", "client/api"]) == "y/client/api"


def test_when_every_name_is_taken_a_number_tells_apart():
    assert free_name("/a/b", ["b", "a/b"]) == "a/b 2"


def test_a_bare_repository_is_called_after_what_people_see():
    assert free_name("/w/api/.bare", []) == "api"
    assert free_name("/w/api.git", []) == "api"


FORMER = [("p1", "Borealis"), ("p3", "payments"), ("p4", "Atlas")]
"""Earlier names of projects."""


@pytest.mark.parametrize(
    ("text", "project", "how"),
    [
        ("Borealis", "p1", "alias"),
        ("bore-alis", "p1", "alias"),
        ("payments", "p3", "alias"),
        ("Atlas", "p2", "exact"),  # the present name of one counts before the earlier name of another
        ("atlas", "p2", "normalised"),
        ("Boreali", None, ""),
    ],
)
def test_an_earlier_name_matches_below_the_present_ones(text, project, how):
    match = match_name(text, KNOWN, 90, FORMER)
    assert (match.project, match.how) == (project, how)


def test_an_earlier_name_means_its_project_where_another_has_nearly_that_name():
    """In a home from before, `Shop` and `shop` were two projects, and `shop` was renamed."""
    known, former = [("p1", "Shop"), ("p2", "store")], [("p2", "shop")]
    assert [match_name(text, known, aliases=former).project for text in ("shop", "Shop", "SHOP", "store")] == [
        "p2",
        "p1",
        "p1",
        "p2",
    ]


names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=30)


@given(names, names)
def test_likeness_is_symmetric_and_bounded(one, other):
    assert similarity(one, other) == similarity(other, one)
    assert 0 <= similarity(one, other) <= 100


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=4), st.lists(st.sampled_from(["a", "b", "a/b", "c/b"]), max_size=4))
def test_a_free_name_is_free(parts, taken):
    assert normal_name(free_name("/" + "/".join(parts), taken)) not in {normal_name(name) for name in taken}
