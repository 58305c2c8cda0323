"""Builds what counts folders without git, and lets the owner's mappings reach it while the daemon runs."""

from collections.abc import Callable, Iterable, Mapping

from stintd.app.parts import Core
from stintd.app.shared_watcher import SharedWatcher
from stintd.domain.model import CheckoutFacts
from stintd.engine.intake.projectfiles import ProjectFiles
from stintd.engine.resolver import mapped_folders
from stintd.sources.plainfolder import PlainFolderReader
from stintd.tracking.model import TrackerSettings
from stintd.tracking.plainfolders import PlainFolders, PlainSources
from stintd.tracking.tracker import Tracker


def plain_folders(
    base: Core,
    watcher: SharedWatcher,
    rules: TrackerSettings,
    read_to: Mapping[str, str],
    holder: Callable[[str], str | None],
    project_files: Callable[[], ProjectFiles],
) -> PlainFolders:
    """The folders without git that count. `holder`: the checkout that holds a path."""
    engine, intake, places = base.engine, base.intake, base.places

    async def mapped() -> frozenset[str]:
        return await base.database.read(lambda conn: mapped_folders(conn, engine.policy))  # committed: nothing is flushed for it

    def take_over(folders: frozenset[str], changed: Iterable[str]) -> None:
        places.set_plain(folders)
        for path in changed:
            project_files().request_read(CheckoutFacts(path, "", "", "main", f"path:{path}"), path)

    parts = PlainSources(watcher.tree, PlainFolderReader(base.clock), holder, mapped, intake.is_excluded, take_over)
    return PlainFolders(parts, base.clock, intake.take, read_to, rules, engine.policy)


def watch_mappings(base: Core, tracker: Tracker, plain: PlainFolders) -> None:
    """Let the owner's mappings count as soon as they are made or removed."""
    seen = -1

    async def read() -> None:
        tracker.set_mapped(await base.database.read(lambda conn: mapped_folders(conn, base.engine.policy)))
        plain.ask_mapped()

    def look() -> None:
        nonlocal seen
        if base.engine.state.places_version != seen and base.is_ready.is_set():
            seen = base.engine.state.places_version
            base.supervisor.start("mappings", read)

    base.engine.call_after_commit(look)
