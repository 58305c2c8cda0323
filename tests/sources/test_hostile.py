"""A repository is hostile until proved otherwise: whatever it plants, nothing of it runs and nothing hangs.

Each trap writes a marker when its program runs. Everything the daemon ever does with a repository is then done to it:
discovery, facts, reflog, watching, ignore questions, commit details, first commit.
"""

import asyncio
import os
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from stintd.errors import StintdError
from stintd.sources import gitcall, gitreader
from stintd.sources.commits import CommitReader
from stintd.sources.discover import discover
from stintd.sources.gitfiles import UNKNOWN, GitPlace, locate, read_head
from stintd.sources.linked import linked_checkouts
from tests.support import PATIENCE, repos
from tests.support.clock import FakeClock
from tests.support.repos import TestRepo

LIMIT = 0.7  # seconds git is given here; the daemon gives it 5


class Trap:
    """A repository with something planted; `program` is a command that leaves `marker` behind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.marker = folder / "MARKER"
        self.script = folder / "planted.sh"
        self.script.write_text(f'#!/bin/sh\necho "$0 $*" >> "{self.marker}"\nexit 0\n')
        self.script.chmod(0o755)
        self.repo = repos.make(folder / "code" / "repo", 2)
        self.repo.write("src/a.txt", "a\n")
        self.repo.commit("three", name="b.dat")

    @property
    def program(self) -> str:
        return str(self.script)

    def config(self, text: str, where: str = "config") -> None:
        with (self.repo.path / ".git" / where).open("a") as file:
            file.write(text.replace("PROGRAM", self.program))

    def attributes(self, text: str) -> None:
        (self.repo.path / ".gitattributes").write_text(text)

    def dirty(self) -> None:
        """A tracked file that git takes for changed by its time."""
        os.utime(self.repo.path / "work.txt", (1, 1))


def fsmonitor(trap: Trap) -> None:
    trap.config("[core]\n\tfsmonitor = PROGRAM\n")


def hooks_path(trap: Trap) -> None:
    hooks = trap.folder / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "pre-commit", "post-checkout", "reference-transaction"):
        (hooks / name).symlink_to(trap.script)
    trap.config(f"[core]\n\thooksPath = {hooks}\n")


def own_hooks(trap: Trap) -> None:
    for name in ("post-index-change", "reference-transaction"):
        (trap.repo.path / ".git" / "hooks" / name).symlink_to(trap.script)


def filter_clean(trap: Trap) -> None:
    trap.config('[filter "x"]\n\tclean = PROGRAM\n\tsmudge = PROGRAM\n\trequired = true\n')
    trap.attributes("* filter=x\n")


def filter_process(trap: Trap) -> None:
    trap.config('[filter "x"]\n\tprocess = PROGRAM\n\trequired = true\n')
    (trap.repo.path / ".git" / "info" / "attributes").write_text("* filter=x\n")


def diff_drivers(trap: Trap) -> None:
    trap.config('[diff]\n\texternal = PROGRAM\n[diff "x"]\n\tcommand = PROGRAM\n\ttextconv = PROGRAM\n\tcachetextconv = true\n')
    trap.attributes("* diff=x\n")


def gpg_program(trap: Trap) -> None:
    trap.config('[gpg]\n\tprogram = PROGRAM\n[log]\n\tshowSignature = true\n[gpg "ssh"]\n\tprogram = PROGRAM\n')
    signed = trap.repo.git("cat-file", "commit", "HEAD").replace(
        "\n\n", "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n", 1
    )
    sha = trap.repo.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=signed + "\n")
    trap.repo.git("update-ref", "-m", "commit: signed", "HEAD", sha)


def included(trap: Trap) -> None:
    (trap.folder / "extra").write_text(f"[core]\n\tfsmonitor = {trap.program}\n\tsshCommand = {trap.program}\n")
    trap.config(f'[include]\n\tpath = {trap.folder / "extra"}\n[includeIf "gitdir:/"]\n\tpath = {trap.folder / "extra"}\n')


def included_pipe(trap: Trap) -> None:
    os.mkfifo(trap.folder / "pipe")
    trap.config(f"[include]\n\tpath = {trap.folder / 'pipe'}\n")


def worktree_config(trap: Trap) -> None:
    trap.config("[extensions]\n\tworktreeConfig = true\n")
    trap.config("[core]\n\tfsmonitor = PROGRAM\n", "config.worktree")


def promisor(url: str) -> Callable[[Trap], None]:
    def plant(trap: Trap) -> None:
        trap.config(
            "[core]\n\trepositoryformatversion = 1\n\tsshCommand = PROGRAM\n[extensions]\n\tpartialClone = origin\n"
            f'[remote "origin"]\n\turl = {url}\n\tpromisor = true\n\tpartialclonefilter = blob:none\n'
            '\tuploadpack = PROGRAM\n[protocol "ext"]\n\tallow = always\n[protocol]\n\tallow = always\n'
        )

    return plant


def missing_commit(trap: Trap) -> None:
    promisor("ssh://example.test/x")(trap)
    refs = trap.repo.path / ".git" / "refs" / "heads"
    (refs / "main").write_text("1" * 40 + "\n")
    (refs / "other").write_text("2" * 40 + "\n")


def missing_blob(trap: Trap) -> None:
    promisor("ext::PROGRAM")(trap)
    tree = trap.repo.git("-c", "remote.origin.promisor=false", "rev-parse", "HEAD:work.txt", check=False)
    blob = trap.repo.path / ".git" / "objects" / tree[:2] / tree[2:]
    if blob.is_file():
        blob.chmod(0o600)
        blob.unlink()


def embedded_bare(trap: Trap) -> None:
    inner = trap.repo.path / "docs"
    for name in ("objects", "refs"):
        (inner / name).mkdir(parents=True)
    (inner / "HEAD").write_text("ref: refs/heads/main\n")
    (inner / "config").write_text(
        f"[core]\n\tbare = false\n\tworktree = {inner}\n\tfsmonitor = {trap.program}\n\trepositoryformatversion = 0\n"
    )


def hostile_submodule(trap: Trap) -> None:
    module = trap.repo.submodule(repos.make(trap.folder / "lib", 1), "lib")
    git_dir = trap.repo.path / ".git" / "modules" / "lib"
    with (git_dir / "config").open("a") as file:
        file.write(f'[core]\n\tfsmonitor = {trap.program}\n[filter "x"]\n\tclean = {trap.program}\n')
    (module.path / ".gitattributes").write_text("* filter=x\n")
    os.utime(module.path / "work.txt", (1, 1))


def pagers_and_aliases(trap: Trap) -> None:
    trap.config(
        "[core]\n\tpager = PROGRAM\n\teditor = PROGRAM\n\taskPass = PROGRAM\n\talternateRefsCommand = PROGRAM\n"
        "[pager]\n\tlog = PROGRAM\n[alias]\n\tlog = !PROGRAM\n\tls-files = !PROGRAM\n[credential]\n\thelper = !PROGRAM\n"
        '[trailer "x"]\n\tcommand = PROGRAM\n[uploadpack]\n\tpackObjectsHook = PROGRAM\n'
    )


def alternates(trap: Trap) -> None:
    info = trap.repo.path / ".git" / "objects" / "info"
    info.mkdir(exist_ok=True)
    (info / "alternates").write_text(f"{trap.folder}\n/dev\n")


def pipe_at(*names: str) -> Callable[[Trap], None]:
    def plant(trap: Trap) -> None:
        for name in names:
            path = trap.repo.path / name
            path.unlink(missing_ok=True)
            path.parent.mkdir(parents=True, exist_ok=True)
            os.mkfifo(path)

    return plant


def link_at(name: str, target: str) -> Callable[[Trap], None]:
    def plant(trap: Trap) -> None:
        path = trap.repo.path / name
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    return plant


def sparse_at(name: str) -> Callable[[Trap], None]:
    def plant(trap: Trap) -> None:
        path = trap.repo.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with path.open("wb") as file:
            file.truncate(1 << 30)

    return plant


def worktree_elsewhere(trap: Trap) -> None:
    trap.config("[core]\n\tworktree = /etc\n\tfsmonitor = PROGRAM\n")


def dot_git_file(text: str) -> Callable[[Trap], None]:
    def plant(trap: Trap) -> None:
        (trap.repo.path / ".git").rename(trap.folder / "moved")
        (trap.repo.path / ".git").write_text(text.replace("MOVED", str(trap.folder / "moved")))

    return plant


def dot_git_link(trap: Trap) -> None:
    (trap.repo.path / ".git").rename(trap.folder / "moved")
    (trap.repo.path / ".git").symlink_to(trap.folder / "moved")


def odd_head(text: bytes) -> Callable[[Trap], None]:
    return lambda trap: (trap.repo.path / ".git" / "HEAD").write_bytes(text) and None


TRAPS: dict[str, Callable[[Trap], object]] = {
    "fsmonitor": fsmonitor, "hooksPath": hooks_path, "own hooks": own_hooks, "clean filter": filter_clean,
    "process filter": filter_process, "diff drivers and textconv": diff_drivers, "gpg program": gpg_program,
    "include with fsmonitor": included, "include of a pipe": included_pipe, "config.worktree": worktree_config,
    "partial clone over ssh, missing commit": missing_commit, "partial clone over ext, missing blob": missing_blob,
    "embedded bare repository": embedded_bare, "submodule with hostile config": hostile_submodule,
    "pagers, aliases, helpers": pagers_and_aliases, "alternates elsewhere": alternates,
    "pipe at HEAD": pipe_at(".git/HEAD"), "pipe at config": pipe_at(".git/config"),
    "pipe at packed-refs": pipe_at(".git/packed-refs", ".git/refs/heads/main"),
    "pipe at logs/HEAD": pipe_at(".git/logs/HEAD"), "pipe at index": pipe_at(".git/index"),
    "pipe at .gitignore": pipe_at(".gitignore"), "pipe at info/exclude": pipe_at(".git/info/exclude"),
    "pipe at commondir": pipe_at(".git/commondir"),
    "pipe at the stash and push logs": pipe_at(".git/logs/refs/stash", ".git/logs/refs/remotes/origin/main"),
    "pipe at worktrees": pipe_at(".git/worktrees/x/gitdir"),
    "pipe at config.worktree": pipe_at(".git/config.worktree"),
    "HEAD links to a password file": link_at(".git/HEAD", "/etc/passwd"),
    "config links to a device": link_at(".git/config", "/dev/zero"),
    "logs/HEAD links to a device": link_at(".git/logs/HEAD", "/dev/zero"),
    "HEAD links to a device": link_at(".git/HEAD", "/dev/tty"), "1 GB HEAD": sparse_at(".git/HEAD"),
    "1 GB config": sparse_at(".git/config"), "1 GB logs/HEAD": sparse_at(".git/logs/HEAD"),
    "1 GB packed-refs": sparse_at(".git/packed-refs"), "1 GB commondir": sparse_at(".git/commondir"),
    "core.worktree elsewhere": worktree_elsewhere, ".git file to nowhere": dot_git_file("gitdir: /nonexistent\n"),
    ".git file elsewhere": dot_git_file("gitdir: MOVED\n"), ".git file of rubbish": dot_git_file("\0\xff rubbish"),
    ".git link": dot_git_link, "HEAD of escapes": odd_head(b"ref: refs/heads/\x1b[31mred\n"),
    "HEAD that climbs": odd_head(b"ref: refs/heads/../../../../etc/passwd\n"),
    "HEAD of rubbish": odd_head(b"\xff" * 300), "empty HEAD": odd_head(b""),
}  # fmt: skip


def everything(trap: Trap, before: "gitreader.CheckoutFacts | None") -> None:
    """All that the daemon may ever do with a repository; refusals are fine, programs and hangs are not."""
    paths = {*discover(str(trap.folder / "code")).checkouts, str(trap.repo.path)}
    known = {facts for path in paths for facts in (gitreader.facts_of(path),) if facts and facts.git_dir}
    for facts in known or {before}:
        if facts is not None:
            _all_of(facts)


def _all_of(facts: "gitreader.CheckoutFacts") -> None:
    place = gitreader.place_of(facts)
    questions: list[Callable[[], object]] = [
        lambda: gitreader.read_acts(facts, None, frozenset()),
        lambda: gitreader.end_of(facts),
        lambda: gitreader.pushes_since(facts, 0, frozenset()),
        lambda: gitreader.git_folders(facts),
        lambda: linked_checkouts(facts),
        lambda: gitreader.first_commit_of(facts),
        lambda: gitreader.author_addresses(facts),
        lambda: gitcall.first_commit(place, facts.head, LIMIT),
        lambda: gitcall.list_tracked(place, facts.head, LIMIT),
        lambda: gitcall.list_untracked(place, facts.head, LIMIT),
        lambda: gitcall.check_ignored(place, ["work.txt", "build/", ":(top)x"], facts.head, LIMIT),
        lambda: gitcall.call(place, ("log", "-g", "-z", "-1", "--format=%H", "HEAD"), time_limit=LIMIT),
        lambda: gitcall.call(place, ("rev-parse", "HEAD"), time_limit=LIMIT),
        lambda: asyncio.run(_details(facts)),
    ]
    for question in questions:
        with suppress(StintdError):
            question()


async def _details(facts: "gitreader.CheckoutFacts") -> None:
    reader = CommitReader(FakeClock(), answer_limit=2 * LIMIT)
    try:
        await reader.details(facts, [facts.head or "1" * 40, "1" * 40])
    finally:
        await reader.close()


@pytest.mark.parametrize("name", TRAPS)
def test_nothing_planted_runs_and_nothing_hangs(tmp_path: Path, name: str) -> None:
    trap = Trap(tmp_path)
    facts_before = gitreader.facts_of(str(trap.repo.path))
    TRAPS[name](trap)
    trap.dirty()
    trap.marker.unlink(missing_ok=True)  # git itself may have stepped into it while it was laid
    began = time.monotonic()
    everything(trap, facts_before)
    assert not trap.marker.exists(), trap.marker.read_text()
    assert time.monotonic() - began < PATIENCE


@pytest.mark.parametrize(("name", "command"), [
    ("fsmonitor", "status"), ("clean filter", "status"), ("gpg program", "log -1"), ("config.worktree", "ls-files"),
    ("partial clone over ssh, missing commit", "log -1"), ("own hooks", "status"),
])  # fmt: skip
def test_the_traps_are_live_for_plain_git(tmp_path: Path, name: str, command: str) -> None:
    trap = Trap(tmp_path)
    TRAPS[name](trap)
    trap.dirty()
    trap.marker.unlink(missing_ok=True)
    subprocess.run(["git", *command.split()], cwd=trap.repo.path, capture_output=True, timeout=PATIENCE, check=False)
    assert trap.marker.exists()


def test_an_embedded_bare_repository_is_not_a_repository(tmp_path: Path) -> None:
    trap = Trap(tmp_path)
    embedded_bare(trap)
    assert discover(str(trap.folder / "code")).checkouts == (str(trap.repo.path),)


def test_odd_names_in_head_are_unknown(tmp_path: Path) -> None:
    trap = Trap(tmp_path)
    odd_head(b"ref: refs/heads/\x1b[31mred\n")(trap)
    place = locate(str(trap.repo.path))
    assert place is not None
    assert read_head(place).branch == UNKNOWN


def test_a_folder_whose_name_is_no_text_is_refused_in_words(tmp_path: Path) -> None:
    """Nothing could store its path, and one that cannot be stored takes what is written beside it along."""
    folder = os.path.join(os.fsencode(tmp_path), b"\xff\xfe")
    os.mkdir(folder)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True, capture_output=True)
    facts = gitreader.facts_of(os.fsdecode(folder))
    assert facts is not None
    assert (facts.git_dir, "is not UTF-8; rename" in facts.trouble) == ("", True)


@pytest.mark.parametrize("name", ["<img/src=x/onerror=alert(1)>", "$(id)", "`id`", "a;b|c", "x\u202ey", "x\u009bm", "-q"])
def test_legal_and_ugly_branch_names_are_data(tmp_path: Path, name: str) -> None:
    repo = repos.make(tmp_path / "r", 1)
    repo.git("update-ref", f"refs/heads/{name}", "HEAD")
    repo.git("symbolic-ref", "HEAD", f"refs/heads/{name}")
    place = locate(str(repo.path))
    assert place is not None
    head = read_head(place)
    assert (head.branch, head.sha) == (name, repo.head())
    facts = gitreader.facts_of(str(repo.path))
    assert facts is not None
    assert gitreader.first_commit_of(replace(facts, kind="x")) == repo.git("rev-list", "--max-parents=0", "HEAD")


@pytest.mark.parametrize("args", [("status",), ("diff",), ("describe", "--dirty"), ("-c", "alias.x=!sh"), ("fetch",)])
def test_only_listed_commands_are_run(tmp_path: Path, args: tuple[str, ...]) -> None:
    repo: TestRepo = repos.make(tmp_path / "r", 1)
    place = GitPlace(str(repo.path), f"{repo.path}/.git", f"{repo.path}/.git", "main")
    for call in (lambda: gitcall.call(place, args), lambda: gitcall.call_shadow(place, "", args)):
        with pytest.raises(StintdError):
            call()
