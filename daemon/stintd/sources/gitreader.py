"""Answers the tracker's questions about a checkout: its facts, which git folders to watch, and what was done since a cursor.

Reads files through `gitfiles` and `reflog`; only a reftable repository and a first commit need git itself (`gitcall`).
Has no state, so any thread may call it.
"""

import contextlib
import os
from collections.abc import Sequence, Set
from dataclasses import replace

from stintd.domain.mapping.remote import network_remote, normalise_remote
from stintd.domain.model import CheckoutFacts, GitSignal, to_us
from stintd.frozen import frozen
from stintd.sources import gitcall
from stintd.sources.gitacts import FoldedActs, FoldFacts, fold, may_be_branch, pushes, stash_seconds
from stintd.sources.gitfiles import (
    UNKNOWN,
    GitConfig,
    GitPlace,
    Head,
    OddFile,
    UnreadFile,
    distrust_reason,
    locate,
    locate_bare,
    read_config,
    read_head,
    read_ref,
    text_of,
)
from stintd.sources.gitmarks import read_marks
from stintd.sources.gitsteps import read_bisect
from stintd.sources.headmoves import HeadMove, MoveReader, NeedsThread, explain, silent_acts
from stintd.sources.reflog import (
    WALK_FORMAT,
    ReflogCursor,
    ReflogLine,
    ReflogNews,
    end_of_known,
    end_of_reflog,
    end_of_shared,
    parse_walk,
    read_reflog,
    read_tail,
    walk_news,
)

TRACKING_FOLDERS = 64  # most folders of remote-tracking logs watched in a repository; other branches are read at the next look
OWNER_TAIL = 64 * 1024
REBASED_TAIL = 256 * 1024  # about 1,500 lines: the commits that a rebase folds were made not long ago
WALK_LIMIT = 500  # most lines of a reftable's reflog read; more than anybody writes between two looks


@frozen
class ReflogLook:
    """The acts that a look at a reflog found. Store `cursor` together with the signals. `is_waiting`: a rebase goes on, so
    look again in a moment, settled. `needs_thread`: only git can read what HEAD moved to, so nothing is reported yet."""

    signals: tuple[GitSignal, ...]
    cursor: str
    is_waiting: bool = False
    needs_thread: bool = False


def head_of(path: str, roots: tuple[str, ...] = ()) -> tuple[str | None, str]:
    """Branch and commit of the checkout at `path`, (None, "") where there is none."""
    facts = facts_of(path, roots=roots)
    return (facts.branch, facts.head) if facts is not None else (None, "")


def facts_of(path: str, first_commit: str = "", roots: tuple[str, ...] = ()) -> CheckoutFacts | None:
    """The facts of the checkout at `path`; None when there is none.

    A refused checkout has no `git_dir` and the reason in `trouble`: its git data must not be read, and it is a folder of its own.
    One on which git must not run keeps its `git_dir`, and only its files are read. `first_commit` names a repository without a
    remote, where known. `roots`: the watched folders, without links; links in git data are followed only inside them. One that
    cannot be read just now (`is_unread`) has no `git_dir` either, and nothing is known about it.
    """
    try:
        place = locate(path, roots) or locate_bare(path, roots)
        if place is None:
            return None
        if not _is_text(path + place.git_dir + place.common_dir + (place.parent or "")):
            raise OddFile("the name of a folder it lies in is not UTF-8", "rename that folder")
        config, head = read_config(place.common_dir), read_head(place)
    except UnreadFile as error:
        return CheckoutFacts(path, "", "", "main", f"path:{path}", trouble=error.message, is_unread=True)
    except OddFile as odd:
        if _is_removed(path, roots):
            return None
        trouble = f"{odd.message}; {odd.hint}".rstrip("; ")
        return CheckoutFacts(path, "", os.path.join(path, ".git"), "main", f"path:{path}", trouble=trouble)
    trouble = _misplacement(place, config) or distrust_reason(place)
    if config.ref_storage == "reftable":
        head, trouble = _reftable_head(place, trouble)
    return CheckoutFacts(
        path=path,
        git_dir=place.git_dir,
        common_dir=place.common_dir,
        kind=place.kind,
        identity=_identity(place, config, first_commit),
        remote=config.remote,
        first_commit=first_commit,
        branch=head.branch,
        head=head.sha,
        parent=place.parent,
        trouble=trouble,
        network=network_remote(config.remote),
        marks=read_marks(place.path, place.git_dir, place.common_dir),
    )


def _is_removed(path: str, roots: tuple[str, ...]) -> bool:
    """Whether a checkout that was odd is none any more: it was read while somebody removed it, file by file."""
    try:
        return (locate(path, roots) or locate_bare(path, roots)) is None
    except OddFile:
        return False


