"""What agents' hooks tell: every host's messages, doubles, and that nothing odd passes for an act or is lost in silence."""

import json
from datetime import timedelta

import pytest

from stintd.domain.model import AgentSignal, BeatSignal
from stintd.errors import Invalid
from stintd.sources import agents, spool
from stintd.sources.agents import Doubles, SessionProcess, read_message, signals_of
from tests.sources.test_hookline import NOW
from tests.sources.test_spool import Box, _breathe  # noqa: F401
from tests.support.agents import claude, cursor, edit_message, vscode, windsurf

ACME = "/code/acme"


def message(payload, host="claude-code", event="Stop", folder="/home/ada", **named) -> bytes:
    words = "".join(f"\t{name}={value}" for name, value in {"parent": 77, "tty": 34816, "started": 5, **named}.items())
    said = payload if isinstance(payload, str) else json.dumps(payload)
    return f"v1\tagent-{host}\t88\t{folder}\t{event}{words}\n{said}\n".encode(errors="surrogateescape")


def heard(payload, find=lambda parent, ticks: None, **line) -> list[AgentSignal]:
    return signals_of(*read_message(message(payload, **line)), NOW, find)


def beats(payload, **line) -> list[tuple[str, str, str | None, str | None]]:
    return [(one.beat.kind, one.beat.actor, one.beat.path, one.beat.session) for one in heard(payload, **line)]


@pytest.mark.parametrize(
    ("host", "payload", "kind", "actor"),
    [
        ("claude-code", claude("SessionStart", "s", ACME, source="startup"), "session_start", "human"),
        ("claude-code", claude("UserPromptSubmit", "s", ACME, prompt="p"), "prompt", "human"),
        ("claude-code", claude("PostToolUse", "s", ACME, tool_name="Bash", tool_input={"command": "ls"}), "tool", "agent"),
        ("claude-code", claude("Stop", "s", ACME, stop_hook_active=False), "turn_end", "agent"),
        ("claude-code", claude("SessionEnd", "s", ACME, reason="prompt_input_exit"), "session_end", "human"),
        ("claude-code", claude("SessionEnd", "s", ACME, reason="other"), "session_end", "agent"),
        ("claude-code", claude("SessionEnd", "s", ACME, reason="clear"), "turn_end", "agent"),
        ("codex", claude("SessionStart", "s", ACME, turn_id="t", source="resume"), "session_start", "human"),
        ("codex", claude("Stop", "s", ACME, turn_id="t", transcript_path=None), "turn_end", "agent"),
        ("gemini", claude("BeforeAgent", "s", ACME, prompt="p", timestamp="2026-11-20T09:00:00Z"), "prompt", "human"),
        ("gemini", claude("AfterTool", "s", ACME, tool_name="run_shell_command", tool_input={}), "tool", "agent"),
        ("gemini", claude("AfterAgent", "s", ACME, prompt_response="r"), "turn_end", "agent"),
        ("copilot", {"sessionId": "s", "timestamp": 1763629200000, "cwd": ACME, "prompt": "p"}, "prompt", "human"),
        ("copilot", claude("Stop", "s", ACME), "turn_end", "agent"),
        ("cursor", cursor("sessionStart", "s", ACME), "session_start", "human"),
        ("cursor", cursor("beforeSubmitPrompt", "s", ACME, prompt="p"), "prompt", "human"),
        ("cursor", cursor("stop", "s", ACME, status="completed"), "turn_end", "agent"),
        ("cursor", cursor("sessionEnd", "s", ACME, reason="window_close"), "session_end", "human"),
        ("claude-code", vscode("UserPromptSubmit", "s", ACME, prompt="p"), "prompt", "human"),
        ("opencode", {"type": "session.idle", "sessionID": "s", "directory": ACME}, "turn_end", "agent"),
        ("opencode", {"type": "message.updated", "sessionID": "s", "directory": ACME}, "prompt", "human"),
    ],
)  # fmt: skip
def test_every_host_is_understood(host, payload, kind, actor):
    event = "userPromptSubmitted" if host == "copilot" else "Stop"
    assert beats(payload, host=host, event=event) == [(kind, actor, ACME, "s")]


