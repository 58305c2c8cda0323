"""Which file systems announce no changes: a watch there succeeds and stays silent, so folders must be swept."""

import os
import re

NETWORKED = frozenset({
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "coda", "ceph", "glusterfs", "lustre", "gpfs", "beegfs",
    "ncpfs", "ocfs2", "gfs2", "vboxsf", "prl_fs", "vmhgfs", "virtiofs", "drvfs", "fakeowner", "acfs",
    "pvfs2", "orangefs",
})  # fmt: skip
"""Changes made elsewhere (another machine, the host of a virtual one) are not seen. Git's daemon refuses these too."""

LOCAL_FUSE = frozenset({"fuse.lxcfs", "fuse.overlayfs", "fuse.fuse-overlayfs", "fuse.bindfs", "fuse.gocryptfs"})
"""Through FUSE, yet all changes pass through this kernel."""

_ESCAPE = re.compile(r"\\([0-7]{3})")
_MOUNTINFO = "/proc/self/mountinfo"


def is_silent(kind: str) -> bool:
    """Whether a file system of this type (as the mount table names it) keeps changes to itself."""
    return kind in NETWORKED or (kind.startswith("fuse.") and kind not in LOCAL_FUSE)


def parse_mounts(text: str) -> dict[str, str]:
    """Mount point to file-system type, the last mount on a point winning, from the text of a mountinfo file."""
    mounts: dict[str, str] = {}
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        fields, kinds = before.split(" "), after.split(" ")
        if len(fields) > 4 and kinds[0]:
            mounts[_ESCAPE.sub(lambda match: chr(int(match.group(1), 8)), fields[4])] = kinds[0]
    return mounts


def read_mounts() -> dict[str, str]:
    """The mount table now; empty where there is none to read (macOS, Windows: everything counts as local)."""
    try:
        with open(_MOUNTINFO, encoding="utf-8", errors="surrogateescape") as table:
            return parse_mounts(table.read())
    except OSError:
        return {}


def kind_of(path: str, mounts: dict[str, str]) -> str:
    """The type of the file system that holds `path`, "" when unknown."""
    path = os.path.realpath(path)
    while path not in mounts:
        above = os.path.dirname(path)
        if above == path:
            return ""
        path = above
    return mounts[path]
