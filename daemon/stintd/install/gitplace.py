"""Finding a repository's hooks folder without running anything that the repository names.

Its files are read directly, or by `git config --file` outside of any repository, with no inherited settings and a time
limit. `git rev-parse` inside it would answer too, but would make git trust that repository first.
"""

import os
import re
import stat
import subprocess
from collections.abc import Iterator

from stintd.errors import Conflict, NotFound, Unavailable
from stintd.frozen import frozen
from stintd.install.change import read_text

INCLUDE_DEPTH = 5
REFLOG = "stintd still reads its HEAD log, which shows everything but pushes"
NEWER_GIT = f"with git 2.54 or later `stint hooks install git` covers it; until then {REFLOG}"


@frozen
class Repository:
    """One repository on disk. `folder` is its top, or the git dir of a bare one; worktrees share `common_dir`."""

    folder: str
    git_dir: str
    common_dir: str


@frozen
class _Setting:
    value: str
    origin: str
    is_conditional: bool


def find_repository(path: str) -> Repository:
    """The repository around `path`; `not_found` without one, `conflict` when it belongs to another user or is malformed."""
    folder = start = os.path.realpath(path)
    while True:
        repository = _repository_at(folder)
        if repository:
            _check_owner(repository)
            return repository
        parent = os.path.dirname(folder)
        if parent == folder:
            raise NotFound(f"no git repository at {start}", "choose one with --repo, or use --all")
        folder = parent


def hooks_folder(repository: Repository) -> str:
    """The folder from which git takes this repository's hooks, if it belongs to the repository; else `conflict` says why not."""
    own = os.path.join(repository.common_dir, "hooks")
    chosen = _effective_hooks_path(repository)
    if chosen is None:
        folder = own
    else:
        folder = os.path.normpath(os.path.join(repository.folder, os.path.expanduser(chosen.value)))
        _check_chosen(repository, chosen, folder)
    if os.path.islink(folder):
        raise Conflict(f"{folder} is a symlink, and other repositories may share it", NEWER_GIT)
    if os.path.lexists(folder) and not os.path.isdir(folder):
        raise Conflict(f"{folder} is not a folder", "move it away and run this again")
    return folder


def git(*arguments: str, env: dict[str, str] | None = None) -> str | None:
    """Run git outside of any repository; its output, None when it fails. `unavailable` without git."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_SYSTEM"):
        if name in os.environ:
            clean[name] = os.environ[name]
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd="/",
            env={**clean, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=10,
            check=False,
        )
    except FileNotFoundError as error:
        raise Unavailable("git is not installed", "install git, then run this again") from error
    except subprocess.TimeoutExpired as error:
        raise Unavailable("git did not answer within ten seconds", "run this again") from error
    return None if done.returncode else done.stdout.decode("utf-8", "surrogateescape")


def version() -> tuple[int, int]:
    """Git's version; (2, 54) and later support hooks in the configuration."""
    match = re.search(r"(\d+)\.(\d+)", git("--version") or "")
    return (int(match[1]), int(match[2])) if match else (0, 0)


def settings_in(path: str, depth: int = 0, is_conditional: bool = False) -> Iterator[tuple[str, _Setting]]:
    """Every (key, setting) of one configuration file and what it includes, in git's order; nothing else is run."""
    if depth > INCLUDE_DEPTH or read_text(os.path.realpath(path)) is None:
        return
    text = git("config", "--file", os.path.realpath(path), "--no-includes", "--list", "-z")
    if text is None:
        raise Conflict(f"git cannot read {path}", "fix that file, then run this again")
    for pair in text.split("\0")[:-1]:
        key, _, value = pair.partition("\n")
        yield key, _Setting(value, path, is_conditional)
        if key == "include.path" or (key.startswith("includeif.") and key.endswith(".path")):
            target = os.path.join(os.path.dirname(os.path.realpath(path)), os.path.expanduser(value))
            yield from settings_in(target, depth + 1, is_conditional or key != "include.path")


