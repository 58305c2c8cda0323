"""Finds the project files that apply to a checkout: in it, and in the folders above it up to the watched root.

A file that came with a clone was written by somebody else, so what it may set depends on whether git tracks it
(`domain.mapping.projectfile`). Only small regular files are read. Blocking; not for the event loop's thread.
"""

import os
from collections.abc import Iterable

from stintd.domain.mapping.projectfile import FILE_NAMES, ProjectFile, parse_project_file
from stintd.domain.model import CheckoutFacts
from stintd.domain.pattern import folders_up
from stintd.errors import StintdError
from stintd.frozen import frozen
from stintd.sources import gitfiles, gitindex

SIZE_LIMIT = 64 * 1024
FILES_LIMIT = 200
"""Most project files read in one checkout; a repository with more has them for another reason."""


@frozen
class ReadFiles:
    """The project files that could be read, and what is wrong with the others."""

    files: tuple[ProjectFile, ...]
    troubles: tuple[str, ...]


def find(facts: CheckoutFacts, roots: Iterable[str], more: Iterable[str] = ()) -> ReadFiles:
    """All project files of a checkout. `more`: folders inside it in which a project file was seen."""
    tracked = _tracked_names(facts)
    root = next((root for root in roots if facts.path == root or facts.path.startswith(root.rstrip("/") + "/")), facts.path)
    inside = {os.path.join(facts.path, os.path.dirname(name)).rstrip("/") for name in tracked or () if _is_project_file(name)}
    folders = dict.fromkeys([facts.path, *sorted(inside)[:FILES_LIMIT], *more, *folders_up(facts.path, root)])
    files, troubles = [], []
    for folder in folders:
        for name in FILE_NAMES:
            try:
                file = _read(facts, tracked, folder, name)
            except StintdError as error:
                troubles.append(error.message)
            else:
                files += [file] if file is not None else []
    return ReadFiles(tuple(files), tuple(troubles))


def _is_project_file(name: str) -> bool:
    return os.path.basename(name) in FILE_NAMES


def _tracked_names(facts: CheckoutFacts) -> frozenset[str] | None:
    """The tracked project files, relative to the checkout; None when only git knows."""
    if not facts.git_dir:
        return frozenset()
    try:
        names = gitindex.tracked_files(facts.git_dir)
    except StintdError:
        return None
    return frozenset(os.fsdecode(name) for name in names if _is_project_file(os.fsdecode(name)))


def _read(facts: CheckoutFacts, tracked: frozenset[str] | None, folder: str, name: str) -> ProjectFile | None:
    path = os.path.join(folder, name)
    raw = gitfiles.read_small(path, SIZE_LIMIT)
    if raw is None:
        return None
    is_inside = folder == facts.path or folder.startswith(facts.path.rstrip("/") + "/")
    is_theirs = tracked is None or os.path.relpath(path, facts.path) in tracked if is_inside else _is_in_repository(folder)
    return parse_project_file(name, folder, raw.decode("utf-8", "replace"), not is_theirs)


def _is_in_repository(folder: str) -> bool:
    """Whether a folder above a checkout lies in another repository, whose files somebody else may have written."""
    return any(os.path.lexists(os.path.join(up, ".git")) for up in folders_up(folder, "/"))
