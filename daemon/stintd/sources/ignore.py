"""Which paths git ignores, answered from the ignore files alone, as `git check-ignore --no-index` would.

It starts no git process, because every new folder needs an answer. The patterns come from a repository, so hostile ones must
not stall us: each becomes a regular expression without nested backtracking (`*` between fixed pieces matches at the leftmost
place only, which is enough as long as it cannot leave its part of the path). Only small regular files are read; a linked
`.gitignore` is not followed, and git does not follow it either. `pathspec` was tried: it decides a path by the last pattern
that matches the path *or a folder above it*, where git decides folder by folder from the top.

Paths are bytes, relative to the top of the work tree, without a slash at the end.
"""

import functools
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from stintd.frozen import frozen
from stintd.sources.gitfiles import OddFile, UnreadFile, parse_config, read_small

LIMIT = 512 * 1024  # bytes of one ignore file
LINE_LIMIT = 4096  # bytes of one pattern: git's own paths end there
FOLDERS_KEPT = 4096  # per checkout; then the cache starts again
WARM = 64  # questions to one ignore file before its patterns are joined into one, which takes 30 µs each

_PLAIN = re.compile(rb"[^*?\[\\]+")
_MID_STARS = re.compile(rb"([^*?\[\\]*[^*?\[\\/])\*\*+(?:/(.+))?")
_SUFFIX = re.compile(rb"\*([^*?\[\\]+)")
_CLASSES = {
    b"alnum": rb"a-zA-Z0-9", b"alpha": rb"a-zA-Z", b"blank": rb"\x20\t", b"cntrl": rb"\x00-\x1f\x7f", b"digit": rb"0-9",
    b"graph": rb"\x21-\x7e", b"lower": rb"a-z", b"print": rb"\x20-\x7e", b"punct": rb"!-/:-@\[-`{-~",
    b"space": rb"\x20\t\n\r\f\v", b"upper": rb"A-Z", b"xdigit": rb"0-9a-fA-F",
}  # fmt: skip


@frozen
class Pattern:
    """One line of an ignore file. `is_name`: it is compared with the last part of a path, else with the path below that file."""

    source: bytes
    matches: Callable[[bytes], object]
    is_negated: bool
    is_folder_only: bool
    is_name: bool


# ---------------------------------------------------------------- patterns


@functools.lru_cache(maxsize=8192)
def compile_pattern(line: bytes) -> Pattern | None:
    """The pattern of one line of an ignore file; None for blank lines, comments and what can match nothing."""
    text = _trim(line.split(b"\0", 1)[0].removesuffix(b"\r"))
    if not text or text.startswith(b"#") or len(text) > LINE_LIMIT:
        return None
    is_negated = text.startswith(b"!")
    text = text[is_negated:]
    is_folder_only = text.endswith(b"/")
    text = text[: len(text) - is_folder_only]
    is_name = b"/" not in text
    text = text if is_name else text.removeprefix(b"/")
    source = _name_source(text) if is_name else _path_source(text)
    if source is None:
        return None
    return Pattern(source, _matcher(text, source, is_name), is_negated, is_folder_only, is_name)


def _trim(line: bytes) -> bytes:
    """The line without blanks at its end, unless a backslash keeps one."""
    end = len(line)
    while end and line[end - 1] == 0x20:
        before = line[: end - 1]
        if (len(before) - len(before.rstrip(b"\\"))) % 2:
            break
        end -= 1
    return line[:end]


def _matcher(text: bytes, source: bytes, is_name: bool) -> Callable[[bytes], object]:
    """The cheapest test for a pattern: most are a plain name or a suffix, and compiling an expression takes 100 µs."""
    if _PLAIN.fullmatch(text):
        return text.__eq__
    suffix = _SUFFIX.fullmatch(text) if is_name else None
    if suffix:
        ending = suffix.group(1)
        return lambda name: name.endswith(ending)
    return re.compile(source, re.DOTALL).fullmatch


_Part = list[bytes | None]
"""One part of a path pattern: expressions that match exactly one byte each, None for a star."""


def _parts(text: bytes) -> list[_Part] | None:
    """The parts between slashes; None when the pattern is malformed, so that git matches nothing with it."""
    parts: list[_Part] = [[]]
    position = 0
    while position < len(text):
        letter = text[position : position + 1]
        position += 1
        if letter == b"/":
            parts.append([])
            continue
        if letter == b"\\":
            letter = text[position : position + 1]
            position += 1
            token: bytes | None = re.escape(letter)
            if not letter:
                return None
        elif letter == b"[":
            token, position = _class(text, position)
            if not token:
                return None
        else:
            token = None if letter == b"*" else b"[^/]" if letter == b"?" else re.escape(letter)
        parts[-1].append(token)
    return parts if all(parts) else None


