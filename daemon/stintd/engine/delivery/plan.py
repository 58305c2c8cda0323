"""Turns changed entries into what each target is to hold, in the transaction that changed them: writer thread only. Entries
marked as changed are compared a batch at a time, so new rules for ten thousand entries delay nobody; the marks are rows
(written by triggers), so nothing is lost in between. If sums are rounded, an entry's length depends on the others of its
project, task and day: all of those are compared with it.
"""

import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from sqlite3 import Connection
from typing import Any
from zoneinfo import ZoneInfo

from stintd import __version__
from stintd.domain.billing import amendment, rounding
from stintd.domain.billing import delivery as rules
from stintd.domain.billing import target as targets
from stintd.domain.billing.amendment import Content
from stintd.domain.billing.portion import SECOND, Portion, portions
from stintd.domain.billing.target import Abilities, EntryFacts, Hold, Target
from stintd.domain.day import ONE_DAY, start_of_day
from stintd.domain.model import ProjectId, to_us
from stintd.engine import wire
from stintd.engine.entries import find_entries, overlap_clauses
from stintd.engine.resolver import project_aliases
from stintd.engine.sheet import billable, rollup
from stintd.engine.step import Step
from stintd.engine.view import Reader
from stintd.frozen import frozen
from stintd.store import deliveries, places
from stintd.store.row_types import DeliveryColumns, DeliveryRow, NamedEntryRow, ProjectRow
from stintd.store.rowio import fetch_all

BATCH, TIMED_SECONDS = 50, 60
"""Entries compared in one step: some 10 ms of the writer, so commands wait no longer. `TIMED_SECONDS`: how far an entry left
by a target's timer may differ.
"""
PREFIX = "target:"
"""Prefix of targets among the names that have something to send."""


@frozen
class TargetLink:
    """A connected target, and what its connector can do."""

    target: Target
    able: Abilities

    @property
    def is_by_day(self) -> bool:
        return self.able.day_based or self.is_summed

    @property
    def is_summed(self) -> bool:
        """Whether an entry's length there depends on the others of its day."""
        roundings = (self.target.rounding, *(rule.rounding for rule in self.target.rules if rule.rounding is not None))
        return self.able.grain > 1 or any(rule.is_by_day for rule in roundings)


@frozen
class Piece:
    """A part of an entry for a target: its position among the parts, why it is held back, and its length there."""

    row: NamedEntryRow
    part: int
    portion: Portion
    facts: EntryFacts
    hold: Hold | None
    is_there: bool
    seconds: int = 0


def plan(step: Step, links: Sequence[TargetLink]) -> Exception | None:
    """Compare changed entries; note the targets that have something to look at (all, while more is left). Answers what went
    wrong with an entry: that one stays marked, the others continue.
    """
    ids = deliveries.dirty_entries(step.conn, BATCH)
    failure = _try_comparing(step, links, ids) if ids else None
    if failure is not None:
        failures = [_try_comparing(step, links, [entry_id]) for entry_id in ids]
        failure = next((error for error in failures if error is not None), None)
        if all(error is not None for error in failures):
            return failure  # no progress: looking again at once would never end
    if len(ids) == BATCH:
        step.outgoing |= {PREFIX + link.target.name for link in links}
    return failure


def _try_comparing(step: Step, links: Sequence[TargetLink], ids: Sequence[str]) -> Exception | None:
    """Compare these entries at every target, or at none."""
    targets: set[str] = set()
    step.conn.execute("SAVEPOINT plan")
    try:
        for link in links:
            if _compare(step, link, ids):
                targets.add(PREFIX + link.target.name)
        deliveries.mark_compared(step.conn, ids)
    except sqlite3.Error:
        raise
    except Exception as error:  # a defect with one entry must hold up no other
        step.conn.execute("ROLLBACK TO plan")
        return error
    finally:
        step.conn.execute("RELEASE plan")
    step.outgoing |= targets
    return None


