"""The reach of a limited API client: an agent that works for one client must not read the names of another, nor change its
hours.

What such an API client reads comes from a view that holds nothing else (store/scope.py). Its commands run on the whole
sheet, because one person's attention serves all clients: so projects are looked up within reach only, and what lies beyond
is removed from answers and refusals.
"""

from collections.abc import Callable
from typing import Any

from stintd.engine.step import Step
from stintd.engine.view import View
from stintd.errors import Conflict, StintdError
from stintd.store.row_types import ProjectRow
from stintd.store.rowio import fetch_all
from stintd.store.scope import ReadLimit, reach

__all__ = ["ReadLimit", "limit_command", "limit_view", "scrub"]

_GONE = object()


def limit_command(fn: Callable[[Step], Any], limit: ReadLimit) -> Callable[[Step], Any]:
    """A command restricted to the limit."""

    def run(step: Step) -> Any:
        step.limit_to(limit, reach(step.conn, limit))
        try:
            return _scrub_answer(fn(step), step.reach or frozenset())
        except StintdError as error:
            raise _hide_refusal(step, error, step.reach or frozenset()) from None

    return run


def limit_view(view: View) -> View:
    """A view on a limited connection. What has no row yet (waiting sessions, work just noticed) is limited here."""
    visible = {row["id"] for row in fetch_all(view.conn, ProjectRow, "SELECT id FROM project")}
    waiting = tuple(item for item in view.waiting if item.project in visible)
    return View(view.conn, view.now, view.policy, waiting)


def _scrub_answer(answer: Any, visible_ids: frozenset[str]) -> Any:
    if hasattr(answer, "value"):
        return type(answer)(scrub(answer.value, visible_ids), answer.is_new, answer.secret)
    return scrub(answer, visible_ids) if isinstance(answer, dict | list) else answer


def scrub(value: Any, visible_ids: frozenset[str]) -> Any:
    """The value without anything of projects beyond reach: left out of lists, null elsewhere."""
    scrubbed = _scrub(value, visible_ids)
    return None if scrubbed is _GONE else scrubbed


def _scrub(value: Any, visible_ids: frozenset[str]) -> Any:
    if isinstance(value, dict):
        if any(name in value and value[name] not in visible_ids for name in ("projectId", "project_id")):
            return _GONE
        fields = {name: _scrub(inner, visible_ids) for name, inner in value.items()}
        return {name: None if inner is _GONE else inner for name, inner in fields.items()}
    if isinstance(value, list | tuple):
        return [inner for inner in (_scrub(item, visible_ids) for item in value) if inner is not _GONE]
    return value


def _hide_refusal(step: Step, error: StintdError, visible_ids: frozenset[str]) -> StintdError:
    """Replace a refusal that names something beyond reach by one that names nothing."""
    names = fetch_all(step.conn, ProjectRow, "SELECT id, name FROM project WHERE name <> ''")
    is_telling = any(row["id"] not in visible_ids and row["name"] in f"{error.message} {error.hint}" for row in names)
    if scrub(error.details, visible_ids) == error.details and not (is_telling and isinstance(error, Conflict)):
        return error
    return type(error)("something that this key has no access to is in the way", "ask the user")
