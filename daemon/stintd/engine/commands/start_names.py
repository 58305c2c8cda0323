"""The names that starts of manual timers used for their projects, if not the real ones: a name that fell back to a project,
or is close to its name, finds the same timer again at the stop. (Sessions store theirs in their own rows.)
"""

import json

from stintd.domain.mapping.naming import normal_name
from stintd.domain.model import EntryId
from stintd.engine.step import Step
from stintd.store import cursors
from stintd.store.row_types import EntryRow
from stintd.store.rowio import fetch_all

NAME = "asked"
OPEN = "SELECT id FROM entry WHERE end_us IS NULL AND origin <> 'auto'"


def remember(step: Step, entry_id: str, name: str) -> None:
    """Store the name that a start used for this timer's project, and drop those of timers that have ended."""
    open_ids = {row["id"] for row in fetch_all(step.conn, EntryRow, OPEN)}
    names_by_timer = {timer: names for timer, names in _load_names(step).items() if timer in open_ids and timer != entry_id}
    names_by_timer[entry_id] = sorted({*_load_names(step).get(entry_id, ()), normal_name(name)})
    cursors.put(step.conn, {NAME: json.dumps(names_by_timer, ensure_ascii=False)})


def find_timer(step: Step, name: str) -> EntryId | None:
    """The open timer whose start called its project so, the latest of several."""
    normal, names_by_timer = normal_name(name), _load_names(step)
    rows = fetch_all(step.conn, EntryRow, OPEN + " ORDER BY start_us DESC, id")
    return next((EntryId(row["id"]) for row in rows if normal in names_by_timer.get(row["id"], ())), None)


def _load_names(step: Step) -> dict[str, list[str]]:
    names_by_timer: dict[str, list[str]] = json.loads(cursors.get(step.conn, NAME) or "{}")
    return names_by_timer
