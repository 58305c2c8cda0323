"""Agents through their real hooks: the files that installers wrote, run as the hosts run them, into a real engine or daemon."""

import asyncio
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stintd.domain.model import CheckoutSignal, FileSignal, from_us, to_us
from stintd.install import shim
from stintd.install.agentlist import HOSTS
from stintd.install.agentsettings import Home
from stintd.install.change import perform
from stintd.sources.gitreader import facts_of
from stintd.sources.process import agent_above, start_time
from stintd.sources.spool import SpoolSource
from tests.support import poll_until
from tests.support.agents import Agent, claude, commands, cursor, edit_message, vscode, windsurf
from tests.support.clock import FakeClock
from tests.support.daemon import Daemon
from tests.support.engine import Running, running
from tests.support.repos import TestRepo, make

MINUTE = 60_000_000


def installed(top: Path, spool: Path, *names: str) -> dict[str, dict[str, str]]:
    """Hooks of these hosts in a home of their own; what each runs, by event."""
    home = Home(str(top / "hooks"), str(spool), str(top / "user"), {})
    spool.mkdir(parents=True, exist_ok=True)
    for name in names:
        perform(HOSTS[name].install(home).steps)
    return {name: commands(home, name) for name in names}


class Day:
    """A day that is replayed: agents call their hooks, files are written, git is used, at the times of the record."""

    def __init__(self, top: Path, run: Running, agents: dict[str, Agent]) -> None:
        self.top, self.run, self.agents, self.spool = top, run, agents, top / "spool"
        self.repos = {name: make(top / "code" / name) for name in ("acme", "beta", "gamma")}
        self.source = SpoolSource(
            str(self.spool), run.clock, run.intake.wait_until_settled, lambda folder, call: lambda: None, find_agent=agent_above
        )
        for repo in self.repos.values():
            facts = facts_of(str(repo.path))
            assert facts is not None
            run.intake.tell(CheckoutSignal(run.clock.now(), facts))

    def path(self, name: str) -> Path:
        return self.repos[name].path

    async def at(self, clock: str) -> None:
        """Let time pass until then."""
        hour, minute, second = (int(part) for part in f"{clock}:00".split(":")[:3])
        then = self.run.clock.now().replace(hour=hour, minute=minute, second=second)
        await self.run.clock.advance(seconds=(then - self.run.clock.now()).total_seconds())

    async def hook(self, clock: str, agent: str, event: str, payload: dict[str, Any], cwd: str, **environ: str) -> None:
        await self.at(clock)
        assert self.agents[agent].say(event, payload, self.path(cwd), **environ) == (0, "", "")
        await self._read()

    async def _read(self, is_git: bool = False) -> None:
        """What hooks left is dated as the record says, and read."""
        now = to_us(self.run.clock.now()) * 1000
        poll_until(lambda: all(_is_written(path) for path in self.spool.iterdir() if path.is_file()), "the hook's child is done")
        for path in self.spool.iterdir():
            if path.is_file():
                os.utime(path, ns=(now, now))
        drained = asyncio.create_task(self.source.drain(self.run.intake.tell))
        if is_git:  # held for two seconds, to learn what else git did
            await self.run.clock.advance(seconds=3)
        await drained

    async def turn(self, agent: str, session: str, cwd: str, start: str, minutes: int, file: str = "", **environ: str) -> None:
        """From a prompt to the stop: a tool writes a file every minute, which the watcher sees."""
        begin = datetime.strptime(start, "%H:%M:%S")
        target = self.top / "code" / (file or f"{cwd}/src/x.py")
        await self.hook(
            start, agent, "UserPromptSubmit", claude("UserPromptSubmit", session, self.path(cwd), prompt="p"), cwd, **environ
        )
        for minute in range(1, minutes):
            at = f"{begin + timedelta(minutes=minute):%H:%M:%S}"
            await self.hook(at, agent, "PostToolUse", edit_message(session, self.path(cwd), target), cwd, **environ)
            await self.writes(at, file.partition("/")[0] or cwd, "src/x.py")
        await self.hook(
            f"{begin + timedelta(minutes=minutes):%H:%M:%S}",
            agent,
            "Stop",
            claude("Stop", session, self.path(cwd)),
            cwd,
            **environ,
        )

    async def writes(self, clock: str, name: str, file: str) -> None:
        """The watcher sees a file change."""
        await self.at(max(clock, f"{self.run.clock.now():%H:%M:%S}"))
        self.run.intake.tell(FileSignal(self.run.clock.now(), str(self.path(name)), file, 10 + self.run.clock.now().minute))

    async def commits(self, clock: str, name: str, **environ: str) -> None:
        """A commit through git and our hook there, with the environment of who makes it."""
        await self.at(clock)
        repo = self.repos[name]
        hook = repo.path / ".git/hooks/post-commit"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(shim.shim_text("post-commit", str(self.spool)))
        hook.chmod(0o755)
        ran = await asyncio.create_subprocess_exec(str(hook), cwd=repo.path, env={"PATH": "/usr/bin:/bin", **environ})
        assert await ran.wait() == 0
        await self._read(is_git=True)

    async def minutes(self) -> dict[tuple[str, str], float]:
        """Minutes by project and actor."""
        await self.run.clock.advance(hours=2)
        out: dict[tuple[str, str], float] = {}
        for row in await self.run.sheet():
            key = (row["project"], row["actor"])
            out[key] = out.get(key, 0) + (row["end_us"] - row["start_us"]) / MINUTE
        return out


