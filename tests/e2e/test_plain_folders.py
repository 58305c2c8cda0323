"""Notes, specs and designs without git, with a real daemon: mapped ones count, marked ones count, others are named in review."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import poll_until, repos
from tests.support.daemon import Daemon
from tests.support.repos import TestRepo


@pytest.fixture
def code(tmp_path: Path) -> Path:
    repos.make(tmp_path / "code" / "acme", 1, is_live=True)
    for name in ("notes", "specs", "loose"):
        (tmp_path / "code" / name).mkdir()
    return tmp_path / "code"


@pytest.fixture
def daemon(tmp_path: Path, code: Path) -> Iterator[Daemon]:
    with Daemon(tmp_path / "home", [code]) as daemon:
        yield daemon


def saved(daemon: Daemon, project: str | None) -> set[str]:
    """The files whose saves count for a project."""
    beats = daemon.client.every("/api/heartbeats", source="watch")
    return {str(beat["entity"]) for beat in beats if beat["kind"] == "edit" and beat["project"] == project}


def test_a_folder_mapped_while_the_daemon_runs_counts_at_once_and_over_a_downtime(daemon: Daemon, code: Path) -> None:
    daemon.stint("map", str(code / "notes"), "journal", "--create")
    (code / "notes" / "live.md").write_text("1")
    poll_until(lambda: "live.md" in saved(daemon, "journal"), "a save counts")
    (code / "notes" / "new").mkdir()
    (code / "notes" / "new" / "deep.md").write_text("1")
    poll_until(lambda: "new/deep.md" in saved(daemon, "journal"), "a save in a new folder counts")
    daemon.stop()
    (code / "notes" / "meanwhile.md").write_text("1")
    daemon.start()
    poll_until(lambda: "meanwhile.md" in saved(daemon, "journal"), "a save while it was down counts")
    assert saved(daemon, "journal") == {"live.md", "new/deep.md", "meanwhile.md"}
    repo = repos.init(code / "notes", is_live=True)
    repo.commit("now with git")
    poll_until(
        lambda: [b for b in daemon.client.every("/api/heartbeats", source="git") if b["project"] == "journal"], "it goes on"
    )


def test_a_folder_with_a_project_file_counts_from_the_moment_it_is_written(daemon: Daemon, code: Path) -> None:
    (code / "specs" / "before.md").write_text("1")
    (code / "specs" / ".stint.toml").write_text('project = "client specs"\n')
    poll_until(lambda: "before.md" in saved(daemon, "client specs"), "what was saved before the file counts")
    (code / "specs" / "after.md").write_text("1")
    poll_until(lambda: "after.md" in saved(daemon, "client specs"), "a save counts")


def test_other_folders_are_named_in_review_and_nothing_is_made_of_them(daemon: Daemon, code: Path) -> None:
    (code / "loose" / "a.md").write_text("1")
    (code / "loose" / "b.md").write_text("1")
    daemon.stop()
    daemon.start()
    TestRepo(code / "acme", is_live=True).write("app.py")
    poll_until(lambda: saved(daemon, "acme"), "the repository counts")

    def line() -> list[str]:
        return [item["text"] for item in daemon.client.get("/api/review")["items"] if item["kind"] == "uncounted"]

    daemon.stint("map", str(code / "notes"), "journal", "--create")  # a folder that counts from now on: the others are looked at
    poll_until(lambda: line() == ["loose: 2 files saved this week, not counted"], "the folder is named")
    assert f"stint map {code / 'loose'} PROJECT" in daemon.stint("review", COLUMNS="300").out
    assert {project["name"] for project in daemon.client.every("/api/projects")} == {"acme", "journal"}
    assert saved(daemon, None) == set()


def test_other_watched_folders_have_other_project_files_without_a_restart(tmp_path: Path) -> None:
    client = tmp_path / "client"
    repo = repos.make(client / "site", 1, is_live=True)
    (client / ".stint.toml").write_text('project = "umbrella"\n')

    def projects() -> set[str]:
        return {entry["projectName"] for entry in daemon.entries()}

    with Daemon(tmp_path / "home", [client / "site"]) as daemon:
        repo.write("one.py")
        poll_until(lambda: projects() == {"site"}, "a save counts for the repository")
        config = Path(daemon.layout.config)
        config.write_text(config.read_text().replace(str(client / "site"), str(client)))
        poll_until(lambda: projects() == {"umbrella"}, "the file above it holds")
        repo.write("two.py")
        poll_until(
            lambda: "two.py" in {b["entity"] for b in daemon.client.every("/api/heartbeats")}, "it is watched all the same"
        )
        poll_until(lambda: projects() == {"umbrella"}, "and holds for what comes")
