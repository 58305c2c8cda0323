"""The index is read as git wrote it, and whatever else lies there is refused without harm."""

import os
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stintd.errors import StintdError
from stintd.sources.gitfiles import OddFile
from stintd.sources.gitindex import NeedsGit, is_inside, tracked_files, tracked_folders, tracked_paths
from tests.support import repos
from tests.support.repos import TestRepo

NAMES = ("top.txt", "src/app.py", "src/deep/er/x.py", "docs/read me.md", "docs/été.md", "a/b/c/d/e/f/g.txt")
FOLDERS = {b"", b"src", b"src/deep", b"src/deep/er", b"docs", *(b"a/b/c/d/e/f"[:n] for n in range(1, 12, 2))}


def filled(path: Path, **options: str) -> TestRepo:
    repo = repos.init(path, **options)  # type: ignore[arg-type]
    for name in NAMES:
        repo.write(name, name)
    repo.git("add", "-A")
    return repo


def git_dir(repo: TestRepo) -> str:
    return str(repo.path / ".git")


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
@pytest.mark.parametrize("version", [2, 3])
def test_folders_and_files_of_the_index_are_known(tmp_path: Path, object_format: str, version: int) -> None:
    repo = filled(tmp_path / "acme", object_format=object_format)
    if version == 3:
        repo.write("later.txt")
        repo.git("add", "--intent-to-add", "later.txt")
    assert (repo.path / ".git/index").read_bytes()[7] == version
    assert tracked_folders(git_dir(repo)) == FOLDERS
    files = tracked_files(git_dir(repo))
    assert {os.fsdecode(path) for path in files} == {*NAMES, *(["later.txt"] if version == 3 else [])}
    assert tracked_paths(git_dir(repo)) == set(files)
    found = (repo.path / "src/app.py").stat()
    assert (files[b"src/app.py"].mtime_ns, files[b"src/app.py"].size) == (found.st_mtime_ns, found.st_size)


def test_without_an_index_nothing_is_tracked(tmp_path: Path) -> None:
    repo = repos.init(tmp_path / "acme")
    assert tracked_folders(git_dir(repo)) == frozenset()
    assert tracked_files(git_dir(repo)) == {}


def test_an_emptied_index_has_the_top_alone(tmp_path: Path) -> None:
    repo = filled(tmp_path / "acme")
    repo.git("rm", "-rq", "--cached", ".")
    assert tracked_folders(git_dir(repo)) == {b""}


def test_extensions_of_git_are_passed_over(tmp_path: Path) -> None:
    repo = filled(tmp_path / "acme")
    repo.git("commit", "-qm", "x")  # writes the tree cache
    repo.git("update-index", "--untracked-cache", check=False)
    assert tracked_folders(git_dir(repo)) == FOLDERS


def test_files_outside_a_sparse_checkout_are_not_there(tmp_path: Path) -> None:
    repo = filled(tmp_path / "acme")
    repo.git("commit", "-qm", "x")
    repo.git("sparse-checkout", "set", "--no-sparse-index", "docs")
    assert tracked_folders(git_dir(repo)) == {b"", b"docs"}


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("update-index", "--index-version", "4"), "version 4"),
        (("update-index", "--split-index"), "split"),
        (("sparse-checkout", "set", "--cone", "--sparse-index", "docs"), "sparse"),
    ],
)
def test_what_only_git_can_read_is_left_to_git(tmp_path: Path, command: tuple[str, ...], why: str) -> None:
    repo = filled(tmp_path / "acme")
    repo.git("commit", "-qm", "x")
    repo.git(*command)
    with pytest.raises(NeedsGit, match=why):
        tracked_folders(git_dir(repo))


def index_of(*paths: bytes, flags: int = 0) -> bytes:
    """An index of version 2 that git would not write."""
    data = struct.pack(">4sLL", b"DIRC", 2, len(paths))
    for path in paths:
        entry = bytes(60) + struct.pack(">H", flags | min(len(path), 0xFFF)) + path
        data += entry + bytes(8 - len(entry) % 8)
    return data + bytes(20)


def placed(folder: Path, data: bytes) -> str:
    (folder / "index").write_bytes(data)
    return str(folder)


def test_names_of_any_length_are_read(tmp_path: Path) -> None:
    long = b"/".join([b"x" * 200] * 25)
    place = placed(tmp_path, index_of(b"a", long, b"z/z"))
    assert tracked_paths(place) == {b"a", long, b"z/z"}
    assert b"z" in tracked_folders(place)


@pytest.mark.parametrize("path", [b"../up/x", b"/abs/x", b"a/../../x/y", b".git/hooks/x", b"a/.GIT/x", b"a//b/x", b"./a/x"])
def test_paths_that_leave_the_work_tree_name_no_folder(tmp_path: Path, path: bytes) -> None:
    assert tracked_folders(placed(tmp_path, index_of(path, b"good/x"))) == {b"", b"good"}


def test_a_name_with_a_nul_stays_outside() -> None:
    assert not is_inside(b"a\0b")


def test_a_pipe_a_link_and_a_folder_in_its_place_are_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(index_of(b"a/b"))
    for number, make in enumerate(
        (
            lambda path: os.mkfifo(path),
            lambda path: os.symlink(tmp_path / "elsewhere", path),
            lambda path: os.mkdir(path),
            lambda path: os.symlink("/dev/zero", path),
        )
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        make(folder / "index")
        with pytest.raises(OddFile):
            tracked_folders(str(folder))


def test_an_index_cut_anywhere_is_refused(tmp_path: Path) -> None:
    repo = filled(tmp_path / "acme")
    whole = (repo.path / ".git/index").read_bytes()
    for end in range(len(whole)):
        with pytest.raises(StintdError):
            tracked_folders(placed(tmp_path, whole[:end]))


@settings(max_examples=300, deadline=None)
@given(position=st.integers(0, 400), junk=st.binary(min_size=1, max_size=12))
def test_damage_never_does_worse_than_an_error(tmp_path_factory: pytest.TempPathFactory, position: int, junk: bytes) -> None:
    data = bytearray(index_of(b"a/b", b"c/d/e", b"f"))
    data[position : position + len(junk)] = junk
    place = placed(tmp_path_factory.getbasetemp(), bytes(data))
    try:
        found = tracked_folders(place)
        tracked_files(place)
    except StintdError:
        return
    assert all(folder == b"" or is_inside(folder) for folder in found)


def test_a_count_beyond_the_file_is_refused_without_work(tmp_path: Path) -> None:
    data = struct.pack(">4sLL", b"DIRC", 2, 0xFFFFFFFF) + bytes(200)
    with pytest.raises(OddFile):
        tracked_folders(placed(tmp_path, data))