def _is_written(path: Path) -> bool:
    raw = path.read_bytes()
    return raw.endswith(b"\n") if path.name.startswith("post-") else raw.partition(b"\n")[2].endswith(b"}")


@contextmanager
def started(top: Path, *agents: tuple[str, str, str]) -> Iterator[dict[str, Agent]]:
    """Running agents by name: (name, host, program)."""
    calls = installed(top, top / "spool", *{host for _, host, _ in agents})
    found = {name: Agent(top, calls[host], *program.split()) for name, host, program in agents}
    try:
        yield found
    finally:
        for agent in found.values():
            agent.__exit__()


def near(truth: dict[tuple[str, str], float], found: dict[tuple[str, str], float]) -> bool:
    return truth.keys() == found.keys() and all(abs(found[key] - truth[key]) <= 1 for key in truth)


async def test_a_day_of_two_agents_and_one_person_in_three_projects_is_what_it_was(tmp_path):
    terminal = {"VSCODE_PID": "1"}  # the test has no terminal; an editor before the agent is as good
    with started(tmp_path, ("claude", "claude-code", "claude"), ("codex", "codex", "codex")) as agents:
        async with running(tmp_path / "db", FakeClock(datetime.fromisoformat("2026-11-20T08:00:00+00:00"))) as run:
            day = Day(tmp_path, run, agents)
            # A morning with Claude in acme: it works, the person watches, then edits by hand beside it.
            start = claude("SessionStart", "c1", day.path("acme"), source="startup")
            await day.hook("09:00:00", "claude", "SessionStart", start, "acme", **terminal)
            await day.turn("claude", "c1", "acme", "09:01:00", 10, **terminal)
            for minute in range(13, 21, 2):
                await day.writes(f"09:{minute}:00", "acme", "by-hand.py")
            # A long turn, which compacts once and commits; the person goes to gamma after two minutes, and home at 09:40.
            prompt = claude("UserPromptSubmit", "c1", day.path("acme"), prompt="p")
            await day.hook("09:21:00", "claude", "UserPromptSubmit", prompt, "acme", **terminal)
            for minute in range(22, 40):
                tool = edit_message("c1", day.path("acme"), day.path("acme") / "src/y.py")
                await day.hook(f"09:{minute}:00", "claude", "PostToolUse", tool, "acme", **terminal)
                await day.writes(f"09:{minute}:10", "acme", "src/y.py")
                if minute >= 23:
                    await day.writes(f"09:{minute}:20", "gamma", f"hand{minute}.py")
                if minute == 30:
                    compact = claude("SessionStart", "c1", day.path("acme"), source="compact")
                    await day.hook("09:30:30", "claude", "SessionStart", compact, "acme", **terminal)
                if minute == 35:
                    await day.commits("09:35:30", "acme", CLAUDECODE="1")
            await day.hook("09:40:00", "claude", "Stop", claude("Stop", "c1", day.path("acme")), "acme", **terminal)
            # Nobody sits before this one: Codex, started by a timer, writes into beta from acme.
            quiet = {"CI": "true"}
            start = claude("SessionStart", "x1", day.path("acme"), source="startup")
            await day.hook("09:50:00", "codex", "SessionStart", start, "acme", **quiet)
            await day.turn("codex", "x1", "acme", "09:50:05", 9, "beta/src/z.py", **quiet)
            # Back at acme at ten; the conversation is cleared in between, which ends nothing.
            await day.turn("claude", "c1", "acme", "10:00:30", 5, **terminal)
            clear = claude("SessionEnd", "c1", day.path("acme"), reason="clear")
            await day.hook("10:06:00", "claude", "SessionEnd", clear, "acme", **terminal)
            again = claude("SessionStart", "c2", day.path("acme"), source="clear")
            await day.hook("10:06:01", "claude", "SessionStart", again, "acme", **terminal)
            await day.turn("claude", "c2", "acme", "10:08:00", 5, **terminal)
            leave = claude("SessionEnd", "c2", day.path("acme"), reason="prompt_input_exit")
            await day.hook("10:14:00", "claude", "SessionEnd", leave, "acme", **terminal)
            # A loop that a person began at 10:30 and left alone: prompts right after stops are the loop's.
            start = claude("SessionStart", "x2", day.path("beta"), source="startup")
            await day.hook("10:30:00", "codex", "SessionStart", start, "beta", **terminal)
            await day.turn("codex", "x2", "beta", "10:30:30", 5, **terminal)
            await day.turn("codex", "x2", "beta", "10:35:31", 5, **terminal)
            await day.turn("codex", "x2", "beta", "10:40:32", 5, **terminal)
            truth = {
                ("acme", "human"): 22.3 + 14.5,  # 09:00 until the person turned to gamma, a minute before the first change
                ("acme", "agent"): 17.7,  # what was left of the long turn
                ("gamma", "human"): 18.0,
                ("beta", "agent"): 9.0 + 14.0,  # 09:50:05 to the stop; the loop, but for the minute its person saw
                ("beta", "human"): 1.5,
            }
            found = await day.minutes()
            assert near(truth, found), found
            kept = await run.rows("SELECT id, agent FROM session ORDER BY started_us")
            assert [(row["id"], row["agent"]) for row in kept] == [("c1", "claude-code"), ("x1", "codex"), ("x2", "codex")]


