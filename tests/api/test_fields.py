"""The schema of every kind of field admits what its reader takes, and nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator

from stintd.api.routes import ROUTES
from stintd.errors import Invalid

KINDS = {
    id(one.kind): (f"{route.method} {route.path} {one.name}", one.kind)
    for route in ROUTES for one in [*route.query.values(), *(route.body or {}).values()]
}  # fmt: skip
ODD = (
    None, True, False, 0, 1, -1, 1.0, 1.5, -0.0, 1e9, 1e9 + 1, 1e-320, 2**31, 2**31 - 1, 2**31 + 1, 10**18, 33.333333333333336,
    "", " ", "x", "x" * 100, "x" * 101, "x" * 255, "x" * 256, "x" * 4097, "a\0", "\0", "\x1f", "\x85", "\u200b", "\ufeff", "\n",
    "a\n", "\u3000", "é", "😀" * 100, "0", "00", "1e2", "95.50", " 95", "95\n", "1_000", "٣", "1000000000", "1000000000.000",
    "1000000000.1", "-1", "Infinity", "NaN", "1.2345678901", "EUR", "eur", "EURO", "/x", "/", "x/y", "C:\\x", "C:/x", "C:x",
    "/a\0b",
    "2026-11-20", "2026-13-20", "2026-1-2", "1969-12-31", "9000-01-01", "2026-11-20T10:30:00Z", "2026-11-20T10:30Z",
    "2026-11-20t10:30:00.123456789z", "2026-11-20 10:30:00+02:00", "2026-11-20T10:30:00", "2026-11-20T24:00:00Z",
    "2026-11-20T10:30:60Z", "2026-11-20T10:30:00+24:00", "2026-11-20T10:30:00Z\n", "2026-11-20T10:30:00+0230", "active", "Active",
    "human", "project", [], ["a"], ["a", "a"], ["a", "b"], ["a", ""], [1], ["x" * 101], ["a"] * 201, {}, {"a": 1}, [[]],
)  # fmt: skip
"""One side and the other of every limit that a kind has."""

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**40), 2**40), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=300), st.from_regex(r"[-+ ]?[0-9]{0,12}(\.[0-9]{0,12})?\n?", fullmatch=True), st.datetimes().map(str),
    st.sampled_from(ODD),
)  # fmt: skip


def is_read(kind, value):
    try:
        kind.read(value)
    except Invalid:
        return False
    return True


def admits(kind, value):
    return Draft202012Validator(kind.schema).is_valid(value)


@pytest.mark.parametrize(("name", "kind"), KINDS.values(), ids=[name for name, _ in KINDS.values()])
def test_the_schema_of_a_field_admits_exactly_what_is_read(name, kind):
    @settings(max_examples=30, derandomize=True, deadline=None, database=None)
    @given(value=st.one_of(scalars, st.lists(scalars, max_size=3)))
    def agrees(value):
        assert admits(kind, value) == is_read(kind, value), value

    for value in ODD:
        assert admits(kind, value) == is_read(kind, value), value
    agrees()


@pytest.mark.parametrize("name", ["", "   ", "\x1f\x7f", "\u3000\ufeff"])
async def test_a_name_that_cannot_be_seen_is_no_name(client, name):
    answer = await client.ask("POST", "/api/projects", {"name": name})
    assert (answer.status, answer.body["details"]["field"]) == (422, "name")


@pytest.mark.parametrize("key", ["", "  ", "x" * 256])
async def test_an_idempotency_key_that_is_none_is_refused_instead_of_passed_over(client, key):
    answer = await client.ask("POST", "/api/projects", {"name": "acme"}, headers={"Idempotency-Key": key})
    assert (answer.status, answer.body["code"]) == (422, "VALIDATION")
    assert (await client.get("/api/projects"))["data"] == []