def _class(text: bytes, position: int) -> tuple[bytes, int]:
    """(expression, position behind it) of a bracket expression; an empty one when it is malformed or holds nothing."""
    is_negated = text[position : position + 1] in (b"!", b"^") and text[position : position + 1] != b""
    position += is_negated
    members: set[int] = set()
    before = -1  # a range needs a plain letter before its dash
    is_first = True
    while is_first or text[position : position + 1] != b"]":
        is_first = False
        step = _member(text, position, before)
        if step is None:
            return b"", position
        piece, before, position = step
        members |= piece
    letters = (set(range(256)) - members if is_negated else members) - {0x2F}
    return (b"[" + b"".join(b"\\x%02x" % letter for letter in sorted(letters)) + b"]" if letters else b""), position + 1


def _member(text: bytes, position: int, before: int) -> tuple[set[int], int, int] | None:
    """(letters, letter a range could start from, position behind) of one piece of a bracket expression."""
    if position >= len(text):
        return None
    letter = text[position]
    if letter == 0x2D and before >= 0 and text[position + 1 : position + 2] not in (b"", b"]"):
        position += 1
        if text[position] == 0x5C:
            position += 1
        if position >= len(text):
            return None
        return set(range(before, text[position] + 1)), -1, position + 1
    if text[position : position + 2] == b"[:":
        end = text.find(b"]", position + 2)
        if end < 0:
            return None
        if end > position + 2 and text[end - 1] == 0x3A:
            name = text[position + 2 : end - 1]
            return None if name not in _CLASSES else (_letters(name), -1, end + 1)
    if letter == 0x5C:
        position += 1
        if position >= len(text):
            return None
    return {text[position]}, text[position], position + 1


@functools.cache
def _letters(name: bytes) -> set[int]:
    test = re.compile(b"[" + _CLASSES[name] + b"]").match
    return {letter for letter in range(256) if test(bytes([letter]))}


def _part_expression(part: _Part) -> bytes:
    """The expression of one part: the pieces between stars at their leftmost place, the last one at the end."""
    pieces: list[bytes] = [b""]
    for token in part:
        if token is not None:
            pieces[-1] += token
        elif pieces[-1] or len(pieces) == 1:
            pieces.append(b"")
    if len(pieces) == 1:
        return pieces[0]
    middle = b"".join(b"(?>[^/]*?" + piece + b")" for piece in pieces[1:-1])
    return pieces[0] + middle + b"[^/]*" + pieces[-1]


def _name_source(text: bytes) -> bytes | None:
    """The expression of a pattern without slashes; None when it is malformed."""
    parts = _parts(text)
    return None if parts is None else _part_expression(parts[0])


def _path_source(text: bytes) -> bytes | None:
    """The expression of a pattern with slashes; None when it is malformed.

    Git cuts off what stands before the first wildcard. So two stars right behind it (`lib**/x`) begin the rest, and mean
    folders although the documentation says that they do not (git 2.39).
    """
    cut = _MID_STARS.fullmatch(text)
    if cut is None:
        parts = _parts(text)
        return None if parts is None else _blocks_source(parts)
    if not (cut.group(2) or b"").strip(b"*/"):
        return re.escape(cut.group(1)) + b".*"
    parts = _parts(cut.group(2))
    return None if parts is None else re.escape(cut.group(1)) + _blocks_source(parts, b"(?:.*?/)??")


def _blocks_source(parts: list[_Part], lead: bytes = b"") -> bytes:
    """The expression of parts; a part of two or more stars means any number of folders. `lead`: what may come first."""
    blocks: list[list[bytes]] = [[]]
    for part in parts:
        if len(part) > 1 and not any(part):
            blocks.append([])
        else:
            blocks[-1].append(_part_expression(part))
    if len(blocks) == 1:
        return lead + b"/".join(blocks[0])
    source = b"".join(piece + b"/" for piece in blocks[0])
    if lead:
        source = b"(?>" + lead + source + b")" if source else b"(?:[^/]*/)?"
    for block in blocks[1:-1]:
        if block:
            source += b"(?>(?:[^/]+/)*?" + b"".join(piece + b"/" for piece in block) + b")"
    last = b"/".join(blocks[-1])
    return source + (b"(?:[^/]+/)*?" + last if last else b".+")


# ---------------------------------------------------------------- files


@dataclass(slots=True)
class IgnoreFile:
    """The patterns of one file, the last first. The joined expressions find out at once that nothing here matches."""

    patterns: tuple[Pattern, ...]
    _questions: int = 0
    _joined: tuple[Callable[[bytes], object] | None, Callable[[bytes], object] | None] | None = field(default=None)

    def verdict(self, path: bytes, name: bytes, is_folder: bool) -> bool | None:
        """True: ignored; False: included again by a `!`; None: no pattern matches. `path` is relative to this file's folder."""
        if self._joined is not None:
            names, paths = self._joined
            if not (names and names(name)) and not (paths and paths(path)):
                return None
        else:
            self._questions += 1
            if self._questions > WARM:
                self._joined = self._join(True), self._join(False)
        for pattern in self.patterns:
            if (is_folder or not pattern.is_folder_only) and pattern.matches(name if pattern.is_name else path):
                return not pattern.is_negated
        return None

    def _join(self, is_name: bool) -> Callable[[bytes], object] | None:
        sources = [pattern.source for pattern in self.patterns if pattern.is_name == is_name]
        return re.compile(b"|".join(b"(?:%b)" % source for source in sources), re.DOTALL).fullmatch if sources else None


