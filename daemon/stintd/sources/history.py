"""Past acts that git still knows, from before anything was recorded: those in HEAD's reflogs, then the owner's own commits.

The reflog is the better witness: it has the true times, checkouts, and work whose branch is gone. A commit says when it was
written (its author date; the date of its last copy says nothing about work) and by whom. A commit that names an agent as an
author is the agent's. Left out are merges made by a server, commits of other people, copies of what the reflog already has, and
what a timer did at a steady period. Blocking.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from stintd.domain.kinds import KINDS, BeatKind
from stintd.domain.model import CheckoutFacts, GitSignal, Witness, from_us, to_us
from stintd.domain.noise.steady import is_between, steady_times
from stintd.frozen import frozen
from stintd.ports import RepoHistory
from stintd.sources import gitcall
from stintd.sources.gitfiles import PACKED_LIMIT, GitPlace, OddFile, read_config, read_small, text_of
from stintd.sources.gitreader import author_addresses, place_of, read_acts

TIME_LIMIT = 60.0
COMMITS_LIMIT = 50_000
TIPS_LIMIT = 2_000
LOOK_BACK_SECONDS = 8 * 86_400  # a commit each night at three shows its period
EARLIEST = 631_152_000  # 1990: there was no git, and small numbers are no instants to its --since
LATEST = 4_102_444_800  # 2100; commit dates may say anything
SAME_SECONDS = 2
FORMAT = "%H%x1f%s%x1f%ae%x1f%at%x1f%ce%x1f%P%x1f%(trailers:key=Co-authored-by,valueonly,separator=%x20)"
SERVERS = frozenset({"noreply@github.com", "noreply@gitlab.com"})
AGENTS = re.compile(
    r"@anthropic\.com|\bclaude\b|\bcopilot\b|cursoragent|\bcodex\b|\baider\b|\bgemini\b|\bdevin\b|\bopencode\b", re.IGNORECASE
)
"""Names and addresses with which coding agents sign commits that they wrote for a person."""

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@frozen
class HistoryCommit:
    """A commit as it describes itself. `seconds`: its author date; `is_agents`: an agent wrote it."""

    sha: str
    subject: str
    author: str
    seconds: int
    committer: str
    parents: int
    is_agents: bool


def recall(checkouts: Sequence[CheckoutFacts], owner: frozenset[str], lo_us: int, hi_us: int, began_us: int) -> RepoHistory:
    """See `ports.Recall`. Commits that only the history knows are taken up to `began_us`: from then on this machine
    recorded, and what was done on another machine is recorded there."""
    troubles: list[str] = []
    checkouts = [facts for facts in checkouts if facts.git_dir]
    if not checkouts:
        return RepoHistory()
    reflog = [act for facts in checkouts for act in _reflog_acts(facts, owner, troubles) if act.kind in KINDS]
    own_addresses = owner or frozenset(address for facts in checkouts for address in author_addresses(facts))
    commits = _commits(checkouts[0], lo_us, troubles)
    foreign = {commit.sha for commit in commits if own_addresses and commit.author not in own_addresses}
    own = [commit for commit in commits if commit.sha not in foreign]
    acts = _own_acts(reflog, commits, foreign) + _commit_acts(own, reflog, checkouts[0].path, began_us)
    folded = {sha for act in reflog for sha in act.folded}
    acts = [replace(act, subject="") if act.kind == "commit" and act.new in folded else act for act in acts]
    in_period = (act for act in _without_timers(acts) if lo_us <= to_us(act.time) < hi_us)
    return RepoHistory(tuple(sorted(in_period, key=lambda act: act.time)), tuple(troubles))


def _without_timers(acts: list[GitSignal]) -> list[GitSignal]:
    """The acts without the commits and checkouts that a timer made in one place (`domain.noise.steady`)."""
    times: dict[tuple[str, str], set[int]] = {}
    for act in acts:
        if act.kind in ("commit", "checkout") and act.witness != "agent":
            times.setdefault((act.checkout, act.kind), set()).add(to_us(act.time))
    even = {place: steady_times(at, lambda lo, hi: False) for place, at in times.items()}
    steady: dict[tuple[str, str], frozenset[int]] = {}
    for checkout, kind in (place for place, found in even.items() if found):
        other = (checkout, "commit" if kind == "checkout" else "checkout")
        odd = sorted(times.get(other, set()) - even.get(other, frozenset()))
        steady[checkout, kind] = steady_times(times[checkout, kind], partial(is_between, odd))
    return [act for act in acts if act.witness == "agent" or to_us(act.time) not in steady.get((act.checkout, act.kind), ())]


def _own_acts(reflog: list[GitSignal], commits: list[HistoryCommit], foreign: set[str]) -> list[GitSignal]:
    """The acts of the reflog without commits of other people; those whose commit an agent wrote are the agent's."""
    agents = {commit.sha for commit in commits if commit.is_agents}
    own = [act for act in reflog if not _is_foreign(act, foreign)]
    return [replace(act, witness="agent") if act.new in agents else act for act in own]