def _compare(step: Step, link: TargetLink, ids: Sequence[str]) -> bool:
    zone = ZoneInfo(step.policy.zone)
    name = link.target.name
    rows = {row["id"]: row for row in _rows(step, ids)}
    days: set[str] | None = None
    if link.is_summed:
        days = deliveries.days_of(step.conn, name, ids)
        days |= {part.day.isoformat() for row in rows.values() for part in _split_entry(row, zone, link)}
        rows |= {row["id"]: row for row in _entries_of_days(step, days, zone)}
    by_entry: dict[str, list[Piece]] = {}
    for piece in pieces(step, link, list(rows.values()), zone):
        by_entry.setdefault(piece.row["id"], []).append(piece)
    is_changed = False
    for entry_id in dict.fromkeys([*ids, *rows]):
        is_changed |= _write_entry(
            step, link, entry_id, by_entry.get(entry_id, []), None if entry_id in ids else days, rows.get(entry_id)
        )
    return is_changed


def _rows(reader: Reader, ids: Sequence[str]) -> list[NamedEntryRow]:
    marks = ", ".join("?" * len(ids))
    return find_entries(reader, [f"e.id IN ({marks})"], list(ids))


def _entries_of_days(step: Step, days: set[str], zone: ZoneInfo) -> list[NamedEntryRow]:
    """Finished entries of these days."""
    by_id: dict[str, NamedEntryRow] = {}
    for text in sorted(days):
        day = date.fromisoformat(text)
        clauses, values = overlap_clauses(to_us(start_of_day(day, zone)), to_us(start_of_day(day + ONE_DAY, zone)))
        by_id |= {row["id"]: row for row in find_entries(step, [*clauses, "e.end_us IS NOT NULL"], values)}
    return list(by_id.values())


def _split_entry(row: NamedEntryRow, zone: ZoneInfo, link: TargetLink) -> list[Portion]:
    return portions(rollup.entry_of(row), zone, link.able, link.is_by_day)


def pieces(reader: Reader, link: TargetLink, rows: Sequence[NamedEntryRow], zone: ZoneInfo) -> list[Piece]:
    """The parts of these entries with their lengths at this target."""
    bills = billable.supervised_billing(reader.conn, reader.policy)
    projects = {row["id"]: row for row in fetch_all(reader.conn, ProjectRow, "SELECT id, name, bill_supervised FROM project")}
    parcels, doubt = [], deliveries.doubt_period(reader.conn)
    aliases = project_aliases(reader.conn)
    for row in rows:
        parts = _split_entry(row, zone, link)
        if row["project_id"] in projects and not bills(projects[row["project_id"]]):
            parts = _hands_on_parts(row, parts)
        old_rows = deliveries.rows_of_entry(reader.conn, link.target.name, row["id"])
        is_there = any(old["held"] is not None for old in old_rows.values())
        if not _is_due(link.target, parts) and not is_there:
            continue
        is_doubted = not old_rows and doubt is not None and row["start_us"] < doubt[1] and (row["end_us"] or 0) > doubt[0]
        facts = entry_facts(row, parts[0].day if parts else date.max, aliases, is_doubted)
        hold = targets.hold(link.target, facts, link.able)
        parcels += [Piece(row, n, part, facts, hold, is_there) for n, part in enumerate(parts)]
    return _round(parcels, link)


def _hands_on_parts(row: NamedEntryRow, parts: Sequence[Portion]) -> list[Portion]:
    """The share of each part of an entry that is left if its project does not bill supervised time."""
    total_us = sum(part.seconds for part in parts) * SECOND
    share = min(row["supervised_us"] / total_us, 1.0) if total_us and row["actor"] == "human" else 0.0
    return [replace(part, seconds=round(part.seconds * (1 - share))) for part in parts]


def _is_due(target: Target, parts: Sequence[Portion]) -> bool:
    """Whether an entry is new enough: nothing from before the day of connecting, unless the settings say so."""
    return bool(parts) and (target.since is None or parts[0].day >= target.since)