async def test_a_start_shows_a_waiting_timer_at_once_and_sessions_stand_beside_each_other(tmp_path):
    editor = {"VSCODE_PID": "1"}
    with started(tmp_path, ("one", "claude-code", "claude"), ("two", "claude-code", "claude")) as agents:
        async with running(tmp_path / "db", FakeClock()) as run:
            day = Day(tmp_path, run, agents)
            for at, agent, session, repo in (
                ("09:01:00", "one", "s1", "acme"),
                ("09:02:00", "two", "s2", "beta"),
                ("09:03:00", "two", "s3", "acme"),
            ):
                start = claude("SessionStart", session, day.path(repo), source="startup")
                await day.hook(at, agent, "SessionStart", start, repo, **editor)
            assert {one.session for one in run.engine.state.waiting} == {"s1", "s2", "s3"}
            prompt = claude("UserPromptSubmit", "s1", day.path("acme"), prompt="p")
            await day.hook("09:04:00", "one", "UserPromptSubmit", prompt, "acme", **editor)
            (row,) = await run.sheet()
            assert (row["project"], row["actor"], row["state"]) == ("acme", "human", "running")
            for session, agent, repo in (("s1", "one", "acme"), ("s3", "two", "acme"), ("s2", "two", "beta")):
                leave = claude("SessionEnd", session, day.path(repo), reason="logout")
                await day.hook("09:06:00", agent, "SessionEnd", leave, repo, **editor)
            assert [one.session for one in run.engine.state.waiting] == []
            assert [row["state"] for row in await run.sheet()] == ["finished"]


