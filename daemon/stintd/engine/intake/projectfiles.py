"""Follows project files: reads those of checkouts that were found or changed, and applies what they say.

`find` reads them (a source's blocking function that runs in another thread). Everything else runs on the loop's thread.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from stintd.domain.mapping.projectfile import ProjectFile
from stintd.domain.model import CheckoutFacts
from stintd.domain.noise.filename import exclusions
from stintd.engine.engine import Engine
from stintd.engine.intake.intake import Intake
from stintd.engine.sheet.derive import learn_files


class FilesRead(Protocol):
    """See `sources.projectfiles`."""

    @property
    def files(self) -> tuple[ProjectFile, ...]: ...
    @property
    def troubles(self) -> tuple[str, ...]: ...


Find = Callable[[CheckoutFacts, Sequence[str], Sequence[str]], FilesRead]


class ProjectFiles:
    """`roots` and `excluded` come from the settings; call `set_scope` when they change."""

    def __init__(self, engine: Engine, intake: Intake, find: Find, roots: Sequence[str], excluded: Sequence[str]) -> None:
        self._engine, self._intake, self._find = engine, intake, find
        self._roots, self._excluded = roots, excluded
        self._facts: dict[str, CheckoutFacts] = {}
        self._waiting: dict[str, CheckoutFacts] = {}
        self._folders: dict[str, dict[str, None]] = {}
        self._known: dict[str, tuple[ProjectFile, ...]] = {}
        self._request = asyncio.Event()

    def request_read(self, facts: CheckoutFacts, folder: str) -> None:
        """Ask for a read: a checkout was found or changed, or a project file in this folder of it was written."""
        self._folders.setdefault(facts.path, {})[folder] = None
        self._waiting[facts.path] = self._facts[facts.path] = facts
        self._request.set()

    async def run(self) -> None:
        """Read the files that were asked for, in batches, until cancelled."""
        while True:
            await self._request.wait()
            self._request.clear()
            waiting, self._waiting = self._waiting, {}
            for path, facts in waiting.items():
                reading = await asyncio.to_thread(self._find, facts, self._roots, list(self._folders[path]))
                self._learn_files(path, reading)

    def _learn_files(self, path: str, reading: FilesRead) -> None:
        health = self._engine.health
        health.clear("project_file", path)
        for trouble in reading.troubles[:1]:
            health.raise_warning("project_file", trouble, "fix the file; until then it is ignored", subject=path)
        if reading.files or path in self._known:
            self._known[path] = reading.files
            self._engine.write(lambda step: learn_files(step, path, reading.files))
            self._apply_exclusions()

    def set_scope(self, roots: Sequence[str], excluded: Sequence[str]) -> None:
        """Use these watched roots and exclusions of the settings from now on. Other roots have other files above a checkout."""
        if list(roots) != list(self._roots):
            self._waiting |= self._facts
            self._request.set()
        self._roots, self._excluded = roots, excluded
        self._apply_exclusions()

    def _apply_exclusions(self) -> None:
        """Make the intake leave out what the settings and the files exclude."""
        files = [file for checkout_files in self._known.values() for file in checkout_files]
        self._intake.exclude([*self._excluded, *(pattern for file in files for pattern in exclusions(file.folder, file.exclude))])
