"""The one place that runs git: few commands, a private git dir, a clean environment, a time limit.

Of 54 everyday read commands 46 run a program that the repository they read names (fsmonitor, hooks, filters, textconv, a
partial clone's ssh command). Two fences prevent that:

- `call_shadow` (the rule): a private, short-lived git dir with our own config. The repository's config is never read;
  environment variables lend objects and the index. It serves whatever touches the index or the work tree.
- `call` (only for reftable, whose storage cannot be lent): the repository's own git dir, only commands on objects and refs,
  dangerous settings overridden, nothing that could fetch.

Ownership is checked first, because an explicit GIT_DIR skips git's own check. Blocking; call it from a worker thread.
"""

import functools
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Sequence

from stintd.errors import Invalid, Unavailable
from stintd.sources.gitfiles import GitPlace, OddFile, distrust_reason, open_regular, parse_config, read_config, read_small

TIME_LIMIT = 5.0  # seconds; a named pipe in place of a config hangs git for ever
AT_ONCE = 2
OUTPUT_LIMIT = 64 * 1024 * 1024
EXCLUDE_LIMIT = 256 * 1024

OBJECT_COMMANDS = frozenset({"rev-parse", "symbolic-ref", "rev-list", "log", "for-each-ref", "cat-file", "version"})
INDEX_COMMANDS = frozenset({"ls-files", "check-ignore"})

_slots = threading.BoundedSemaphore(AT_ONCE)  # shared by all threads that run git


class GitFailed(Unavailable):
    """Git refused, is not installed, or took longer than TIME_LIMIT. The caller continues with what files say."""


OPTIONS = (
    "core.fsmonitor=false", f"core.hooksPath={os.devnull}", "core.untrackedCache=false", "log.showSignature=false",
    "diff.autoRefreshIndex=false", "safe.bareRepository=explicit", f"core.attributesFile={os.devnull}",
    "core.sshCommand=false", "core.pager=cat", "core.alternateRefsCommand=", "gc.auto=0", "maintenance.auto=false",
    "protocol.allow=never", "credential.helper=", "submodule.recurse=false", "core.quotePath=false",
)  # fmt: skip
"""Overrides for settings that name a program or start work. GitPython's calls get them too."""


def environment(place: GitPlace) -> dict[str, str]:
    """The environment for git: only where to find programs. No inherited GIT_*, no home."""
    inherited = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR") if name in os.environ}
    return inherited | {
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_PAGER": "cat",
        "GIT_ASKPASS": "false",
        "GIT_SSH_COMMAND": "false",
        "GIT_EDITOR": "false",
        "GIT_CEILING_DIRECTORIES": os.path.dirname(place.path.rstrip(os.sep)) or os.sep,
    }


# ---------------------------------------------------------------- the two fences


def call(place: GitPlace, args: Sequence[str], *, stdin: bytes = b"", time_limit: float = TIME_LIMIT) -> bytes:
    """The output of a git command on the repository's own git dir: objects and refs only. `GitFailed` when it fails."""
    if args[0] not in OBJECT_COMMANDS:
        raise Invalid(f"git {args[0]} may not be run on a watched repository")
    _check(place)
    return _run(place, args, environment(place) | {"GIT_DIR": place.git_dir}, stdin, time_limit, (0,))


def call_shadow(
    place: GitPlace,
    head: str,
    args: Sequence[str],
    *,
    stdin: bytes = b"",
    time_limit: float = TIME_LIMIT,
    accept: tuple[int, ...] = (0,),
) -> bytes:
    """The output of a git command in a private git dir that borrows objects and index of `place`; `head`: its commit or "".

    `accept`: exit codes that are answers. `GitFailed` for any other.
    """
    if args[0] not in OBJECT_COMMANDS | INDEX_COMMANDS:
        raise Invalid(f"git {args[0]} may not be run on a watched repository")
    _check(place)
    with tempfile.TemporaryDirectory(prefix="stintd-git-", ignore_cleanup_errors=True) as folder:
        _fill_git_dir(folder, place, head)
        env = environment(place) | {
            "GIT_DIR": folder,
            "GIT_WORK_TREE": place.path,
            "GIT_INDEX_FILE": _index_of(place, folder),
            "GIT_OBJECT_DIRECTORY": os.path.join(place.common_dir, "objects"),
        }
        return _run(place, args, env, stdin, time_limit, accept)


