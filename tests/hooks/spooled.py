"""A spool that a real editor or shell writes into, read by the real source."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from stintd.clock import SystemClock
from stintd.domain.model import BeatSignal, Signal, TroubleSignal
from stintd.install.agentsettings import Home
from stintd.install.sourced import SourcedHost
from stintd.sources.spool import SpoolSource

MARKERS = (
    "CLAUDECODE", "AI_AGENT", "CODEX_THREAD_ID", "CODEX_SANDBOX", "GEMINI_CLI", "COPILOT_CLI", "CURSOR_AGENT", "OPENCODE",
    "CLINE_ACTIVE", "AUGMENT_AGENT",
)  # fmt: skip
ODD = "a b\tc\nd%e'f\"g\\h\udcff"
"""A name with what breaks lines, literals and encodings."""


class Spooled:
    """A home of stintd's whose spool is there, and the file of a host that writes into it."""

    def __init__(self, top: Path, host: SourcedHost) -> None:
        self.top, self.host = top, host
        self.home = Home(str(top / "hooks"), str(top / "spool"), str(top / "user"), {})
        self.spool = Path(self.home.spool)
        for folder in (top, self.spool, top / "hooks", top / "user"):
            folder.mkdir(parents=True, exist_ok=True)
        self.file = top / "hooks" / os.path.basename(host.file)
        self.file.write_bytes(host.text(self.home))
        self.troubles: list[TroubleSignal] = []

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in MARKERS}
        return {**kept, "HOME": self.home.user, "TERM": "xterm", "LC_ALL": "C.UTF-8"}

    def told(self) -> list[BeatSignal]:
        """What was told since the last look, in order of time."""
        told: list[Signal] = []

        async def settled() -> None:
            await asyncio.sleep(0)

        nobody: Callable[..., Callable[[], None]] = lambda *_: lambda: None  # noqa: E731
        asyncio.run(SpoolSource(str(self.spool), SystemClock(), settled, nobody).drain(told.append))
        self.troubles += [signal for signal in told if isinstance(signal, TroubleSignal)]
        return [signal for signal in told if isinstance(signal, BeatSignal)]

    def files(self) -> list[Path]:
        return [path for path in self.spool.rglob("*") if path.is_file()]