def test_windsurf_names_a_folder_only_in_what_its_tools_say():
    assert beats(windsurf("pre_user_prompt", "s", user_prompt="p"), host="windsurf", folder=ACME) == [
        ("prompt", "human", ACME, "s")
    ]
    wrote = windsurf("post_write_code", "s", file_path="/code/beta/a.py", edits=[])
    assert beats(wrote, host="windsurf", folder=ACME) == [("tool", "agent", "/code/beta/a.py", "s")]
    ran = windsurf("post_run_command", "s", command_line="make", cwd="/code/beta")
    assert beats(ran, host="windsurf", folder=ACME) == [("tool", "agent", "/code/beta", "s")]


PATCH = "*** Begin Patch\n*** Update File: src/a.py\n@@\n-x\n+y\n*** Add File: /code/beta/b.py\n+z\n*** End Patch"


@pytest.mark.parametrize(
    ("payload", "paths"),
    [
        (edit_message("s", ACME, "/code/beta/x.py"), ["/code/beta/x.py"]),
        (edit_message("s", ACME, "src/x.py", "Write"), ["/code/acme/src/x.py"]),
        (edit_message("s", ACME, "../beta/x.py", "MultiEdit"), ["/code/beta/x.py"]),
        (edit_message("s", ACME, "/code/beta/x.py", "Read"), [ACME]),
        (edit_message("s", ACME, "/code/beta/x.py", "mcp__files__read_file"), [ACME]),
        (edit_message("s", ACME, "/code/beta/x.py", "mcp__files__write_file"), ["/code/beta/x.py"]),
        (edit_message("s", ACME, "/code/beta/x.py", "search_replace"), ["/code/beta/x.py"]),
        (edit_message("s", "", "/code/beta/x.py"), ["/code/beta/x.py"]),
        (claude("PostToolUse", "s", ACME, tool_name="NotebookEdit", tool_input={"notebook_path": "/n/a.ipynb"}), ["/n/a.ipynb"]),
        (claude("PostToolUse", "s", ACME, tool_name="apply_patch", tool_input={"command": PATCH}),
         ["/code/acme/src/a.py", "/code/beta/b.py"]),
        (claude("PostToolUse", "s", ACME, tool_name="shell", tool_input={"command": ["sh", "-c", "apply_patch <<E\n" + PATCH]}),
         ["/code/acme/src/a.py", "/code/beta/b.py"]),
        (claude("PostToolUse", "s", ACME, tool_name="apply_patch", tool_input=PATCH), ["/code/acme/src/a.py", "/code/beta/b.py"]),
        (claude("PostToolUse", "s", ACME, toolName="edit", toolArgs='{"path": "/code/beta/a.py"}'), ["/code/beta/a.py"]),
        (cursor("afterFileEdit", "s", ACME, file_path="/code/beta/a.py", edits=[]), ["/code/beta/a.py"]),
        (claude("PostToolUse", "s", ACME, tool_name="Edit", tool_input={"file_path": "x" * 5000}), [ACME]),
        (claude("PostToolUse", "s", ACME, tool_name="Edit", tool_input={"file_path": "/a\0b"}), [ACME]),
        (claude("PostToolUse", "s", ACME, tool_name="Edit", tool_input={"file_path": "/a\ud800b"}), [ACME]),
        (claude("PostToolUse", "s", ACME, tool_name="Edit", tool_input=7), [ACME]),
    ],
)  # fmt: skip
def test_the_file_a_tool_wrote_decides_where_it_worked(payload, paths):
    assert [path for _, _, path, _ in beats(payload)] == paths


def test_a_subagents_acts_are_its_sessions_work():
    assert beats(claude("Stop", "s", ACME, agent_id="sub")) == [("tool", "agent", ACME, "s")]
    assert beats(claude("UserPromptSubmit", "s", ACME, agent_id="sub")) == [("tool", "agent", ACME, "s")]


def actor_of_prompt(find=lambda parent, ticks: None, host="claude-code", payload=None, **named) -> str:
    said = payload or claude("UserPromptSubmit", "s", ACME, prompt="p")
    return heard(said, find, host=host, **named)[0].beat.actor


