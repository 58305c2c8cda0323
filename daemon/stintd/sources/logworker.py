"""The process that reads agents' session logs for `logreader`: it reads one JSON line, writes many, and ends.

It is a process of its own because a hundred megabytes of JSON would block the daemon for seconds and fragment its memory.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from typing import TypedDict

from stintd.jsonvalue import JsonBody
from stintd.sources import logs
from stintd.sources.logrecord import AgentAct

NICE = 10
PROGRESS_BYTES = 4 * 1024 * 1024
"""How many bytes are read between two reports of progress."""
BATCH = 200
ACTS_LIMIT = 150_000
"""Most acts of one import: some years of daily work."""
TROUBLES_SHOWN = 20


class LogQuestion(TypedDict):
    """The line that `logreader` writes. `places`: (agent, folder of its logs)."""

    places: list[tuple[str, str]]
    lo_us: int
    hi_us: int
    now_us: int


class Worker:
    """Reads the logs that a question is about and reports their acts."""

    def __init__(self, question: LogQuestion) -> None:
        self._lo_us, self._hi_us, self._now_us = question["lo_us"], question["hi_us"], question["now_us"]
        self._places = [(agent, folder) for agent, folder in question["places"]]
        self._seen: set[str] = set()
        self._bytes = self._reported = self.lines = self.unreadable = 0
        self.troubles: list[dict[str, str]] = []

    def work(self) -> None:
        """Read everything, in the order in which it was written."""
        files = logs.find(self._places, self._lo_us / 1e6)
        send({"files": len(files), "bytes": sum(log.size for log in files)})
        for number, log in enumerate(files, 1):
            contents = logs.read(log, self._now_us, self._progress)
            self.lines, self.unreadable = self.lines + contents.lines, self.unreadable + contents.unreadable
            if contents.trouble:
                self.troubles.append({"path": log.path, "why": contents.trouble})
            for batch in _batches(act for act in contents.acts if self._is_wanted(act)):
                send({"acts": batch})
            send({"file": number, "read": self._bytes})
        send(
            {
                "lines": self.lines,
                "unreadable": self.unreadable,
                "troubles": self.troubles[:TROUBLES_SHOWN],
                "isFull": len(self._seen) >= ACTS_LIMIT,
                "isDone": True,
            }
        )

    def _is_wanted(self, act: AgentAct) -> bool:
        """Whether it lies in the period and no other log has reported it."""
        if not self._lo_us <= act.time_us < self._hi_us or act.identity in self._seen or len(self._seen) >= ACTS_LIMIT:
            return False
        self._seen.add(act.identity)
        return True

    def _progress(self, size: int) -> None:
        self._bytes += size
        if self._bytes - self._reported >= PROGRESS_BYTES:
            self._reported = self._bytes
            send({"read": self._bytes})


def _batches(acts: Iterator[AgentAct]) -> Iterator[list[list[int | str]]]:
    batch: list[list[int | str]] = []
    for act in acts:
        batch.append([act.time_us, act.kind, act.actor, act.path, act.branch, act.session, act.agent, act.folder, act.identity])
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def send(message: Mapping[str, JsonBody]) -> None:
    """Write one line to the daemon. When the daemon has gone, this process ends."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Answer one question."""
    os.nice(NICE)
    Worker(json.loads(sys.stdin.readline())).work()


if __name__ == "__main__":
    main()