def _check(place: GitPlace) -> None:
    reason = distrust_reason(place)
    if reason:
        raise GitFailed(f"git is not run in {place.path}: {reason}", "make the repository your own with chown and chmod")


def _fill_git_dir(folder: str, place: GitPlace, head: str) -> None:
    """Fill our own git dir: HEAD, empty refs, the excludes, and a config with the four settings that decide how to read."""
    config = read_config(place.common_dir, place.git_dir)
    os.makedirs(os.path.join(folder, "refs", "heads"))
    os.makedirs(os.path.join(folder, "info"))
    is_sha256 = config.object_format == "sha256"
    settings = f"[core]\n\trepositoryformatversion = {int(is_sha256)}\n\tbare = false\n"
    settings += f"\tignorecase = {str(config.ignores_case).lower()}\n"
    settings += "\tsparseCheckout = true\n\tsparseCheckoutCone = true\n[index]\n\tsparse = true\n" if config.is_sparse else ""
    settings += "[extensions]\n\tobjectFormat = sha256\n" if is_sha256 else ""
    _write(folder, "config", settings.encode())
    _write(folder, "HEAD", (head or "ref: refs/heads/unborn").encode() + b"\n")
    for name, source in (("exclude", place.common_dir), ("sparse-checkout", place.git_dir)):
        patterns = _read_excludes(os.path.join(source, "info", name))
        if patterns:
            _write(folder, os.path.join("info", name), patterns)
    for name in _shared_indexes(place.git_dir):
        os.symlink(os.path.join(place.git_dir, name), os.path.join(folder, name))


def _read_excludes(path: str) -> bytes:
    try:
        return read_small(path, EXCLUDE_LIMIT) or b""
    except OddFile:
        return b""


def _shared_indexes(git_dir: str) -> list[str]:
    """The base files of a split index; git looks for them in its git dir."""
    try:
        names = [name for name in os.listdir(git_dir) if name.startswith("sharedindex.")]
    except OSError:
        return []
    return [name for name in names if _is_regular(os.path.join(git_dir, name))][:16]


def _index_of(place: GitPlace, folder: str) -> str:
    """The repository's index; a name without a file when it is missing or odd (a pipe would hang git)."""
    path = os.path.join(place.git_dir, "index")
    return path if _is_regular(path) else os.path.join(folder, "no-index")


def _is_regular(path: str) -> bool:
    try:
        descriptor = open_regular(path)
    except OddFile:
        return False
    if descriptor is not None:
        os.close(descriptor)
    return descriptor is not None


def _write(folder: str, name: str, data: bytes) -> None:
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


# ---------------------------------------------------------------- running


@functools.cache
def git_program() -> str:
    """The absolute path of git, looked up once; `GitFailed` when there is none."""
    path = shutil.which("git")
    if not path:
        raise GitFailed("git is not installed", "install git; repositories are read from their files until then")
    return os.path.abspath(path)


def _run(
    place: GitPlace, args: Sequence[str], env: dict[str, str], stdin: bytes, time_limit: float, accept: tuple[int, ...]
) -> bytes:
    command = [git_program(), "--no-pager", "--no-optional-locks"]
    for option in (*OPTIONS, f"core.excludesFile={global_excludes()}"):
        command += ["-c", option]
    if not _slots.acquire(timeout=6 * time_limit):
        raise GitFailed("git is busy with other repositories", "stintd tries again at the next change")
    try:
        code, output, errors = _finish(command + list(args), env, place.path, stdin, time_limit)
    finally:
        _slots.release()
    if code not in accept or len(output) > OUTPUT_LIMIT:
        reason = errors.decode("utf-8", "replace").strip().splitlines()[:1] or [f"exit code {code}"]
        raise GitFailed(f"git {args[0]} failed in {place.path}: {reason[0][:300]}")
    return output


