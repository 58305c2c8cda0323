"""`stint why`: why an entry, or a minute, is counted as it is: evidence, commits, and a reason for each gap."""

import json
from collections import Counter
from collections.abc import Callable, Iterator

from stintd.cli.answer import Answer, Rows
from stintd.cli.commands.log import span_text
from stintd.cli.commands.repos import display_path
from stintd.cli.layout import columns, fit, wrap
from stintd.cli.options import Operand, Option, Verb, Words
from stintd.cli.period import instant_of
from stintd.cli.short_ids import find_entry, looks_like_id
from stintd.cli.text import bold, clock, day_name, dim, for_terminal, length, local_time, project_of, short_id
from stintd.client.control import Control
from stintd.protocol.kinds import COUNTED

SHOWN_FILES, SHOWN_GAPS, SHORT_GAP = 5, 40, 300
VERDICTS = {
    "work": "counted",
    "away": "away",
    "unassigned": "unassigned",
    "supervised": "supervised",
    "autonomous": "agent alone",
    "absence": "absent",
}


def _count(number: int, singular: str, plural: str) -> str:
    return f"{number} {singular if number == 1 else plural}"


def heading(entry: Answer, room: int, folders: Rows | None = None) -> Iterator[str]:
    """The entry in a few lines: what it is, and the folders it happened in, each with why it counts as this project."""
    task = for_terminal(entry.get("taskName") or "")
    title = fit(project_of(entry) + (f" · {task}" if task else ""), room - 8)
    yield f"{bold(title)}  {dim(short_id(entry['id']))}"
    lengths = length(entry.get("durationSeconds") or 0)
    if entry.get("supervisedSeconds"):
        active, supervised = length(entry["handsOnSeconds"]), length(entry["supervisedSeconds"])
        lengths += f" ({active} active, {supervised} supervised)"
    yield from wrap(f"{day_name(local_time(entry['start']))} {span_text(entry)} {lengths}", room)
    folders = folders or []
    if entry.get("branch"):
        where = f" in {for_terminal(entry['repo'])}" if entry.get("repo") and not folders else ""
        yield dim(fit(f"branch {for_terminal(entry['branch'])}{where}", room))
    for folder in folders:
        yield from map(dim, wrap(f"in {display_path(folder['path'])}: {for_terminal(folder['why'])}", room))
    notes = []
    if entry.get("actor") == "agent":
        notes.append("time of an agent that worked alone")
    if entry.get("origin") == "backfill":
        notes.append("estimated from git and agent logs (`stint backfill`)")
    if entry.get("origin") == "manual":
        notes.append("entered or started by hand")
    if entry.get("pinned"):
        notes.append("you set its " + ", ".join(entry["pinned"]))
    if any(folder.get("isWaiting") for folder in folders):
        notes.append("waits for your answer whose hours these are: `stint answer`")
    elif not entry.get("confirmed", True):
        notes.append("unconfirmed: `stint edit ID --confirm` if it was work")
    if notes:
        yield from (dim(line) for line in wrap("; ".join(notes), room))


def evidence_lines(entry: Answer | None, evidence: Answer, room: int) -> Iterator[str]:
    """The heartbeats in summary: their kinds, sources and files."""
    beats = evidence.get("heartbeats") or []
    count = evidence.get("heartbeatCount") or (len(beats) if isinstance(beats, list) else beats)
    if not count:
        yield "no heartbeats: this time was entered by hand" if entry else "no heartbeats"
        return
    if not isinstance(beats, list) or not beats:
        yield f"{_count(count, 'heartbeat', 'heartbeats')}"
        return
    for actor in ("human", "agent"):
        of_actor = [beat for beat in beats if beat.get("actor", "human") == actor]
        if of_actor:
            yield from _actor_lines(actor, of_actor, room)


def _actor_lines(actor: str, beats: Rows, room: int) -> Iterator[str]:
    kinds = Counter(beat["kind"] for beat in beats)
    acts = ", ".join(_count(number, *COUNTED.get(kind, (for_terminal(kind),) * 2)) for kind, number in kinds.most_common())
    sources = ", ".join(for_terminal(name) for name in sorted({beat["source"] for beat in beats}))
    first, last = min(beat["time"] for beat in beats), max(beat["time"] for beat in beats)
    who = "agent: " if actor == "agent" else ""
    yield from wrap(f"{who}{acts} (seen by {sources}), {clock(first)}–{clock(last)}", room, "  ")
    files = Counter(beat["entity"] for beat in beats if beat.get("entity") and beat["kind"] in ("edit", "read", "tool"))
    if files:
        names = [f"{for_terminal(name)} ×{number}" for name, number in files.most_common(SHOWN_FILES)]
        more = f" and {len(files) - SHOWN_FILES} more" if len(files) > SHOWN_FILES else ""
        yield from (dim(line) for line in wrap(", ".join(names) + more, room, "  "))


