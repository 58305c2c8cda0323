"""Files whose writing says nothing about a person: files that editors keep beside the real one, and files that programs write.

An atomic save writes a temporary file and renames it; the temporary file is ignored here, and the real one counts.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from stintd.domain.pattern import path_pattern

PATH_LIMIT = 1024
"""Longer paths are not matched against exclusions: nobody has them, and they could make matching slow."""

_EDITOR = (
    r"\..*\.sw[a-z]x?",  # vim, nano
    r"4913|5036|5159|5282|5405",  # vim asks the folder whether it may write: 4913, then 123 more each time
    r".*~",  # backups of vim, emacs, gedit, kate; vim's undo files
    r"#.*#",  # emacs auto-save
    r"\.#.*",  # emacs lock (a symbolic link)
    r"\..*\.kate-swp",
    r".*\.kak\.\w{6}",
    r".*___jb_(?:tmp|old|bak)___",  # JetBrains
    r"\.goutputstream-\w+",  # GLib
    r"\.~lock\..*#|~\$.*",  # LibreOffice, Microsoft Office
    r"sed(?=\w*[A-Z0-9])\w{6}",  # sed -i
    r"\.(?:nfs|fuse_hidden)[0-9a-f]+",
    r".*\.(?:bak|orig|rej|part|partial|crdownload|pid)",
    r".*\.(?:tmp|temp)(?:[.-]\w+)*",  # name.py.tmp.4711.1700000000 of Claude Code, VS Code and npm's write-file-atomic
    r".*\.[0-9]{9,}",  # name.123456789 of older ones
    r"\..+\.(?=\w*[A-Z0-9])\w{6}",  # .name.AbC123 of rsync and mkstemp, but not .env.sample
    r"\..+\.~[0-9a-f]+|.*\.!sync|\.getxfer\..+|\.unison\..+",  # Nextcloud, Resilio, MEGA, Unison: not here yet
    r"\.DS_Store|Thumbs\.db|desktop\.ini|\.directory",
)
_PROGRAM = (r".*\.sqlite[^/]*", r".*\.db(?:3|-wal|-shm|-journal)?", r".*\.log(?:\.\d+)?(?:\.gz)?", r"nohup\.out")

_EDITOR_NAME = re.compile("|".join(f"(?:{pattern})" for pattern in _EDITOR))
_PROGRAM_NAME = re.compile("|".join(f"(?:{pattern})" for pattern in _PROGRAM), re.IGNORECASE)


@lru_cache(maxsize=4096)
def noise_of_name(path: str) -> str:
    """Why a path (relative to a checkout) is noise: "git", "editor" or "program"; "" when it may be work."""
    parts = path.split("/")
    if ".git" in parts or "__pycache__" in parts:
        return "git" if ".git" in parts else "program"
    name = parts[-1]
    if _PROGRAM_NAME.fullmatch(name):
        return "program"
    if _EDITOR_NAME.fullmatch(name):
        return "editor"
    return ""


def exclusions(folder: str, patterns: Iterable[str]) -> tuple[str, ...]:
    """The patterns of a project file as absolute patterns: `docs/api` is a path in its folder, `*.min.js` a name anywhere in
    it."""
    base = folder.rstrip("/")
    return tuple(
        f"{base}/{pattern.strip('/')}" if "/" in pattern.strip("/") else f"{base}/**/{pattern.strip('/')}"
        for pattern in patterns
        if pattern.strip("/")
    )


def is_excluded(path: str, patterns: Iterable[str]) -> bool:
    """Whether the owner excluded an absolute path or a folder above it."""
    return len(path) <= PATH_LIMIT and any(path_pattern(pattern).matches(path) for pattern in patterns)
