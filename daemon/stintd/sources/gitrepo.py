"""Reads commits with GitPython, inside the same fence as `gitcall`. Runs in the worker process only (`gitworker`), never in
the daemon.

GitPython's own documentation warns against long-running programs: an open `Repo` holds two `git cat-file` children and
their descriptors. So every question opens one with `with Repo(...)`, hardens it, and closes it. Only objects are read: never
`is_dirty`, `untracked_files`, `diff`, `index`, remotes or submodules, which run programs that the repository names.
"""

from git import Repo
from git.exc import GitError
from git.objects import Commit

from stintd.sources import gitcall
from stintd.sources.gitfiles import GitPlace

SUBJECT_LIMIT = 500
NAME_LIMIT = 255
QUESTION_LIMIT = 500

FIELDS = ("sha", "subject", "author", "email", "authored", "committer", "committed", "parents")
"""What is returned for a commit. Times are whole seconds as the commit states them; nothing may rely on them."""


def details(place: GitPlace, shas: list[str]) -> list[dict[str, str | int]]:
    """For each of `shas` (full ids of a SHA-1 repository) that is a commit here, its FIELDS."""
    details = []
    with Repo(place.path, expand_vars=False) as repo:
        repo.git.set_persistent_git_options(c=list(gitcall.OPTIONS), no_optional_locks=True)
        repo.git.update_environment(**gitcall.environment(place))
        for sha in shas[:QUESTION_LIMIT]:
            try:
                commit = repo.commit(sha)
                details.append(_detail(commit))
            except (GitError, ValueError, IndexError, AttributeError):
                continue  # not here, not a commit, or damaged: the reflog's text must suffice
    return details


def _detail(commit: Commit) -> dict[str, str | int]:
    message = commit.message if isinstance(commit.message, str) else commit.message.decode("utf-8", "replace")
    subject = message.strip().split("\n\n", 1)[0].replace("\n", " ")
    return {
        "sha": commit.hexsha,
        "subject": _clean(subject, SUBJECT_LIMIT),
        "author": _clean(commit.author.name, NAME_LIMIT),
        "email": _clean(commit.author.email, NAME_LIMIT).lower(),
        "authored": int(commit.authored_date),
        "committer": _clean(commit.committer.email, NAME_LIMIT).lower(),
        "committed": int(commit.committed_date),
        "parents": len(commit.parents),
    }


def _clean(text: str | None, limit: int) -> str:
    """Text that any store and any pipe accepts. Control characters stay; they are removed where text is printed."""
    return (text or "").encode("utf-8", "replace").decode("utf-8", "replace")[:limit]
