"""`config`, `doctor`, watched folders while the daemon is down."""

import json
import os
from pathlib import Path

import pytest

from stintd import paths, settings


@pytest.fixture
def config(isolated_home):
    paths.ensure_folders(paths.home_layout())

    def write(text):
        Path(paths.config_file()).write_text(text)

    return write


def test_config_check_tells_every_problem_with_its_remedy_and_is_exit_one(stint, config):
    config('[time]\nidle_timeout = 15\nlaed = "1m"\n')
    outcome = stint("config", "check")
    assert outcome.code == 1
    assert f"{paths.config_file()}:2: time.idle_timeout needs a unit\n  write a length" in outcome.out
    assert "did you mean time.lead?" in outcome.out
    assert [one["line"] for one in json.loads(stint("config", "check", "--json").out)] == [2, 3]
    config("")
    assert stint("config", "check").out == "the settings are fine\n"


def test_config_get_says_where_a_value_comes_from(stint, config):
    config('[time]\nidle_timeout = "20m"\n')
    assert stint("config").out.splitlines()[1].split() == ["time.idle_timeout", "20m", f"{paths.config_file()}:2"]
    assert stint("config", "get", "time.lead").out == "1m\n"
    assert stint("config", "get", "time.nonsense").code == 1
    assert json.loads(stint("config", "get", "--all", "--json").out)["http.port"] == 7846


def test_config_set_writes_the_programs_file_while_the_daemon_is_down(stint, config):
    config("# mine\n")
    assert stint("config", "set", "time.idle_timeout", "20m").code == 0
    assert stint("config", "set", "watch.burst_files", "80").code == 0
    assert stint("config", "set", "project.auto_create", "false").code == 0
    known = settings.load({}).policy
    assert (known.idle_timeout.total_seconds(), known.burst_files, known.auto_create) == (1200, 80, False)
    assert Path(paths.config_file()).read_text() == "# mine\n"
    assert stint("config", "unset", "time.idle_timeout").code == 0
    assert settings.load({}).policy.idle_timeout.total_seconds() == 900
    assert stint("config", "set", "time.idle_timeout", "soon").code == 1


def test_config_set_goes_through_the_daemon_while_it_runs(stint, control):
    control.answers["PATCH", "/api/settings"] = {}
    assert stint("config", "set", "time.idle_timeout", "20m").code == 0
    assert control.requests[0]["body"] == {"time": {"idle_timeout": "20m"}}


def test_config_edit_starts_from_the_example_and_checks_afterwards(stint, isolated_home, monkeypatch, tmp_path):
    editor = tmp_path / "ed"
    editor.write_text('#!/bin/sh\nprintf "[time]\\nlead = 5\\n" >> "$1"\n')
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(editor))
    outcome = stint("config", "edit")
    assert outcome.code == 1
    assert "time.lead needs a unit" in outcome.out or "Cannot declare" in outcome.out
    assert Path(paths.config_file()).read_text().startswith("# Settings of stintd")


def test_doctor_names_each_trouble_and_its_remedy(stint, config, tmp_path):
    config(f'[watch]\nfolders = ["{tmp_path}", "/gone/away"]\n[time]\nlead = 5\n')
    Path(paths.home_layout().database).write_bytes(b"not a database at all, but long enough to look at")
    outcome = stint("doctor", "--json")
    assert outcome.code == 1
    found = {(one["name"], one["state"]): one for one in json.loads(outcome.out)}
    assert found["daemon", "error"]["hint"] == "start it with `stint up`"
    assert "stint watch remove /gone/away" in found["folders", "warning"]["hint"]
    assert "needs a unit" in found["settings", "error"]["text"]
    assert "cannot be read" in found["database", "error"]["text"]
    assert all(one["hint"] for one in found.values() if one["state"] != "ok")


def test_doctor_shows_the_daemons_own_warnings(stint, control):
    warning = {"code": "watch_limit", "severity": "warning", "text": "no more watches", "hint": "sudo sysctl"}
    control.answers["GET", "/api/status"] = {
        "version": "9",
        "ready": True,
        "warnings": [warning],
        "sources": [{"name": "watch", "state": "on"}],
        "recording": False,
    }
    out = stint("doctor").out
    assert "watch_limit" in out
    assert "no more watches" in out
    assert "stint on" in out


def test_folders_are_added_and_removed_in_the_settings_while_the_daemon_is_down(stint, isolated_home, tmp_path):
    (tmp_path / "code").mkdir()
    assert stint("watch", "add", str(tmp_path / "code")).code == 0
    assert settings.load({}).folders == (str(tmp_path / "code"),)
    assert stint("watch", "list").out == f"{tmp_path / 'code'}\n"
    os.rmdir(tmp_path / "code")
    assert stint("watch", "remove", str(tmp_path / "code")).code == 0
    assert settings.load({}).folders == ()


@pytest.mark.parametrize("verb", ["up", "watch"])
def test_what_is_no_folder_is_refused_and_nothing_is_kept(stint, isolated_home, tmp_path, verb):
    (tmp_path / "file").write_text("")
    for target, says in ((tmp_path / "none", "does not exist"), (tmp_path / "file", "is not a folder")):
        outcome = stint(*(["up"] if verb == "up" else ["watch", "add"]), str(target))
        assert outcome.code == 1
        assert says in outcome.err
    assert settings.load({}).folders == ()


def test_up_with_broken_settings_tells_them_and_starts_nothing(stint, config):
    config("[time]\nlead = 5\n")
    outcome = stint("up")
    assert outcome.code == 1
    assert "time.lead needs a unit" in outcome.err
    assert not os.path.exists(paths.control_socket())