def _is_text(path: str) -> bool:
    """Whether paths can be stored and shown as they are."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _reftable_head(place: GitPlace, trouble: str) -> tuple[Head, str]:
    """(HEAD as git itself reports it, trouble): a reftable HEAD is a stub that no reader of files can follow."""
    if trouble:
        return Head(UNKNOWN, ""), trouble
    try:
        name = gitcall.call(place, ("rev-parse", "--symbolic-full-name", "HEAD")).strip()
        sha = gitcall.call(place, ("rev-parse", "--verify", "--end-of-options", "HEAD^{commit}")).strip()
    except gitcall.GitFailed as error:
        return Head(UNKNOWN, ""), f"{error.message}; reftable needs git 2.45 or newer"
    branch = text_of(name.removeprefix(b"refs/heads/")) if name.startswith(b"refs/heads/") else None
    return Head(branch, sha.decode("ascii", "replace")), ""


def _misplacement(place: GitPlace, config: GitConfig) -> str:
    """Why the work tree is not where `.git` lies: `core.worktree` could pass off another folder as this one."""
    if not config.worktree or place.kind in ("worktree", "bare"):
        return ""
    claimed = os.path.normpath(os.path.join(place.git_dir, config.worktree))
    if os.path.realpath(claimed) == os.path.realpath(place.path):
        return ""
    return f"the settings of {place.path} place its files in {claimed[:300]}"


def _identity(place: GitPlace, config: GitConfig, first_commit: str, hops: int = 2) -> str:
    """The name of the repository. A remote on this machine is another checkout or a bare store of the same history, so its
    own remote counts. Without a remote the first commit is the name."""
    remote = normalise_remote(config.remote) if config.remote else ""
    if remote.startswith("/") or remote[1:2] == ":":
        remote = _remote_of_local(remote, hops)
    if remote:
        return remote
    if first_commit:
        return f"root:{first_commit}"
    return f"path:{place.parent if place.kind == 'worktree' and place.parent else place.path}"


def _remote_of_local(path: str, hops: int) -> str:
    """The remote of the repository at a local path; "" when it has none, or when it must not be read."""
    try:
        place = locate(path) or locate_bare(path) or locate_bare(path + ".git")
        if place is None or hops == 0 or distrust_reason(place):
            return ""
        name = _identity(place, read_config(place.common_dir), "", hops - 1)
    except OddFile:
        return ""
    return "" if name.startswith("path:") else name


def first_commit_of(facts: CheckoutFacts) -> str:
    """The first commit, which names a repository without a remote; "" while it has none or when git cannot say.

    The first line of the reflog names it without git, unless history was rewritten since.
    """
    if not facts.head or not facts.git_dir:
        return ""
    place = place_of(facts)
    try:
        news = read_reflog(os.path.join(facts.git_dir, "logs", "HEAD"), None)
        if facts.kind == "main" and _is_plain(news):
            return news.lines[0].new
        return gitcall.first_commit(place, facts.head)
    except (OddFile, gitcall.GitFailed):
        return ""


def _is_plain(news: ReflogNews) -> bool:
    """Whether the log begins with the first commit and nothing since can have replaced it."""
    lines = news.lines
    if not lines or not lines[0].message.startswith("commit (initial)") or lines[0].old.strip("0"):
        return False
    words = {line.message.split(":", 1)[0].split(" ", 1)[0] for line in lines[1:]}
    is_amended = any(line.old == lines[0].new and "(amend)" in line.message for line in lines[1:])
    return not is_amended and words <= {"commit", "checkout", "merge", "pull", "cherry-pick", "revert"}


def place_of(facts: CheckoutFacts) -> GitPlace:
    """The git data of a checkout whose facts are known."""
    return GitPlace(facts.path, facts.git_dir, facts.common_dir, facts.kind, facts.parent)


# ---------------------------------------------------------------- watching


def git_folders(facts: CheckoutFacts) -> list[str]:
    """Folders of the git dir in which acts show: HEAD and its log, its branch, pushes, reftables, worktrees, modules.

    Never `objects`. A linked worktree's folders do not include those of its main checkout, except that of its branch.
    """
    if not facts.git_dir:
        return []
    wanted = [facts.git_dir, os.path.join(facts.git_dir, "logs"), os.path.join(facts.git_dir, "reftable")]
    wanted += _branch_folder(facts)
    if facts.kind != "worktree":
        wanted += [os.path.join(facts.common_dir, name) for name in ("reftable", "worktrees", "modules")]
        wanted += _tracking_folders(os.path.join(facts.common_dir, "logs", "refs", "remotes"))
        wanted.append(os.path.join(facts.common_dir, "logs", "refs"))
    there = (os.path.realpath(folder) if os.path.islink(folder) else folder for folder in wanted)  # `facts_of` checked the links
    return [folder for folder in dict.fromkeys(there) if os.path.isdir(folder)]


def _branch_folder(facts: CheckoutFacts) -> list[str]:
    """The folder of the branch's file: programs that write no reflog change nothing else. The nearest one that is there."""
    top = os.path.join(facts.common_dir, "refs", "heads")
    if not facts.branch or facts.branch == UNKNOWN:
        return []
    folder = os.path.dirname(os.path.join(top, facts.branch))
    while folder != top and not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    return [folder]


