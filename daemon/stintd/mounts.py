"""Which file systems report no changes: a watch there succeeds but stays silent, so their folders must be swept."""

import os
import re

NETWORKED = frozenset({
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "coda", "ceph", "glusterfs", "lustre", "gpfs", "beegfs",
    "ncpfs", "ocfs2", "gfs2", "vboxsf", "prl_fs", "vmhgfs", "virtiofs", "drvfs", "fakeowner", "acfs",
    "pvfs2", "orangefs",
})  # fmt: skip
"""On these, changes made elsewhere (on another machine, or on the host of a virtual one) are not reported. Git's file system
monitor daemon refuses them too."""

LOCAL_FUSE = frozenset({"fuse.lxcfs", "fuse.overlayfs", "fuse.fuse-overlayfs", "fuse.bindfs", "fuse.gocryptfs"})
"""File systems that use FUSE, but whose changes all pass through this kernel."""

_ESCAPE = re.compile(r"\\([0-7]{3})")
_MOUNTINFO = "/proc/self/mountinfo"


def is_silent(kind: str) -> bool:
    """Whether a file system of this type (as named in the mount table) does not report changes."""
    return kind in NETWORKED or (kind.startswith("fuse.") and kind not in LOCAL_FUSE)


def parse_mounts(text: str) -> dict[str, str]:
    """The file-system type by mount point, from the text of a mountinfo file. The last mount on a point wins."""
    mounts: dict[str, str] = {}
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        fields, kinds = before.split(" "), after.split(" ")
        if len(fields) > 4 and kinds[0]:
            mounts[_ESCAPE.sub(lambda match: chr(int(match.group(1), 8)), fields[4])] = kinds[0]
    return mounts


def read_mounts() -> dict[str, str]:
    """The current mount table; empty if it cannot be read (on macOS and Windows, everything counts as local)."""
    try:
        with open(_MOUNTINFO, encoding="utf-8", errors="surrogateescape") as table:
            return parse_mounts(table.read())
    except OSError:
        return {}


def kind_of(path: str, mounts: dict[str, str]) -> str:
    """The type of the file system that contains `path`; "" if unknown."""
    path = os.path.realpath(path)
    while path not in mounts:
        above = os.path.dirname(path)
        if above == path:
            return ""
        path = above
    return mounts[path]
