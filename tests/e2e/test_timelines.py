"""The days a client would dispute, told to a real daemon: heartbeats come in shuffled, in batches and twice; what the
owner does goes through `stint`. The sheet is the one that `stint log`, `day` and `report` give, and it stands through a
rebuild, a late queue and `kill -9`.

All times are the owner's local ones, on days of the last weeks; every act is minutes from the next, so seconds show.
"""

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from stintd.clock import SystemClock
from stintd.domain.model import Absence
from stintd.store import absences, cursors
from stintd.store.database import Database
from tests.support.daemon import Daemon

MINUTE = timedelta(minutes=1)
Beat = dict[str, Any]


def afternoon() -> str:
    """A zone in which it is about three in the afternoon: a timer begun an hour ago has crossed no night."""
    ahead = min(14, 15 - datetime.now(UTC).hour)
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


@dataclass
class Days:
    """One daemon, and which days were given out."""

    daemon: Daemon
    zone: ZoneInfo
    _ago: Iterator[int] = field(default_factory=lambda: itertools.count(2, 3))

    def next(self) -> date:
        return datetime.now(self.zone).date() - timedelta(days=next(self._ago))


@pytest.fixture(scope="module")
def days(top: Path) -> Iterator[Days]:
    zone = afternoon()
    with Daemon(top / "home", environment={"TZ": zone}) as daemon:
        yield Days(daemon, ZoneInfo(zone))


