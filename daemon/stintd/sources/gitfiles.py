"""Reads what git keeps in plain files (`.git`, HEAD, refs, packed-refs, config) without running git and without trust.

A repository counts as hostile, so every read here is limited: only a regular file, never through a symbolic link, opened
without blocking (a named pipe at HEAD hangs git itself for ever), at most so many bytes, and the content must match a strict
pattern. Oddities become `UNKNOWN` where a name was expected, and `OddFile` where nothing can be read. Includes of the config
are never followed. Nothing here starts a process, takes a lock or writes.
"""

import errno
import functools
import os
import re
import stat

from stintd.domain.mapping.remote import plain_remote
from stintd.domain.model import CheckoutKind
from stintd.errors import Unavailable
from stintd.frozen import frozen
from stintd.sources.gitlinks import is_followed, is_listed_back, stray_link

UNKNOWN = "(unknown)"
SMALL_LIMIT = 64 * 1024  # HEAD, a ref, the .git file: git's own are below 1 KiB
CONFIG_LIMIT = 512 * 1024
PACKED_LIMIT = 32 * 1024 * 1024  # 500,000 packed refs
NAME_LIMIT = 255

_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_SHA = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_BAD_REF = re.compile(rb"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|^[./]|[./]$|\.lock(?:/|$)")


EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""What the system answers while it has no room: it says nothing about any file."""
PASSING = EXHAUSTED | {errno.EIO, errno.ESTALE, errno.EACCES, errno.ETIMEDOUT}
"""What the system answers to a read that may go well a minute later."""


class OddFile(Unavailable):
    """A git file that is not what git would have written: a link, a pipe, a device, too large, not ours."""


class UnreadFile(OddFile):
    """A file that cannot be read just now, which says nothing about it. `is_exhausted`: nothing can be read just now."""

    def __init__(self, path: str, error: OSError) -> None:
        super().__init__(f"{path} cannot be read: {os.strerror(error.errno or errno.EIO)}", "check its permissions")
        self.is_exhausted = error.errno in EXHAUSTED


def failure_of(path: str, error: OSError) -> OddFile:
    """What a failed read means."""
    if error.errno in PASSING:
        return UnreadFile(path, error)
    return OddFile(f"{path} cannot be read: {os.strerror(error.errno or errno.EIO)}", "check its permissions")


@frozen
class GitPlace:
    """Where one checkout keeps its git data. `kind` and `parent` as in CheckoutFacts."""

    path: str
    git_dir: str
    common_dir: str
    kind: CheckoutKind
    parent: str | None = None


@frozen
class Head:
    """What HEAD says: the branch (None when detached, UNKNOWN when odd) and the commit ("" while unborn)."""

    branch: str | None
    sha: str


@frozen
class GitConfig:
    """The few settings that place and name a repository. `remote`: the address of `origin`, else of the only remote, without
    a secret; `user`: the address that commits here get, if the repository sets one of its own."""

    remote: str = ""
    user: str = ""
    object_format: str = "sha1"
    ref_storage: str = "files"
    worktree: str = ""
    is_bare: bool = False
    ignores_case: bool = False
    is_sparse: bool = False


def open_regular(path: str) -> int | None:
    """A descriptor of a regular file; None when there is none, `OddFile` for anything else. The caller closes it."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):  # before open: opening a device can act on it
            raise OddFile(f"{path} is not a regular file", "look at it before trusting this repository")
        descriptor = os.open(path, _FLAGS)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise failure_of(path, error) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OddFile(f"{path} is not a regular file", "look at it before trusting this repository")
    return descriptor


def read_small(path: str, limit: int = SMALL_LIMIT) -> bytes | None:
    """The content of a small regular file; None when there is none, `OddFile` when it is odd or longer than `limit`."""
    descriptor = open_regular(path)
    if descriptor is None:
        return None
    try:
        data = os.read(descriptor, min(limit, os.fstat(descriptor).st_size) + 1)
    except OSError as error:
        raise failure_of(path, error) from None
    finally:
        os.close(descriptor)
    if len(data) > limit:
        raise OddFile(f"{path} is larger than what git writes", "look at it before trusting this repository")
    return data


def text_of(raw: bytes, limit: int = NAME_LIMIT) -> str:
    """Text that any store accepts: undecodable bytes replaced, length limited; control characters stay as data."""
    return raw[: limit * 4].decode("utf-8", "replace")[:limit]


# ---------------------------------------------------------------- where


