"""The process that reads agents' session logs for `logreader`: one JSON line in, many out, then it ends.

A process of its own: a hundred megabytes of JSON would hold up the daemon for seconds and leave its memory in pieces.
"""

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

from stintd.sources import logs
from stintd.sources.logrecord import AgentAct

NICE = 10
TOLD_BYTES = 4 * 1024 * 1024
"""How often it says how far it is."""
BATCH = 200
ACTS_LIMIT = 150_000
"""Acts of one import: some years of daily work."""
TROUBLES_SHOWN = 20


class Worker:
    """Reads the logs of one question and says what it finds."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self._lo_us, self._hi_us, self._now_us = asked["lo_us"], asked["hi_us"], asked["now_us"]
        self._places = [(agent, folder) for agent, folder in asked["places"]]
        self._seen: set[str] = set()
        self._bytes = self._said = self.lines = self.unreadable = 0
        self.troubles: list[dict[str, str]] = []

    def work(self) -> None:
        """Everything, in the order in which it was written."""
        found = logs.find(self._places, self._lo_us / 1e6)
        send({"files": len(found), "bytes": sum(log.size for log in found)})
        for number, log in enumerate(found, 1):
            done = logs.read(log, self._now_us, self._progress)
            self.lines, self.unreadable = self.lines + done.lines, self.unreadable + done.unreadable
            if done.trouble:
                self.troubles.append({"path": log.path, "why": done.trouble})
            for some in _batches(act for act in done.acts if self._is_wanted(act)):
                send({"acts": some})
            send({"file": number, "read": self._bytes})
        send({"lines": self.lines, "unreadable": self.unreadable, "troubles": self.troubles[:TROUBLES_SHOWN],
             "isFull": len(self._seen) >= ACTS_LIMIT, "isDone": True})  # fmt: skip

    def _is_wanted(self, act: AgentAct) -> bool:
        """Within the period, and not told by another log before."""
        if not self._lo_us <= act.time_us < self._hi_us or act.identity in self._seen or len(self._seen) >= ACTS_LIMIT:
            return False
        self._seen.add(act.identity)
        return True

    def _progress(self, size: int) -> None:
        self._bytes += size
        if self._bytes - self._said >= TOLD_BYTES:
            self._said = self._bytes
            send({"read": self._bytes})


def _batches(found: Iterator[AgentAct]) -> Iterator[list[list[Any]]]:
    held: list[list[Any]] = []
    for act in found:
        held.append([act.time_us, act.kind, act.actor, act.path, act.branch, act.session, act.agent, act.folder, act.identity])
        if len(held) == BATCH:
            yield held
            held = []
    if held:
        yield held


def send(told: dict[str, Any]) -> None:
    """One line to the daemon; when it is gone, so is this process."""
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Answer one question."""
    os.nice(NICE)
    Worker(json.loads(sys.stdin.readline())).work()


if __name__ == "__main__":
    main()
