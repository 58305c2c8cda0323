"""opencode's plugin in a real JavaScript engine, called as opencode calls it."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from stintd.install.agentshim import plugin_text
from stintd.sources.agents import read_message, signals_of
from tests.sources.test_hookline import NOW
from tests.support import PATIENCE

pytestmark = pytest.mark.skipif(not shutil.which("node"), reason="no node here: install nodejs")
ACTS = [
    {"type": "session.created", "properties": {"info": {"id": "ses_1", "directory": "/code/acme"}}},
    {"type": "message.updated", "properties": {"info": {"id": "msg_1", "sessionID": "ses_1", "role": "user"}}},
    {"type": "message.updated", "properties": {"info": {"id": "msg_1", "sessionID": "ses_1", "role": "user"}}},
    {"type": "message.updated", "properties": {"info": {"id": "msg_2", "sessionID": "ses_1", "role": "assistant"}}},
    {"type": "session.created", "properties": {"info": {"id": "ses_2", "parentID": "ses_1", "directory": "/code/acme"}}},
    {"type": "message.updated", "properties": {"info": {"id": "msg_3", "sessionID": "ses_2", "role": "user"}}},
    {"tool": "bash", "sessionID": "ses_2", "callID": "c1"},
    {"type": "file.edited", "properties": {"file": "/code/beta/x.py"}},
    {"type": "session.idle", "properties": {"sessionID": "ses_2"}},
    {"type": "session.idle", "properties": {"sessionID": "ses_1"}},
    {"type": "message.part.updated", "properties": {"part": {"text": "secret"}}},
    {"type": "session.deleted", "properties": {"info": {"id": "ses_1"}}},
]


def run(top: Path, spool: Path, folder: str = "/code/a%b\tc") -> subprocess.CompletedProcess[str]:
    (top / "stintd.mjs").write_bytes(plugin_text(str(spool)))
    (top / "host.mjs").write_text(f"""
        import {{ Stintd }} from "./stintd.mjs"
        const hooks = await Stintd({{ directory: {json.dumps(folder)}, worktree: "/" }})
        for (const act of {json.dumps(ACTS)})
            await (act.type ? hooks.event({{ event: act }}) : hooks["tool.execute.after"](act, {{ output: "secret" }}))
    """)
    return subprocess.run(["node", str(top / "host.mjs")], capture_output=True, text=True, check=False, timeout=PATIENCE)


def test_sessions_prompts_tools_and_files_are_told_and_subagents_are_their_parents(tmp_path):
    spool = tmp_path / 'spo "ol'
    spool.mkdir()
    done = run(tmp_path, spool)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    raws = [path.read_bytes() for path in sorted(spool.iterdir(), key=lambda path: int(path.suffix[1:]))]
    assert not [raw for raw in raws if b"secret" in raw]
    told = [one.beat for raw in raws for one in signals_of(*read_message(raw), NOW, lambda parent, ticks: None)]
    home = "/code/a%b\tc"
    assert [(beat.kind, beat.session, beat.path) for beat in told] == [
        ("session_start", "ses_1", "/code/acme"),
        ("prompt", "ses_1", home),
        ("tool", "ses_1", home),
        ("tool", "ses_1", "/code/beta/x.py"),
        ("turn_end", "ses_1", home),
        ("session_end", "ses_1", home),
    ]
    assert {read_message(raw)[0].folder for raw in raws} == {"/code/acme", home}


@pytest.mark.parametrize("what", ["missing", "a file"])
def test_a_spool_that_cannot_be_written_is_no_matter(tmp_path, what):
    spool = tmp_path / "spool"
    if what == "a file":
        spool.write_text("")
    done = run(tmp_path, spool)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
