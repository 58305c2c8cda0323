"""The HEAD reflog: read on from a cursor whatever git does to the file, dated without belief, folded into acts."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stintd.domain.model import GitSignal, to_us
from stintd.sources.gitacts import FoldFacts, fold, pushes, stash_seconds
from stintd.sources.reflog import ReflogCursor, ReflogNews, end_of_reflog, parse_line, parse_walk, read_reflog, walk_news
from tests.support import repos
from tests.support.repos import START, TestRepo


def log_of(repo: TestRepo) -> str:
    return str(repo.path / ".git" / "logs" / "HEAD")


def acts(repo: TestRepo, cursor: ReflogCursor | None = None, **facts: object) -> list[GitSignal]:
    news = read_reflog(log_of(repo), cursor)
    branch = repo._ask("symbolic-ref", "-q", "--short", "HEAD").strip() or None
    known = FoldFacts(str(repo.path), branch, stashed=stash_seconds(str(repo.path / ".git")), **facts)  # type: ignore[arg-type]
    return list(fold(news, known, cursor.written_us if cursor else None).signals)


def kinds(signals: list[GitSignal]) -> list[str]:
    return [signal.kind for signal in signals]


def now_of(repo: TestRepo) -> ReflogCursor:
    return read_reflog(log_of(repo), None).cursor


def test_commits_come_with_subject_branch_and_time(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    cursor = now_of(repo)
    sha = repo.commit("teach the parser dates", at=START + timedelta(minutes=30))
    (signal,) = acts(repo, cursor)
    assert (signal.kind, signal.subject, signal.branch, signal.new) == ("commit", "teach the parser dates", "main", sha)
    assert signal.time == START + timedelta(minutes=30)
    assert (signal.author, signal.is_own, signal.origin) == ("ada@example.test", True, "reflog")


def test_nothing_new_is_nothing(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 2)
    assert acts(repo, now_of(repo)) == []


def test_amend_is_a_commit(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    cursor = now_of(repo)
    repo.commit("better words", amend=True)
    assert [(s.kind, s.subject) for s in acts(repo, cursor)] == [("commit", "better words")]


def test_branch_switches_name_where_each_act_happened(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    cursor = now_of(repo)
    repo.branch("DEV-12-login")
    repo.commit("on the ticket")
    repo.git("checkout", "-q", "main")
    repo.commit("on main")
    repo.detach()
    assert [(s.kind, s.branch) for s in acts(repo, cursor)] == [
        ("checkout", "DEV-12-login"),
        ("commit", "DEV-12-login"),
        ("checkout", "main"),
        ("commit", "main"),
        ("checkout", None),
    ]


@pytest.mark.parametrize(("target", "branch"), [("feat/x", "feat/x"), ("0123456789abcdef0123456789abcdef01234567", None)])
def test_a_checkout_read_before_head_has_moved_is_on_the_branch_it_goes_to(
    tmp_path: Path, target: str, branch: str | None
) -> None:
    """Git writes the line first: HEAD still names the branch before."""
    repo = repos.make(tmp_path / "r", 1)
    before, head = now_of(repo), repo._ask("rev-parse", "HEAD").strip()
    line = f"{head} {head} Ada <ada@example.test> {int(START.timestamp()) + 60} +0000\tcheckout: moving from main to {target}\n"
    with open(log_of(repo), "a") as log:
        log.write(line)
    (signal,) = acts(repo, before)
    assert (signal.kind, signal.branch) == ("checkout", branch)


def test_rebase_of_many_picks_is_one_act_on_its_branch(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    repo.diverge(count=5)
    cursor, before = now_of(repo), repo.head()
    repo.git("rebase", "-q", "main")
    (signal,) = acts(repo, cursor)
    assert (signal.kind, signal.branch, signal.old, signal.new) == ("rebase", "topic", before, repo.head())


def test_unfinished_rebase_waits_until_it_settles(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    repo.diverge(count=2)
    repo.git("checkout", "-q", "main")
    repo.commit("in the way", name="topic1.txt")
    repo.git("checkout", "-q", "topic")
    cursor = now_of(repo)
    repo.git("rebase", "-q", "main", check=False)
    news = read_reflog(log_of(repo), cursor)
    facts = FoldFacts(str(repo.path), None)
    assert fold(news, facts, is_settled=False).used == 0
    assert kinds(list(fold(news, facts).signals)) == ["rebase"]
    repo.write("topic1.txt", "settled\n")
    repo.git("add", ".")
    repo.git("rebase", "--continue")
    news = read_reflog(log_of(repo), cursor)
    assert kinds(list(fold(news, facts, is_settled=False).signals)) == ["rebase"]


def test_merge_pull_and_pulling_rebase(tmp_path: Path) -> None:
    origin = repos.make(tmp_path / "origin", 1)
    repo = origin.clone(tmp_path / "r")
    cursor = now_of(repo)
    origin.commit("theirs", name="theirs.txt")
    repo.git("pull", "-q", "--ff-only")
    repo.branch("side")
    repo.commit("aside", name="side.txt")
    repo.git("checkout", "-q", "main")
    repo.commit("mine", name="mine.txt")
    repo.git("merge", "-q", "--no-edit", "side")
    origin.commit("theirs again", name="theirs.txt")
    repo.git("pull", "-q", "--rebase")
    assert kinds(acts(repo, cursor)) == ["pull", "checkout", "commit", "checkout", "commit", "merge", "pull"]


def test_cherry_pick_and_revert_are_commits_of_who_did_them(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    repo.branch("other")
    sha = repo.commit("by bob", name="b.txt")
    repo.git("checkout", "-q", "main")
    cursor = now_of(repo)
    repo.git("cherry-pick", sha)
    repo.git("revert", "--no-edit", "HEAD")
    signals = acts(repo, cursor, owner=frozenset({"ada@example.test"}))
    assert [(s.kind, s.is_own) for s in signals] == [("commit", True), ("commit", True)]
    assert acts(repo, cursor, owner=frozenset({"else@example.test"}))[0].is_own is False


def test_stash_is_told_from_reset(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 2)
    cursor = now_of(repo)
    repo.write("work.txt", "half done\n")
    repo.git("stash", "-q")
    repo.git("reset", "-q", "--hard", "HEAD~1", at=repo.now + timedelta(minutes=9))
    assert kinds(acts(repo, cursor)) == ["stash", "reset"]


def test_mailed_patches_are_one_act(tmp_path: Path) -> None:
    origin = repos.make(tmp_path / "origin", 1)
    repo = origin.clone(tmp_path / "r")
    cursor = now_of(repo)
    for number in range(3):
        origin.commit(f"patch {number}", name=f"{number}.txt")
    patches = origin.git("format-patch", "-3", "--stdout")
    repo.git("am", "-q", stdin=patches + "\n")
    assert [(s.kind, s.subject) for s in acts(repo, cursor)] == [("commit", "patch 2")]


def test_clone_and_new_worktree_begin_with_a_checkout(tmp_path: Path) -> None:
    origin = repos.make(tmp_path / "origin", 1)
    assert kinds(acts(origin.clone(tmp_path / "r"))) == ["checkout"]
    origin.worktree(tmp_path / "w", "feature")
    news = read_reflog(str(origin.path / ".git/worktrees/w/logs/HEAD"), None)
    assert kinds(list(fold(news, FoldFacts("w", "feature")).signals))[0] == "checkout"


def test_push_is_read_from_the_tracking_branch(tmp_path: Path) -> None:
    repos.init(tmp_path / "o.git", is_bare=True)
    repo = repos.make(tmp_path / "r", 1)
    repo.git("remote", "add", "origin", str(tmp_path / "o.git"))
    repo.git("push", "-q", "origin", "main")
    common = str(repo.path / ".git")
    (signal,), read_to = pushes(common, "r", 0, frozenset())
    assert (signal.kind, signal.branch, signal.new) == ("push", "main", repo.head())
    assert pushes(common, "r", read_to, frozenset()) == ([], read_to)


def test_a_committer_date_of_2001_bills_the_moment_it_was_written(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    cursor = now_of(repo)
    repo.commit("backdated", at=datetime(2001, 1, 1, tzinfo=UTC))
    written = START + timedelta(hours=2)
    os.utime(log_of(repo), (written.timestamp(), written.timestamp()))
    (signal,) = acts(repo, cursor)
    assert signal.time == written


def test_a_backdated_commit_among_others_takes_its_successors_time(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    cursor = now_of(repo)
    repo.commit("backdated", at=datetime(2001, 1, 1, tzinfo=UTC))
    repo.commit("true", at=START + timedelta(hours=1))
    assert [s.time for s in acts(repo, cursor)] == [START + timedelta(hours=1)] * 2


def test_gc_that_rewrites_the_file_repeats_nothing(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 5)
    cursor = now_of(repo)
    repo.git("reflog", "expire", "--expire=now", "--expire-unreachable=now", "HEAD@{3}", check=False)
    text = Path(log_of(repo)).read_bytes().split(b"\n", 2)[2]
    Path(log_of(repo)).unlink()
    Path(log_of(repo)).write_bytes(text)
    sha = repo.commit("after gc")
    assert [s.new for s in acts(repo, cursor)] == [sha]


def test_truncated_log_gives_only_what_is_younger(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 3)
    cursor = now_of(repo)
    Path(log_of(repo)).write_bytes(b"")
    sha = repo.commit("fresh start")
    assert [s.new for s in acts(repo, cursor)] == [sha]


def test_recreated_repository_gives_only_what_is_younger(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 3)
    cursor = now_of(repo)
    other = repos.make(tmp_path / "again", 1)
    other.commit("younger", at=START + timedelta(hours=1))
    news = read_reflog(log_of(other), cursor)
    assert [line.message for line in news.lines] == ["commit: younger"]


def test_a_line_still_being_written_is_left_for_later(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    cursor = now_of(repo)
    repo.commit("whole")
    whole = Path(log_of(repo)).read_bytes()
    Path(log_of(repo)).write_bytes(whole[:-20])
    half = read_reflog(log_of(repo), cursor)
    assert half.lines == ()
    Path(log_of(repo)).write_bytes(whole)
    assert [line.message for line in read_reflog(log_of(repo), half.cursor).lines] == ["commit: whole"]


def test_no_log_yet_then_the_first_commit(tmp_path: Path) -> None:
    repo = repos.init(tmp_path / "r")
    empty = read_reflog(log_of(repo), None)
    assert empty.lines == ()
    repo.commit("first")
    assert kinds(acts(repo, empty.cursor)) == ["commit"]


def test_sha256_lines_are_read(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 2, object_format="sha256")
    assert [len(s.new) for s in acts(repo)] == [64, 64]


def test_walked_reflog_says_the_same_as_the_file(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 3)
    repo.branch("x")
    output = repo.git("log", "-g", "-z", "--date=raw", "--format=%H%x1f%ge%x1f%gd%x1f%gs", "HEAD")
    walked = parse_walk(output.encode())
    read = read_reflog(log_of(repo), None).lines
    assert [(w.old, w.new, w.seconds, w.message) for w in walked] == [(r.old, r.new, r.seconds, r.message) for r in read]
    cursor = walk_news(walked[:2], None, 0).cursor
    assert [line.message for line in walk_news(walked, cursor, 0).lines] == ["commit: commit 3", walked[-1].message]


@pytest.mark.parametrize("raw", [b"", b"\0" * 200, b"not a line", b"0" * 40 + b" " + b"1" * 40 + b" no address 12 +0000"])
def test_what_is_no_line_is_passed_over(raw: bytes) -> None:
    assert parse_line(raw) is None


def test_control_characters_stay_data_and_length_is_bounded() -> None:
    raw = b"0" * 40 + b" " + b"1" * 40 + b" Ada <ada@example.test> 5 +0000\tcommit: \x1b[31m\xff" + b"x" * 5000
    line = parse_line(raw)
    assert line is not None
    assert line.message.startswith("commit: \x1b[31m�xxx")
    assert len(line.message) == 500


def test_dates_beyond_the_calendar_are_clamped() -> None:
    raw = b"0" * 40 + b" " + b"1" * 40 + b" Ada <ada@example.test> 99999999999999999 +0000\tcommit: far"
    line = parse_line(raw)
    assert line is not None
    written = to_us(START)
    (signal,) = fold(ReflogNews((line,), ReflogCursor(), False, written), FoldFacts("r", "main")).signals
    assert signal.time == START


def test_the_end_is_found_without_reading_all(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 3)
    assert end_of_reflog(log_of(repo)) == now_of(repo)
    with Path(log_of(repo)).open("ab") as log:
        log.write(b"half a line")
    assert end_of_reflog(log_of(repo)).offset == now_of(repo).offset
    assert end_of_reflog(str(tmp_path / "none")) == ReflogCursor()


def test_cursor_survives_its_text() -> None:
    cursor = ReflogCursor(7, 1234, "abcd", 99)
    assert ReflogCursor.parse(cursor.to_text()) == cursor
    assert ReflogCursor.parse(ReflogCursor().to_text()) == ReflogCursor()
    assert ReflogCursor.parse("nonsense") is None