def _commit_acts(own: list[HistoryCommit], reflog: list[GitSignal], checkout: str, began_us: int) -> list[GitSignal]:
    """The owner's commits, as acts, that the reflog does not have, each piece of work once."""
    in_reflog = {act.new for act in reflog}
    seen = {(act.subject, to_us(act.time) // 1_000_000) for act in reflog if act.kind == "commit"}
    acts: list[GitSignal] = []
    for commit in own:
        if commit.sha in in_reflog or _is_by_server(commit) or _is_copy(commit, seen):
            continue
        if commit.seconds * 1_000_000 < began_us:
            acts.append(_act(commit, checkout))
            seen.add((commit.subject, commit.seconds))
    return acts


def _reflog_acts(facts: CheckoutFacts, owner: frozenset[str], troubles: list[str]) -> tuple[GitSignal, ...]:
    try:
        return read_acts(facts, None, owner).signals
    except (OddFile, gitcall.GitFailed) as error:
        troubles.append(error.message)
        return ()


def _is_foreign(act: GitSignal, foreign: set[str]) -> bool:
    """Whether it is a commit that another person made or wrote."""
    return act.kind == "commit" and (act.is_own is False or act.new in foreign)


def _is_by_server(commit: HistoryCommit) -> bool:
    """Whether a server made this merge, when somebody pressed a button there."""
    return commit.parents > 1 and commit.committer in SERVERS


def _is_copy(commit: HistoryCommit, seen: set[tuple[str, int]]) -> bool:
    """Whether it is the same work under another id: rebased, amended or picked."""
    around = range(commit.seconds - SAME_SECONDS, commit.seconds + SAME_SECONDS + 1)
    return any((commit.subject, second) in seen for second in around)


def _act(commit: HistoryCommit, checkout: str) -> GitSignal:
    kind: BeatKind = "merge" if commit.parents > 1 else "commit"
    witness: Witness = "agent" if commit.is_agents else ""
    time, subject, author = from_us(commit.seconds * 1_000_000), commit.subject, commit.author
    return GitSignal(time, checkout, kind, "history", "", commit.sha, None, subject, author, True, witness)


# ---------------------------------------------------------------- commits


def _commits(facts: CheckoutFacts, lo_us: int, troubles: list[str]) -> list[HistoryCommit]:
    """The commits on all local branches since then, in order; `troubles` receives why they cannot be read."""
    place = place_of(facts)
    since = max(EARLIEST, lo_us // 1_000_000 - LOOK_BACK_SECONDS)
    args = ("log", "--stdin", "-z", f"--max-count={COMMITS_LIMIT}", f"--since=@{since}", f"--format={FORMAT}")
    try:
        tips = _tips(place, facts.head)
        if not tips:
            return []
        stdin = "".join(f"{tip}\n" for tip in tips).encode()
        if read_config(place.common_dir).ref_storage == "files":
            output = gitcall.call_shadow(place, facts.head, args, stdin=stdin, time_limit=TIME_LIMIT)
        else:
            output = gitcall.call(place, args, stdin=stdin, time_limit=TIME_LIMIT)
    except (OddFile, gitcall.GitFailed) as error:
        troubles.append(error.message)
        return []
    commits = (_commit(row) for row in output.split(b"\0"))
    return sorted((commit for commit in commits if commit is not None), key=lambda commit: (commit.seconds, commit.sha))


def _commit(row: bytes) -> HistoryCommit | None:
    """A row of `git log` in FORMAT; None for one that cannot be read, or with a date after 2100."""
    parts = [text_of(part, 500) for part in row.strip(b"\n").split(b"\x1f")]
    if len(parts) != 7 or not parts[3].isascii() or not parts[3].isdigit() or int(parts[3]) > LATEST:
        return None
    sha, subject, author, seconds, committer, parents, authors = parts
    is_agents = bool(AGENTS.search(authors) or AGENTS.search(author))
    return HistoryCommit(sha, subject, author.lower(), int(seconds), committer.lower(), len(parents.split()), is_agents)


def _tips(place: GitPlace, head: str) -> list[str]:
    """The commits of HEAD and of every local branch."""
    if read_config(place.common_dir).ref_storage != "files":
        output = gitcall.call(place, ("for-each-ref", "--format=%(objectname)", "refs/heads"))
        names = output.decode("ascii", "replace").split()
    else:
        names = _loose_refs(os.path.join(place.common_dir, "refs", "heads")) + _packed_refs(place)
    return [name for name in dict.fromkeys([head, *names]) if _SHA.fullmatch(name)][:TIPS_LIMIT]


def _loose_refs(top: str) -> list[str]:
    """The commits of branches that are files of their own."""
    shas: list[str] = []
    for folder, _, files in os.walk(top):
        for name in files:
            if len(shas) >= TIPS_LIMIT:
                return shas
            try:
                shas.append((read_small(os.path.join(folder, name)) or b"").decode("ascii", "replace").strip())
            except OddFile:
                continue
    return shas


def _packed_refs(place: GitPlace) -> list[str]:
    """The commits of branches in `packed-refs`."""
    packed = read_small(os.path.join(place.common_dir, "packed-refs"), PACKED_LIMIT) or b""
    lines = (line.decode("utf-8", "replace").split(" ", 1) for line in packed.splitlines())
    return [line[0] for line in lines if len(line) == 2 and line[1].startswith("refs/heads/")]
