"""Operations on a home whose daemon is not running: back up its database, restore a backup. Both hold the locks of a daemon
meanwhile, so no daemon can start.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stintd import instance, paths, settings
from stintd.clock import SystemClock
from stintd.errors import NotFound
from stintd.store import backups, repair
from stintd.store.restore import restore as put_back


@contextmanager
def _alone() -> Iterator[paths.Layout]:
    """The home, locked. `conflict` while a daemon runs for it."""
    layout = paths.home_layout()
    paths.ensure_folders(layout)
    locks = []
    try:
        for path in dict.fromkeys([layout.lock, layout.database + ".lock"]):
            locks.append(instance.Lock(path))
            locks[-1].acquire()
        yield layout
    finally:
        for lock in reversed(locks):
            lock.release()


def backup() -> str:
    """Copy the database into the backups folder; returns the path of the copy."""
    with _alone() as layout:
        path, now = Path(layout.database), SystemClock().now()
        if not path.exists() or not path.stat().st_size:
            raise NotFound(f"there is no database at {path}", "start the daemon with `stint up`")
        repair.prepare(path, Path(layout.backups), now)
        keep = settings.load().number("backup.keep")
        return str(backups.back_up_file(path, Path(layout.backups), now, backups.MANUAL, keep))


def restore(source: str) -> list[str]:
    """Replace the database by this backup; returns what the user should know about it."""
    with _alone() as layout:
        return put_back(Path(layout.database), Path(source), Path(layout.backups), SystemClock().now())
