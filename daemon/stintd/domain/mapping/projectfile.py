"""Project files: `.stint.toml`, and `.wakatime-project` for people who come from WakaTime. Text in, values out.

A file that came with a clone was written by somebody else. It may name its own new project, but it may not file this
person's hours under another client's project.
"""

import re
import tomllib

from stintd.errors import Invalid
from stintd.frozen import frozen

STINT_FILE = ".stint.toml"
WAKATIME_FILE = ".wakatime-project"
FILE_NAMES = (STINT_FILE, WAKATIME_FILE)
TEXT_LIMIT = 64 * 1024
VALUE_LIMIT = 200
LIST_LIMIT = 100
STARS = 2
"""The most wildcards in a pattern of `exclude`: a hostile file with more could make matching against long paths take for ever."""
KEYS = ("project", "task", "tags", "exclude")


@frozen
class ProjectFile:
    """What the file in `folder` says. `is_trusted`: the owner wrote it (it is not tracked in git) or confirmed it.

    `exclude`: patterns as in `noise.filename.exclusions`, relative to the folder.
    """

    folder: str
    project: str | None = None
    task: str | None = None
    branch: str | None = None
    tags: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    is_trusted: bool = False


def parse_project_file(name: str, folder: str, text: str, is_trusted: bool) -> ProjectFile:
    """Read one of FILE_NAMES. When it cannot be read, `invalid` names the file, and nothing in it is used."""
    if len(text) > TEXT_LIMIT:
        raise Invalid(f"{folder}/{name} is too large", "shorten it: a project file has only a few lines")
    if name == WAKATIME_FILE:
        return _parse_wakatime(folder, text, is_trusted)
    return _parse_stint(folder, text, is_trusted)


def _parse_wakatime(folder: str, text: str, is_trusted: bool) -> ProjectFile:
    """Line 1 is the project (if empty, the folder's name; `{project}` stands for that name), line 2 the branch."""
    lines = [line.strip() for line in text.lstrip("\ufeff").splitlines()[:2]] + ["", ""]
    own = folder.rstrip("/").rsplit("/", 1)[-1]
    project = _clean(lines[0].replace("{project}", own)) or own
    return ProjectFile(folder, project, branch=_clean(lines[1]) or None, is_trusted=is_trusted)


def _parse_stint(folder: str, text: str, is_trusted: bool) -> ProjectFile:
    where = f"{folder}/{STINT_FILE}"
    try:
        values = tomllib.loads(text.lstrip("\ufeff"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Invalid(f"{where}: {error}", 'write it as TOML, like: project = "acme"') from None
    unknown = sorted(set(values) - set(KEYS))
    if unknown:
        raise Invalid(f"{where}: unknown key {_clean(unknown[0])}", "known keys: " + ", ".join(KEYS))
    words = {key: _check_word(where, key, values.get(key)) for key in ("project", "task")}
    lists = {key: _check_list(where, key, values.get(key, [])) for key in ("tags", "exclude")}
    if any(len(stars := re.findall(r"\*+", pattern)) > STARS or stars.count("**") > 1 for pattern in lists["exclude"]):
        raise Invalid(f"{where}: too many wildcards in exclude", f"use at most {STARS} in a pattern, and `**` only once")
    return ProjectFile(
        folder, words["project"], words["task"], tags=lists["tags"], exclude=lists["exclude"], is_trusted=is_trusted
    )


def _check_word(where: str, key: str, value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not _is_short(value):
        raise Invalid(f"{where}: {key} must be a short text", f'write {key} = "name"')
    return _clean(value)


def _check_list(where: str, key: str, value: object) -> tuple[str, ...]:
    words = [word for word in value if isinstance(word, str)] if isinstance(value, list) else [""]
    if not isinstance(value, list) or len(words) < len(value) or not all(map(_is_short, words)):
        raise Invalid(f"{where}: {key} must be a list of short texts", f'write {key} = ["one", "two"]')
    return tuple(_clean(word) for word in words[:LIST_LIMIT])


def _is_short(text: str) -> bool:
    return bool(_clean(text)) and len(text) <= VALUE_LIMIT


def _clean(text: str) -> str:
    return "".join(c for c in text if c.isprintable()).strip()[:VALUE_LIMIT]
