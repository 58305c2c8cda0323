"""Adding to and taking from a JSON text: whatever the text, its other bytes stay and what was added goes again."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stintd.errors import Conflict
from stintd.install.agenthost import JsonText
from stintd.install.jsontext import insert_member, parse, remove_member

CALL = "set -- claude-code Stop; test -r /h/stintd-agent && . /h/stintd-agent || :"
OURS = {"Stop": {"hooks": [{"type": "command", "command": CALL}]}, "SessionEnd": {"command": CALL}}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
HOOKS = st.dictionaries(
    st.sampled_from(["Stop", "SessionEnd", "PreToolUse"]), st.lists(VALUES, min_size=1, max_size=2), min_size=1
)
LAYOUTS = st.sampled_from([None, 0, 1, 2, 4, "\t"])


def written(value: object, layout: "int | str | None", newline: str, is_ascii: bool) -> str:
    return json.dumps(value, indent=layout, ensure_ascii=is_ascii).replace("\n", newline)


@pytest.mark.parametrize("text", ['{\n// mine\n"a": 1}', '{"a":\n/* mine */ 1}', '{"a": 1\n// mine\n}'])
def test_a_comment_where_none_may_be_is_called_one(text):
    with pytest.raises(Conflict, match="line 2: there is a comment here"):
        parse(text)
    assert parse(text, comments=True).value == {"a": 1}


@settings(max_examples=80, deadline=None)
@given(
    st.dictionaries(st.text(), VALUES, min_size=1, max_size=4),
    HOOKS | st.none(),
    LAYOUTS,
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_what_was_added_goes_again_to_the_byte_without_any_memory(value, hooks, layout, newline, is_ascii):
    value.pop("hooks", None)
    whole = value if hooks is None else {**value, "hooks": hooks}
    raw = written(whole, layout, newline, is_ascii).encode(errors="surrogatepass")
    try:
        raw.decode()
    except UnicodeDecodeError:
        return  # a lone half of a character is no UTF-8, and no file of anybody's
    text = JsonText(OURS, "{}", comments=False, is_own=False)
    inserted = text.insert(raw)
    found = json.loads(inserted)
    assert text.missing(inserted) == []
    assert {key: one for key, one in found.items() if key != "hooks"} == value
    assert all(found["hooks"][event][: len(items)] == items for event, items in (hooks or {}).items())
    assert text.strip(inserted) == raw


@given(VALUES, LAYOUTS)
def test_the_parser_reads_what_json_reads(value, layout):
    assert parse(json.dumps(value, indent=layout)).value == value


@given(st.text(alphabet='{}[]",:0123456789.eE+-truefalsn \n\\/*u'))
def test_the_parser_accepts_nothing_that_json_refuses(text):
    try:
        found = parse(text)
    except Conflict:
        return
    assert json.loads(text) == found.value


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("{}", '{\n  "a": 1\n}'), ('{"b": 2}', '{"b": 2, "a": 1}'), ('{\n}', '{\n  "a": 1\n}'),
        ('{\n\t"b": 2\n}\n', '{\n\t"b": 2,\n\t"a": 1\n}\n'), ('{\r\n  "b": 2\r\n}', '{\r\n  "b": 2,\r\n  "a": 1\r\n}'),
        ('{\n  "b": 2 // two\n}', '{\n  "b": 2,\n  "a": 1 // two\n}'), ('\ufeff{"b": 2}', '\ufeff{"b": 2, "a": 1}'),
    ],
)  # fmt: skip
def test_a_member_is_laid_out_as_its_neighbours_are(text, after):
    assert insert_member(text, parse(text, comments=True), "a", 1) == after


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ('{"a": 1}', "{}"), ('{"a": 1, "b": 2}', '{"b": 2}'), ('{\n  "b": 2,\n  "a": 1\n}', '{\n  "b": 2\n}'),
        ('{\n  // one\n  "a": 1\n}', '{\n  // one\n  \n}'), ('{\n  "b": 2, // two\n  "a": 1\n}', '{\n  "b": 2 // two\n}'),
    ],
)  # fmt: skip
def test_comments_beside_what_is_taken_stay(text, after):
    node = parse(text, comments=True)
    index = [name for name, _, _ in node.members].index("a")
    assert remove_member(text, node, index) == after