def global_files() -> list[str]:
    """The user's own configuration files that git reads, the one that wins last."""
    if "GIT_CONFIG_GLOBAL" in os.environ:
        return [os.environ["GIT_CONFIG_GLOBAL"]] if os.environ["GIT_CONFIG_GLOBAL"] else []
    below = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return [os.path.join(below, "git", "config"), os.path.join(os.path.expanduser("~"), ".gitconfig")]


def global_setting(key: str) -> _Setting | None:
    """The value in the system's and the user's configuration, which hold for every repository; the last one wins."""
    setting = None
    system = git("config", "--system", "--includes", "--get", key)
    if system is not None:
        setting = _Setting(system.rstrip("\n"), "the system's git configuration", False)
    for path in global_files():
        setting = _last_setting(settings_in(path), key, setting)
    return setting


def _repository_at(folder: str) -> Repository | None:
    dot_git = os.path.join(folder, ".git")
    if os.path.islink(dot_git):
        raise Conflict(f"{dot_git} is a symlink", "install in the repository it points to")
    if os.path.isdir(dot_git):
        return _repository(folder, dot_git)
    if os.path.lexists(dot_git):
        pointed = re.fullmatch(rb"gitdir: ([^\0\n]+)\n*", read_text(dot_git) or b"")
        if not pointed:
            raise Conflict(f"{dot_git} is not a file that git wrote", "look at what it is; nothing was changed")
        return _repository(folder, os.path.normpath(os.path.join(folder, os.fsdecode(pointed[1]))))
    if all(os.path.exists(os.path.join(folder, name)) for name in ("HEAD", "objects", "refs", "config")):
        return _repository(folder, folder)
    return None


def _repository(folder: str, git_dir: str) -> Repository:
    if not os.path.isdir(git_dir):
        raise Conflict(f"{git_dir}, where {folder} keeps its git data, is not a folder", "run `git worktree repair` there")
    common = (read_text(os.path.join(git_dir, "commondir")) or b".").rstrip(b"\n")
    return Repository(folder, git_dir, os.path.normpath(os.path.join(git_dir, os.fsdecode(common))))


def _check_owner(repository: Repository) -> None:
    for path in (repository.folder, repository.git_dir, repository.common_dir):
        status = os.lstat(path)
        if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
            raise Conflict(f"{path} belongs to another user", "install as that user")
        if not stat.S_ISDIR(status.st_mode):
            raise Conflict(f"{path} is not a folder", "look at what it is; nothing was changed")


def _effective_hooks_path(repository: Repository) -> _Setting | None:
    setting = global_setting("core.hookspath")
    local = list(settings_in(os.path.join(repository.common_dir, "config")))
    setting = _last_setting(iter(local), "core.hookspath", setting)
    if any(key == "extensions.worktreeconfig" for key, _ in local):
        setting = _last_setting(settings_in(os.path.join(repository.git_dir, "config.worktree")), "core.hookspath", setting)
    return setting


def _last_setting(settings: Iterator[tuple[str, _Setting]], key: str, before: _Setting | None) -> _Setting | None:
    for name, setting in settings:
        if name == key:
            before = setting
    return before


def _check_chosen(repository: Repository, chosen: _Setting, folder: str) -> None:
    if chosen.is_conditional or not chosen.value:
        raise Conflict(f"{chosen.origin} sets core.hooksPath conditionally, or to an empty value", NEWER_GIT)
    if _is_within(folder, repository.common_dir):
        return
    if _is_within(folder, repository.folder):
        name = os.path.relpath(folder, repository.folder)
        raise Conflict(f"{repository.folder} keeps its hooks in {name}, which belongs to the project", NEWER_GIT)
    raise Conflict(f"{chosen.origin} sends the hooks of {repository.folder} to {folder}, outside that repository", NEWER_GIT)


def _is_within(path: str, folder: str) -> bool:
    real, top = os.path.realpath(path), os.path.realpath(folder)
    return real == top or real.startswith(top.rstrip(os.sep) + os.sep)
