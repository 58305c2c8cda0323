"""Names propose, people decide: what is not surely the same is never called so."""

from hypothesis import given
from hypothesis import strategies as st

from stintd.domain.billing.matching import Local, There, proposals


def one(local, places, threshold=90):
    found = proposals([local], places, threshold)[0]
    return found.how, found.key


def test_the_same_name_then_but_for_case_and_separators_then_only_alike():
    places = [There("1", "Atlas"), There("2", "Payment Service"), There("3", "Documentation")]
    assert one(Local("Atlas"), places) == ("exact", "1")
    assert one(Local("payment-service"), places) == ("normalised", "2")
    assert one(Local("documentatoin"), places) == ("fuzzy", "3")
    assert one(Local("other"), places) == ("none", None)


def test_two_that_are_equally_right_are_none():
    assert one(Local("atlas"), [There("1", "Atlas"), There("2", "ATLAS")]) == ("several", None)


def test_a_place_of_another_client_is_never_meant_and_the_client_parts_two_of_a_name():
    places = [There("1", "website", "Corp"), There("2", "website", "Acme")]
    assert one(Local("website", client="acme"), places) == ("exact", "2")
    assert one(Local("website", client="Third"), places) == ("none", None)
    assert one(Local("website"), places) == ("several", None)
    assert one(Local("website", client="Corp"), [There("3", "website")]) == ("exact", "3")


def test_a_project_of_tasks_is_meant_only_where_it_has_one():
    assert one(Local("atlas"), [There("1", "Atlas / Development")]) == ("normalised", "1")
    assert one(Local("atlas"), [There("1", "Atlas / Development"), There("2", "Atlas / Meetings")]) == ("several", None)
    assert one(Local("atlas"), [There("0", "atlas"), There("1", "Atlas / Development")]) == ("exact", "0")


def test_a_task_is_looked_for_within_its_project():
    places = [There("1", "Atlas / Review"), There("2", "Beta / Review"), There("3", "Atlas")]
    assert one(Local("atlas", "review"), places) == ("normalised", "1")
    assert one(Local("gamma", "review"), places) == ("none", None)


NAMES = st.text("abAB -_./1", min_size=1, max_size=6)


@given(NAMES, st.lists(st.tuples(NAMES, st.sampled_from(["", "c", "d"])), max_size=6), st.sampled_from([None, "c", "x"]))
def test_whatever_is_proposed_is_there_and_of_no_other_client(project, named, client):
    places = [There(str(number), name, owner) for number, (name, owner) in enumerate(named)]
    found = proposals([Local(project, client=client)], places, 90)[0]
    if found.key is not None:
        there = places[int(found.key)]
        assert found.how in ("exact", "normalised", "fuzzy")
        assert there.client in ("", client) or client is None
