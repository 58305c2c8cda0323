"""Runs the rows and prints each number as soon as it is known."""

import platform
import sqlite3
import sys
import time

from benchmark import (
    agenthook,
    calibration,
    commands,
    dash,
    days,
    delivery,
    evidence,
    folders,
    hook,
    idle,
    lab,
    shellhook,
    wakatime,
    wire,
)
from benchmark.row import Row

ROWS: dict[str, Row] = {
    "lab": lab.accuracy,
    "backfill": calibration.commits_against_recorded_hours,
    "http": wire.heartbeats,
    "bytes": wire.stored_bytes,
    "wakatime": wakatime.clients,
    "reports": days.reports,
    "rebuild": days.rebuild,
    "watch": folders.watching,
    "idle": idle.idle_and_memory,
    "hook": hook.commit_overhead,
    "agent-hook": agenthook.agent_hooks,
    "prompt-hook": shellhook.prompts,
    "commands": commands.fast_verbs,
    "report-all": commands.looks_at_everything,
    "writers": commands.parallel_writers,
    "visible": evidence.edit_to_timer,
    "dash": dash.first_paint,
    "delivery": delivery.pushing,
}


def main(argv: list[str]) -> int:
    """Print the rows named (all without names); 1 when a bar was missed, 2 for an unknown row."""
    if "--list" in argv:
        print("\n".join(ROWS))
        return 0
    unknown = [name for name in argv if name not in ROWS]
    if unknown:
        print(f"no row {', '.join(unknown)}; there are: {', '.join(ROWS)}", file=sys.stderr)
        return 2
    print(f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {platform.system()} {platform.release()}")
    missed = 0
    for name in argv or ROWS:
        began = time.perf_counter()
        print(f"\n[{name}]", flush=True)
        for result in ROWS[name]():
            print(result.text(), flush=True)
            missed += not result.is_met
        print(f"  ({time.perf_counter() - began:.0f} s)", flush=True)
    print(f"\n{missed} bars missed" if missed else "\nevery bar met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
