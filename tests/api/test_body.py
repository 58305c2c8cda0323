"""Strict JSON, instants, fields, and the one table of errors."""

from datetime import UTC, datetime

import pytest

from stintd import errors
from stintd.domain.model import BeatSignal
from stintd.errors import Invalid
from stintd.protocol import errors as wire
from stintd.protocol import fields
from stintd.protocol.beats import signal_from_wire
from stintd.protocol.body import Malformed, dump, parse

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        b'{"a": 1, "a": 2}', b'{"x": {"a": 1, "a": 2}}', b"NaN", b"[Infinity]", b"-Infinity", b"1e999", b"9" * 60000,
        b"9223372036854775808", b"-9223372036854775809", b'"\\ud800"', b'"\\udc00"', b'{"\\ud800": 1}', b'"\\u0000"',
        b'"a\\\\\\u0000"', b"[" * 33 + b"]" * 33, b"[" * 30000, b'{"a":' * 40 + b"1" + b"}" * 40, b"\xff\xfe", b"{", b"1 2",
        b'"\x01"', b"'a'", b"{a: 1}", b"[1,]", b"\xef\xbb\xbf{}", b"\xed\xa0\x80",
    ],
)  # fmt: skip
def test_what_two_readers_could_understand_differently_is_refused(text):
    with pytest.raises(Malformed):
        parse(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"[" * 32 + b"]" * 32, None), (b'"\\\\u0000"', "\\u0000"), (b'"\\ud83d\\ude00"', "😀"),
        (b"9223372036854775807", 2**63 - 1), (b"[1.5, -0]", [1.5, 0]), (b'{"a": {"a": 1}}', {"a": {"a": 1}}),
        ("\"ü\"".encode(), "ü"), (b"[" + b"[]," * 99 + b"[]]", None),
    ],
)  # fmt: skip
def test_plain_json_is_read(text, value):
    found = parse(text)
    assert value is None or found == value


def test_folder_names_that_are_not_utf8_are_shown_with_replacements():
    assert dump({"path": "/code/caf\udce9"}).decode() == '{"path":"/code/caf�"}'


@pytest.mark.parametrize(
    "text", ["2026-11-20", "2026-11-20T10:30", "2026-11-20T10:30:00", "x", "", 5, None, True, "2026-13-01T00:00:00Z",
             "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2026-11-20T24:30:00Z", "2026-W01-1T00:00:00Z",
             "1969-12-31T23:59:59Z", float("nan"), 1e300, "2026-11-20T10:30:00Zz", "٢٠٢٦-11-20T10:30:00Z"],
)  # fmt: skip
def test_what_is_no_instant_is_refused(text):
    with pytest.raises(Invalid):
        fields.parse_instant(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T10:30:00Z", datetime(2026, 11, 20, 10, 30, tzinfo=UTC)),
        ("2026-11-20T10:30:00.123456+02:00", datetime(2026, 11, 20, 8, 30, 0, 123456, tzinfo=UTC)),
        ("2026-11-20 10:30-0100", datetime(2026, 11, 20, 11, 30, tzinfo=UTC)),
        ("2026-11-20T10:30:00.123456789z", datetime(2026, 11, 20, 10, 30, 0, 123456, tzinfo=UTC)),
    ],
)
def test_instants_are_read_as_utc(text, expected):
    assert fields.parse_instant(text) == expected


def test_unknown_fields_are_named():
    known = {one.name: one for one in [fields.field("projectId", fields.ID)]}
    with pytest.raises(Invalid, match="unknown fields: colour, size") as caught:
        fields.read_object({"size": 1, "colour": 2}, known)
    assert caught.value.details["fields"] == ["colour", "size"]


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"colour": 1}, "colour"), ({"time": 5}, "time"), ({"time": float("nan")}, "time"),
        ({"time": "2026-11-20T10:00:00"}, "zone"),
        ({"project": ""}, "project"), ({"project": 5}, "project"), ({"path": "relative"}, "absolute"), ({"pid": True}, "pid"),
        ({"pid": 2**40}, "pid"), ({"entity": "x" * 2000}, "entity"), ({"branch": "a\0b"}, "NUL"), (5, "object"), ([], "object"),
        (None, "object"), ({"project": {"a": 1}}, "project"), ({"time": "2026-99-20T10:00:00Z"}, "time"),
    ],
)  # fmt: skip
def test_a_wrong_heartbeat_is_refused_by_the_name_of_its_field(given, word):
    with pytest.raises(Invalid, match=word):
        signal_from_wire(given, NOW)


def test_a_bare_heartbeat_is_an_edit_of_a_person_now():
    assert signal_from_wire({}, NOW) == BeatSignal(NOW, "edit", "api")


def test_nulls_are_fields_left_out():
    assert signal_from_wire({"branch": None, "project": "a", "pid": None}, NOW) == BeatSignal(NOW, "edit", "api", project="a")


@pytest.mark.parametrize("code", sorted(wire.TABLE))
def test_every_error_survives_the_wire(code):
    kind = wire.TABLE[code][3]
    sent = kind("no", "do this", {"x": 1})
    back = wire.from_wire(wire.http_status(code), wire.to_wire(sent))
    assert (type(back), back.message, back.hint, back.details) == (kind, "no", "do this", {"x": 1})


def test_every_error_class_has_its_place_in_the_table():
    kinds = {kind.code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.StintdError)}
    assert kinds == set(wire.TABLE)


@pytest.mark.parametrize("body", [None, [], "x", {"error": 5}, {"code": "CONFLICT"}])
def test_an_answer_of_another_shape_still_gives_an_error(body):
    assert wire.from_wire(404, body).code == "not_found"
    assert wire.from_wire(418, body).code == "invalid"


def test_a_bug_and_only_a_bug_exits_with_three():
    assert {code: wire.exit_code(row[3]("x")) for code, row in wire.TABLE.items() if wire.exit_code(row[3]("x")) != 1} == {
        "internal": 3
    }
