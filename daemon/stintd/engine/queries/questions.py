"""Whose hours are in doubt: the questions to their owner, the time that an answer moves, and the entries that wait for one."""
# ruff: noqa: S608  (names of our own schema, never a caller's text)

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from sqlite3 import Connection

from stintd.domain.derive.limits import limits_of
from stintd.domain.interval import overlap, union
from stintd.domain.lengths import short_length
from stintd.domain.mapping.naming import folder_names
from stintd.domain.mapping.questions import DoubtfulFolder, Question, ask
from stintd.domain.mapping.resolver import Resolver
from stintd.domain.model import RepoId, from_us, to_us
from stintd.engine import wire
from stintd.engine.entries import project_names
from stintd.engine.period import zone_of
from stintd.engine.queries.timers import counted_end
from stintd.engine.rows import LONGEST_US
from stintd.engine.sheet.checkout_rows import with_submodules
from stintd.engine.view import Reader
from stintd.engine.wire_types import ReviewItemJson
from stintd.frozen import frozen
from stintd.store import heartbeats
from stintd.store.row_types import CheckoutRow, EntryRow, FolderAnswerRow, RepoRow
from stintd.store.rowio import exists, fetch_all, fetch_column

REMEDY = "say whose hours they are: `stint answer`"
"""How the owner lets waiting entries go on."""
MOST_NAMED = 3
UNANSWERED = "NOT EXISTS (SELECT 1 FROM folder_answer a WHERE a.id = r.id AND a.is_open = 0)"
SIGNS = (
    f"SELECT 1 FROM repo r WHERE (r.guest_of <> '' OR (r.remote <> '' AND r.network = '')) AND {UNANSWERED}",
    "SELECT 1 FROM folder_answer WHERE is_open = 1",
    f"SELECT 1 FROM repo r WHERE r.network <> '' AND r.guest_of = '' AND {UNANSWERED} GROUP BY r.network HAVING count(*) > 1",
    f"SELECT 1 FROM repo r WHERE r.remote = '' AND r.first_commit <> '' AND {UNANSWERED}"
    " GROUP BY r.first_commit HAVING count(*) > 1",
    "SELECT 1 FROM checkout c JOIN repo r ON r.id = c.repo_id WHERE c.log_mark <> '' AND c.kind IN ('main', 'bare')"
    f" AND {UNANSWERED} GROUP BY substr(c.log_mark, 1, 8) HAVING count(DISTINCT r.id) > 1",
)
"""Each finds out cheaply whether there may be a question; most homes have none, and every status asks."""
WORKED_IN = "SELECT DISTINCT repo_id FROM context WHERE repo_id <> '' AND kind <> 'presence'"
LISTED = "SELECT value FROM json_each(?)"
NOT_APPROVED = "approved_us IS NULL AND locked = 0 AND instr(pinned, 'project') = 0"
OPEN_HOURS = f"SELECT DISTINCT repo_id FROM entry WHERE repo_id IS NOT NULL AND {NOT_APPROVED}"


def find_questions(reader: Reader) -> list[Question]:
    """The questions that nobody answered yet."""
    if not any(exists(reader.conn, f"{sign} LIMIT 1") for sign in SIGNS):
        return []
    return ask(_folders(reader.conn, reader.resolver()))


def _folders(conn: Connection, resolver: Resolver) -> list[DoubtfulFolder]:
    answers = {row["id"]: row for row in fetch_all(conn, FolderAnswerRow, "SELECT * FROM folder_answer")}
    worked_in, open_hours = (set(fetch_column(conn, str, sql)) for sql in (WORKED_IN, OPEN_HOURS))
    checkouts: dict[RepoId, list[CheckoutRow]] = {}
    for row in fetch_all(conn, CheckoutRow, "SELECT * FROM checkout ORDER BY is_gone, path"):
        checkouts.setdefault(row["repo_id"], []).append(row)
    folders = []
    for repo in fetch_all(conn, RepoRow, "SELECT * FROM repo"):
        places = checkouts.get(repo["id"], [])
        main = next((row for row in places if row["kind"] != "worktree"), None)
        if main is not None:
            has_work = repo["id"] in (open_hours if main["is_gone"] else worked_in)
            folders.append(_folder(repo, main, places, answers.get(repo["id"]), resolver, has_work=has_work))
    return folders


