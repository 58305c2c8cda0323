"""Bodies and items as WakaTime's clients were seen to send them, and such as nobody should."""

import json
from datetime import UTC, datetime

import pytest

from stintd.errors import Invalid
from stintd.protocol.wakatime import Unreadable, beat_from_wire, editor_of, is_single, items_of, system_of

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
VIM = "wakatime/1.90.0 (linux-6.1.0-x86_64) go1.22.0 vim/9.0 vim-wakatime/12.0.0"
GO = {
    "category": "coding", "cursorpos": 12, "entity": "/code/acme/main.py", "is_write": True, "language": "Python",
    "lineno": 3, "lines": 40, "project": "acme", "branch": "main", "time": 1763630000.123456, "type": "file", "user_agent": VIM,
}  # fmt: skip


def told(**fields):
    return beat_from_wire({**GO, **fields}, NOW)


# ---------------------------------------------------------------- bodies


def test_a_list_one_object_and_json_within_json_are_read():
    assert items_of(json.dumps([GO, GO]).encode()) == [GO, GO]
    assert items_of(json.dumps(GO).encode()) == [GO]
    assert items_of(json.dumps(json.dumps([GO])).encode()) == [GO]
    assert is_single(b' {"a": 1}')
    assert not is_single(b" [{}]")


@pytest.mark.parametrize("item", [
    '{"entity": "/a", "entity": "/b", "time": 1}', '{"entity": "/a", "time": 1, "lines": NaN}',
    '{"entity": "/a", "time": 1, "lines": 123456789012345678901234567890}', '{"entity": "/\\udcff", "time": 1}',
])  # fmt: skip
def test_what_a_strict_reader_refuses_is_still_read(item):
    assert len(items_of(f"[{item}]".encode())) == 1
    assert beat_from_wire(items_of(f"[{item}]".encode())[0], NOW).signal.path


def test_bytes_that_are_not_utf_8_cost_a_letter_not_the_body():
    found = items_of(b'[{"entity": "/caf\xe9.py", "time": 1}]')
    assert beat_from_wire(found[0], NOW).signal.path == "/caf\ufffd.py"


def test_a_body_that_breaks_off_keeps_what_came_before_and_counts_the_rest():
    text = json.dumps([GO] * 5)
    early = items_of(text[: text.index('"entity"', 900)].encode())
    assert [type(one) for one in early] == [dict] * 3 + [Unreadable]
    cut = items_of(text[:-30].encode())
    assert [type(one) for one in cut] == [dict] * 4 + [Unreadable]
    assert [type(one) for one in items_of(b"no json")] == [Unreadable]
    assert [type(one) for one in items_of(b"[" * 100_000)] == [Unreadable]
    assert [type(one) for one in items_of(b"7")] == [Unreadable]


# ---------------------------------------------------------------- items


def test_a_saved_file_is_an_edit_of_a_person_in_an_editor():
    signal = told().signal
    assert (signal.kind, signal.source, signal.actor, signal.client) == ("edit", "editor", "human", "vim")
    assert (signal.path, signal.project, signal.branch) == ("/code/acme/main.py", "acme", "main")
    assert signal.time.isoformat() == "2025-11-20T09:13:20.123456+00:00"


@pytest.mark.parametrize(("fields", "kind", "actor"), [
    ({"is_write": None}, "read", "human"), ({"is_write": False, "line_additions": 3}, "edit", "human"),
    ({"is_write": False, "category": "debugging"}, "read", "human"), ({"category": "indexing"}, "presence", "human"),
    ({"category": "ai coding"}, "edit", "agent"), ({"category": "ai coding", "is_write": False}, "tool", "agent"),
    ({"category": "ai coding", "human_line_changes": 4}, "edit", "human"),
    ({"ai_line_changes": 12, "human_line_changes": 0}, "edit", "agent"),
    ({"ai_line_changes": "12", "human_line_changes": "1"}, "edit", "human"),
    ({"type": "app", "ai_session": "s1", "is_write": None, "entity": "claude"}, "tool", "agent"),
])  # fmt: skip
def test_whose_act_it_was_and_of_what_kind(fields, kind, actor):
    signal = told(**fields).signal
    assert (signal.kind, signal.actor, signal.source) == (kind, actor, "agent" if actor == "agent" else "editor")


