"""Session logs line by line: what each format's lines say, and files that are no logs."""

import json
import os
from datetime import UTC, datetime

import pytest

from stintd.domain.model import from_us, to_us
from stintd.sources import logs
from stintd.sources.logs import LogFile
from tests.support import agentlogs

NOW = to_us(datetime(2026, 11, 20, tzinfo=UTC))
SESSION = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
def write(tmp_path):
    def make(*lines, agent="claude-code", name="log.jsonl", is_subagent=False):
        path = tmp_path / name
        texts = (line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
        path.write_bytes(b"\n".join(texts))
        return LogFile(agent, str(path), path.stat().st_size, 0.0, is_subagent)

    return make


def claude(at, kind, content, **more):
    record = {
        "type": kind,
        "timestamp": f"2026-11-18T{at}Z",
        "sessionId": "s",
        "cwd": "/code/acme",
        "gitBranch": "main",
        "message": {"role": kind, "content": content},
        **more,
    }
    return record


def acts(log, now_us=NOW):
    """What a log tells, in short."""
    return [f"{from_us(act.time_us):%H:%M:%S} {act.kind} {act.actor} {act.path}" for act in logs.read(log, now_us).acts]


def test_a_prompt_typed_during_a_turn_counts_when_it_was_typed_and_once(write):
    def queue(at, operation, **more):
        return {"type": "queue-operation", "operation": operation, "timestamp": f"2026-11-18T{at}Z", "sessionId": "s", **more}

    log = write(
        claude("09:00:00", "user", "go", entrypoint="cli"),
        claude("09:01:00", "assistant", "working"),
        queue("09:02:00", "enqueue", content="and this"),
        claude("09:03:00", "assistant", "done"),
        queue("09:03:00", "dequeue"),
        claude("09:03:00.500", "user", "and this"),
        claude("09:05:00", "assistant", "done too"),
        queue("09:05:30", "enqueue", content="given up"),
        queue("09:05:40", "remove"),
        claude("09:07:00", "user", "a new one"),
        claude("09:08:00", "assistant", "yes"),
    )
    assert acts(log) == [
        "09:00:00 prompt human /code/acme",
        "09:01:00 tool agent /code/acme",
        "09:02:00 prompt human /code/acme",
        "09:03:00 tool agent /code/acme",
        "09:05:00 tool agent /code/acme",
        "09:05:30 prompt human /code/acme",
        "09:05:00 turn_end agent /code/acme",
        "09:07:00 prompt human /code/acme",
        "09:08:00 tool agent /code/acme",
        "09:08:00 turn_end agent /code/acme",
    ]


@pytest.mark.parametrize(
    ("more", "actor"),
    [
        ({}, "human"), ({"entrypoint": "cli"}, "human"), ({"entrypoint": "claude-vscode"}, "human"),
        ({"entrypoint": "sdk-cli"}, "agent"), ({"entrypoint": "sdk-ts"}, "agent"), ({"promptSource": "sdk"}, "agent"),
        ({"entrypoint": "claude-code-github-action"}, "agent"), ({"isMeta": True}, None), ({"isCompactSummary": True}, None),
        ({"origin": {"kind": "task-notification"}}, None), ({"origin": {"kind": "human"}}, "human"),
    ],
)  # fmt: skip
def test_whose_a_prompt_is(write, more, actor):
    told = acts(write(claude("09:00:00", "user", "go", **more)))
    assert told == ([f"09:00:00 prompt {actor} /code/acme"] if actor else [])


@pytest.mark.parametrize(
    "said",
    ["<local-command-stdout>x</local-command-stdout>", "<task-notification>x</task-notification>", "Caveat: The messages below",
     "This session is being continued from a previous conversation that", "<bash-stdout>x</bash-stdout>", "", "  "],
)  # fmt: skip
def test_what_the_program_says_in_the_persons_place_is_no_prompt(write, said):
    assert acts(write(claude("09:00:00", "user", said))) == []
    assert acts(write(claude("09:00:00", "user", [{"type": "text", "text": said}]))) == []


def test_a_turn_that_may_go_on_has_no_end_yet_and_the_second_look_adds_it(write):
    log = write(claude("09:00:00", "user", "go"), claude("09:02:00", "assistant", "let me see"))
    assert acts(log, to_us(datetime(2026, 11, 18, 9, 4, tzinfo=UTC)))[-1] == "09:02:00 tool agent /code/acme"
    assert acts(log)[-1] == "09:02:00 turn_end agent /code/acme"


def test_a_branch_holds_for_the_sessions_folder_only_and_an_odd_one_for_none(write):
    call = [{"type": "tool_use", "id": "1", "name": "Write", "input": {"file_path": "/code/beta/x.py"}}]
    found = logs.read(write(claude("09:00:00", "user", "go"), claude("09:01:00", "assistant", call)), NOW).acts
    assert [(act.path, act.branch) for act in found] == [("/code/acme", "main"), ("/code/beta/x.py", "")]
    for odd in ("HEAD", "a\x1b[2Jb", "x" * 300, 7):
        assert {act.branch for act in logs.read(write(claude("09:00:00", "user", "go", gitBranch=odd)), NOW).acts} == {""}


@pytest.mark.parametrize(
    "record",
    [[], "x", 7, None, {}, {"type": "user"}, {"type": "user", "timestamp": 7, "cwd": []}, {"type": ["user"], "message": 3},
     claude("09:00:00", "user", 7), claude("09:00:00", "user", [7, None, {"type": 3}]),
     claude("09:00:00", "user", "x", cwd="no/path"),
     claude("09:00:00", "assistant", [{"type": "tool_use", "name": 3, "input": "x" * 100}], message={"content": {"a": 1}}),
     claude("9:00", "user", "x"), claude("09:00:00", "user", "x", timestamp="2019-01-01T00:00:00Z"),
     claude("09:00:00", "user", "x", timestamp="2026-11-18T09:00:00"), {"type": "progress", "data": 3, "timestamp": "2026"},
     {"type": "session_meta", "payload": {"id": 3, "cwd": 7, "git": 5, "source": ["x"]}, "timestamp": "2026-11-18T09:00:00Z"},
     {"type": "event_msg", "payload": {"type": "patch_apply_end", "changes": [1]}, "timestamp": "2026-11-18T09:00:00Z"},
     {"type": "response_item", "payload": {"type": "function_call", "arguments": {"a": 1}}, "timestamp": "2026-11-18T09:00:00Z"}],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("agent", ["claude-code", "codex"])
def test_odd_records_are_passed_over_and_what_follows_is_read(write, agent, record):
    if agent == "codex":
        begin = {"type": "session_meta", "timestamp": "2026-11-18T08:00:00Z", "payload": {"id": "s", "cwd": "/code/acme"}}
        said = {"type": "user_message", "message": "go"}
        rest = [begin, record, {"type": "event_msg", "timestamp": "2026-11-18T10:00:00Z", "payload": said}]
    else:
        rest = [record, claude("10:00:00", "user", "go")]
    assert acts(write(*rest, agent=agent))[-1] == "10:00:00 prompt human /code/acme"


def test_a_line_too_long_is_skipped_and_one_without_its_end_passed_over(write):
    log = write(claude("09:00:00", "user", "x" * 5000), claude("10:00:00", "user", "go"), b'{"type":"user"')
    done = logs.read(log, NOW, line_limit=1000)
    assert (done.lines, done.unreadable, len(done.acts)) == (3, 2, 1)


def test_only_ordinary_files_inside_are_found(tmp_path):
    agentlogs.place(tmp_path)
    projects = tmp_path / ".claude" / "projects"
    (projects / "-code-acme" / "link.jsonl").symlink_to(projects / "-code-acme" / f"{SESSION}.jsonl")
    (projects / "-linked").symlink_to(projects / "-code-acme")
    (projects / "-code-acme" / "notes.txt").write_text("{}")
    os.mkfifo(projects / "-code-acme" / "pipe.jsonl")
    found = logs.find(logs.log_folders({"HOME": str(tmp_path)}), 0.0)
    assert len(found) == 10
    assert sum(log.is_subagent for log in found) == 1
    assert logs.find(logs.log_folders({"HOME": str(tmp_path)}), 2e9) == []
    assert logs.find(logs.log_folders({"HOME": "/nowhere", "CODEX_HOME": str(tmp_path / ".codex")}), 0.0) != []


def test_a_file_that_became_a_pipe_or_a_link_is_not_waited_for(tmp_path, write):
    log = write(claude("09:00:00", "user", "go"))
    os.unlink(log.path)
    os.mkfifo(log.path)
    assert logs.read(log, NOW).trouble
    os.unlink(log.path)
    os.symlink("/dev/zero", log.path)
    assert logs.read(log, NOW).trouble