def gap_lines(gaps: Rows, room: int) -> Iterator[str]:
    """One reason for each gap, counted or not; the short gaps that counted share one line."""
    short = [gap for gap in gaps if gap["verdict"] == "work" and _seconds(gap) < SHORT_GAP]
    long = [gap for gap in gaps if gap not in short]
    if short:
        total = length(sum(map(_seconds, short)))
        yield f"  {_count(len(short), 'gap', 'gaps')} under {length(SHORT_GAP)}, {total} in total, {bold('counted')}"
    for gap in long[:SHOWN_GAPS]:
        verdict = str(VERDICTS.get(gap["verdict"], gap["verdict"]))
        yield f"  {clock(gap['start'])}–{clock(gap['end'])}  {length(_seconds(gap)):>7}  {bold(verdict)}"
        yield from (dim(line) for line in wrap(for_terminal(gap["reason"]), room, "    "))
    if len(long) > SHOWN_GAPS:
        yield dim(f"  and {len(long) - SHOWN_GAPS} more; --json lists all")


def _seconds(stretch: Answer) -> float:
    return (local_time(stretch["end"]) - local_time(stretch["start"])).total_seconds()


def lines(entry: Answer | None, evidence: Answer, room: int) -> Iterator[str]:
    """The whole answer."""
    if entry:
        yield from heading(entry, room, evidence.get("folders"))
    yield ""
    yield bold("Evidence")
    yield from evidence_lines(entry, evidence, room)
    commits = evidence.get("commits") or []
    if commits:
        yield bold("Commits")
        for commit in commits:
            text = f"  {clock(commit['time'])}  {commit['sha'][:7]}  {for_terminal(commit.get('subject'))}"
            yield fit(text, room)
    yield from _stretches("Sessions", evidence.get("sessions") or [], _session, room)
    yield from _stretches("Absences", evidence.get("absences") or [], _absence, room)
    yield from _stretches("Not watched (work in these times may be missing)", evidence.get("blind") or [], _absence, room)
    gaps = evidence.get("gaps") or []
    if gaps:
        yield bold("Gaps")
        yield from gap_lines(gaps, room)


def _stretches(title: str, stretches: Rows, describe: Callable[[Answer], str], room: int) -> Iterator[str]:
    if stretches:
        yield bold(title)
        for stretch in stretches:
            yield fit(f"  {describe(stretch)}", room)


def _session(session: Answer) -> str:
    end = clock(session["end"]) if session.get("end") else "open"
    reason = for_terminal(session.get("endReason"))
    name = for_terminal(session.get("agent") or "session")
    words = f"{clock(session['start'])}–{end}  {name} {for_terminal(session['sessionId'])}"
    return f"{words}  {reason}" if reason else words


def _absence(absence: Answer) -> str:
    what = for_terminal(absence.get("kind") or absence.get("reason"))
    return f"{clock(absence['start'])}–{clock(absence['end'])}  {length(_seconds(absence))}  {what}"


def history_lines(steps: Rows) -> Iterator[str]:
    """The edits that made an entry what it is."""
    for step in steps:
        time = step.get("at") or step["time"]
        yield f"  {local_time(time):%a %d %b %H:%M}  {for_terminal(step.get('summary') or step.get('verb') or '')}"


def run(words: Words) -> None:
    control, word = Control(), " ".join(words.what)
    if looks_like_id(word):
        entry = find_entry(control, word)
        evidence = control.get(f"/api/entries/{entry['id']}/evidence")
    else:
        evidence = control.get("/api/why", at=instant_of(word))
        entry = evidence.get("entry")
    if words.json:
        print(json.dumps(evidence))
        return
    if entry is None:
        print(f"no entry at {for_terminal(word)}: no time counted from {clock(evidence['start'])} to {clock(evidence['end'])}")
    print("\n".join(lines(entry, evidence, columns())))
    if words.history and entry:
        print(bold("History"))
        print("\n".join(history_lines(control.get(f"/api/entries/{entry['id']}/history")["data"])))


VERBS = {
    "why": Verb(
        "why",
        run,
        "show the evidence for an entry or a time, and why each gap counted or not",
        (Operand("WHAT", "+", complete="entries"),),
        (Option("--history", "also show its edits"),),
        "WHAT is an id from `stint log`, or a time: -15m, 9:30, yesterday 14:20.",
    )
}
