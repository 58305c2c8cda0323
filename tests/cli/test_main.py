"""The dispatcher: verbs, exit codes, errors of two lines."""

import os
import re
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from stintd import paths
from stintd.cli import synonyms, verbs
from stintd.cli.commands.completions import all_verbs
from stintd.cli.main import load_verb, main
from stintd.cli.options import parse

ISSUE = [
    "up", "down", "restart", "status", "start", "stop", "pause", "resume", "switch", "continue", "cancel", "add",
    "off", "on", "log", "edit", "split", "merge", "move", "delete", "undo", "why", "report", "timesheet", "day",
    "gaps", "fill", "map", "watch", "projects", "repos", "hooks", "config", "doctor", "rebuild", "prompt",
    "completions",
]  # fmt: skip


def test_every_promised_verb_is_there_and_explains_itself(stint):
    assert set(ISSUE) <= set(verbs.MODULES)
    for name in verbs.MODULES:
        outcome = stint("help", name)
        assert outcome.code == 0, name
        assert f"stint {name}" in outcome.out


def test_help_lists_every_verb_with_a_summary(stint):
    out = stint().out
    assert stint("--help").out == out
    for verb in all_verbs():
        assert f"  {verb.name:<12} {verb.summary}" in out
        assert verb.summary


def test_a_mistyped_verb_is_usage_and_the_likely_one_is_named(stint):
    outcome = stint("statsu")
    assert outcome.code == 2
    assert "did you mean status" in outcome.err
    assert len(outcome.err.splitlines()) == 2


def test_a_daemon_that_is_down_is_exit_code_four(stint, isolated_home):
    for argv in (["status"], ["start", "x"], ["stop"], ["log"], ["report"], ["day"], ["watch"]):
        outcome = stint(*argv)
        assert outcome.code == 4, argv
        assert outcome.err == "stint: stintd is not running\n  start it with `stint up`\n"
        assert outcome.out == ""


def test_a_defect_of_ours_is_exit_code_three_and_kept_in_a_private_file(stint, control):
    control.answers["GET", "/api/status"] = ["not what status is"]
    outcome = stint("status")
    assert outcome.code == 3
    assert "Traceback" not in outcome.err
    note = Path(paths.home_layout().log, "stint-crash.txt")
    assert "Traceback" in note.read_text()
    assert stat.S_IMODE(note.stat().st_mode) == 0o600


def test_an_interrupt_is_exit_code_130(monkeypatch, control):
    def interrupted(request):
        os.kill(os.getpid(), 2)
        return {}

    control.answers["GET", "/api/status"] = interrupted
    assert main(["status"]) == 130


def test_a_closed_pipe_is_no_error(control):
    control.answers["GET", "/api/status"] = {"timers": [], "todaySeconds": 0, "warnings": []}
    script = f"{sys.executable} -m stintd.cli.main help | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", script],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(paths.__file__).parents[1])},
        check=False,
    )
    assert done.stderr == ""
    assert done.returncode == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")
@pytest.mark.parametrize("verb", ["help", "--version"])
def test_a_full_disk_behind_the_output_is_no_defect_of_ours(verb):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "stintd.cli.main", verb],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(Path(paths.__file__).parents[1])},
        )
    assert "the output could not be written" in done.stderr
    assert "defect" not in done.stderr
    assert done.returncode == 1


def test_a_message_never_carries_control_characters(stint, control):
    control.answers["POST", "/api/timer/stop"] = (404, {"error": "no \x1b[31mred", "code": "NOT_FOUND", "details": {}})
    outcome = stint("stop", "x")
    assert outcome.code == 1
    assert "\x1b" not in outcome.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_know_every_verb_and_parse(stint, shell, tmp_path):
    outcome = stint("completions", shell)
    assert outcome.code == 0
    for name in ISSUE:
        assert name in outcome.out
    if shell == "bash":
        script = tmp_path / "c.sh"
        script.write_text(outcome.out + "\nCOMP_WORDS=(stint st); COMP_CWORD=1; _stint; echo ${COMPREPLY[@]}\n")
        done = subprocess.run(["bash", str(script)], capture_output=True, text=True, check=True)
        assert "status" in done.stdout.split()
        assert "start" in done.stdout.split()


def test_version_is_told(stint):
    assert stint("--version").out.startswith("stint ")


@pytest.mark.parametrize(
    "word", ["invoice", "ls", "rm", "remove", "today", "goal", "break", "calendar", "forgot", "ics", "hledger"]
)
@pytest.mark.parametrize("before", [(), ("help",)])
def test_a_word_of_other_programs_is_answered_with_the_verb_to_use(stint, before, word):
    outcome = stint(*before, word)
    message, hint = outcome.err.splitlines()
    assert (outcome.code, outcome.out) == (2, "")
    assert message == f"stint: there is no verb '{word}'"
    assert "`stint " in hint


def test_help_for_what_is_no_verb_does_not_list_all(stint):
    outcome = stint("help", "nonsense")
    assert (outcome.code, outcome.out) == (2, "")
    assert "there is no verb 'nonsense'" in outcome.err


@pytest.mark.parametrize(
    "example", sorted({text for hint in synonyms.HINTS.values() for text in re.findall(r"`stint (.+?)`", hint)})
)
def test_the_commands_that_hints_name_can_be_given(example):
    name, *rest = shlex.split(example)
    verb = load_verb(name, rest)
    assert parse(verb, rest)


def test_no_verb_is_a_synonym():
    assert not set(synonyms.HINTS) & (set(verbs.MODULES) | {"help", "version"})


@pytest.mark.parametrize(
    "verb",
    [verb for verb in all_verbs() if verb.operands and verb.operands[0].name == "ACTION"],
    ids=lambda verb: verb.name,
)
def test_a_verb_with_actions_names_them_in_its_help_and_when_it_refuses_another(stint, verb):
    actions = "|".join(verb.operands[0].choices)
    assert actions in stint("help", verb.name).out.splitlines()[0]
    outcome = stint(verb.name, "frobnicate")
    assert outcome.code == 2
    assert f"{verb.name} has no action frobnicate" in outcome.err
    assert actions in outcome.err


def test_a_missing_action_names_those_there_are(stint):
    outcome = stint("hooks")
    assert (outcome.code, "hooks needs an action: install, uninstall or status" in outcome.err) == (2, True)


def test_a_hint_of_the_daemon_names_the_option_for_a_field(stint, control):
    details = {"hint": "create it with autoCreate: true, or with `stint projects add`"}
    control.answers["POST", "/api/entries"] = (404, {"error": "there is no project x", "code": "NOT_FOUND", "details": details})
    assert "create it with --create, or with `stint projects add`" in stint("add", "x", "10m").err
