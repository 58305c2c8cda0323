"""Checkouts below a folder: all of them, nothing else, bounded."""

from pathlib import Path

from stintd.sources.discover import WalkLimits, discover
from tests.support import repos


def names(root: Path, **options: object) -> list[str]:
    found = discover(str(root), **options)  # type: ignore[arg-type]
    return sorted(str(Path(path).relative_to(root)) for path in found.checkouts)


def test_every_kind_of_checkout_is_found(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "acme" / "api", 1)
    repo.worktree(tmp_path / "acme" / "api-hotfix", "hotfix")
    repo.submodule(repos.make(tmp_path / "lib", 1), "libs/lib")
    repo.init_nested("tools/inner")
    repo.worktree(repo.path / ".claude" / "worktrees" / "agent", "agent")
    repos.init(tmp_path / "store.git", is_bare=True)
    assert names(tmp_path) == [
        "acme/api",
        "acme/api-hotfix",
        "acme/api/.claude/worktrees/agent",
        "acme/api/libs/lib",
        "acme/api/tools/inner",
        "lib",
        "store.git",
    ]


def test_the_root_itself_may_be_a_checkout_or_bare(tmp_path: Path) -> None:
    repos.make(tmp_path / "r", 1)
    repos.init(tmp_path / "bare", is_bare=True)
    assert names(tmp_path / "r") == ["."]
    assert names(tmp_path / "bare") == ["."]


def test_folders_that_tools_fill_are_not_entered_inside_a_checkout(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "app", 1)
    for heavy in ("node_modules", ".venv", "target"):
        repos.init(repo.path / heavy / "dep")
    repos.init(tmp_path / "build")
    repos.init(tmp_path / "node_modules" / "dep")
    assert names(tmp_path) == ["app", "build"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    repos.make(tmp_path / "outside" / "secret", 1)
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "root" / "loop").symlink_to(tmp_path / "root")
    assert names(tmp_path / "root") == []


def test_a_bare_repository_as_content_is_not_one(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "app", 1)
    repos.init(repo.path / "fixtures" / "evil.git", is_bare=True)
    repos.init(tmp_path / "unnamed", is_bare=True)
    assert names(tmp_path) == ["app"]


def test_containers_are_the_folders_where_a_clone_could_appear(tmp_path: Path) -> None:
    repos.make(tmp_path / "clients" / "acme" / "api", 1).write("src/deep/file.py")
    (tmp_path / "empty").mkdir()
    found = discover(str(tmp_path))
    assert {str(Path(path).relative_to(tmp_path)) for path in found.containers} == {".", "clients", "clients/acme", "empty"}
    assert discover(str(tmp_path / "clients" / "acme" / "api")).containers == ()


def test_limits_cut_the_walk_and_say_so(tmp_path: Path) -> None:
    for number in range(5):
        repos.init(tmp_path / str(number))
    repos.init(tmp_path / "a" / "b" / "c" / "deep")
    assert discover(str(tmp_path), limits=WalkLimits(checkouts=2)).is_cut
    assert discover(str(tmp_path), limits=WalkLimits(folders=3)).is_cut
    assert names(tmp_path, limits=WalkLimits(depth=2)) == ["0", "1", "2", "3", "4"]