@dataclass
class Day:
    """A day's story. Times are `10:30`, `10:30:15`, and `1d 02:00` for the night after."""

    daemon: Daemon
    date: date
    zone: ZoneInfo
    told: list[Beat] = field(default_factory=list)
    untold: list[Beat] = field(default_factory=list)

    # ---------------------------------------------------------------- what happened

    def at(self, text: str) -> datetime:
        days, _, clock = text.rpartition("d ")
        hour, minute, second = (*map(float, clock.split(":")), 0.0)[:3]
        midnight = datetime.combine(self.date, datetime.min.time(), self.zone)
        return midnight + timedelta(days=int(days or 0), hours=hour, minutes=minute, seconds=second)

    def beat(self, at: str | datetime, project: str, kind: str = "edit", source: str = "editor", **more: str) -> None:
        """One heartbeat, not sent yet."""
        time = (self.at(at) if isinstance(at, str) else at).astimezone(UTC)
        number = f"{self.date}-{len(self.told) + len(self.untold)}"
        self.untold.append(
            {
                "id": number,
                "time": time.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "project": project,
                "kind": kind,
                "source": source,
                "branch": "main",
                **more,
            }
        )

    def edits(self, start: str, end: str, project: str, every: float = 2, **more: str) -> None:
        """An edit at the start, one every few minutes, one at the end."""
        time, last = self.at(start), self.at(end)
        while time < last:
            self.beat(time, project, **more)
            time += every * MINUTE
        self.beat(last, project, **more)

    def commit(self, at: str, project: str) -> None:
        self.beat(at, project, "commit", "git", entity=f"{abs(hash((self.date, at))):040x}")

    def prompt(self, at: str, project: str, session: str = "s1") -> None:
        self.beat(at, project, "prompt", "agent", sessionId=self.session(session))

    def turn(self, start: str, end: str, project: str, session: str = "s1") -> None:
        """The agent's acts, one every half minute from just after `start`, until it stops at `end`."""
        time, last = self.at(start) + timedelta(seconds=5), self.at(end)
        while time < last:
            self.beat(time, project, "tool", "agent", actor="agent", sessionId=self.session(session))
            time += MINUTE / 2
        self.beat(last, project, "turn_end", "agent", actor="agent", sessionId=self.session(session))

    def session(self, name: str) -> str:
        return f"{name}-{self.date}"

    # ---------------------------------------------------------------- how it is told

    def send(self, chosen: list[Beat] | None = None) -> tuple[int, int]:
        """Deliver what is not told yet (or just these), in no order; how many were new, how many known."""
        beats = list(self.untold if chosen is None else chosen)
        if chosen is None:
            self.told, self.untold = self.told + self.untold, []
        random.Random(len(beats)).shuffle(beats)
        accepted = duplicates = 0
        for start in range(0, len(beats), 40):
            answer = self.daemon.client.post("/api/heartbeats", beats[start : start + 40])
            assert answer["rejected"] == []
            accepted, duplicates = accepted + answer["accepted"], duplicates + answer["duplicates"]
        return accepted, duplicates

    def stint(self, *argv: str) -> Any:
        return self.daemon.stint(*argv, "--json").json

    def entries(self) -> list[dict[str, Any]]:
        """The day's entries and the next night's, earliest first, as `stint log` has them."""
        bounds = "--from", self.date.isoformat(), "--to", (self.date + timedelta(days=1)).isoformat()
        return sorted(self.stint("log", "--agents", *bounds), key=lambda entry: entry["start"])

    def lines(self, actor: str = "human") -> list[str]:
        """`10:00-10:30 acme DEV-1, 4 min supervised`."""
        return [self._line(entry) for entry in self.entries() if entry["actor"] == actor]

    def _line(self, entry: dict[str, Any]) -> str:
        text = f"{self._clock(entry['start'])}-{self._clock(entry['end'])} {entry['projectName']}"
        text += f" {entry['taskName']}" if entry["taskName"] else ""
        if entry["supervisedSeconds"]:
            text += f", {entry['supervisedSeconds'] / 60:g} min supervised"
        return text + ("" if entry["confirmed"] else ", unconfirmed")

    def _clock(self, instant: str | None) -> str:
        if instant is None:
            return "now"
        local = datetime.fromisoformat(instant).astimezone(self.zone)
        text = local.strftime("%H:%M:%S" if local.second else "%H:%M")
        return f"1d {text}" if local.date() > self.date else text

    # ---------------------------------------------------------------- what is expected

    def holds(self, human: list[str], agents: list[str] | None = None) -> None:
        """The sheet says this now, and still does after all that must not change it."""
        for trial in (self.send, self._rebuild, self._late_queue, self._killed):
            trial()
            assert (self.lines(), self.lines("agent")) == (human, agents or []), trial.__name__
        self._agree()

    def _rebuild(self) -> None:
        following = self.date + timedelta(days=1)
        answer = self.stint("rebuild", "-y", "--from", self.date.isoformat(), "--to", following.isoformat())
        assert not any(answer[name] for name in ("changed", "added", "removed") if name in answer), answer

    def _late_queue(self) -> None:
        """Everything once more, as a queue does that never heard the answer."""
        assert self.send(self.told) == (0, len(self.told))

    def _killed(self) -> None:
        self.daemon.kill()
        self.daemon.start()

    def _agree(self) -> None:
        """The report and the day's screen count what the entries say, and human time never twice."""
        bounds = "--from", self.date.isoformat(), "--to", self.date.isoformat()
        report, shown = self.stint("report", *bounds), self.stint("day", self.date.isoformat())
        midnight = self.at("1d 00:00")
        counted = dict.fromkeys(("human", "agent"), timedelta())
        for entry in shown["entries"]:
            end = min(datetime.fromisoformat(entry["end"]), midnight)
            counted[entry["actor"]] += end - datetime.fromisoformat(entry["start"])
        totals = report["totals"]
        assert totals["seconds"] == totals["handsOnSeconds"] + totals["supervisedSeconds"]
        assert timedelta(seconds=totals["seconds"]) == counted["human"]
        assert timedelta(seconds=totals["agentSeconds"]) == counted["agent"]
        assert shown["report"]["totals"] == totals


@pytest.fixture
def day(days: Days) -> Day:
    return Day(days.daemon, days.next(), days.zone)


# ---------------------------------------------------------------- the eight