def test_only_a_prompt_with_a_terminal_or_an_editor_is_a_persons():
    assert actor_of_prompt() == "human"
    assert actor_of_prompt(tty=0) == "agent"
    assert actor_of_prompt(tty=0, editor=77) == "human"
    assert actor_of_prompt(tty=0, entry="claude-vscode") == "human"
    assert actor_of_prompt(entry="sdk-cli") == "agent"
    assert actor_of_prompt(ci="true") == "agent"
    assert actor_of_prompt(ci="false") == "human"
    assert actor_of_prompt(tty=0, host="cursor", payload=cursor("beforeSubmitPrompt", "s", ACME)) == "human"
    assert actor_of_prompt(tty=0, payload=vscode("UserPromptSubmit", "s", ACME)) == "human"
    assert actor_of_prompt(lambda parent, ticks: SessionProcess(1, 2.0, True)) == "agent"
    assert actor_of_prompt(lambda parent, ticks: SessionProcess(1, 2.0, False), tty=0) == "human"


def test_the_process_above_the_hook_is_the_sessions():
    asked = []

    def find(parent: int, ticks: int | None) -> SessionProcess:
        asked.append((parent, ticks))
        return SessionProcess(70, 1234.5)

    (signal,) = heard(claude("SessionStart", "s", ACME, source="startup"), find)
    assert (asked, signal.beat.pid, signal.started, signal.reason) == ([(77, 5)], 70, 1234.5, "startup")


def test_a_session_without_a_name_is_its_process():
    payload = claude("Stop", "", ACME)
    assert heard(payload)[0].beat.session == "claude-code:77:5"
    assert heard(payload, lambda parent, ticks: SessionProcess(70, 1.0))[0].beat.session == "claude-code:70:5"


def test_a_hostile_session_id_is_harmless():
    session = heard(claude("Stop", "a\x1b[31m\ud800\n" + "x" * 900, ACME))[0].beat.session
    assert session is not None
    assert session.isascii()
    assert session.isprintable()
    assert len(session) == agents.ID_LIMIT


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ("", "not JSON"), ("{", "not JSON"), ('{"a": "', "not JSON"), ("[]", "not a JSON object"), ("null", "not a JSON object"),
        ("[" * 100_000, "not JSON"), ('{"a": ' + "1" * 6000 + "}", "not JSON"), ("{}{}", "not JSON"),
    ],
)  # fmt: skip
def test_what_is_malformed_is_refused_with_a_reason(payload, why):
    with pytest.raises(Invalid, match=why):
        heard(payload)


@pytest.mark.parametrize("host", ["claude-code", "codex", "gemini", "copilot", "cursor"])
@pytest.mark.parametrize("without", [{}, {"cwd": ""}, {"cwd": None}, {"cwd": 7}, {"cwd": "relative"}, {"workspace_roots": []}])
def test_a_message_that_names_no_folder_counts_for_the_one_that_its_hook_ran_in(host, without):
    """The message of a session that is resumed names none; set aside, it would be a warning for ever."""
    said = {"session_id": "s", "hook_event_name": "SessionStart", "source": "resume", **without}
    assert [one.beat.path for one in heard(said, host=host, event="SessionStart", folder=ACME)] == [ACME]
    with pytest.raises(Invalid, match="no folder"):
        heard(said, host=host, event="SessionStart", folder="")


def test_the_hooks_folder_decides_nothing_where_the_message_names_a_file():
    said = {"session_id": "s", "tool_name": "Write", "tool_input": {"file_path": f"{ACME}/a.py"}}
    (one,) = heard(said, event="PostToolUse", folder="/home/ada")
    assert one.beat.path == f"{ACME}/a.py"
    assert one.folder == ""


def test_unknown_events_and_hosts_are_refused():
    with pytest.raises(Invalid, match="unknown event"):
        heard(claude("PreCompact", "s", ACME), event="PreCompact")
    with pytest.raises(Invalid, match="unknown agent"):
        heard(claude("Stop", "s", ACME), host="other")
    with pytest.raises(Invalid, match="not a line"):
        read_message(b"v2\tx\n{}")


def beat(**more) -> BeatSignal:
    given = {"time": NOW, "kind": "prompt", "source": "agent", "path": ACME, "session": "s"} | more
    return BeatSignal(**given)


def test_an_act_told_by_two_hosts_is_one():
    doubles = Doubles()
    assert [doubles.is_double(one) for one in (beat(), beat(time=NOW + timedelta(milliseconds=900)))] == [False, True]
    later = [beat(time=NOW + timedelta(seconds=2)), beat(session="t"), beat(kind="tool"), beat(path="/code/beta")]
    assert [doubles.is_double(one) for one in later] == [False] * 4


