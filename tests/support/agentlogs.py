"""The sample session logs of agents, put into a home as the agents keep them."""

import os
import shutil
from datetime import datetime
from pathlib import Path

SAMPLES = Path(__file__).parents[1] / "data" / "agentlogs"
SECRET = "SECRET"
DAY = "2026-11-18"


def place(home: Path, code: str = "/code", day: str = DAY) -> list[Path]:
    """Copy all samples into `home`, their folders below `code`, their times on `day`; written in the order of their names."""
    placed = []
    for source in sorted(SAMPLES.rglob("*.jsonl")):
        agent, *rest = source.relative_to(SAMPLES).parts
        target = home.joinpath(f".{agent}", *rest)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        target.write_text(target.read_text().replace("/code/", f"{code}/").replace(DAY, day))
        placed.append(target)
    written = datetime.fromisoformat(f"{day}T23:00:00+00:00").timestamp()
    for number, path in enumerate(sorted(placed, key=lambda path: path.name)):
        os.utime(path, (written + number, written + number))
    return placed


def stored_text(folder: Path) -> bytes:
    """Every byte that a home of the daemon keeps of them."""
    names = [path for path in folder.rglob("*") if path.is_file() and not path.is_relative_to(folder / "home")]
    return b"".join(path.read_bytes() for path in names)