def entry_facts(
    row: NamedEntryRow, day: date, aliases: Mapping[ProjectId, tuple[str, ...]], is_doubted: bool = False
) -> EntryFacts:
    """The facts of an entry that decide where it goes. `aliases`: the earlier names of projects."""
    return EntryFacts(
        project=row["project_name"],
        task=row["task_name"] or row["task"],
        client=row["client_name"],
        tags=tuple(json.loads(row["tags"])),
        description=row["description"],
        actor=row["actor"],
        origin=wire.origin(row),
        is_finished=row["end_us"] is not None,
        is_confirmed=bool(row["is_confirmed"]),
        is_approved=row["approved_us"] is not None,
        is_billable=bool(row["billable"]),
        is_doubted=is_doubted,
        day=day,
        task_key=row["task"] or "",
        aliases=aliases.get(row["project_id"], ()) if row["project_id"] else (),
    )


def _round(parts: Sequence[Piece], link: TargetLink) -> list[Piece]:
    """Lengths by the rounding rule. Parts held back are summed separately: they must not change the lengths of the others."""
    groups: dict[tuple[Any, ...], list[Piece]] = {}
    for piece in parts:
        is_out = piece.hold is None or piece.is_there
        rule = targets.rounding_for(link.target, piece.facts)
        key = (piece.row["project_id"], piece.row["task"], piece.portion.day, piece.row["actor"], is_out, rule)
        groups.setdefault(key, []).append(piece)
    out = []
    for (*_, rule), group in groups.items():
        group.sort(key=lambda piece: (piece.portion.start, piece.row["id"], piece.part))
        lengths = rounding.shares([piece.portion.seconds for piece in group], rule)
        lengths = rounding.grains(lengths, link.able.grain)
        out += [replace(piece, seconds=length) for piece, length in zip(group, lengths, strict=True)]
    return out


def _write_entry(
    step: Step, link: TargetLink, entry_id: str, parts: Sequence[Piece], days: set[str] | None, row: NamedEntryRow | None
) -> bool:
    """Bring an entry's rows to what is wanted; with `days`, only the rows of those days. Answers whether the target must look."""
    old_rows = deliveries.rows_of_entry(step.conn, link.target.name, entry_id)
    is_changed = False
    for piece in parts:
        if days is None or piece.portion.day.isoformat() in days:
            is_changed |= _write_piece(step, link, piece, old_rows.pop(piece.part, None))
        else:
            old_rows.pop(piece.part, None)
    is_open = row is not None and row["end_us"] is None
    for old in old_rows.values():
        if not is_open and (days is None or old["day"] in days):
            is_changed |= _store_wanted(step, link, old, None, None, old["day"])
    return is_changed


def _write_piece(step: Step, link: TargetLink, piece: Piece, old: DeliveryRow | None) -> bool:
    wanted: str | None = content(link.target, piece)
    hold = piece.hold
    if hold is None and piece.seconds == 0:
        hold = Hold("it rounds to nothing", f"change the rounding of {link.target.name}, or leave it")
        wanted = None if old is not None and old["held"] is not None else wanted
    if targets.place(link.target, piece.facts) is None and old is not None and old["held"] is not None:
        is_moved = json.loads(old["held"])["projectId"] != piece.row["project_id"]
        wanted, hold = (None, None) if is_moved else (old["wanted"], hold)
    if old is not None and old["held"] is not None and wanted is not None and not link.able.finished:
        wanted, hold = _compare_with_timer(old["held"], wanted)
    return _store_wanted(step, link, old, wanted, hold, piece.portion.day.isoformat(), piece)


def _compare_with_timer(held: str, wanted: str) -> tuple[str, Hold | None]:
    """What a target's timer left counts as right if it began and ended near the entry; else the difference is kept and shown."""
    theirs, ours = json.loads(held), json.loads(wanted)
    is_right = all(abs(theirs[name] - ours[name]) <= TIMED_SECONDS for name in ("start", "end"))
    is_right &= not amendment.is_elsewhere(theirs, ours)
    return (held, None) if is_right else (wanted, amendment.explain_difference(theirs, ours))


