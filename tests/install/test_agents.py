"""Installers of agents' hooks: the user's settings keep every byte, installing twice is once, nothing is left behind."""

import json
import os
import stat
import tomllib
from pathlib import Path

import pytest

from stintd.cli.main import main
from stintd.install.agentlist import HOSTS
from tests.install.test_git import snapshot

CLAUDE = """\
{
    "model":"opus",   "env" : {"A": "\\u00fc", "n": 1e3},

    "hooks": {
        "PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "mine --check"}]}],
        "Stop": [
            {"hooks": [{"type": "command", "command": "say done"}]}
        ],
        "SessionStart": [],
        "SessionEnd": [ ]
    },
    "permissions": { "allow": ["Read"] } }"""
GEMINI = """\
// mine, by hand
{
\t"theme": "dark", // the old one
\t/* hooks */ "hooks": {
\t\t"AfterTool": [ // only this
\t\t\t{ "matcher": "write_file", "hooks": [ { "type": "command", "command": "fmt" } ] } // after writing
\t\t]
\t}, // that is all
\t"ui": {}
}
"""
CURSOR = '{"version":1,"hooks":{"stop":[{"command":"./audit.sh"}],"beforeSubmitPrompt":[]}}'
WINDSURF = '{\r\n  "hooks": {}\r\n}\r\n'
COPILOT = '{\n  "version": 1,\n  "hooks": {}\n}\n'
CODEX = '\n{ "hooks" : { "Stop" : [ { "hooks" : [ { "type" : "command", "command" : "x" } ] } ] } }\n\n'
WRITTEN = {
    "claude-code": (".claude/settings.json", CLAUDE), "codex": (".codex/hooks.json", CODEX),
    "gemini": (".gemini/settings.json", GEMINI), "cursor": (".cursor/hooks.json", CURSOR),
    "windsurf": (".codeium/windsurf/hooks.json", WINDSURF),
}  # fmt: skip
NEW = {
    **{name: path for name, (path, _) in WRITTEN.items()},
    "copilot": ".copilot/hooks/stintd.json", "opencode": ".config/opencode/plugins/stintd.js",
}  # fmt: skip


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "user"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    for name in ("XDG_CONFIG_HOME", "CODEX_HOME", "COPILOT_HOME", "CLAUDE_CONFIG_DIR", "OPENCODE_CONFIG_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("STINTD_HOME", str(tmp_path / "it's own"))
    return folder


@pytest.fixture
def stint(capsys):
    def run(*argv: str) -> tuple[int, str, str]:
        code = main(["hooks", *argv])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def put(home: Path, name: str, text: str | None = None) -> Path:
    relative, written = WRITTEN[name]
    path = home / relative
    path.parent.mkdir(parents=True)
    path.write_bytes((written if text is None else text).encode())
    return path


def without_comments(text: str) -> str:
    return "\n".join(line.split("//")[0] for line in text.replace("/* hooks */", "").split("\n"))


def hooks_in(path: Path) -> dict:
    return json.loads(without_comments(path.read_text()))["hooks"]


def calls(hooks: dict, event: str) -> list[str]:
    items = [inner for item in hooks[event] for inner in item.get("hooks", [item])]
    return [item.get("command") or item["bash"] for item in items]


@pytest.mark.parametrize("name", WRITTEN)
def test_a_hand_written_file_gets_our_calls_twice_is_once_and_comes_back_to_the_byte(home, stint, name):
    path = put(home, name)
    path.chmod(0o640)
    before = path.read_bytes()
    assert stint("install", name)[0] == 0
    installed = path.read_bytes()
    for event in HOSTS[name].events if name != "codex" else ("SessionStart", "Stop", "SessionEnd"):
        ours = [call for call in calls(hooks_in(path), event) if "stintd-agent" in call]
        assert len(ours) == 1
        assert f" {name} {event}" in ours[0]
    assert stint("install", name) == (0, "nothing to change\n", "")
    assert path.read_bytes() == installed
    assert stint("uninstall", name)[0] == 0
    assert path.read_bytes() == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert stint("uninstall", name)[1] == "nothing to change\n"


@pytest.mark.parametrize("name", WRITTEN)
def test_everything_the_user_wrote_is_still_there_in_its_order(home, stint, name):
    path = put(home, name)
    before = json.loads(without_comments(path.read_text()))
    stint("install", name)
    after = json.loads(without_comments(path.read_text()))
    assert [key for key in after if key in before] == list(before)
    for event, items in before["hooks"].items():
        assert after["hooks"][event][: len(items)] == items


@pytest.mark.parametrize("name", WRITTEN)
def test_what_was_edited_after_the_installation_stays_and_ours_goes(home, stint, name):
    path = put(home, name)
    stint("install", name)
    edited = path.read_text().rstrip()
    assert edited.endswith("}")
    path.write_text(edited[:-1] + ', "mine": [1]}\n')
    assert stint("uninstall", name)[0] == 0
    left = path.read_text()
    assert "stintd" not in left
    wanted = json.loads(without_comments(WRITTEN[name][1]))
    wanted["hooks"] = {event: items for event, items in wanted["hooks"].items() if items}
    found = json.loads(without_comments(left))
    found["hooks"] = {event: items for event, items in found.get("hooks", {}).items() if items}
    assert found == {**wanted, "mine": [1]}
    for line in WRITTEN[name][1].splitlines()[1:6]:
        if "hooks" not in line and "[" not in line:
            assert line.rstrip("}").rstrip() in left


@pytest.mark.parametrize("name", NEW)
def test_where_there_was_nothing_nothing_is_left(home, stint, tmp_path, name):
    stint("status", "git")
    before = snapshot(tmp_path)
    assert stint("install", name)[0] == 0
    assert (home / NEW[name]).is_file()
    assert stint("status", name)[1].startswith(f"{HOSTS[name].title}: installed ")
    assert stint("install", name)[1] == "nothing to change\n"
    assert stint("uninstall", name)[0] == 0
    left = snapshot(tmp_path)
    assert {path for path in left if str(path).startswith("user")} == {path for path in before if str(path).startswith("user")}
    assert not [path for path in left if "kept" in str(path) or "stintd-agent" in str(path) or "settings.json" in str(path)]


def test_folders_that_others_use_meanwhile_stay(home, stint):
    stint("install", "codex")
    (home / ".codex/auth.json").write_text("{}")
    assert stint("uninstall", "codex")[0] == 0
    assert [path.name for path in (home / ".codex").iterdir()] == ["auth.json"]


def test_a_new_file_that_got_other_settings_keeps_them(home, stint):
    stint("install", "claude-code")
    path = home / ".claude/settings.json"
    value = json.loads(path.read_text())
    path.write_text(json.dumps({"model": "opus", **value}, indent=2))
    stint("uninstall", "claude-code")
    assert json.loads(path.read_text()) == {"model": "opus"}


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize(
    "text",
    ["", "{", '{"hooks": }', '{"hooks": []}', "[]", '{"a": 1,}', '{"a": 1} {}', '{"hooks": {}, "hooks": {}}', "{'a': 1}",
     '{"a": 01}', "\udcff{}", '{"a": "line\nbreak"}', "{" * 5000, '{"hooks": {"Stop": {}, "stop": {}, "AfterTool": 1,'
     ' "post_write_code": 1}}'],
)  # fmt: skip
def test_a_broken_file_is_refused_untouched(home, stint, name, text):
    path = put(home, name, "")
    path.write_bytes(text.encode(errors="surrogateescape"))
    before = snapshot(home)
    for verb in ("install", "uninstall"):
        code, out, _ = stint(verb, name)
        assert code == 1
        assert str(path) in out
    assert snapshot(home) == before
    assert stint("status", name)[1].startswith(f"{HOSTS[name].title}: left alone: ")


@pytest.mark.parametrize("name", [name for name in WRITTEN if name != "gemini"])
def test_comments_are_refused_where_the_host_knows_none(home, stint, name):
    path = put(home, name, '{\n  // mine\n  "a": 1\n}\n')
    assert stint("install", name)[0] == 1
    assert "line 2" in stint("install", name)[1]
    assert path.read_text() == '{\n  // mine\n  "a": 1\n}\n'


def test_a_dry_run_shows_the_change_and_makes_none(home, stint, tmp_path):
    put(home, "claude-code")
    before = snapshot(tmp_path)
    _, out, _ = stint("install", "claude-code", "--dry-run")
    assert out.startswith("would write in ")
    assert f"would change {home}/.claude/settings.json, keeping a copy in " in out
    assert any(line.startswith("    + ") and "claude-code SessionEnd" in line for line in out.splitlines())
    assert snapshot(tmp_path) == before


def test_the_file_as_it_was_is_kept_while_we_are_there(home, stint, tmp_path):
    path = put(home, "claude-code")
    before = path.read_bytes()
    stint("install", "claude-code")
    assert (tmp_path / "it's own/hooks/kept/claude-code").read_bytes() == before


def test_settings_behind_a_link_stay_behind_it(home, stint):
    real = home / "dotfiles/claude.json"
    real.parent.mkdir()
    real.write_text(CLAUDE)
    (home / ".claude").mkdir()
    (home / ".claude/settings.json").symlink_to(real)
    stint("install", "claude-code")
    assert "stintd-agent" in real.read_text()
    stint("uninstall", "claude-code")
    assert real.read_text() == CLAUDE
    assert (home / ".claude/settings.json").is_symlink()


def test_calls_of_another_home_are_replaced_and_said_so(home, stint, monkeypatch, tmp_path):
    path = put(home, "claude-code")
    stint("install", "claude-code")
    monkeypatch.setenv("STINTD_HOME", str(tmp_path / "other"))
    assert "from another version or home" in stint("status", "claude-code")[1]
    stint("install", "claude-code")
    found = calls(hooks_in(path), "Stop")
    assert len([call for call in found if "stintd-agent" in call]) == 1
    assert "/other/" in found[-1]
    stint("uninstall", "claude-code")
    assert json.loads(path.read_text())["hooks"]["Stop"] == json.loads(CLAUDE)["hooks"]["Stop"]


def test_a_shim_that_is_gone_or_old_is_said_so_and_written_again(home, stint, tmp_path):
    stint("install", "cursor")
    shim = tmp_path / "it's own/hooks/stintd-agent"
    shim.write_text("#!/bin/sh\nexit 0\n")
    assert "install it again" in stint("status", "cursor")[1]
    assert stint("install", "cursor")[1].startswith("write in ")
    assert stint("status", "cursor")[1].startswith("Cursor: installed (")


def test_an_item_a_person_added_to_is_theirs(home, stint):
    path = put(home, "claude-code")
    stint("install", "claude-code")
    value = json.loads(path.read_text())
    value["hooks"]["Stop"][-1]["hooks"].append({"type": "command", "command": "mine"})
    path.write_text(json.dumps(value))
    stint("uninstall", "claude-code")
    assert "mine" in calls(hooks_in(path), "Stop")


def test_hooks_that_codex_users_keep_in_toml_are_joined_there(home, stint):
    path = home / ".codex/config.toml"
    path.parent.mkdir()
    text = 'model = "o"  # mine\n[[hooks.Stop]]\n[[hooks.Stop.hooks]]\ntype = "command"\ncommand = "x"\n[features]\na = true'
    path.write_text(text)
    code, out, _ = stint("install", "codex")
    assert code == 0
    assert "trust" in out
    hooks = tomllib.loads(path.read_text())["hooks"]
    assert [call.split()[0] for call in calls(hooks, "Stop")] == ["x", "set"]
    assert set(hooks) == {"Stop", "SessionStart", "UserPromptSubmit", "PostToolUse", "SessionEnd"}
    assert not (home / ".codex/hooks.json").exists()
    assert stint("install", "codex")[1] == "nothing to change\n"
    path.write_text(path.read_text() + 'tail = "edited"\n')
    stint("uninstall", "codex")
    assert path.read_text() == text + '\ntail = "edited"\n'


@pytest.mark.parametrize(
    "text", ["model = ", "hooks = 1\n[[hooks.Stop]]\n", "[[hooks.Stop]]\nhooks = [{type='command', command='x'}]\nx"]
)
def test_a_broken_toml_is_refused_untouched(home, stint, text):
    path = home / ".codex/config.toml"
    path.parent.mkdir()
    path.write_text(text)
    stint("install", "codex")
    assert path.read_text() == text


def test_trust_that_codex_noted_is_no_hook_of_the_users(home, stint):
    path = home / ".codex/config.toml"
    path.parent.mkdir()
    path.write_text('[hooks.state."/x"]\ntrusted_hash = "1"\n')
    stint("install", "codex")
    assert (home / ".codex/hooks.json").exists()
    assert path.read_text() == '[hooks.state."/x"]\ntrusted_hash = "1"\n'


def test_a_plugin_that_somebody_changed_is_theirs(home, stint):
    stint("install", "opencode")
    path = home / NEW["opencode"]
    path.write_text(path.read_text() + "// mine\n")
    for verb in ("install", "uninstall"):
        code, out, _ = stint(verb, "opencode")
        assert code == 1
        assert "changed by hand" in out
    assert path.read_text().endswith("// mine\n")


def test_several_hosts_at_once_and_an_unknown_one(home, stint):
    assert stint("install", "cursor", "windsurf")[0] == 0
    report = json.loads(stint("status", "cursor", "windsurf", "codex", "--json")[1])["agents"]
    assert {name: one["state"] for name, one in report.items()} == {
        "codex": "absent",
        "cursor": "installed",
        "windsurf": "installed",
    }
    assert stint("install", "emacs99")[0] == 2


def test_a_file_that_changed_while_we_planned_is_not_overwritten(home, stint, monkeypatch):
    path = put(home, "claude-code")
    real = os.path.realpath
    changed = []

    def late(where, *more, **also):
        found = real(where, *more, **also)
        if str(found) == str(path) and len(changed) < 2:
            changed.append(found)
            if len(changed) == 2:
                path.write_text('{"new": true}')
        return found

    monkeypatch.setattr(os.path, "realpath", late)
    code, _, err = stint("install", "claude-code")
    assert code == 1
    assert "changed meanwhile" in err
    assert path.read_text() == '{"new": true}'
