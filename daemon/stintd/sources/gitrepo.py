"""Asks GitPython about commits, inside the fence. Runs in the worker process only (`gitworker`), never in the daemon.

GitPython's own documentation warns against long-running programs: a kept `Repo` holds two `git cat-file` children and
their descriptors. So every question opens one, `with Repo(...)`, hardens it, and closes it. Only objects are read: never
`is_dirty`, `untracked_files`, `diff`, `index`, remotes or submodules, which run programs the repository names.
"""

from git import Repo
from git.exc import GitError
from git.objects import Commit

from stintd.sources import gitcall
from stintd.sources.gitfiles import GitPlace

SUBJECT_LIMIT = 500
NAME_LIMIT = 255
ASKED_LIMIT = 500

FIELDS = ("sha", "subject", "author", "email", "authored", "committer", "committed", "parents")
"""What is told of a commit; times are whole seconds as the commit says them, believed by nobody."""


def details(place: GitPlace, shas: list[str]) -> list[dict[str, str | int]]:
    """Those of `shas` (full, of a SHA-1 repository) that are commits here, as FIELDS."""
    found = []
    with Repo(place.path, expand_vars=False) as repo:
        repo.git.set_persistent_git_options(c=list(gitcall.OPTIONS), no_optional_locks=True)
        repo.git.update_environment(**gitcall.environment(place))
        for sha in shas[:ASKED_LIMIT]:
            try:
                commit = repo.commit(sha)
                found.append(_detail(commit))
            except (GitError, ValueError, IndexError, AttributeError):
                continue  # not here, no commit, or damaged: the reflog's own words must do
    return found


def _detail(commit: Commit) -> dict[str, str | int]:
    message = commit.message if isinstance(commit.message, str) else commit.message.decode("utf-8", "replace")
    subject = message.strip().split("\n\n", 1)[0].replace("\n", " ")
    return {
        "sha": commit.hexsha, "subject": _clean(subject, SUBJECT_LIMIT),
        "author": _clean(commit.author.name, NAME_LIMIT), "email": _clean(commit.author.email, NAME_LIMIT).lower(),
        "authored": int(commit.authored_date), "committer": _clean(commit.committer.email, NAME_LIMIT).lower(),
        "committed": int(commit.committed_date), "parents": len(commit.parents),
    }  # fmt: skip


def _clean(text: str | None, limit: int) -> str:
    """Text that any store and any pipe takes; control characters stay, they are cleaned where they are printed."""
    return (text or "").encode("utf-8", "replace").decode("utf-8", "replace")[:limit]