def locate(path: str, roots: tuple[str, ...] = ()) -> GitPlace | None:
    """The git data of the checkout whose top folder is `path`; None when it is not a checkout, `OddFile` when it is refused.
    `roots`: the watched folders, without links; a link is followed only inside one of them."""
    dot_git = os.path.join(path, ".git")
    mode = _mode_of(dot_git)
    if mode is None:
        return None
    if stat.S_ISDIR(mode):
        is_begun = _mode_of(os.path.join(dot_git, "HEAD")) is not None
        return _check_links(_own_place(path, dot_git, roots), roots) if is_begun else None
    if not stat.S_ISLNK(mode):
        return _check_links(_place_elsewhere(path, _gitdir_target(path, dot_git), roots), roots)
    target = os.path.realpath(dot_git)
    if not is_followed(target, (*roots, os.path.realpath(path))):
        raise OddFile(f"{dot_git} is a link that leads out of the watched folders", "watch the folder it points to as well")
    return _check_links(_place_elsewhere(path, target, roots), roots)


def _check_links(place: GitPlace, roots: tuple[str, ...]) -> GitPlace:
    """The place; `OddFile` when a link in it leads out of the watched folders, or to what is not the owner's."""
    for folder in dict.fromkeys((place.git_dir, place.common_dir)):
        stray = stray_link(folder, roots)
        if stray:
            raise OddFile(f"{stray} is a link that leads out of the watched folders", "watch the folder it points to as well")
    return place


def _mode_of(path: str, follow: bool = False) -> int | None:
    """The mode of what lies there, None when nothing does; `UnreadFile` when the system cannot say."""
    try:
        return os.stat(path, follow_symlinks=follow).st_mode
    except OSError as error:
        if error.errno in PASSING:
            raise UnreadFile(path, error) from None
        return None


def _gitdir_target(path: str, dot_git: str) -> str:
    """The folder that a `.git` file names."""
    text = (read_small(dot_git, 8192) or b"").strip()
    if not text.startswith(b"gitdir: ") or b"\0" in text or b"\n" in text:
        raise OddFile(f"{dot_git} does not say where the git folder is", "run `git worktree repair` or clone again")
    target = os.path.normpath(os.path.join(path, os.fsdecode(text[8:])))
    if not stat.S_ISDIR(_mode_of(target, follow=True) or 0):
        raise OddFile(f"{dot_git} points to a folder that is gone", "run `git worktree repair` or clone again")
    return target


def _own_place(path: str, git_dir: str, roots: tuple[str, ...]) -> GitPlace:
    """The place of a checkout with a `.git` folder. Google's `repo` makes such a folder of links into a store."""
    if os.path.lexists(os.path.join(git_dir, "commondir")):
        raise OddFile(f"{git_dir} names another repository's data as its own", "remove its file commondir")
    config = os.path.join(git_dir, "config")
    if not os.path.islink(config):
        return GitPlace(path, git_dir, git_dir, "main")
    store = os.path.dirname(os.path.realpath(config))
    if not is_followed(store, (*roots, git_dir)):
        raise OddFile(
            f"{git_dir}/config is a link that leads out of the watched folders", "watch the folder it points to as well"
        )
    place = _place_elsewhere(path, store, roots)
    return place if os.path.islink(os.path.join(git_dir, "HEAD")) else GitPlace(path, git_dir, store, "main")


def _place_elsewhere(path: str, git_dir: str, roots: tuple[str, ...]) -> GitPlace:
    """The place of a checkout whose git directory lies elsewhere; `OddFile` when it is another checkout's."""
    common = (read_small(os.path.join(git_dir, "commondir"), 8192) or b"").strip()
    if common and b"\0" not in common:
        common_dir = os.path.normpath(os.path.join(git_dir, os.fsdecode(common)))
        listed = os.fsdecode((read_small(os.path.join(git_dir, "gitdir"), 8192) or b"").strip())
        if not is_listed_back(git_dir, common_dir, path, listed):
            raise OddFile(f"{common_dir} does not list {path} as its worktree", "run `git worktree repair` there")
        return GitPlace(path, git_dir, common_dir, "worktree", _main_of(common_dir))
    owner = _other_owner(path, git_dir)
    if owner:
        raise OddFile(f"{path} names the git folder of {owner} as its own", "run `git init` in it, or `stint map` it")
    if "/modules/" in git_dir and not git_dir.startswith(path + os.sep):
        return GitPlace(path, git_dir, git_dir, "submodule", _superproject(path, git_dir, roots))
    return GitPlace(path, git_dir, git_dir, "main")


