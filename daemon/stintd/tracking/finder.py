"""Which checkouts are there: a walk below the roots, and the places that a repository's own files name.

Walks run in a thread, one at a time. What is found is handed to the adopter.
"""

import asyncio
import os

from stintd.tracking.adoption import Adopter
from stintd.tracking.heads import HeadReader
from stintd.tracking.losses import Losses
from stintd.tracking.roots import is_below
from stintd.tracking.state import TrackerState


class Finder:
    """Finds checkouts that came, and those that went."""

    def __init__(self, state: TrackerState, losses: Losses, heads: HeadReader, adopter: Adopter) -> None:
        self._state, self._losses, self._heads, self._adopter = state, losses, heads, adopter

    async def find_all(self) -> None:
        """Find and adopt the checkouts below all roots, at the start."""
        paths = [path for root in self._state.roots.paths for path in (await self._walk(root))[0]]
        await self._adopter.adopt_all(list(dict.fromkeys(paths)))

    async def find(self, folder: str) -> None:
        """Adopt new checkouts at and below `folder`, drop those that are gone, watch where others may appear."""
        new_paths, vanished = await self._walk(folder)
        await self._adopter.adopt_all(new_paths)
        for path in vanished:
            await self._heads.look_again(path)
        for path in self._find_vanished(folder):
            self._state.troubles.forgive(path)
        self._losses.greet_returned_roots()

    async def _walk(self, folder: str) -> tuple[list[str], set[str]]:
        """(new checkouts at and below `folder`, known ones that were not met there)."""
        root = self._state.roots.root_of(folder)
        if root is None:
            return [], set()
        if not self._losses.check_root(root):
            return [], set()
        left = {path for path in self._state.tracked if is_below(path, folder)}
        ahead, new_paths = [folder], list[str]()
        while ahead:
            walk_from = ahead[0]
            is_inside = self._state.holder(walk_from) not in (None, walk_from)
            walk = await asyncio.to_thread(self._state.sources.discover, walk_from, is_inside)
            signals, grown = self._state.roots.cover_containers(root, walk, is_growing=self._state.has_started)
            self._state.tell(signals, {})
            ahead = [*ahead[1:], *grown]
            left.difference_update(path for path in walk.checkouts if path in left and self._state.tracked[path].lost is None)
            new_paths += [path for path in walk.checkouts if path not in self._state.tracked]
            if self._state.roots.note_marked(walk_from, walk) or grown:
                self._state.report_folders()
            if walk.is_blind:
                self._state.troubles.put_off(root, "", is_said=False)
        return list(dict.fromkeys(new_paths)), left

    def _find_vanished(self, folder: str) -> list[str]:
        """Refused checkouts below `folder` that are gone."""
        return [path for path in self._state.troubles.refused if is_below(path, folder) and not os.path.lexists(path)]

    async def find_linked(self, path: str) -> None:
        """New worktrees and submodules that a repository's own files name, wherever they lie below a root, and those gone."""
        tracked = self._state.tracked.get(path)
        if tracked is None:
            return
        linked = await asyncio.to_thread(self._state.sources.linked, tracked.facts)
        await self._adopter.adopt_all(self._state.list_untracked(linked.paths))
        if linked.is_half_made:
            self._state.troubles.try_again("linked", path)
        for other in list(self._state.tracked.values()):
            is_ours = other.facts.parent == path or other.facts.common_dir == tracked.facts.common_dir
            if is_ours and other.facts.path not in (path, *linked.paths):
                self._state.backlog.add("look", other.facts.path)
