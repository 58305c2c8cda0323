"""What the kernel says a process used."""

import os
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of all its threads so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def fine_cpu_seconds(pid: int) -> float:
    """The same in nanosecond steps, from the scheduler; for processes that do almost nothing."""
    return sum(int(task.read_text().split()[0]) for task in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def switches(pid: int) -> int:
    """How often its threads woke up: voluntary context switches."""
    return sum(_field(task, "voluntary_ctxt_switches") for task in Path(f"/proc/{pid}/task").glob("*/status"))


def wakeups(pid: int, seconds: float) -> int:
    """How often it came out of complete sleep: one turn is counted once, however many of its threads took part."""
    end, count, before = time.monotonic() + seconds, 0, switches(pid)
    while time.monotonic() < end:
        time.sleep(0.1)  # noqa: TID251
        now = switches(pid)
        count += now != before
        before = now
    return count


def resident_mib(pid: int) -> float:
    """Resident memory in MiB."""
    return _field(Path(f"/proc/{pid}/status"), "VmRSS") / 1024


def written_bytes(pid: int) -> int:
    """`wchar`: bytes passed to write calls of any file."""
    return _field(Path(f"/proc/{pid}/io"), "wchar")


def _field(path: Path, name: str) -> int:
    for line in path.read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise KeyError(name)
