"""Watched folders that are not there, may not be read, are no folders, and come back: said, survived, followed again."""

import os
import shutil

import pytest

from tests.support import poll_until, repos


def warnings(daemon):
    return {warning["code"]: warning for warning in daemon.client.get("/api/status")["warnings"]}


def beats_of(daemon, repo):
    """Kinds of what was noticed in a repository."""
    return [beat["kind"] for beat in daemon.client.get("/api/heartbeats")["data"] if beat["path"] == str(repo.path)]


def checkouts(daemon):
    return [checkout["path"] for repo in daemon.client.every("/api/repos") for checkout in repo["checkouts"]]


def works_in(daemon, repo):
    """A commit there is noticed."""
    before = beats_of(daemon, repo).count("commit")
    repo.commit("work")
    poll_until(lambda: beats_of(daemon, repo).count("commit") > before, "the commit is noticed")


def less_than_root():
    """The wrapper under which root, too, needs permission; skips where there is none."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("root reads and writes everything: install setpriv (util-linux), or run as another user")
    return ("setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all")


def test_a_watched_folder_that_vanishes_is_said_and_followed_when_it_is_back(make_daemon, tmp_path):
    code = tmp_path / "code"
    repo = repos.init(code / "acme", is_live=True)
    repo.commit("first")
    with make_daemon(folders=[code]) as daemon:
        works_in(daemon, repo)
        noticed = len(beats_of(daemon, repo))
        code.rename(tmp_path / "away")
        poll_until(lambda: "root_missing" in warnings(daemon), "the warning")
        warning = warnings(daemon)["root_missing"]
        assert str(code) in warning["text"]
        assert warning["hint"]
        assert "is missing" in daemon.stint("status").out
        assert len(beats_of(daemon, repo)) == noticed
        (tmp_path / "away").rename(code)
        poll_until(lambda: "root_missing" not in warnings(daemon), "the warning goes")
        poll_until(lambda: checkouts(daemon) == [str(repo.path)], "its repository is known again")
        works_in(daemon, repo)


def test_a_watched_folder_deleted_and_made_anew_is_followed(make_daemon, tmp_path):
    code = tmp_path / "code"
    repos.init(code / "acme", is_live=True).commit("first")
    with make_daemon(folders=[code]) as daemon:
        shutil.rmtree(code)
        poll_until(lambda: "root_missing" in warnings(daemon), "the warning")
        repo = repos.init(code / "beta", is_live=True)
        repo.commit("first")
        poll_until(lambda: str(repo.path) in checkouts(daemon), "the new repository is found")
        assert "root_missing" not in warnings(daemon)
        works_in(daemon, repo)


def test_a_folder_that_is_not_there_yet_is_waited_for(make_daemon, tmp_path):
    code = tmp_path / "later" / "code"
    with make_daemon(folders=[code]) as daemon:
        assert "root_missing" in warnings(daemon)
        repo = repos.init(code / "acme", is_live=True)
        repo.commit("first")
        poll_until(lambda: checkouts(daemon) == [str(repo.path)], "the repository is found")
        poll_until(lambda: "root_missing" not in warnings(daemon), "the warning goes")
        works_in(daemon, repo)


def test_a_file_in_place_of_a_watched_folder_is_said(make_daemon, tmp_path):
    code = tmp_path / "code"
    code.write_text("a file")
    with make_daemon(folders=[code]) as daemon:
        assert "is not a folder" in warnings(daemon)["root_not_folder"]["text"]
        code.unlink()
        repo = repos.init(code / "acme", is_live=True)
        repo.commit("first")
        poll_until(lambda: "root_not_folder" not in warnings(daemon), "the warning goes")
        poll_until(lambda: checkouts(daemon) == [str(repo.path)], "the repository is found")


def test_an_unreadable_folder_is_said_while_the_others_are_watched(make_daemon, tmp_path):
    closed, code = tmp_path / "closed", tmp_path / "code"
    hidden, repo = repos.init(closed / "acme", is_live=True), repos.init(code / "beta", is_live=True)
    for one in (hidden, repo):
        one.commit("first")
    closed.chmod(0)
    daemon = make_daemon(folders=[closed, code], wrapper=less_than_root())
    try:
        with daemon:
            warning = warnings(daemon)["root_unreadable"]
            assert "cannot be read: Permission denied" in warning["text"]
            assert "permissions" in warning["hint"]
            assert checkouts(daemon) == [str(repo.path)]
            works_in(daemon, repo)
    finally:
        closed.chmod(0o700)


def test_an_unreadable_folder_inside_a_repository_is_said(make_daemon, tmp_path):
    repo = repos.init(tmp_path / "code" / "acme", is_live=True)
    for name in ("open/one.c", "closed/two.c"):
        repo.write(name)
    repo.git("add", ".")
    repo.commit("first")
    closed = repo.path / "closed"
    closed.chmod(0)
    daemon = make_daemon(folders=[tmp_path / "code"], wrapper=less_than_root())
    try:
        with daemon:
            poll_until(lambda: "closed cannot be read" in trouble(daemon), "the repository says what is not watched")
            repo.write("open/one.c", "changed\n")
            poll_until(lambda: "edit" in beats_of(daemon, repo), "the rest is watched")
    finally:
        closed.chmod(0o700)


def trouble(daemon):
    return next(daemon.client.every("/api/repos"))["checkouts"][0]["trouble"] or ""
