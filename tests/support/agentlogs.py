"""The sample session logs of agents, put into a home as the agents keep them."""

import os
import shutil
from pathlib import Path

SAMPLES = Path(__file__).parents[1] / "data" / "agentlogs"
SECRET = "SECRET"


def place(home: Path, code: str = "/code") -> list[Path]:
    """Copy all samples into `home`, their folders below `code`; by name in the order in which they were written."""
    placed = []
    for source in sorted(SAMPLES.rglob("*.jsonl")):
        agent, *rest = source.relative_to(SAMPLES).parts
        target = home.joinpath(f".{agent}", *rest)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        target.write_text(target.read_text().replace("/code/", f"{code}/"))
        placed.append(target)
    for number, path in enumerate(sorted(placed, key=lambda path: path.name)):
        os.utime(path, (1_795_000_000 + number, 1_795_000_000 + number))
    return placed


def stored_text(folder: Path) -> bytes:
    """Every byte that a home of the daemon keeps of them."""
    names = [path for path in folder.rglob("*") if path.is_file() and not path.is_relative_to(folder / "home")]
    return b"".join(path.read_bytes() for path in names)
