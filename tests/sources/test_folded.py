"""A commit that a rebase folds into another leaves no subject: which commits those were, by the reflog alone."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stintd.domain.model import to_us
from stintd.sources import gitreader, history
from tests.support import repos
from tests.support.repos import START, TestRepo


def commit(repo: TestRepo, subject: str, name: str) -> str:
    return repo.commit(subject, name=f"{name}.txt")


def rebase(repo: TestRepo, todo: list[tuple[str, str]], base: str, editor: str = "true") -> None:
    """An interactive rebase with this list of steps; as git proposes it if there are none."""
    plan, script = repo.path.parent / "plan", repo.path.parent / "plan.sh"
    plan.write_text("".join(f"{step} {sha}\n" for step, sha in todo))
    script.write_text(f'#!/bin/sh\ncp {plan} "$1"\n')
    script.chmod(0o755)
    editors = {"GIT_SEQUENCE_EDITOR": str(script) if todo else "true", "GIT_EDITOR": editor}
    words = ["git", "rebase", "-q", "-i", "--autosquash", base]
    subprocess.run(words, cwd=repo.path, env=repos._environment(repo.person, repo.now) | editors, check=True, capture_output=True)


def folded(repo: TestRepo, cursor: str | None = None) -> set[str]:
    facts = gitreader.facts_of(str(repo.path))
    assert facts is not None
    found = gitreader.read_acts(facts, cursor, frozenset())
    return {sha for signal in found.signals for sha in signal.folded}


def end_of(repo: TestRepo) -> str:
    facts = gitreader.facts_of(str(repo.path))
    assert facts is not None
    return gitreader.end_of(facts)


STEPS = st.lists(st.sampled_from(["pick", "fixup", "squash", "reword"]), min_size=2, max_size=6)


@settings(max_examples=8, deadline=None)
@given(steps=STEPS, is_read_on=st.booleans())
def test_the_folded_commits_are_those_that_the_list_of_steps_folds(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str], is_read_on: bool
) -> None:
    repo = repos.make(tmp_path_factory.mktemp("rebase") / "r", 1)
    base = repo.head()
    shas = [commit(repo, f"work on part {number}", f"part{number}") for number in range(len(steps))]
    cursor = end_of(repo) if is_read_on else None
    todo = list(zip(["pick", *steps[1:]], shas, strict=True))
    rebase(repo, todo, base)
    assert folded(repo, cursor) == {sha for step, sha in todo if step in ("fixup", "squash")}


def test_commits_that_autosquash_moves_are_found(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    base = repo.head()
    login, form = commit(repo, "add login", "a"), commit(repo, "add form", "b")
    fix = commit(repo, "fixup! add login", "c")
    rebase(repo, [], base)
    assert folded(repo) == {fix}
    assert {login, form}.isdisjoint(folded(repo))


def test_a_reworded_commit_is_not_folded(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    base = repo.head()
    shas = [commit(repo, subject, subject[-1]) for subject in ("part a", "part b", "part c", "part d")]
    editor = tmp_path / "editor.sh"
    editor.write_text("#!/bin/sh\nsed -i 's/part b/the better part/' \"$1\"\n")
    editor.chmod(0o755)
    rebase(repo, list(zip(["pick", "reword", "fixup", "pick"], shas, strict=True)), base, str(editor))
    assert folded(repo) == {shas[2]}


def test_a_rebase_that_folds_nothing_hides_nothing(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    repo.rebase(count=3)
    assert folded(repo) == set()


def test_commits_that_were_rebased_before_are_found_by_their_first_copies(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    repo.git("checkout", "-q", "-b", "topic")
    login, typo = commit(repo, "add login", "a"), commit(repo, "fix typo", "b")
    repo.git("checkout", "-q", "main")
    commit(repo, "main moves on", "m")
    repo.git("checkout", "-q", "topic")
    repo.git("rebase", "-q", "main")
    copies = repo.git("rev-list", "--reverse", "main..topic").split()
    rebase(repo, list(zip(["pick", "fixup"], copies, strict=True)), "main")
    assert folded(repo) == {typo, copies[1]}
    assert login not in folded(repo)


def test_an_import_has_the_time_of_a_folded_commit_and_no_subject(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    base = repo.head()
    shas = [commit(repo, "add login", "a"), commit(repo, "fix typo", "b")]
    rebase(repo, list(zip(["pick", "fixup"], shas, strict=True)), base)
    facts = gitreader.facts_of(str(repo.path))
    assert facts is not None
    acts = history.recall([facts], frozenset(), 0, to_us(START) * 2, 0).acts
    assert {act.new: act.subject for act in acts if act.kind == "commit" and act.new in shas} == {
        shas[0]: "add login",
        shas[1]: "",
    }


def test_a_log_that_lies_stops_nobody(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    log = repo.path / ".git" / "logs" / "HEAD"
    one, two = "a" * 40, "b" * 40
    words = [f"{one} {two} A <a@b> 1 +0000\tcommit (amend): x", f"{two} {one} A <a@b> 2 +0000\tcommit (amend): y"]
    words += [f"{one} {two} A <a@b> 3 +0000\trebase (start): checkout main", f"{two} {one} A <a@b> 4 +0000\trebase (fixup): x"]
    words += [f"{one} {one} A <a@b> 5 +0000\trebase (finish): returning to refs/heads/main"]
    log.write_text("\n".join(words) + "\n")
    os.utime(log, (START.timestamp(), START.timestamp()))
    assert isinstance(folded(repo), set)