def content(target: Target, piece: Piece) -> str:
    """What is to be at the target, in the form that is compared and stored."""
    facts, portion = piece.facts, piece.portion
    stretch = max(piece.seconds, portion.end - portion.start if portion.pauses else 0)
    wanted: Content = {
        "projectId": piece.row["project_id"],
        "project": facts.project or "",
        "task": facts.task or "",
        "client": facts.client or "",
        "start": portion.start,
        "end": portion.start + stretch,
        "seconds": piece.seconds,
        "day": portion.day.isoformat(),
        "description": targets.description_text(target, facts),
        "billable": facts.is_billable,
        "tags": targets.tags_of(target, facts),
        "actor": facts.actor,
        "remote": dict(targets.place(target, facts) or {}),
        "pauses": [list(pause) for pause in portion.pauses],
    }
    return json.dumps(wanted, ensure_ascii=False, sort_keys=True)


def _store_wanted(
    step: Step,
    link: TargetLink,
    old: DeliveryRow | None,
    wanted: str | None,
    hold: Hold | None,
    day: str,
    piece: Piece | None = None,
) -> bool:
    """Store what is wanted and why it waits. A change, or the end of a hold, starts its pause before sending."""
    before = deliveries.from_row(old) if old is not None else rules.Delivery()
    after = rules.want(before, wanted)
    if hold is None:
        after, hold = _follow_entry(link.able, after)
    reason = hold.reason if hold is not None else ""
    values: DeliveryColumns = {**deliveries.to_row(after), "day": day, "hold": reason}
    if hold is not None:
        values["remedy"] = hold.remedy
    due_us = to_us(step.now + link.target.settle)
    if old is None:
        if piece is None or after.state == rules.GONE:
            return False
        deliveries.insert(step.conn, step.now, link.target.name, piece.row["id"], piece.part, {**values, "next_us": due_us})
        return not reason
    if before == after and old["hold"] == reason and old["day"] == day:
        return False
    if before.wanted != after.wanted or (old["hold"] and not reason):
        values |= {"next_us": due_us, "attempts": 0, "first_try_us": None}
        if after.state != rules.PARKED:
            values["error"] = ""
    if after.state == rules.GONE:
        values["finished_us"] = to_us(step.now)
    deliveries.update(step.conn, old["seq"], values)
    return True


def _follow_entry(able: Abilities, after: rules.Delivery) -> tuple[rules.Delivery, Hold | None]:
    """How a delivered entry follows: it is changed there, or nobody there would see the difference, or it stays and says so."""
    way = amendment.way_of(able, after) if after.state in (rules.CHANGED, rules.WITHDRAWN) else ""
    if way == amendment.SAME:
        return rules.record_same(after), None
    return after, amendment.difference_of(after) if way == amendment.STAY else None


def connect(conn: Connection, step: Step, links: Mapping[str, TargetLink]) -> None:
    """Update the connected targets to the settings; new and changed ones are compared with every entry, others only with
    entries changed since.
    """
    rows = deliveries.targets(conn)
    for name in rows.keys() - links.keys():
        deliveries.disconnect(conn, name)
        places.forget(conn, name)
    for name, link in links.items():
        deliveries.connect(conn, step.now, name, link.target.kind)
        step.outgoing.add(PREFIX + name)
        mark = fingerprint(step, link)
        if name in rows and rows[name]["compared"] == mark:
            continue
        deliveries.set_target(conn, name, {"compared": mark})
        since = link.target.since
        since_us = to_us(start_of_day(since, ZoneInfo(step.policy.zone))) if since is not None else to_us(step.now)
        deliveries.doubt(conn, name, since_us)


def fingerprint(step: Step, link: TargetLink) -> str:
    """Everything but the entries that decides what is to be there: settings, abilities, zone, and this program."""
    return hashlib.sha256(repr((__version__, step.policy, link)).encode()).hexdigest()