def _other_owner(path: str, git_dir: str) -> str:
    """The folder whose git directory this is, if that is another living checkout than `path`; else "". A submodule and a
    separate git directory say in `core.worktree` whose they are; a bare repository has no work tree elsewhere."""
    real, here = os.path.realpath(git_dir), os.path.realpath(path)
    config = read_config(git_dir)
    if config.worktree:
        claimed = os.path.normpath(os.path.join(real, config.worktree))
        is_other = os.path.realpath(claimed) != here and os.path.lexists(os.path.join(claimed, ".git"))
        return claimed if is_other else ""
    if os.path.basename(real) == ".git" and os.path.dirname(real) != here:
        return os.path.dirname(real)
    if f"{os.sep}.git{os.sep}" in real and not real.startswith(here + os.sep):
        return real.split(f"{os.sep}.git{os.sep}", 1)[0]
    return real if config.is_bare and not real.startswith(here + os.sep) else ""


def _main_of(common_dir: str) -> str:
    """The main checkout of a common dir; the dir itself for a bare repository."""
    if os.path.basename(common_dir) == ".git":
        return os.path.dirname(common_dir)
    worktree = read_config(common_dir).worktree
    return os.path.normpath(os.path.join(common_dir, worktree)) if worktree else common_dir


def _superproject(path: str, git_dir: str, roots: tuple[str, ...]) -> str | None:
    """The checkout above it whose git dir contains the git dir of this submodule."""
    folder = os.path.dirname(path)
    while folder != os.path.dirname(folder):
        if os.path.lexists(os.path.join(folder, ".git")):
            above = locate(folder, roots)
            return folder if above and git_dir.startswith(above.git_dir + "/modules/") else None
        folder = os.path.dirname(folder)
    return None


def locate_bare(path: str, roots: tuple[str, ...] | None = None) -> GitPlace | None:
    """A bare repository at `path`, if its config says that it is bare. HEAD, objects and refs alone do not suffice, because
    a clone can carry such a folder as ordinary content. With `roots` its links are checked as in `locate`."""
    names = ("HEAD", "config", "objects", "refs")
    if not all(os.path.lexists(os.path.join(path, name)) for name in names):
        return None
    if not read_config(path).is_bare:
        return None
    place = GitPlace(path, path, path, "bare")
    return place if roots is None else _check_links(place, roots)


def distrust_reason(place: GitPlace) -> str:
    """Why git must not run on this repository: others own or may change it, or a file that commands git; "" when it may run.

    This is checked here because an explicit GIT_DIR skips git's own check. Files that our own primary group may write are
    accepted: on systems with private groups every file is like that.
    """
    places = {place.path, place.git_dir, place.common_dir}
    files = {os.path.join(place.common_dir, "config"), os.path.join(place.git_dir, "HEAD")}
    for path in sorted(places | files):
        try:
            status = os.stat(path)
        except OSError:
            continue
        if hasattr(os, "getuid") and status.st_uid != os.getuid():
            return f"{path} belongs to another user"
        if status.st_mode & stat.S_IWOTH or (status.st_mode & stat.S_IWGRP and status.st_gid != os.getgid()):
            return f"{path} may be changed by other users"
    return ""


# ---------------------------------------------------------------- HEAD and refs


def read_head(place: GitPlace) -> Head:
    """Branch and commit of a checkout. `OddFile` when HEAD is not a regular file; odd content is UNKNOWN."""
    raw = read_small(os.path.join(place.git_dir, "HEAD"))
    if raw is None:
        raise OddFile(f"{place.git_dir} has no HEAD", "the repository is incomplete; clone again")
    line = raw.rstrip(b"\n")
    if _SHA.fullmatch(line):
        return Head(None, line.decode())
    if not line.startswith(b"ref: ") or _BAD_REF.search(line[5:].strip()):
        return Head(UNKNOWN, "")
    ref = line[5:].strip()
    name = ref.removeprefix(b"refs/heads/")
    return Head(text_of(name), read_ref(place, ref))


