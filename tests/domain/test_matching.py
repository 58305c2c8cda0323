"""Names propose, people decide: what is not surely the same is never called so."""

from hypothesis import given
from hypothesis import strategies as st

from stintd.domain.billing.matching import LocalName, NamedPlace, proposals


def one(local, places, threshold=90):
    found = proposals([local], places, threshold)[0]
    return found.how, found.key


def test_the_same_name_then_but_for_case_and_separators_then_only_alike():
    places = [NamedPlace("1", "Atlas"), NamedPlace("2", "Payment Service"), NamedPlace("3", "Documentation")]
    assert one(LocalName("Atlas"), places) == ("exact", "1")
    assert one(LocalName("payment-service"), places) == ("normalised", "2")
    assert one(LocalName("documentatoin"), places) == ("fuzzy", "3")
    assert one(LocalName("other"), places) == ("none", None)


def test_two_that_are_equally_right_are_none():
    assert one(LocalName("atlas"), [NamedPlace("1", "Atlas"), NamedPlace("2", "ATLAS")]) == ("several", None)


def test_a_place_of_another_client_is_never_meant_and_the_client_parts_two_of_a_name():
    places = [NamedPlace("1", "website", "Corp"), NamedPlace("2", "website", "Acme")]
    assert one(LocalName("website", client="acme"), places) == ("exact", "2")
    assert one(LocalName("website", client="Third"), places) == ("none", None)
    assert one(LocalName("website"), places) == ("several", None)
    assert one(LocalName("website", client="Corp"), [NamedPlace("3", "website")]) == ("exact", "3")


def test_a_project_of_tasks_is_meant_only_where_it_has_one():
    assert one(LocalName("atlas"), [NamedPlace("1", "Atlas / Development")]) == ("normalised", "1")
    assert one(LocalName("atlas"), [NamedPlace("1", "Atlas / Development"), NamedPlace("2", "Atlas / Meetings")]) == (
        "several",
        None,
    )
    assert one(LocalName("atlas"), [NamedPlace("0", "atlas"), NamedPlace("1", "Atlas / Development")]) == ("exact", "0")


def test_a_task_is_looked_for_within_its_project():
    places = [NamedPlace("1", "Atlas / Review"), NamedPlace("2", "Beta / Review"), NamedPlace("3", "Atlas")]
    assert one(LocalName("atlas", "review"), places) == ("normalised", "1")
    assert one(LocalName("gamma", "review"), places) == ("none", None)


NAMES = st.text("abAB -_./1", min_size=1, max_size=6)


@given(NAMES, st.lists(st.tuples(NAMES, st.sampled_from(["", "c", "d"])), max_size=6), st.sampled_from([None, "c", "x"]))
def test_whatever_is_proposed_is_there_and_of_no_other_client(project, named, client):
    places = [NamedPlace(str(number), name, owner) for number, (name, owner) in enumerate(named)]
    found = proposals([LocalName(project, client=client)], places, 90)[0]
    if found.key is not None:
        there = places[int(found.key)]
        assert found.how in ("exact", "normalised", "fuzzy")
        assert there.client in ("", client) or client is None