def test_an_agent_looping_overnight_under_her_name_is_the_agents(day: Day) -> None:
    """She works on acme until 18:00, starts a loop at 18:10 and goes home.

    The loop prompts itself a second after each stop and commits under her name, until 02:10. She is back at 09:00.
    Expected: 16:59-18:11 and 08:59-09:31 are hers; 18:11 to 02:10 is the agent's.
    """
    day.edits("17:00", "18:00", "acme")
    day.beat("18:02", "acme", "session_start", "agent", sessionId=day.session("loop"))
    day.prompt("18:10", "acme", "loop")
    for hour in range(18, 26):
        for start, end in ((10, 39), (40, 69)):
            at = [f"{(hour + m // 60) // 24}d {(hour + m // 60) % 24:02d}:{m % 60:02d}" for m in (start, end)]
            day.turn(at[0], f"{at[1]}:58", "acme", "loop")
            day.commit(f"{at[1]}:30", "acme")
            day.prompt(f"{at[1]}:59", "acme", "loop")
    day.edits("1d 09:00", "1d 09:30", "acme")
    day.holds(["16:59-18:11 acme", "1d 08:59-1d 09:31 acme"], ["18:11-1d 02:09:58 acme"])


def test_lunch_during_an_agents_run_is_the_agents_not_the_persons(day: Day) -> None:
    """She prompts at 12:00, goes to lunch, the agent works until 12:30, and at 13:00 she prompts again.

    Expected: hers until 12:01 and from 12:59, with four minutes of watching it; the agent's from 12:01 to 12:30;
    nobody's in between.
    """
    day.edits("11:00", "11:58", "acme")
    day.prompt("12:00", "acme")
    day.turn("12:00", "12:30", "acme")
    day.prompt("13:00", "acme")
    day.turn("13:00", "13:04", "acme")
    day.edits("13:05", "13:30", "acme")
    day.holds(["10:59-12:01 acme", "12:59-13:31 acme, 4 min supervised"], ["12:01-12:30 acme"])


def test_a_manual_timer_forgotten_over_a_call_is_mended_by_one_command(day: Day) -> None:
    """An hour ago, after work on acme, she started a timer for beta and called somebody. Half an hour later she was
    back in acme, for a quarter of an hour, and forgot the timer.

    Expected: while it runs, acme earns nothing more, but status says what it saw and how to mend it. She stops beta at
    the end of the call: beta keeps the half hour, acme gets its quarter from the first edit's lead on.
    """
    now = datetime.now(day.zone).replace(second=0, microsecond=0)
    day.date = now.date()

    def back(minutes: int) -> str:
        return (now - minutes * MINUTE).strftime("%H:%M")

    day.edits(back(90), back(62), "acme")
    day.send()
    day.stint("start", "beta", "--create", "-m", "call about the offer", "--at", back(60))
    day.edits(back(29), back(17), "acme")
    day.send()
    assert day.lines() == [f"{back(91)}-{back(61)} acme", f"{back(60)}-now beta"]
    (notice,) = [one["text"] for one in day.stint("status")["warnings"] if "your timer has run on" in one["text"]]
    assert f"your timer has run on beta since {back(60)}, but your activity has been in acme since {back(30)}" in notice
    assert "stint switch acme --at" in notice
    day.stint("stop", "beta", "--at", back(30))
    day.holds([f"{back(91)}-{back(61)} acme", f"{back(60)}-{back(30)} beta", f"{back(30)}-{back(16)} acme"])
    assert [e["description"] for e in day.entries() if e["projectName"] == "beta"] == ["call about the offer"]


def test_two_tickets_in_one_repository_are_two_tasks_and_a_look_at_the_other_is_none(day: Day) -> None:
    """DEV-1 until 10:00, checkout of DEV-2 and work until 10:40, half a minute back on DEV-1, DEV-2 until 11:00.

    Expected: cut at the checkout's lead; the half minute on DEV-1 is folded into DEV-2.
    """
    day.edits("09:00", "10:00", "acme", branch="fix/DEV-1-login")
    day.beat("10:02", "acme", "checkout", "git", branch="DEV-2")
    day.edits("10:04", "10:40", "acme", branch="DEV-2")
    day.beat("10:41:00", "acme", "checkout", "git", branch="fix/DEV-1-login")
    day.beat("10:41:20", "acme", branch="fix/DEV-1-login")
    day.beat("10:41:30", "acme", "checkout", "git", branch="DEV-2")
    day.edits("10:43", "11:00", "acme", branch="DEV-2")
    day.holds(["08:59-10:01 acme DEV-1", "10:01-11:01 acme DEV-2"])