def _finish(command: list[str], env: dict[str, str], folder: str, stdin: bytes, time_limit: float) -> tuple[int, bytes, bytes]:
    """Run a command to its end. At the time limit the whole process group is killed."""
    try:
        process = subprocess.Popen(
            command,
            env=env,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise GitFailed(f"git could not be started in {folder}: {error.strerror}") from None
    try:
        output, errors = process.communicate(stdin, timeout=time_limit)
    except subprocess.TimeoutExpired:
        _kill_group(process)
        raise GitFailed(f"git took longer than {time_limit:g} s in {folder}", "is a pipe among its files?") from None
    return process.returncode, output, errors


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (AttributeError, OSError):  # no process groups on Windows
        process.kill()
    process.communicate()


# ---------------------------------------------------------------- questions


def first_commit(place: GitPlace, head: str, time_limit: float = TIME_LIMIT) -> str:
    """The oldest root of `head`'s history; "" while there is none."""
    if not head:
        return ""
    args = ("rev-list", "--max-parents=0", "--end-of-options", head)
    if _is_reftable(place):
        roots = call(place, args, time_limit=time_limit).split()
    else:
        roots = call_shadow(place, head, args, time_limit=time_limit).split()
    return roots[-1].decode() if roots else ""


def _is_reftable(place: GitPlace) -> bool:
    return read_config(place.common_dir).ref_storage == "reftable"


def list_tracked(place: GitPlace, head: str = "", time_limit: float = TIME_LIMIT) -> list[str]:
    """Paths in the index, relative to the top; folders outside a sparse checkout end in a slash."""
    return _names(call_shadow(place, head, ("ls-files", "-z", "--sparse"), time_limit=time_limit))


def list_untracked(place: GitPlace, head: str = "", time_limit: float = TIME_LIMIT) -> list[str]:
    """Untracked files and folders (these end in a slash) that are not ignored."""
    _check_ignore_file(place)
    args = ("ls-files", "-z", "--others", "--exclude-standard", "--directory", "--no-empty-directory")
    return _names(call_shadow(place, head, args, time_limit=time_limit))


def check_ignored(place: GitPlace, paths: Iterable[str], head: str = "", time_limit: float = TIME_LIMIT) -> set[str]:
    """Those of `paths` (relative to the top; folders end in a slash) that git ignores."""
    names = b"".join(b"./" + os.fsencode(path) + b"\0" for path in paths)  # "./": a name like ":(top)" is no magic
    if not names:
        return set()
    _check_ignore_file(place)
    args = ("check-ignore", "-z", "--stdin")
    output = call_shadow(place, head, args, stdin=names, accept=(0, 1), time_limit=time_limit)
    return {name.removeprefix("./") for name in _names(output)}


def _check_ignore_file(place: GitPlace) -> None:
    """Refuse a pipe in place of the topmost `.gitignore`, which would take a whole time limit at every call."""
    path = os.path.join(place.path, ".gitignore")
    if os.path.lexists(path) and not _is_regular(path):
        raise GitFailed(f"{path} is not a regular file", "replace it with a file")


def _names(output: bytes) -> list[str]:
    return [os.fsdecode(name) for name in output.split(b"\0") if name]


def global_user() -> str:
    """The address that the user's own git config gives to commits, in lower case; "" when it names none."""
    chosen = ""
    for path in _global_configs():
        for section, _, key, value in parse_config(_read_excludes(path).decode("utf-8", "replace")):
            if (section, key) == ("user", "email"):
                chosen = value.lower()
    return chosen


def _global_configs() -> list[str]:
    home = os.path.expanduser("~")
    override = os.environ.get("GIT_CONFIG_GLOBAL")
    xdg = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    return [override] if override else [os.path.join(xdg, "git", "config"), os.path.join(home, ".gitconfig")]


def global_excludes() -> str:
    """The user's own excludes file: `core.excludesFile` of the global config, else git's default path."""
    home = os.path.expanduser("~")
    xdg = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    chosen = os.path.join(xdg, "git", "ignore")
    for path in _global_configs():
        for section, _, key, value in parse_config(_read_excludes(path).decode("utf-8", "replace")):
            if (section, key) == ("core", "excludesfile"):
                chosen = os.path.expanduser(value)
    return chosen if _is_regular(chosen) else os.devnull