async def test_a_silent_session_stops_at_its_last_evidence_and_goes_on_with_the_next_prompt(tmp_path):
    editor = {"VSCODE_PID": "1"}
    with started(tmp_path, ("one", "claude-code", "claude")) as agents:
        async with running(tmp_path / "db", FakeClock()) as run:
            day = Day(tmp_path, run, agents)
            start = claude("SessionStart", "s1", day.path("acme"), source="startup")
            await day.hook("09:01:00", "one", "SessionStart", start, "acme", **editor)
            await day.turn("one", "s1", "acme", "09:02:00", 3, **editor)
            prompt = claude("UserPromptSubmit", "s1", day.path("acme"), prompt="p")
            await day.hook("09:07:00", "one", "UserPromptSubmit", prompt, "acme", **editor)
            await day.at("09:45:00")
            (row,) = await run.sheet()
            assert (row["state"], _clock(row["start_us"]), _clock(row["end_us"])) == ("finished", "09:01:00", "09:08:00")
            resume = claude("SessionStart", "s1", day.path("acme"), source="resume")
            await day.hook("10:00:00", "one", "SessionStart", resume, "acme", **editor)
            assert not run.engine.state.waiting
            await day.hook("10:01:00", "one", "UserPromptSubmit", prompt, "acme", **editor)
            assert [row["state"] for row in await run.sheet()] == ["finished", "running"]
            assert len(await run.rows("SELECT * FROM session WHERE ended_us IS NULL")) == 1


async def test_a_change_between_turns_is_the_persons_although_the_agents_process_is_there(tmp_path):
    with started(tmp_path, ("one", "claude-code", "claude")) as agents:
        async with running(tmp_path / "db", FakeClock()) as run:
            day = Day(tmp_path, run, agents)
            process = agents["one"].process.pid
            began = start_time(process)
            assert began is not None
            await day.turn("one", "s1", "acme", "09:02:00", 5, VSCODE_PID="1")
            for minute in range(20, 26):
                await day.writes(f"09:{minute}:00", "acme", "by-hand.py")
            rows = {(row["actor"], _clock(row["start_us"])) for row in await run.sheet()}
            assert ("human", "09:19:00") in rows
            assert (process, began) in run.intake.agents.processes


def _clock(us: int) -> str:
    return f"{from_us(us):%H:%M:%S}"


# ---------------------------------------------------------------- a real daemon


@pytest.fixture
def live(tmp_path) -> Iterator[tuple[Daemon, TestRepo, dict[str, str]]]:
    repo = make(tmp_path / "code" / "acme", is_live=True)
    with Daemon(tmp_path / "home", [tmp_path / "code"]) as daemon:
        calls = installed(tmp_path, Path(daemon.layout.spool), "claude-code")["claude-code"]
        yield daemon, repo, calls


def _last(daemon: Daemon) -> dict[str, Any]:
    """The latest heartbeat."""
    return daemon.client.get("/api/heartbeats", limit="1")["data"][0]


def timers(daemon: Daemon) -> list[dict[str, Any]]:
    return daemon.client.get("/api/timer/current")["timers"]


def test_an_agent_that_is_killed_takes_its_timer_with_it_at_its_last_sign_of_life(live, tmp_path):
    daemon, repo, calls = live
    editor = {"VSCODE_PID": "1"}
    with Agent(tmp_path, calls) as agent:
        agent.say("SessionStart", claude("SessionStart", "s1", repo.path, source="startup"), repo.path, **editor)
        poll_until(lambda: [one["state"] for one in timers(daemon)] == ["waiting"], "a waiting timer")
        agent.say("UserPromptSubmit", claude("UserPromptSubmit", "s1", repo.path, prompt="p"), repo.path, **editor)
        poll_until(lambda: [one["state"] for one in timers(daemon)] == ["running"], "a running timer")
        agent.say("PostToolUse", edit_message("s1", repo.path, repo.path / "a.py"), repo.path, **editor)
        poll_until(lambda: _last(daemon)["kind"] == "tool", "the tool's act is heard")
        last = _last(daemon)
        assert last["actor"] == "agent"
        agent.kill()
        poll_until(lambda: not timers(daemon), "no timer is left")
    (entry,) = [one for one in daemon.entries() if one["actor"] == "human"]
    ends = _last(daemon)
    assert (ends["kind"], ends["actor"], ends["time"]) == ("session_end", "agent", last["time"])
    assert entry["end"] <= last["time"]
    assert entry["state"] == "finished"


