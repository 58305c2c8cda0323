"""Ignored is what git says is ignored: by table, by property against `git check-ignore`, and with hostile files."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stintd.sources.ignore import IgnoreRules, compile_pattern, global_excludes
from tests.support import repos

TREE = (
    "a", "b.log", "keep.log", "foo/a", "foo/b.log", "foo/bar/a", "foo/bar/deep/x.py", "build/out.o", "src/build/x",
    "src/app.py", "src/.hidden", "sp ace/a b", "x-y/[x]", "node_modules/left/pad.js", "été/é", "B/a",
)  # fmt: skip


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("tree")
    subprocess.run(["git", "init", "-q", str(top)], check=True)
    for name in TREE:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text("x")
    return top


def paths_of(top: Path) -> list[str]:
    return sorted(str(path.relative_to(top)) for path in top.rglob("*") if ".git" not in path.relative_to(top).parts[:1])


def by_git(top: Path) -> set[str]:
    asked = "\0".join(f"./{path}" for path in paths_of(top)).encode()
    done = subprocess.run(
        ["git", "-C", str(top), "check-ignore", "--no-index", "-z", "--stdin"], input=asked, capture_output=True, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    return {os.fsdecode(path).removeprefix("./") for path in done.stdout.split(b"\0") if path}


def by_us(top: Path) -> set[str]:
    rules = IgnoreRules(str(top), str(top / ".git"))
    return {path for path in paths_of(top) if rules.is_ignored(os.fsencode(path), (top / path).is_dir())}


@pytest.fixture
def clean(tree: Path) -> Iterator[Path]:
    yield tree
    wipe(tree)


def wipe(top: Path) -> None:
    for found in top.rglob(".gitignore"):
        found.unlink()
    (top / ".git/info/exclude").unlink(missing_ok=True)


@pytest.mark.parametrize(
    "text",
    [
        "*.log\n!keep.log\n", "foo/\n!foo/a\n", "/build\n", "build\n", "build/\n", "foo/*\n!foo/bar\n", "**/deep\n",
        "foo/**/x.py\n", "foo/**\n", "*\n!*/\n!*.py\n", "a b\n", "sp\\ ace\n", "trailing   \n", "a\\ \n", "#a\n\\#a\n",
        "[[:upper:]]\n", "[!a-z]\n", "x-y/\\[x\\]\n", "x-y/[[]x]\n", "[a\n", "[[:nonsense:]]\n", "\\\n", "/\n", "//\n", "/*\n",
        "foo//a\n", "src/*.py\r\nb.log\r\n", "\ufeffa\n", "?\n", "é\n", "??t??\n", "f**o\n", "fo**/a\n", "**\n", "**/\n",
        "foo/b*/**/x*\n",
        "node_modules\n!node_modules/left/pad.js\n", "a\0b\n", ".*\n", "*/a\n", "/*/a\n", "***/a\n", "a", "!a", "B\n",
    ],
)  # fmt: skip
def test_one_file_is_read_as_git_reads_it(clean: Path, text: str) -> None:
    (clean / ".gitignore").write_bytes(text.encode())
    assert by_us(clean) == by_git(clean)


def test_deeper_files_win_and_excludes_come_last(clean: Path) -> None:
    (clean / ".gitignore").write_text("*.log\n/src/*\n!/src/build\n")
    (clean / "foo/.gitignore").write_text("!b.log\nbar/*\n!bar/deep\n")
    (clean / "foo/bar/.gitignore").write_text("!a\n")
    (clean / ".git/info/exclude").write_text("!keep.log\nx-y\n")
    assert by_us(clean) == by_git(clean)


ATOMS = ["a", "b", "foo", "bar", "x", "*", "**", "?", "/", "/", ".log", "[ab]", "[!a]", "[a-f]", "[[:alpha:]]", "[^x-]",
         "\\*", "\\a", "[]a]", "!", "#", " ", "-", "[", "é", "[-a]", "deep", "src"]  # fmt: skip
LINE = st.lists(st.sampled_from(ATOMS), min_size=1, max_size=6).map("".join)
FILE = st.lists(st.tuples(st.sampled_from(["", "", "!"]), LINE, st.sampled_from(["", "", "/", "/**"])), max_size=5).map(
    lambda lines: "\n".join("".join(line) for line in lines)
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(top=FILE, foo=FILE, deep=FILE, exclude=FILE)
def test_any_files_are_read_as_git_reads_them(clean: Path, top: str, foo: str, deep: str, exclude: str) -> None:
    wipe(clean)
    for place, text in (
        (".gitignore", top),
        ("foo/.gitignore", foo),
        ("foo/bar/.gitignore", deep),
        (".git/info/exclude", exclude),
    ):
        (clean / place).write_text(text)
    assert by_us(clean) == by_git(clean)


def test_the_owners_own_excludes_hold(tree: Path, isolated_home: Path) -> None:
    default = isolated_home / ".config/git/ignore"
    default.parent.mkdir(parents=True)
    default.write_text("*.log\n")
    assert by_us(tree) == by_git(tree) >= {"b.log"}
    (isolated_home / "mine").write_text("*.py\n")
    with (isolated_home / "gitconfig").open("a") as config:
        config.write("[core]\n\texcludesFile = ~/mine\n")
    assert by_us(tree) == by_git(tree) >= {"src/app.py"}
    assert global_excludes() == str(isolated_home / "mine")


def test_the_repository_cannot_name_an_excludes_file(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "all").write_text("*\n")
    subprocess.run(["git", "-C", str(tree), "config", "core.excludesFile", str(tmp_path / "all")], check=True)
    try:
        assert by_us(tree) == set()
    finally:
        subprocess.run(["git", "-C", str(tree), "config", "--unset", "core.excludesFile"], check=True)


def test_the_owners_excludes_may_be_a_link(isolated_home: Path, tree: Path, tmp_path: Path) -> None:
    (tmp_path / "dotfiles").write_text("*.log\n")
    (isolated_home / ".config/git").mkdir(parents=True)
    (isolated_home / ".config/git/ignore").symlink_to(tmp_path / "dotfiles")
    assert "b.log" in by_us(tree)


def test_a_pipe_a_link_and_a_huge_file_say_nothing_and_stall_nobody(tmp_path: Path) -> None:
    repo = repos.init(tmp_path / "acme")
    secret = tmp_path / "secret"
    secret.write_text("*\n")
    for number, make in enumerate(
        (
            os.mkfifo,
            lambda path: os.symlink(secret, path),
            lambda path: os.symlink("/dev/zero", path),
            os.mkdir,
            lambda path: Path(path).write_text("*\n" * 400_000),
        )
    ):
        folder = repo.path / f"f{number}"
        folder.mkdir()
        make(str(folder / ".gitignore"))
        rules = IgnoreRules(str(repo.path), str(repo.path / ".git"))
        assert not rules.is_ignored(b"f%d/a.txt" % number)


@pytest.mark.parametrize(
    "pattern",
    [b"*a" * 60 + b"b", b"**/*a" * 30 + b"/b", b"a*" * 100 + b"/x", b"*?" * 100 + b"z", b"x**/" + b"**/a*" * 30 + b"/q",
     b"[a-z]*" * 80 + b"9", b"/".join([b"**", b"a*a"] * 40) + b"/q"],
)  # fmt: skip
def test_no_pattern_takes_long(pattern: bytes) -> None:
    compiled = compile_pattern(pattern)
    assert compiled is not None
    began = time.process_time()
    for path in (b"a" * 255, b"/".join([b"a" * 200] * 20), b"a/" * 1500 + b"a", b"x" + b"a/" * 1500):
        compiled.matches(path)
    assert time.process_time() - began < 0.5


def test_a_path_of_a_thousand_folders_is_judged(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("deep\n")
    rules = IgnoreRules(str(tmp_path), str(tmp_path / ".git"))
    path = b"/".join([b"d"] * 1900)
    assert not rules.is_ignored(path)
    assert rules.is_ignored(path + b"/deep/x")


def test_changed_files_are_read_anew_when_told(tmp_path: Path) -> None:
    repo = repos.init(tmp_path / "acme")
    rules = IgnoreRules(str(repo.path), str(repo.path / ".git"))
    assert not rules.is_ignored(b"a.log")
    repo.write(".gitignore", "*.log\n")
    assert not rules.is_ignored(b"a.log")
    rules.refresh(is_changed=True)
    assert rules.is_ignored(b"a.log")
    repo.write(".git/info/exclude", "*.txt\n")
    rules.refresh()
    assert rules.is_ignored(b"a.txt")


def test_many_questions_are_answered_alike(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.log\n!keep.log\n/dist/\nsrc/**/gen\n")
    rules = IgnoreRules(str(tmp_path), str(tmp_path / ".git"))
    asked = {b"a.log": True, b"keep.log": False, b"dist/x": True, b"src/a/gen/x": True, b"src/a/x": False}
    for _ in range(100):
        assert {path: rules.is_ignored(path) for path in asked} == asked