def read_ref(place: GitPlace, ref: bytes) -> str:
    """The commit a full ref name points to, "" when it does not exist; packed refs included."""
    if _BAD_REF.search(ref):
        return ""
    loose = read_small(os.path.join(place.common_dir, os.fsdecode(ref)))
    if loose is not None:
        match = _SHA.match(loose)
        return match.group().decode() if match else ""
    packed = read_small(os.path.join(place.common_dir, "packed-refs"), PACKED_LIMIT) or b""
    end = packed.find(b" " + ref + b"\n")
    start = packed.rfind(b"\n", 0, max(end, 0)) + 1
    sha = packed[start:end] if end > 0 else b""
    return sha.decode() if _SHA.fullmatch(sha) else ""


# ---------------------------------------------------------------- config


def read_config(common_dir: str, git_dir: str = "") -> GitConfig:
    """The settings that matter, from the repository's own config and, with a `git_dir`, from that of the worktree."""
    raw = read_small(os.path.join(common_dir, "config"), CONFIG_LIMIT) or b""
    if git_dir and b"worktree" in raw.lower():
        raw += b"\n" + (read_small(os.path.join(git_dir, "config.worktree"), CONFIG_LIMIT) or b"")
    return _config_of(raw) if len(raw) < SMALL_LIMIT else _config_of.__wrapped__(raw)


@functools.lru_cache(maxsize=128)  # a checkout is read three times when it is adopted; the content is the key, so never stale
def _config_of(raw: bytes) -> GitConfig:
    values: dict[tuple[str, str, str], str] = {}
    remotes: dict[str, str] = {}
    for section, name, key, value in parse_config(raw.decode("utf-8", "replace")):
        values[section, name, key] = value
        if section == "remote" and key == "url":
            remotes.setdefault(name, value)
    # Two remotes without an `origin` (two clients, two forks) do not say which of them names the repository.
    remote = remotes.get("origin", "") if "origin" in remotes or len(remotes) > 1 else next(iter(remotes.values()), "")
    return GitConfig(
        remote=plain_remote(remote[:2048]),
        user=values.get(("user", "", "email"), "").lower()[:NAME_LIMIT],
        object_format=values.get(("extensions", "", "objectformat"), "sha1"),
        ref_storage=values.get(("extensions", "", "refstorage"), "files"),
        worktree=values.get(("core", "", "worktree"), ""),
        is_bare=_is_true(values.get(("core", "", "bare"))),
        ignores_case=_is_true(values.get(("core", "", "ignorecase"))),
        is_sparse=_is_true(values.get(("core", "", "sparsecheckout"))),
    )


def _is_true(value: str | None) -> bool:
    return (value or "").lower() in ("true", "yes", "on", "1")


_SECTION = re.compile(r'\[\s*([A-Za-z0-9.-]+)\s*(?:"((?:[^"\\]|\\.)*)")?\s*\]\s*')
_KEY = re.compile(r"([A-Za-z][A-Za-z0-9-]*)\s*(?:=(.*))?$", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "b": "\b"}


def parse_config(text: str) -> list[tuple[str, str, str, str]]:
    """(section, subsection, key, value) of each setting in git's config format; other lines are skipped."""
    settings: list[tuple[str, str, str, str]] = []
    section = name = ""
    for line in _join_lines(text):
        rest = line.strip()
        header = _SECTION.match(rest)
        if header:
            section, _, dotted = header.group(1).lower().partition(".")
            name = re.sub(r"\\(.)", r"\1", header.group(2)) if header.group(2) is not None else dotted
            rest = rest[header.end() :]
        setting = _KEY.match(rest)
        if section and setting:
            value = setting.group(2)
            settings.append((section, name, setting.group(1).lower(), "true" if value is None else _unquote(value)))
    return settings


def _join_lines(text: str) -> list[str]:
    """The lines; one that ends in a backslash is joined with the next."""
    lines: list[str] = []
    start = ""
    for line in text.splitlines():
        if (len(line) - len(line.rstrip("\\"))) % 2:
            start += line[:-1]
        else:
            lines.append(start + line)
            start = ""
    return [*lines, start]


def _unquote(value: str) -> str:
    """A value without quotes, escapes, comment and outer blanks."""
    out: list[str] = []
    length = 0  # how much of `out` stays when blanks at the end are removed
    is_quoted = False
    letters = iter(value.lstrip())
    for letter in letters:
        if letter == '"':
            is_quoted = not is_quoted
        elif letter in "#;" and not is_quoted:
            break
        elif letter == "\\":
            following = next(letters, "")
            out.append(_ESCAPES.get(following, following))
            length = len(out)
        else:
            out.append(letter)
        if is_quoted or not letter.isspace():
            length = len(out)
    return "".join(out[:length])