def test_an_agent_that_died_while_nobody_watched_is_noticed_at_the_start(live, tmp_path):
    daemon, repo, calls = live
    with Agent(tmp_path, calls) as agent:
        agent.say("SessionStart", claude("SessionStart", "s1", repo.path, source="startup"), repo.path, VSCODE_PID="1")
        agent.say("UserPromptSubmit", claude("UserPromptSubmit", "s1", repo.path, prompt="p"), repo.path, VSCODE_PID="1")
        poll_until(lambda: [one["state"] for one in timers(daemon)] == ["running"], "a running timer")
        daemon.stop()
        agent.kill()
    daemon.start()
    poll_until(lambda: not timers(daemon), "the dead session's timer is closed")


def test_hooks_of_every_host_installed_by_the_command_are_heard_and_two_hosts_telling_one_event_count_once(live, tmp_path):
    daemon, repo, _ = live
    user = tmp_path / "someone"
    user.mkdir()
    names = ("claude-code", "codex", "gemini", "copilot", "cursor", "windsurf")
    daemon.stint("hooks", "install", *names, HOME=str(user))
    home = Home(daemon.layout.hooks, daemon.layout.spool, str(user), {})
    calls = {name: commands(home, name) for name in names}
    says = [
        ("claude-code", "UserPromptSubmit", claude("UserPromptSubmit", "s-claude", repo.path)),
        ("codex", "UserPromptSubmit", claude("UserPromptSubmit", "s-codex", repo.path, turn_id="t")),
        ("gemini", "BeforeAgent", claude("BeforeAgent", "s-gemini", repo.path)),
        ("copilot", "UserPromptSubmit", claude("UserPromptSubmit", "s-copilot", repo.path)),
        ("cursor", "beforeSubmitPrompt", cursor("beforeSubmitPrompt", "s-cursor", repo.path)),
        ("claude-code", "UserPromptSubmit", cursor("beforeSubmitPrompt", "s-cursor", repo.path)),
        ("windsurf", "pre_user_prompt", windsurf("pre_user_prompt", "s-windsurf", user_prompt="p")),
        ("copilot", "UserPromptSubmit", vscode("UserPromptSubmit", "s-code", repo.path)),
        ("claude-code", "UserPromptSubmit", vscode("UserPromptSubmit", "s-code", repo.path)),
    ]
    for name, event, payload in says:
        command = ["/bin/sh", "-c", calls[name][event]]
        env = {"PATH": "/usr/bin:/bin", "VSCODE_PID": "1"}
        done = subprocess.run(
            command, cwd=repo.path, env=env, input=json.dumps(payload), capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    wanted = {"s-claude", "s-codex", "s-gemini", "s-copilot", "s-cursor", "s-windsurf", "s-code"}

    def heard() -> list[str]:
        beats = daemon.client.get("/api/heartbeats", limit="100")["data"]
        return sorted(beat["sessionId"] for beat in beats if beat["kind"] == "prompt" and beat["actor"] == "human")

    poll_until(lambda: set(heard()) == wanted and not list(Path(daemon.layout.spool).glob("agent-*")), "every prompt is heard")
    assert heard() == sorted(wanted)
    daemon.stint("hooks", "uninstall", *names, HOME=str(user))
    assert list(user.iterdir()) == []


def test_a_broken_message_is_reported_and_the_next_one_heard(live, tmp_path):
    daemon, repo, calls = live
    with Agent(tmp_path, calls) as agent:
        assert agent.say("Stop", "[]", repo.path) == (0, "", "")
        agent.say("UserPromptSubmit", claude("UserPromptSubmit", "s1", repo.path, prompt="p"), repo.path, VSCODE_PID="1")
        poll_until(lambda: timers(daemon), "a running timer")

        def codes():
            return [one["code"] for one in daemon.client.get("/api/status")["warnings"]]

        poll_until(lambda: codes() == ["spool_unreadable"], "a warning, once nobody can be writing it any more")
        assert json.loads(daemon.stint("doctor", "--json", check=False).out)