def _tracking_folders(top: str) -> list[str]:
    folders: list[str] = []
    ahead = [top]
    while ahead and len(folders) < TRACKING_FOLDERS:
        folder = ahead.pop(0)
        try:
            ahead += [child.path for child in os.scandir(folder) if child.is_dir(follow_symlinks=False)]
        except OSError:
            continue
        folders.append(folder)
    return folders


# ---------------------------------------------------------------- looking


def read_acts(
    facts: CheckoutFacts,
    cursor: str | None,
    owner: frozenset[str],
    is_settled: bool = True,
    after_us: int | None = None,
    may_run_git: bool = True,
) -> ReflogLook:
    """The acts in a checkout since `cursor` (None: all that its reflog still has), and commits that left no line in it.
    `after_us`: nothing before it is reported, and nothing can have been written before it. Without `may_run_git` it takes
    0.1 ms, and `needs_thread` says when that does not suffice. `OddFile` when the log is not a regular file."""
    if not facts.git_dir:
        return ReflogLook((), cursor or "")
    before = ReflogCursor.parse(cursor) if cursor else None
    news = _reflog_news(facts, before)
    folded = _fold(facts, news, before, owner, is_settled) if news.lines else FoldedActs((), 0)
    is_waiting = folded.used < len(news.lines)
    reader = MoveReader(place_of(facts), facts.head, lambda address: _is_owner(facts, owner, address), may_run_git)
    try:
        since_us = before.written_us if before and before.written_us else None
        signals = explain(folded.signals, since_us, after_us or 0, reader)
        known = news.lines[folded.used - 1].new if folded.used else before.head if before else None
        move = None if is_waiting else _silent_move(facts, news, known, before, after_us)
        signals += silent_acts(move, facts.path, facts.branch, reader) if move is not None else ()
    except NeedsThread:
        return ReflogLook((), cursor or "", needs_thread=True)
    head = facts.head if move is not None or known is None else known
    next_cursor = replace(news.cursor_after(folded.used, before or ReflogCursor()), head=_real(head))
    if not news.written_us:
        next_cursor = replace(next_cursor, written_us=max(next_cursor.written_us, _head_moved_us(facts)))
    kept = tuple(signal for signal in signals if after_us is None or to_us(signal.time) >= after_us)
    return ReflogLook(kept, next_cursor.to_text(), is_waiting)


def _silent_move(
    facts: CheckoutFacts, news: ReflogNews, known: str | None, before: ReflogCursor | None, after_us: int | None
) -> HeadMove | None:
    """The move of HEAD that no line tells; None when there is none. Git writes the line before it moves HEAD, so a look in
    between finds HEAD at an earlier commit, whose files are older than the log."""
    if not facts.head or facts.head == known:
        return None
    moved_us = _head_moved_us(facts)
    if known is None:
        is_new = before is None and after_us is not None and not news.written_us
        return HeadMove(None, facts.head, after_us, moved_us) if is_new else None
    if moved_us <= news.written_us:
        return None
    since_us = before.written_us if before and before.written_us else after_us
    return HeadMove(_real(known), facts.head, since_us, moved_us)


def _real(sha: str) -> str:
    """A commit's id; "" for the zeros that stand for none."""
    return sha if sha.strip("0") else ""


def _head_moved_us(facts: CheckoutFacts) -> int:
    """When HEAD, or the branch that it names, was written last, in microseconds."""
    paths = [os.path.join(facts.git_dir, "HEAD")]
    if facts.branch and facts.branch != UNKNOWN:
        paths.append(os.path.join(facts.common_dir, "refs", "heads", facts.branch))
    times = [written_us for path in paths if (written_us := _written_us(path))]
    return max(times) if len(times) == len(paths) else max([*times, _written_us(os.path.join(facts.common_dir, "packed-refs"))])


def _written_us(path: str) -> int:
    try:
        return os.lstat(path).st_mtime_ns // 1000
    except (OSError, ValueError):
        return 0


def _is_owner(facts: CheckoutFacts, owner: frozenset[str], address: str) -> bool:
    """Whether the owner commits under this address; where nobody said who that is, whoever works on this machine."""
    known = owner or author_addresses(facts) | {read_config(facts.common_dir).user, gitcall.global_user()} - {""}
    return not known or address in known


