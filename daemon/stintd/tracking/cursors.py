"""How far each source of git acts was read: stored together with the acts, and used when a checkout is adopted.

Names: `reflog:<git dir>`, `push:<common dir>`, and `root:<common dir>`, the first commit that names a repository
without a remote, kept so that a rewritten history does not rename the repository.
"""

from collections.abc import Mapping

from stintd.domain.model import CheckoutFacts
from stintd.tracking.model import CheckoutReading


class CursorBook:
    """All cursors of the tracker. The loop's thread writes them; any thread may call `root`."""

    def __init__(self, stored: Mapping[str, str]) -> None:
        self._cursors: dict[str, str] = {}
        self._by_file: dict[str, str] = {}  # reflog cursors by inode, which a renamed folder keeps
        self.last_lines: set[str] = set()  # digests of the last lines read, which a folder carried elsewhere keeps
        self.remember(stored)

    def remember(self, cursors: Mapping[str, str]) -> None:
        """Note the cursors of acts that were reported."""
        self._cursors.update(cursors)
        for name, cursor in cursors.items():
            if name.startswith("reflog:") and _inode(cursor) != "0":
                self._by_file[_inode(cursor)] = cursor
                self.last_lines.add(_last_line(cursor))

    def reflog(self, reading: CheckoutReading, copied: str) -> str | None:
        """Where to continue reading: behind what was read of this file, here or where its folder was before; else behind what
        was done elsewhere (`copied`); else at the cursor of what was at this place before. The number of a file is given again
        once it was removed, so its last line must be there too.
        """
        here = self._cursors.get(reflog_name(reading.facts))
        for cursor in (here, self._by_file.get(_inode(reading.end))):
            if cursor is not None and _inode(cursor) == _inode(reading.end) and _last_line(cursor) == _last_line(copied):
                return cursor
        return copied or here

    def push_us(self, facts: CheckoutFacts) -> int:
        """Up to when pushes were reported; 0: never."""
        return int(self._cursors.get(f"push:{facts.common_dir}", 0))

    def root(self, facts: CheckoutFacts) -> str:
        """The first commit that was found earlier; "" when none was, or when another git directory lies there now."""
        first, _, mark = self._cursors.get(f"root:{facts.common_dir}", "").partition(" ")
        return first if not mark or mark == facts.marks.git else ""


def root_cursor(facts: CheckoutFacts, first_commit: str) -> dict[str, str]:
    """The cursor that keeps the first commit, with the mark of the git directory that it was read from."""
    return {f"root:{facts.common_dir}": f"{first_commit} {facts.marks.git}".rstrip()}


def reflog_name(facts: CheckoutFacts) -> str:
    """The name of a checkout's reflog cursor."""
    return f"reflog:{facts.git_dir}"


def _inode(cursor: str) -> str:
    return cursor.split(" ", 1)[0]


def _last_line(cursor: str) -> str:
    return cursor.split(" ")[2] if cursor else ""
