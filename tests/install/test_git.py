"""Hooks in real repositories: every kind of repository tells its acts, foreign hooks keep working, nothing is left behind."""

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from stintd.errors import Conflict, NotFound
from stintd.install import git, gitplace
from stintd.install.change import Write, perform
from stintd.install.shim import HOOKS, shim_text
from stintd.sources.hookline import parse_line, signal_of
from tests.support.repos import TestRepo, init, make

FOREIGN = '#!/bin/sh\necho "$0 $*" >>"$PWD/ran"\ncat >>"$PWD/ran"\nexit 0\n'


@pytest.fixture
def spool(tmp_path) -> Path:
    folder = tmp_path / "spool"
    folder.mkdir()
    return folder


def install(repo: TestRepo, spool: Path) -> git.Plan:
    folders, left_alone = git.folders_of([str(repo.path)])
    plan = sum((git.plan_install(folder, str(spool)) for folder in folders), left_alone)
    perform(plan.steps)
    return plan


def uninstall(repo: TestRepo) -> git.Plan:
    folders, left_alone = git.folders_of([str(repo.path)])
    plan = sum((git.plan_uninstall(folder) for folder in folders), left_alone)
    perform(plan.steps)
    return plan


def acts(spool: Path) -> list[tuple[str, str]]:
    """What was told since the last look: (kind, folder)."""
    told = []
    for path in sorted(spool.iterdir(), key=lambda path: path.stat().st_mtime_ns):
        line = parse_line(path.read_text().rstrip("\n"))
        signal = signal_of(line, None)
        told += [(signal.kind, signal.checkout)] if signal else []
        path.unlink()
    return told


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Names, modes and bytes of everything below."""
    return {
        str(path.relative_to(folder)): (
            stat.S_IFMT(path.lstat().st_mode) | stat.S_IMODE(path.lstat().st_mode),
            os.readlink(path).encode() if path.is_symlink() else path.read_bytes() if path.is_file() else b"",
        )
        for path in folder.rglob("*")
    }


def foreign(path: Path, body: str = FOREIGN, mode: int = 0o755) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(body)
    path.chmod(mode)
    return path


def test_commit_branch_merge_amend_rebase_and_push_are_told(tmp_path, spool):
    repo = make(tmp_path / "acme", 1)
    remote = init(tmp_path / "remote.git", is_bare=True)
    install(repo, spool)
    here = str(repo.path)
    steps: list[tuple[Callable[[], object], list[str]]] = [
        (lambda: repo.commit("one"), ["commit"]),
        (lambda: repo.commit("one again", amend=True), ["commit"]),
        (lambda: repo.branch("topic"), ["checkout"]),
        (lambda: repo.git("checkout", "--", "work.txt"), []),
        (lambda: repo.commit("on topic"), ["commit"]),
        (lambda: repo.git("checkout", "-q", "main"), ["checkout"]),
        (lambda: repo.git("merge", "-q", "topic"), ["merge"]),
        (lambda: repo.git("push", "-q", str(remote.path), "main"), ["push"]),
        (lambda: repo.diverge("other", count=2), ["checkout", "commit", "commit", "checkout", "commit", "checkout"]),
        (lambda: repo.git("rebase", "-q", "main"), ["rebase"] * 4),
        (lambda: repo.git("status"), []),
    ]
    for act, kinds in steps:
        act()
        assert acts(spool) == [(kind, here) for kind in kinds]


def test_a_pull_is_told_apart_from_a_merge(tmp_path, spool):
    origin = make(tmp_path / "origin")
    repo = origin.clone(tmp_path / "clone")
    install(repo, spool)
    origin.commit("theirs")
    repo.git("pull", "-q")
    assert acts(spool) == [("pull", str(repo.path))]


def test_worktrees_share_the_hooks_and_tell_their_own_folder(tmp_path, spool):
    repo = make(tmp_path / "acme")
    linked = repo.worktree(tmp_path / "linked", "topic")
    install(linked, spool)
    linked.commit("there")
    repo.commit("here")
    assert acts(spool) == [("commit", str(linked.path)), ("commit", str(repo.path))]
    assert git.folders_of([str(repo.path), str(linked.path)])[0] == [str(repo.path / ".git/hooks")]


def test_a_rebase_in_a_linked_worktree_is_known_as_one(tmp_path, spool):
    repo = make(tmp_path / "acme")
    linked = repo.worktree(tmp_path / "linked", "topic")
    linked.commit("one", name="a")
    repo.commit("two", name="b")
    install(repo, spool)
    linked.git("rebase", "-q", "main")
    assert {kind for kind, _ in acts(spool)} == {"rebase"}


def test_submodule_and_superproject_are_two_repositories(tmp_path, spool):
    outer = make(tmp_path / "outer")
    inner = outer.submodule(make(tmp_path / "library"), "lib")
    install(inner, spool)
    outer.commit("outside")
    assert acts(spool) == []
    inner.git("checkout", "-q", "-b", "work")
    inner.commit("inside")
    assert acts(spool) == [("checkout", str(inner.path)), ("commit", str(inner.path))]


def test_a_bare_repository_tells_its_pushes(tmp_path, spool):
    bare = make(tmp_path / "acme").clone(tmp_path / "acme.git", "--bare")
    other = init(tmp_path / "other.git", is_bare=True)
    install(bare, spool)
    bare.git("push", "-q", str(other.path), "main")
    assert acts(spool) == [("push", str(bare.path))]


@pytest.mark.parametrize("name", ["two words", "50%", "tab\there", "new\nline", "quote'", 'double"', "$(id)", "über"])
def test_odd_folder_names_are_told_whole(tmp_path, spool, name):
    repo = make(tmp_path / name, 0)
    install(repo, spool)
    repo.commit("one")
    assert acts(spool) == [("commit", str(repo.path))]


def test_installing_twice_changes_nothing(tmp_path, spool):
    repo = make(tmp_path / "acme")
    foreign(repo.path / ".git/hooks/post-commit")
    install(repo, spool)
    before = snapshot(repo.path / ".git")
    assert install(repo, spool) == git.Plan()
    assert snapshot(repo.path / ".git") == before


def test_a_plan_alone_changes_nothing(tmp_path, spool):
    repo = make(tmp_path / "acme")
    before = snapshot(repo.path)
    folders, _ = git.folders_of([str(repo.path)])
    assert len(git.plan_install(folders[0], str(spool)).steps) == len(HOOKS)
    assert snapshot(repo.path) == before


@pytest.mark.parametrize("mode", [0o755, 0o700, 0o644])
def test_uninstalling_restores_every_byte_and_mode(tmp_path, spool, mode):
    repo = make(tmp_path / "acme")
    foreign(repo.path / ".git/hooks/post-commit", mode=mode)
    foreign(repo.path / ".git/hooks/pre-commit")
    (repo.path / ".git/hooks/pre-push").symlink_to("../../tracked-hook")
    foreign(repo.path / "tracked-hook")
    before = snapshot(repo.path)
    assert install(repo, spool).problems == ()
    assert snapshot(repo.path) != before
    uninstall(repo)
    assert snapshot(repo.path) == before


def test_a_foreign_hook_runs_after_ours_with_everything_it_had(tmp_path, spool):
    repo = make(tmp_path / "acme")
    remote = init(tmp_path / "remote.git", is_bare=True)
    refusing = '#!/bin/sh\ncat >pushed\necho "$@" >>pushed\nexit 3\n'
    foreign(repo.path / ".git/hooks/pre-push", refusing)
    install(repo, spool)
    with pytest.raises(AssertionError, match="failed to push"):
        repo.git("push", "-q", str(remote.path), "main")
    assert (repo.path / "pushed").read_text() == (
        f"refs/heads/main {repo.head()} refs/heads/main {'0' * 40}\n{remote.path} {remote.path}\n"
    )
    assert acts(spool) == [("push", str(repo.path))]


def test_a_foreign_post_checkout_still_decides_the_exit_code(tmp_path, spool):
    repo = make(tmp_path / "acme")
    foreign(repo.path / ".git/hooks/post-checkout", "#!/bin/sh\nexit 5\n")
    install(repo, spool)
    done = subprocess.run(["git", "checkout", "-q", "-b", "x"], cwd=repo.path, check=False)
    assert done.returncode == 1  # whatever it says, git makes a one of it


@pytest.mark.parametrize(
    "body",
    [
        '#!/bin/sh\ncase "$(basename "$0")" in post-commit) ;; esac\n', '#!/bin/sh\nhook=${0##*/}\n',
        "#!/usr/bin/env python3\nimport os,sys\nprint(os.path.basename(__file__))\n", "#!/bin/sh\n\0binary",
    ],
)  # fmt: skip
def test_a_hook_that_looks_at_its_own_name_is_left_alone_and_named(tmp_path, spool, body):
    repo = make(tmp_path / "acme")
    hook = foreign(repo.path / ".git/hooks/post-commit", body)
    plan = install(repo, spool)
    assert [problem.path for problem in plan.problems] == [str(hook)]
    assert hook.read_text() == body
    assert len(plan.steps) == len(HOOKS) - 1


def test_a_hook_of_ours_that_was_changed_by_hand_is_left_to_its_owner(tmp_path, spool):
    repo = make(tmp_path / "acme")
    install(repo, spool)
    mine = repo.path / ".git/hooks/post-commit"
    mine.write_text(mine.read_text() + "echo mine\n")
    assert [problem.path for problem in install(repo, spool).problems] == [str(mine)]
    plan = uninstall(repo)
    assert [problem.path for problem in plan.problems] == [str(mine)]
    assert mine.read_text().endswith("echo mine\n")


def test_a_hook_of_an_earlier_version_is_replaced_and_keeps_what_it_kept(tmp_path, spool):
    repo = make(tmp_path / "acme")
    hook = foreign(repo.path / ".git/hooks/post-commit")
    install(repo, tmp_path / "earlier")
    install(repo, spool)
    assert hook.read_text() == shim_text("post-commit", str(spool))
    uninstall(repo)
    assert hook.read_text() == FOREIGN


def test_a_hook_written_over_ours_is_neither_lost_nor_doubled(tmp_path, spool):
    repo = make(tmp_path / "acme")
    hook = foreign(repo.path / ".git/hooks/post-commit")
    install(repo, spool)
    hook.write_text("#!/bin/sh\n# newer\n")
    for plan in (install(repo, spool), uninstall(repo)):
        assert [problem.path for problem in plan.problems] == [f"{hook}.before-stintd"]
    assert hook.read_text() == "#!/bin/sh\n# newer\n"
    assert Path(f"{hook}.before-stintd").read_text() == FOREIGN


def test_a_missing_hooks_folder_is_made(tmp_path, spool):
    repo = make(tmp_path / "acme")
    subprocess.run(["rm", "-rf", str(repo.path / ".git/hooks")], check=True)
    install(repo, spool)
    repo.commit("one")
    assert acts(spool) == [("commit", str(repo.path))]


@pytest.mark.parametrize("what", ["a symlink", "a file"])
def test_a_hooks_folder_that_is_none_is_refused(tmp_path, spool, what):
    repo = make(tmp_path / "acme")
    hooks = repo.path / ".git/hooks"
    hooks.rename(tmp_path / "shared-hooks")
    hooks.symlink_to(tmp_path / "shared-hooks") if what == "a symlink" else hooks.write_text("")
    before = snapshot(tmp_path / "shared-hooks")
    plan = install(repo, spool)
    assert "hooks is " in plan.problems[0].text
    assert snapshot(tmp_path / "shared-hooks") == before


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (".husky/_", "belongs to the project"),
        (".githooks", "belongs to the project"),
        ("/shared/hooks", "outside that repository"),
        ("~/hooks", "outside that repository"),
        ("../hooks", "outside that repository"),
        ("", "empty value"),
    ],
)
def test_a_hooks_path_of_the_project_or_elsewhere_is_explained_and_not_touched(tmp_path, spool, value, words):
    repo = make(tmp_path / "acme")
    repo.git("config", "core.hooksPath", value)
    before = snapshot(repo.path)
    plan = install(repo, spool)
    assert plan.steps == ()
    assert words in plan.problems[0].text
    assert plan.problems[0].hint
    assert snapshot(repo.path) == before


def test_a_hooks_path_inside_the_git_folder_is_the_repositorys_own(tmp_path, spool):
    repo = make(tmp_path / "acme")
    repo.git("config", "core.hooksPath", ".git/my-hooks")
    install(repo, spool)
    assert (repo.path / ".git/my-hooks/post-commit").exists()
    repo.commit("one")
    assert acts(spool) == [("commit", str(repo.path))]


@pytest.mark.parametrize("where", ["global", "an include", "a conditional include", "the worktree"])
def test_a_hooks_path_is_found_wherever_it_is_set(tmp_path, spool, where, isolated_home):
    repo = make(tmp_path / "acme")
    if where == "global":
        repo.git("config", "--global", "core.hooksPath", "/shared/hooks")
    elif where == "the worktree":
        repo.git("config", "extensions.worktreeConfig", "true")
        repo.git("config", "--worktree", "core.hooksPath", "/shared/hooks")
    else:
        (repo.path / ".gitconfig-team").write_text("[core]\n\thooksPath = /shared/hooks\n")
        key = "include.path" if where == "an include" else f"includeIf.gitdir:{tmp_path}/.path"
        repo.git("config", key, "../.gitconfig-team")
    plan = install(repo, spool)
    assert plan.steps == ()
    assert "hooks" in plan.problems[0].text


def test_nothing_a_hostile_repository_names_is_run_and_no_pipe_is_opened(tmp_path, spool):
    repo = make(tmp_path / "acme")
    trap = foreign(tmp_path / "trap", f"#!/bin/sh\ntouch {tmp_path}/fired\n")
    for key in ("core.fsmonitor", "core.sshCommand", "core.pager", "alias.config", "credential.helper", "core.editor"):
        repo.git("config", key, f"!{trap}" if key.startswith("alias") else str(trap))
    os.mkfifo(repo.path / ".git/pipe")
    with (repo.path / ".git/config").open("a") as config:
        config.write("[include]\n\tpath = pipe\n")
    plan = install(repo, spool)
    assert "not a plain file" in plan.problems[0].text
    assert not (tmp_path / "fired").exists()


def test_a_config_that_git_cannot_read_is_refused(tmp_path, spool):
    repo = make(tmp_path / "acme")
    (repo.path / ".git/config").write_text("[core\n")
    assert "cannot read" in install(repo, spool).problems[0].text


def test_outside_of_repositories_and_in_odd_ones_there_is_a_clear_word(tmp_path):
    with pytest.raises(NotFound):
        gitplace.find_repository(str(tmp_path))
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd/.git").write_text("gitdir: nowhere\n")
    with pytest.raises(Conflict, match="not a folder"):
        gitplace.find_repository(str(tmp_path / "odd"))
    (tmp_path / "odd/.git").write_text("something else")
    with pytest.raises(Conflict, match="not a file that git wrote"):
        gitplace.find_repository(str(tmp_path / "odd"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_somebody_elses_repository_is_refused(tmp_path, spool):
    repo = make(tmp_path / "acme")
    os.chown(repo.path / ".git", 65534, 65534)
    assert "belongs to another user" in install(repo, spool).problems[0].text


def test_when_ours_cannot_be_written_the_foreign_hook_is_back_in_its_place(tmp_path):
    hook = foreign(tmp_path / "hooks/post-commit")
    (tmp_path / "hooks/post-commit.stintd-new").mkdir()  # where ours would be written first
    with pytest.raises(Exception, match="cannot change"):
        perform([Write(str(hook), b"ours", keep=f"{hook}.before-stintd")])
    assert hook.read_text() == FOREIGN
    assert not Path(f"{hook}.before-stintd").exists()


def test_the_state_of_every_hook_is_told(tmp_path, spool):
    repo = make(tmp_path / "acme")
    foreign(repo.path / ".git/hooks/post-merge")
    folder = str(repo.path / ".git/hooks")
    assert set(git.hook_states(folder, str(spool)).values()) == {"absent"}
    install(repo, spool)
    states = git.hook_states(folder, str(spool))
    assert states["post-commit"] == "installed"
    assert states["post-merge"] == "installed, another runs afterwards"
    assert set(git.hook_states(folder, "/elsewhere").values()) == {"from another version or home"}