def _lines_before(facts: CheckoutFacts, news: ReflogNews) -> tuple[ReflogLine, ...]:
    """What the log says before the new lines, if a rebase ended in them: it may have folded commits of then."""
    if not any("(finish)" in line.message for line in news.lines):
        return ()
    lines, _ = read_tail(os.path.join(facts.git_dir, "logs", "HEAD"), REBASED_TAIL)
    return tuple(line for line in lines if line.end < news.lines[0].end)


def _fold(
    facts: CheckoutFacts, news: ReflogNews, before: ReflogCursor | None, owner: frozenset[str], is_settled: bool
) -> FoldedActs:
    context = FoldFacts(
        facts.path,
        facts.branch,
        owner,
        stash_seconds(facts.common_dir),
        read_bisect(facts.git_dir),
        lambda name: is_branch(place_of(facts), name),
        _lines_before(facts, news),
    )
    since = before.written_us if before and before.written_us else None
    return fold(news, context, since, is_settled)


def _reflog_news(facts: CheckoutFacts, before: ReflogCursor | None) -> ReflogNews:
    if read_config(facts.common_dir).ref_storage != "reftable":
        return read_reflog(os.path.join(facts.git_dir, "logs", "HEAD"), before)
    place = place_of(facts)
    args = ("log", "-g", "-z", "--date=raw", f"--max-count={WALK_LIMIT}", f"--format={WALK_FORMAT}", "HEAD")
    try:
        output = gitcall.call(place, args)
        written_us = os.stat(os.path.join(facts.git_dir, "reftable", "tables.list")).st_mtime_ns // 1000
    except (gitcall.GitFailed, OSError):
        return ReflogNews((), before or ReflogCursor(), False, 0)
    return walk_news(parse_walk(output), before, written_us)


def end_of(facts: CheckoutFacts) -> str:
    """The cursor behind everything there is (earlier history belongs to a backfill); "" when the log is odd."""
    try:
        is_of_git = needs_git(facts)
        end = _reflog_news(facts, None).cursor if is_of_git else end_of_reflog(os.path.join(facts.git_dir, "logs", "HEAD"))
        return replace(end, head=facts.head, written_us=end.written_us or _head_moved_us(facts)).to_text()
    except OddFile:
        return ""


def end_of_copied(facts: CheckoutFacts, originals: Sequence[CheckoutFacts], last_lines: Set[str]) -> str:
    """The cursor behind what was done in other folders before this one was copied from one of them, or behind a line that was the
    last one read elsewhere (`last_lines`, digests); "" when nothing was."""
    ends = []
    with contextlib.suppress(OddFile):
        ends.append(end_of_known(_log_of(facts), last_lines))
    for original in originals:
        with contextlib.suppress(OddFile):
            ends.append(end_of_shared(_log_of(facts), _log_of(original)))
    copied = max((end for end in ends if end is not None), key=lambda end: end.offset, default=None)
    return copied.to_text() if copied is not None else ""


def _log_of(facts: CheckoutFacts) -> str:
    return os.path.join(facts.git_dir, "logs", "HEAD")


def pushes_since(facts: CheckoutFacts, after_us: int, owner: frozenset[str]) -> tuple[list[GitSignal], int]:
    """(pushes of this repository since `after_us`, where to continue)."""
    return pushes(facts.common_dir, facts.path, after_us, owner) if facts.git_dir else ([], after_us)


def author_addresses(facts: CheckoutFacts) -> frozenset[str]:
    """The addresses that wrote the end of a checkout's HEAD reflog: whoever works on this machine."""
    lines, _ = read_tail(os.path.join(facts.git_dir or os.devnull, "logs", "HEAD"), OWNER_TAIL)
    return frozenset(line.email for line in lines if line.email)


def is_branch(place: GitPlace, name: str) -> bool:
    """Whether a name is one of the repository's branches now. Where its refs are no files: whether it looks like one."""
    if os.path.isdir(os.path.join(place.common_dir, "reftable")):
        return may_be_branch(name)
    try:
        return bool(read_ref(place, b"refs/heads/" + os.fsencode(name)))
    except (OddFile, ValueError, UnicodeError):
        return False


def needs_git(facts: CheckoutFacts) -> bool:
    """Whether a look needs a git process, because the refs are not files."""
    return bool(facts.git_dir) and os.path.isdir(os.path.join(facts.common_dir, "reftable"))


def last_touch_us(facts: CheckoutFacts) -> int:
    """When somebody last did something here, in microseconds: the youngest of reflog, index, HEAD and its branch."""
    if not facts.git_dir:
        return 0
    paths = [os.path.join(facts.git_dir, name) for name in ("logs/HEAD", "index", "HEAD")]
    if facts.branch and facts.branch != UNKNOWN:
        paths.append(os.path.join(facts.common_dir, "refs", "heads", facts.branch))
    return max(map(_written_us, paths))