def test_a_pull_in_one_clients_repository_while_working_for_another_is_no_switch(day: Day) -> None:
    """All morning on acme; at 10:07, between two edits eight minutes apart, a pull in beta.

    Expected: one entry for acme, nothing for beta.
    """
    day.edits("09:00", "10:03", "acme")
    day.beat("10:07", "beta", "pull", "git")
    day.edits("10:11", "11:00", "acme")
    day.holds(["08:59-11:01 acme"])


def test_a_friday_correction_is_undone_neither_by_a_rebuild_nor_by_a_late_queue(day: Day) -> None:
    """The sheet said acme 08:59-12:01. On Friday she ends it at 11:00: the rest was private.

    Then a laptop's queue arrives: edits in acme and beta between 11:10 and 12:01, and in acme up to 12:20.
    Expected: what she took away stays empty, before and after the queue; only 12:01-12:21 is new. When she takes the
    correction back, the hour is there again, with what the queue knew of it.
    """
    day.edits("09:00", "12:00", "acme")
    day.send()
    assert day.lines() == ["08:59-12:01 acme"]
    day.stint("edit", day.entries()[0]["id"].replace("-", "")[-6:], "--end", "11:00")
    day.holds(["08:59-11:00 acme"])
    day.edits("11:10", "11:50", "beta", every=3)
    day.edits("11:11", "12:20", "acme", every=3)
    day.holds(["08:59-11:00 acme", "12:01-12:21 acme"])
    day.stint("undo")
    assert day.lines()[0].startswith("08:59-")
    assert day.lines()[-1].endswith("-12:21 acme")
    assert sum((length(entry) for entry in day.entries()), timedelta()) == timedelta(hours=3, minutes=22)


def test_a_lid_closed_between_two_edits_is_cut_out_and_nothing_else(day: Day) -> None:
    """Edits at 10:00 and 10:12 on the train; the lid was closed from 10:01 to 10:10.

    Expected: 10:00 to the lid, from the lid to 10:12; the nine minutes are away, and `stint why` says so.
    """
    day.edits("09:30", "10:00", "acme")
    day.edits("10:12", "10:30", "acme")
    day.daemon.stop()
    store(day.daemon, lambda device: Absence(day.at("10:01"), day.at("10:10"), "suspend", device))
    day.daemon.start()
    day.holds(["09:29-10:01 acme", "10:10-10:31 acme"])
    told = day.daemon.stint("why", f"{day.date} 10:05").out
    assert "no time counted from 10:01 to 10:10" in told
    assert "9m away (computer suspended)" in told


def test_an_ordinary_day_is_two_projects_a_lunch_and_an_evening_nobody_billed(day: Day) -> None:
    """acme 09:00-12:00 with a commit, a coffee of twelve minutes and another commit; lunch; beta to 15:30; acme to 17:00.

    Expected: the coffee after the commit is away, lunch is away, the switches are where the work moved, and 6 h 54 min
    are billed in all.
    """
    day.edits("09:00", "10:28", "acme")
    day.commit("10:30", "acme")
    day.edits("10:42", "11:58", "acme")
    day.commit("12:00", "acme")
    day.edits("13:00", "15:30", "beta")
    day.edits("15:34", "17:00", "acme")
    day.holds(["08:59-10:31 acme", "10:41-12:01 acme", "12:59-15:33 beta", "15:33-17:01 acme"])
    assert sum((length(entry) for entry in day.entries()), timedelta()) == timedelta(hours=6, minutes=54)
    assert "(after a commit the limit is 7m 30s)" in day.daemon.stint("why", f"{day.date} 10:35").out
    assert "more than" not in day.daemon.stint("why", f"{day.date} 09:30").out


# ---------------------------------------------------------------- how


def length(entry: dict[str, Any]) -> timedelta:
    return datetime.fromisoformat(entry["end"]) - datetime.fromisoformat(entry["start"])


def store(daemon: Daemon, absence: Callable[[str], Absence]) -> None:
    """What the clocks noticed of a suspend, put where the daemon keeps it; no test can close a lid."""
    clock = SystemClock()
    database = Database(Path(daemon.layout.database), clock, Path(daemon.layout.backups))
    database.open()
    _, device, _ = database.write_now(lambda conn: cursors.ensure_identity(conn, clock.now()))
    assert database.write_now(lambda conn: absences.add(conn, absence(device)))
    database.close()
