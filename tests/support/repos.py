"""Real git repositories for tests: every kind the program must read, with fixed people and fixed dates.

A repository made with `init(path)` has a clock of its own: the first act happens at `START`, each further one a minute
later, and the reflog's file time is set to match, as if the act had just happened then. `init(path, is_live=True)`
uses the machine's time instead, for tests in which a daemon watches.
"""

import os
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
OWNER = ("Ada", "ada@example.test")
COLLEAGUE = ("Bob", "bob@example.test")


@dataclass
class TestRepo:
    """One checkout and the git commands a test gives in it."""

    __test__ = False

    path: Path
    is_live: bool = False
    now: datetime = START
    person: tuple[str, str] = field(default=OWNER)

    def git(self, *args: str, at: datetime | None = None, check: bool = True, stdin: str | None = None) -> str:
        """Run git here as `person`; its standard output without the last newline."""
        moment = None if self.is_live else at or self.now
        done = subprocess.run(
            ["git", *args],
            cwd=self.path,
            env=_environment(self.person, moment),
            input=stdin,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(f"git {' '.join(args)}: {done.stderr or done.stdout}")
        if moment is not None:
            self._date_reflog(moment)
            self.now = moment + timedelta(minutes=1)
        return done.stdout.rstrip("\n")

    def write(self, name: str, text: str = "text\n") -> Path:
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        return target

    def commit(self, subject: str = "work", at: datetime | None = None, name: str = "work.txt", amend: bool = False) -> str:
        """Change one file and commit it; the new commit's id. No two repositories share a commit by accident."""
        moment = datetime.now(UTC) if self.is_live else at or self.now
        self.write(name, f"{self.path} {subject} {moment.isoformat()}\n")
        self.git("add", "--", name, at=moment)
        self.git("commit", "-q", "-m", subject, *(["--amend"] if amend else []), at=moment)
        return self.head()

    def head(self) -> str:
        return (self._ask("rev-parse", "--verify", "-q", "HEAD")).strip()

    def branch(self, name: str, at: datetime | None = None) -> None:
        """Create a branch and switch to it."""
        self.git("checkout", "-q", "-b", name, at=at)

    def worktree(self, path: Path, branch: str) -> "TestRepo":
        """A linked worktree on a new branch."""
        self.git("worktree", "add", "-q", "-b", branch, str(path))
        return self._sibling_repo(path)

    def submodule(self, source: "TestRepo", name: str) -> "TestRepo":
        """`source` added as a submodule below `name`, committed."""
        self.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(source.path), name)
        self.git("commit", "-q", "-m", f"add {name}")
        return self._sibling_repo(self.path / name)

    def init_nested(self, name: str) -> "TestRepo":
        """An independent repository inside this one's folder."""
        inner = init(self.path / name, is_live=self.is_live)
        inner.now = self.now
        return inner

    def detach(self) -> None:
        self.git("checkout", "-q", "--detach")

    def diverge(self, branch: str = "topic", base: str = "main", count: int = 3) -> None:
        """`count` commits on a new branch and one on its base, so that a rebase has work to do; stays on it."""
        self.branch(branch)
        for number in range(count):
            self.commit(f"{branch} {number}", name=f"{branch}{number}.txt")
        self.git("checkout", "-q", base)
        self.commit(f"{base} moves on", name=f"{base}.txt")
        self.git("checkout", "-q", branch)

    def rebase(self, branch: str = "topic", base: str = "main", count: int = 3) -> None:
        """A diverged branch rebased onto its base."""
        self.diverge(branch, base, count)
        self.git("rebase", "-q", base)

    def clone(self, path: Path, *options: str) -> "TestRepo":
        subprocess.run(
            ["git", "clone", "-q", *options, str(self.path), str(path)],
            env=_environment(self.person, None if self.is_live else self.now),
            check=True,
            capture_output=True,
        )
        return self._sibling_repo(path)

    def _sibling_repo(self, path: Path) -> "TestRepo":
        return TestRepo(path, self.is_live, self.now, self.person)

    def _ask(self, *args: str) -> str:
        """Run git without moving this repository's clock."""
        done = subprocess.run(
            ["git", *args],
            cwd=self.path,
            env=_environment(self.person, None),
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout

    def _date_reflog(self, moment: datetime) -> None:
        folder = self._ask("rev-parse", "--absolute-git-dir").strip()
        log = Path(folder, "logs", "HEAD")
        if folder and log.exists():
            os.utime(log, (moment.timestamp(), moment.timestamp()))


def init(
    path: Path, *, object_format: str = "sha1", is_bare: bool = False, is_live: bool = False, ref_format: str = ""
) -> TestRepo:
    """A new, empty repository. `object_format` sha1 or sha256; `ref_format` "reftable" needs git 2.45."""
    path.mkdir(parents=True, exist_ok=True)
    repo = TestRepo(path, is_live)
    options = [*(["--bare"] if is_bare else []), *([f"--ref-format={ref_format}"] if ref_format else [])]
    repo.git("init", "-q", "-b", "main", f"--object-format={object_format}", *options)
    repo.now = START
    return repo


def make(path: Path, commits: int = 1, **options: bool | str) -> TestRepo:
    """A repository with `commits` commits on main."""
    repo = init(path, **options)  # type: ignore[arg-type]
    for number in range(commits):
        repo.commit(f"commit {number + 1}")
    return repo


def git_version() -> tuple[int, int]:
    """Major and minor version of the git at hand."""
    text = subprocess.run(["git", "version"], capture_output=True, text=True, check=True).stdout.split()[2]
    major, minor = text.split(".")[:2]
    return int(major), int(minor)


def _environment(person: tuple[str, str], moment: datetime | None) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name.startswith("GIT_CONFIG")}
    env |= {
        "GIT_AUTHOR_NAME": person[0],
        "GIT_AUTHOR_EMAIL": person[1],
        "GIT_COMMITTER_NAME": person[0],
        "GIT_COMMITTER_EMAIL": person[1],
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_EDITOR": "true",
        "GIT_SEQUENCE_EDITOR": "true",
    }
    if moment is not None:
        env["GIT_AUTHOR_DATE"] = env["GIT_COMMITTER_DATE"] = moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    return env