@functools.lru_cache(maxsize=512)
def parse_ignore(text: bytes) -> IgnoreFile | None:
    """The patterns of an ignore file's text, None when there are none. Equal texts share their patterns."""
    lines = text.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    patterns = tuple(pattern for line in reversed(lines) if (pattern := compile_pattern(line)) is not None)
    return IgnoreFile(patterns) if patterns else None


def read_ignore(path: str | bytes) -> IgnoreFile | None:
    """The patterns of a file; None without a readable regular file of a sane size. `UnreadFile` when the system has no room to
    read it now: without its patterns whatever a build writes would be taken for work.
    """
    try:
        return parse_ignore(read_small(os.fsdecode(path), LIMIT) or b"")
    except OddFile as error:
        if isinstance(error, UnreadFile) and error.is_exhausted:
            raise
        return None


def global_excludes() -> str:
    """The user's own excludes file: `core.excludesFile` of the global config, else git's default path.

    The user's files may be links (people keep them in a repository); includes of the config are not followed.
    """
    home = os.path.expanduser("~")
    xdg = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    override = os.environ.get("GIT_CONFIG_GLOBAL")
    configs = [override] if override else [os.path.join(xdg, "git", "config"), os.path.join(home, ".gitconfig")]
    chosen = os.path.join(xdg, "git", "ignore")
    for path in configs:
        try:
            text = (read_small(os.path.realpath(path), LIMIT) or b"").decode("utf-8", "replace")
        except OddFile:
            continue
        for section, _, key, value in parse_config(text):
            if (section, key) == ("core", "excludesfile"):
                chosen = os.path.expanduser(value)
    return os.path.realpath(chosen)


# ---------------------------------------------------------------- a checkout


@frozen
class _Folder:
    """The rules for one folder: whether it is ignored, else its ignore files, each with the length of its base."""

    is_ignored: bool
    files: tuple[tuple[int, IgnoreFile], ...] = ()


class IgnoreRules:
    """The ignore rules of one checkout, read when first needed and then kept. One thread at a time. `names`: the ignore files of
    a folder; what a later one says holds.

    Knows nothing about tracked files: they are never ignored, and the caller must check that.
    """

    def __init__(self, top: str, common_dir: str, names: tuple[bytes, ...] = (b".gitignore",)) -> None:
        self._top, self._names = os.fsencode(top), names
        self._sources = (os.path.join(os.path.realpath(common_dir), "info", "exclude"), global_excludes())
        self._signature = self._sign()
        self._shared: tuple[IgnoreFile, ...] = ()
        self._folders: dict[bytes, _Folder] = {}
        self._begin()

    def is_ignored(self, path: bytes, is_folder: bool = False) -> bool:
        """Whether the patterns ignore `path` or a folder above it."""
        above, _, name = path.rpartition(b"/")
        folder = self._folder(above)
        return folder.is_ignored or self._verdict(folder, path, name, is_folder)

    def refresh(self, is_changed: bool = False) -> None:
        """Forget what was read if the shared excludes changed, or if the caller knows that an ignore file changed."""
        signature = self._sign()
        if is_changed or signature != self._signature:
            self._begin()
            self._signature = signature

    def _begin(self) -> None:
        self._shared = tuple(file for source in self._sources if (file := read_ignore(source)) is not None)
        self._folders = {}

    def _sign(self) -> tuple[tuple[int, int, int] | None, ...]:
        return tuple(_signature(source) for source in self._sources)

    def _folder(self, path: bytes) -> _Folder:
        """The rules for a folder, decided from the top down as git does: below an ignored folder nothing is included again."""
        cached = self._folders.get(path)
        if cached is not None:
            return cached
        if len(self._folders) >= FOLDERS_KEPT:
            self._folders = {}
        folder = self._folders.get(b"") or self._keep(b"", False, ())
        end = path.find(b"/") if path else -1
        while path:
            here = path if end < 0 else path[:end]
            below = self._folders.get(here)
            if below is None:
                ignored = folder.is_ignored or self._verdict(folder, here, here.rpartition(b"/")[2], True)
                below = self._keep(here, ignored, folder.files)
            folder = below
            if end < 0:
                break
            end = path.find(b"/", end + 1)
        return folder

    def _keep(self, path: bytes, is_ignored: bool, files: tuple[tuple[int, IgnoreFile], ...]) -> _Folder:
        for name in () if is_ignored else self._names:
            own = read_ignore(os.path.join(self._top, path, name))
            if own is not None:
                files = (*files, (len(path) + 1 if path else 0, own))
        folder = self._folders[path] = _Folder(is_ignored, () if is_ignored else files)
        return folder

    def _verdict(self, folder: _Folder, path: bytes, name: bytes, is_folder: bool) -> bool:
        """The deepest file with a matching pattern decides, then the repository's excludes, then the user's."""
        for base, file in reversed(folder.files):
            verdict = file.verdict(path[base:], name, is_folder)
            if verdict is not None:
                return verdict
        for file in self._shared:
            verdict = file.verdict(path, name, is_folder)
            if verdict is not None:
                return verdict
        return False


def _signature(path: str) -> tuple[int, int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size