# ---------------------------------------------------------------- through the spool


@pytest.fixture
def box(tmp_path) -> Box:
    return Box(tmp_path / "spool")


def post(box: Box, name: str, raw: bytes, ago: float = 0.0) -> None:
    box.put(name, raw.decode(errors="surrogateescape"), ago)


def test_a_message_is_told_with_the_files_time_and_removed(box):
    post(box, "agent-claude-code.7", message(claude("UserPromptSubmit", "s", ACME)), ago=60)
    assert box.drain() == 1
    assert box.told[0].beat.time == box.clock.now() - timedelta(minutes=1)
    assert box.files() == box.files("taken") == box.files("bad") == []


def test_the_same_event_of_two_hosts_hooks_is_told_once(box):
    said = cursor("beforeSubmitPrompt", "s", ACME)
    post(box, "agent-cursor.7", message(said, host="cursor"), ago=1.001)
    post(box, "agent-claude-code.8", message(said | {"session_id": "s", "cwd": ACME}, event="UserPromptSubmit"), ago=0.999)
    assert box.drain() == 1
    assert box.files() == box.files("taken") == []


def test_a_message_still_being_copied_is_left_alone_while_it_is_young(box):
    raw = message(claude("Stop", "s", ACME))
    post(box, "agent-claude-code.7", raw[:-30])
    post(box, "agent-codex.8", raw.partition(b"\n")[0][:-5])
    assert box.drain() == 0
    assert len(box.files()) == 2
    post(box, "agent-claude-code.7", raw)
    assert box.drain() == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"", message("{")[:-1], message("{}", folder=""), message(claude("Stop", "s", ""), folder=""), message("[1]"),
        b"nonsense\n{}", message("{}")[:20], message('{"a": "' + "x" * agents.LARGEST + '"}'),
    ],
)  # fmt: skip
def test_a_broken_or_huge_message_or_one_without_a_folder_is_set_aside_and_reported(box, raw):
    post(box, "agent-claude-code.7", raw, ago=10)
    post(box, "agent-claude-code.8", message(claude("Stop", "s", ACME)), ago=10)
    assert box.drain() == 1
    assert box.files("bad")[0].startswith("agent-claude-code.7")
    assert (box.troubles[-1].code, box.troubles[-1].is_cleared) == ("spool_unreadable", False)


def test_a_message_without_a_folder_is_set_aside_at_once(box):
    post(box, "agent-claude-code.7", message("{}", folder=""))
    box.drain()
    assert len(box.files("bad")) == 1


def test_what_cannot_be_read_never_fills_the_disk(box, monkeypatch):
    monkeypatch.setattr(spool, "BAD_FILES", 3)
    for number in range(5):
        post(box, f"agent-claude-code.{number}", message("{}", folder=""), ago=100 - number)
        box.drain()
    assert [name.partition("~")[0] for name in box.files("bad")] == [f"agent-claude-code.{number}" for number in (2, 3, 4)]
    assert "2 older ones were removed" in box.troubles[-1].text


def test_a_file_of_another_century_is_set_aside(box):
    post(box, "agent-claude-code.7", message(claude("Stop", "s", ACME)), ago=60 * 365 * 86_400)
    post(box, "post-commit.7", b"v1\tpost-commit\t7\t/code/acme\n", ago=60 * 365 * 86_400)
    assert box.drain() == 0
    assert len(box.files("bad")) == 2


def test_a_message_larger_than_any_git_line_is_read(box):
    said = edit_message("s", ACME, "/code/beta/x.py") | {"tool_response": {"originalFile": "x" * 1_000_000}}
    post(box, "agent-claude-code.7", message(said))
    assert box.drain() == 1
    assert box.told[0].beat.path == "/code/beta/x.py"


def test_a_message_told_again_after_a_crash_is_the_same(box):
    post(box, "agent-claude-code.7", message(claude("Stop", "s", ACME)))
    box.fails = True
    with pytest.raises(Exception, match="full"):
        box.drain()
    box.fails, box.source = False, box.fresh()
    box.drain()
    assert box.told[0] == box.told[1]
    assert box.files("taken") == []