def _folder(
    repo: RepoRow,
    main: CheckoutRow,
    places: Sequence[CheckoutRow],
    answer: FolderAnswerRow | None,
    resolver: Resolver,
    *,
    has_work: bool,
) -> DoubtfulFolder:
    """`main`: the folder itself, of all its checkouts (`places`)."""
    joined = answer["project_id"] if answer is not None and answer["is_open"] else None
    is_of_interest = has_work or bool(repo["guest_of"]) or joined is not None
    placement = resolver.folder_placement(main["path"]) if is_of_interest else None
    return DoubtfulFolder(
        repo["id"],
        main["path"],
        tuple(dict.fromkeys(path for row in places for path in (row["path"], row["git_dir"], row["common_dir"]) if path)),
        placement.project if placement is not None else None,
        answer["project_id"] if answer is not None and not answer["is_open"] else repo["project_id"],
        repo["guest_of"],
        joined,
        is_answered=answer is not None and not answer["is_open"],
        is_settled=is_of_interest and resolver.resolver_at(0).is_settled(repo["id"]),
        is_submodule=main["kind"] == "submodule",
        is_bare=main["kind"] == "bare",
        is_gone=bool(main["is_gone"]),
        has_work=has_work,
        remote=repo["remote"],
        network=repo["network"],
        first_commit=repo["first_commit"],
        log=main["log_mark"].partition(":")[0],
        begun_us=main["begun_us"],
    )


# ---------------------------------------------------------------- what an answer moves


@frozen
class DoubtfulTime:
    """The time whose project an answer decides: a person's and agents' seconds, on so many local days. Approved time is none."""

    seconds: int
    agent_seconds: int
    days: int

    @property
    def total_seconds(self) -> int:
        return self.seconds + self.agent_seconds

    @property
    def text(self) -> str:
        """`3h 10m on 2 days`; "" when there is none."""
        lengths = [short_length(self.seconds)] if self.seconds else []
        lengths += [f"{short_length(self.agent_seconds)} of agents"] if self.agent_seconds else []
        return f"{' and '.join(lengths)} on {self.days} {'day' if self.days == 1 else 'days'}" if lengths else ""


def doubtful_time(reader: Reader, question: Question) -> DoubtfulTime:
    """The time in the folders of a question that counts for the project that it counts for until somebody answers."""
    zone, now_us = zone_of(reader.policy.zone), to_us(reader.now)
    lengths = {"human": 0, "agent": 0}
    days: set[date] = set()
    for folder in question.folders:
        parts = [
            (row, wire.length_us({**row, "end_us": counted_end(row, now_us)}, now_us))
            for row in open_rows(reader, question, folder)
        ]
        parts += _joined_parts(reader, folder) if folder.joined is not None else []
        for row, length_us in parts:
            lengths[row["actor"]] += length_us
            days.add(from_us(row["start_us"]).astimezone(zone).date())
    return DoubtfulTime(wire.seconds(lengths["human"]), wire.seconds(lengths["agent"]), len(days))


def open_rows(reader: Reader, question: Question, folder: DoubtfulFolder) -> list[EntryRow]:
    """The entries of a folder, and of its submodules, that an answer moves."""
    project = question.project if question.is_shared else folder.project
    repos = json.dumps(sorted(with_submodules(reader.conn, folder.repo)))
    sql = f"SELECT * FROM entry WHERE repo_id IN ({LISTED}) AND project_id = ? AND {NOT_APPROVED} ORDER BY start_us"
    return fetch_all(reader.conn, EntryRow, sql, (repos, project))


