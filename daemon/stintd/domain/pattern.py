"""Globs for paths, remotes and branches, as the owner writes them in mappings and exclusions."""

import re
from functools import lru_cache
from unicodedata import normalize

from stintd.frozen import frozen

WILD = re.compile(r"[*?\[]")


def compose(path: str) -> str:
    """A path in the one Unicode form in which paths are compared: disks of Macs and archives made there hold the other, and
    editors tell either. A path in ASCII is returned as it is.
    """
    return path if path.isascii() else normalize("NFC", path)


@lru_cache(maxsize=1024)
def glob(pattern: str) -> re.Pattern[str]:
    """A glob as a regular expression: `*` and `?` match within one part of a path, `**` across parts, `[abc]` one of these."""
    out, at = [], 0
    while at < len(pattern):
        if pattern.startswith("**/", at):
            out.append("(?:[^/]+/)*")
            at += 3
        elif pattern.startswith("**", at):
            out.append(".*")
            at += 2
        else:
            text, at = _translate_part(pattern, at)
            out.append(text)
    return re.compile("".join(out), re.DOTALL)


def _translate_part(pattern: str, at: int) -> tuple[str, int]:
    char = pattern[at]
    if char == "*":
        return "[^/]*", at + 1
    if char == "?":
        return "[^/]", at + 1
    close = pattern.find("]", at + 2) if char == "[" else -1
    if close < 0:
        return re.escape(char), at + 1
    inside = pattern[at + 1 : close].replace("\\", "\\\\").replace("[", "\\[")
    text = f"[{'^' + inside[1:] if inside[0] in '!^' else inside}]"
    try:
        re.compile(text)
    except re.error:  # a range the wrong way round
        return re.escape(char), at + 1
    return text, close + 1


@frozen
class PathPattern:
    """A glob on absolute paths. It also matches everything below a path that it matches.

    A glob without a leading `/` matches at any depth. `literal`: the folder itself, if there is no wildcard. `stem`: the
    longest folder that contains everything it matches.
    """

    regex: re.Pattern[str]
    literal: str | None
    stem: str

    def matches(self, path: str) -> bool:
        """Whether it matches the path or a folder above it."""
        return self.regex.fullmatch(compose(path)) is not None

    def may_match_below(self, folder: str) -> bool:
        """Whether it may match some path inside `folder` although it does not match `folder` itself."""
        if self.matches(folder):
            return False
        folder = compose(folder)
        return is_within(self.stem, folder) or (self.literal is None and is_within(folder, self.stem))


@lru_cache(maxsize=1024)
def path_pattern(text: str) -> PathPattern:
    """Read a path glob; `/code/acme`, `/code/acme/` and `/code/acme/**` are the same."""
    plain = compose(re.sub(r"(?:/+(?:\*\*)?)+$", "", text.replace("\\", "/"))) or "/"
    if plain != "/" and not re.match(r"/|[A-Za-z]:/|\*\*", plain):
        plain = f"**/{plain}"
    wild = WILD.search(plain)
    stem = plain[: wild.start()].rsplit("/", 1)[0] if wild else plain
    regex = re.compile(f"(?:{glob(plain).pattern}){'.*' if plain == '/' else '(?:/.*)?'}", re.DOTALL)
    if plain.startswith("**/"):
        regex = re.compile("/?" + regex.pattern, re.DOTALL)
    return PathPattern(regex, None if wild else plain, stem or "/")


def is_within(path: str, folder: str) -> bool:
    """Whether `path` is `folder` or lies below it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def folders_up(path: str, top: str) -> list[str]:
    """`path` and the folders above it, deepest first, down to `top` inclusive; only `path` if it lies elsewhere."""
    folders = [path]
    while path != top and is_within(path, top):
        path = path.rsplit("/", 1)[0] or "/"
        folders.append(path)
    return folders