@pytest.mark.parametrize("fields", [
    {"lineno": "1", "cursorpos": "x", "lines": None, "category": None, "is_write": "true", "time": "1763630000.123456"},
    {"project": "<<LAST_PROJECT>>", "branch": "<<LAST_BRANCH>>", "language": "<<LAST_LANGUAGE>>"},
    {"project": None, "branch": "", "dependencies": "x", "unknown": {"deep": [1]}, "user_agent": 7},
])  # fmt: skip
def test_every_type_is_taken_as_it_comes(fields):
    signal = told(**fields).signal
    assert (signal.path, signal.kind, signal.actor) == ("/code/acme/main.py", "edit", "human")
    assert signal.project in ("acme", None)


@pytest.mark.parametrize("fields", [
    {"time": None}, {"time": "soon"}, {"time": True}, {"time": 1e400}, {"time": -5}, {"time": [1]}, {"entity": ""},
    {"entity": None}, {"entity": 5}, {"entity": "/" + "x" * 2000},
])  # fmt: skip
def test_what_cannot_be_placed_in_time_or_space_is_refused_by_name(fields):
    with pytest.raises(Invalid) as caught:
        told(**fields)
    assert caught.value.details["field"] == next(iter(fields))


@pytest.mark.parametrize("item", [None, [], "x", 7, Unreadable()])
def test_what_is_no_object_is_refused(item):
    with pytest.raises(Invalid):
        beat_from_wire(item, NOW)


def test_the_same_moment_sent_again_under_another_name_is_the_same():
    again = told(project="renamed", branch="other", category="ai coding", lines=5)
    assert (told().id, told().signal.origin_id) == (again.id, again.signal.origin_id)
    assert told(is_write=False).id != told().id != told(time=1763630000.2).id


def test_a_hidden_name_an_app_and_a_file_elsewhere_are_placed_by_folder_or_project():
    hidden = told(entity="HIDDEN.py", project_folder="/code/acme").signal
    assert (hidden.path, hidden.entity) == ("/code/acme", "HIDDEN.py")
    remote = told(entity="C:/code/main.py").signal
    assert (remote.path, remote.project, remote.entity) == (None, "acme", "C:/code/main.py")


@pytest.mark.parametrize("fields", [
    {"type": "url", "entity": "https://github.com/acme/api/pull/7"}, {"type": "domain", "entity": "github.com"},
    {"type": "app", "entity": "Figma", "user_agent": "Chrome/120.0 chrome-wakatime/4.1.1", "url": "https://figma.com/x"},
])  # fmt: skip
def test_what_a_browser_shows_is_a_page(fields):
    page = told(**fields)
    assert page.page == fields.get("url", fields["entity"])
    assert (page.signal.source, page.signal.kind, page.signal.path, page.signal.project) == ("browser", "read", None, None)


@pytest.mark.parametrize(("agent", "editor", "system"), [
    (VIM, "vim", "linux"),
    ("wakatime/13.1.0 (Linux-6.1-x86_64-with-glibc2.36) Python3.11.7.final.0 vim/9.0 vim-wakatime/12.0.0", "vim", "Linux"),
    ("wakatime/2.2.0 (darwin-23.1-arm64) go1.24 claude-sonnet/4.5 vscode/1.99 vscode-wakatime/30.2.0", "vscode", "darwin"),
    ("wakatime/1.90 (windows-10-x86_64) go1.22 PyCharm/2024.1 PyCharm-wakatime/15.0", "pycharm", "windows"),
    ("wakatime/1.90 (linux-6) go1.22 Unknown/0", "", "linux"),
    ("Chrome/120.0.0.0 chrome-wakatime/4.1.1", "chrome", ""), ("", "", ""), ("curl/8", "curl", ""), ("nonsense", "", ""),
])  # fmt: skip
def test_the_editor_is_read_from_the_user_agent(agent, editor, system):
    assert (editor_of(agent), system_of(agent)) == (editor, system)