def _joined_parts(reader: Reader, folder: DoubtfulFolder) -> list[tuple[EntryRow, int]]:
    """Entries of an earlier version, which did not tell folders apart, and how much of each was work in this folder."""
    numbers = {number for number, context in heartbeats.contexts(reader.conn).items() if context.repo == folder.repo}
    bounds = heartbeats.bounds_of(reader.conn, numbers)
    if bounds is None:
        return []
    limits = limits_of(reader.policy)
    runs = [run for run in heartbeats.runs(reader.conn, *bounds) if run.context in numbers]
    worked = union((run.first_us, run.last_us + limits.idle) for run in runs)
    stretches = union((lo - limits.lead_credit, hi - limits.idle + limits.tail_credit) for lo, hi in worked)
    sql = f"SELECT * FROM entry WHERE repo_id <> ? AND project_id = ? AND start_us BETWEEN ? AND ? AND {NOT_APPROVED}"
    rows = fetch_all(reader.conn, EntryRow, sql, (folder.repo, folder.joined, bounds[0] - LONGEST_US, bounds[1]))
    ends = [(row, (row["start_us"], counted_end(row, to_us(reader.now)))) for row in rows]
    return [(row, length_us) for row, piece in ends if (length_us := overlap(piece, stretches))]


def waiting_rows(reader: Reader, rows: Iterable[EntryRow]) -> list[EntryRow]:
    """Of some entries those that wait until their owner answers whose hours they are."""
    doubtful = [row for row in rows if not row["is_confirmed"] and row["repo_id"] and "project" not in row["pinned"]]
    resolver = reader.resolver() if doubtful else None
    return [row for row in doubtful if resolver is not None and _waits(resolver, row)]


def _waits(resolver: Resolver, row: EntryRow) -> bool:
    since = resolver.resolver_at(row["start_us"]).doubted_since(row["repo_id"], row["project_id"])
    return since is not None and (row["last_evidence_us"] or row["end_us"] or row["start_us"]) >= since


# ---------------------------------------------------------------- in words


def question_item(reader: Reader, question: Question) -> ReviewItemJson:
    """The line of a review."""
    moving, names = doubtful_time(reader, question), project_names(reader.conn)
    name = names.get(question.project) if question.project else None
    return {
        "kind": "question",
        "text": question_text(question, name, moving),
        "command": f"stint answer {question.id} ANSWER",
        "day": None,
        "start": None,
        "end": None,
        "seconds": moving.seconds,
        "entryId": None,
        "projectId": question.project,
        "projectName": name,
        "title": None,
        "id": question.id,
        "folders": [folder.path for folder in question.folders],
        "days": moving.days,
        "agentSeconds": moving.agent_seconds,
    }


def question_text(question: Question, project: str | None, moving: DoubtfulTime) -> str:
    """The question, with what would move."""
    *folders, other = _short_names([*question.folders, *([question.other] if question.other is not None else [])], question)
    names, is_one = _list_words(folders), len(folders) == 1
    network = question.folders[0].network
    if question.kind == "copy" and network and question.other is not None and network == question.other.network:
        what = f"{names} {'is another clone' if is_one else 'are further clones'} of {network}, like {other}"
    elif question.kind == "copy":
        what = f"{names} began as {'a copy' if is_one else 'copies'} of {other}"
    elif question.kind == "clone":
        what = f"{names} {'is another clone' if is_one else 'are further clones'} of {question.folders[0].guest_of}"
        what += f", which counts as {project}"
    else:
        what = f"{names} {'was' if is_one else 'were'} joined with {other} by an earlier version and counts as {project}"
    condition = "if not" if question.is_shared else "if so"
    return f"{what}: same project?" + (f" ({condition}, {moving.text} move)" if moving.text else " (no hours yet)")


def _short_names(folders: Sequence[DoubtfulFolder], question: Question) -> list[str]:
    """Names of folders, as short as tells them apart; the last is that of the other side."""
    choices = [folder_names(folder.path) for folder in folders]
    counts = Counter(name for own in choices for name in own)
    names = [next((name for name in own if counts[name] == 1), own[-1]) for own in choices]
    return names if question.other is not None else [*names, "another folder"]


def _list_words(names: Sequence[str]) -> str:
    shown = [*names[:MOST_NAMED], *([f"{len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else [])]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
