"""Reads commit objects, a few and each once: loose ones as files, packed ones by one git command behind `gitcall`'s fence.

A loose object is a file of its own, so its time says when this machine wrote it: a commit that was made here was written in
the second that it names, one that was fetched was not. Reads are limited in bytes before and after unpacking.
"""

import os
import re
import zlib

from stintd.frozen import frozen
from stintd.sources import gitcall
from stintd.sources.gitfiles import GitPlace, OddFile, read_config, read_small, text_of

SUBJECT_LIMIT = 500
PACKED_BYTES = 64 * 1024
PLAIN_BYTES = 64 * 1024  # a commit whose headers and subject are longer is not read
CHAIN_LIMIT = 64
FORMAT = "%H%x1f%P%x1f%ce%x1f%ct%x1f%s"

_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_HEADER = re.compile(rb"commit \d+\0")
_PERSON = re.compile(rb"[^<\n]*<([^>\n]*)> (-?\d{1,18}) [+-]\d{4}")
_ENCODINGS = re.compile(r"iso-?8859-\d{1,2}|latin-?1|(?:windows-|cp)125\d|koi8-[ru]|shift[_-]jis|euc-(?:jp|kr)|gb[k0-9]+|big5")


@frozen
class CommitObject:
    """What a commit says of itself. `written_us`: when its file was written here, in microseconds; 0 when it lies in a pack."""

    sha: str
    parents: tuple[str, ...]
    committer: str
    seconds: int
    subject: str
    written_us: int = 0


def read_loose(place: GitPlace, sha: str) -> CommitObject | None:
    """The commit `sha` if it is a file of its own; None when it lies in a pack, is missing, damaged or no commit."""
    if not _ID.fullmatch(sha):
        return None
    folder = os.path.join(place.common_dir, "objects", sha[:2])
    path = os.path.join(folder, sha[2:])
    try:
        if os.path.islink(folder):
            return None
        packed = read_small(path, PACKED_BYTES)
        written_us = os.lstat(path).st_mtime_ns // 1000
        plain = zlib.decompressobj().decompress(packed, PLAIN_BYTES) if packed else b""
    except (OddFile, OSError, zlib.error):
        return None
    return _parse(sha, plain, written_us)


def _parse(sha: str, plain: bytes, written_us: int) -> CommitObject | None:
    start = _HEADER.match(plain)
    if start is None:
        return None
    head, _, message = plain[start.end() :].partition(b"\n\n")
    fields = [line.partition(b" ") for line in head.split(b"\n")]
    parents = tuple(value.decode("ascii", "replace") for name, _, value in fields if name == b"parent")
    values = {name: value for name, _, value in reversed(fields) if name in (b"committer", b"encoding")}
    person = _PERSON.fullmatch(values.get(b"committer", b""))
    if person is None:
        return None
    subject = _subject(message, values.get(b"encoding", b"").decode("ascii", "replace").lower())
    return CommitObject(sha, parents, text_of(person.group(1)).lower(), int(person.group(2)), subject, written_us)


def _subject(message: bytes, encoding: str) -> str:
    """The first paragraph in one line, as `%s` of git."""
    paragraph = message.lstrip(b"\n ").split(b"\n\n", 1)[0][: 4 * SUBJECT_LIMIT]
    if _ENCODINGS.fullmatch(encoding):
        paragraph = paragraph.decode(encoding, "replace").encode()
    return text_of(paragraph.strip().replace(b"\n", b" "), SUBJECT_LIMIT)


def read_chain(place: GitPlace, head: str, sha: str) -> list[CommitObject]:
    """`sha` and its first parents, at most CHAIN_LIMIT, by one git command; nothing when it fails. Blocking."""
    if not _ID.fullmatch(sha):
        return []
    args = ("log", "--first-parent", f"--max-count={CHAIN_LIMIT}", "-z", f"--format={FORMAT}", "--end-of-options", sha)
    try:
        is_files = read_config(place.common_dir).ref_storage == "files"
        output = gitcall.call_shadow(place, head, args) if is_files else gitcall.call(place, args)
    except (OddFile, gitcall.GitFailed):
        return []
    rows = (row.strip(b"\n").split(b"\x1f", 4) for row in output.split(b"\0"))
    commits = (_commit(place, row) for row in rows if len(row) == 5)
    return [commit for commit in commits if commit is not None]


def _commit(place: GitPlace, row: list[bytes]) -> CommitObject | None:
    sha, parents, committer, seconds, subject = row
    name = sha.decode("ascii", "replace")
    if not _ID.fullmatch(name) or not re.fullmatch(rb"-?\d{1,18}", seconds):
        return None
    loose = read_loose(place, name)
    return CommitObject(
        name,
        tuple(parents.decode("ascii", "replace").split()),
        text_of(committer).lower(),
        int(seconds),
        text_of(subject, SUBJECT_LIMIT),
        loose.written_us if loose else 0,
    )
