"""Projects and their budgets."""

from decimal import Decimal

from stintd.engine import wire
from stintd.engine.queries import reports
from stintd.engine.rows import DEFAULT_LIMIT, decode_cursor, page
from stintd.engine.view import Reader, View
from stintd.engine.wire_types import BudgetJson, PageJson, ProjectJson
from stintd.errors import Conflict, NotFound
from stintd.store.row_types import NamedProjectRow, ProjectRow
from stintd.store.rowio import fetch_all

_BY_STATUS = {"active": "p.archived = 0", "archived": "p.archived = 1", "complete": "p.archived = 1", "all": "1"}

UNUSED = reports.Use(0, None)
HOUR_US = 3_600_000_000


def listing(
    view: View,
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
    status: str = "active",
    search: str | None = None,
    client_id: str | None = None,
    client: str | None = None,
) -> PageJson[ProjectJson]:
    """Projects by name; active ones unless asked otherwise."""
    clauses = ["p.deleted = 0", _BY_STATUS[status]]
    values: list[object] = []
    if search is not None:
        clauses.append("instr(lower(p.name), lower(?))")
        values.append(search)
    for clause, value in (("p.client_id = ?", client_id), ("c.name = ?", client)):
        if value is not None:
            clauses.append(clause)
            values.append(value)
    if cursor is not None:
        clauses.append("(p.name, p.id) > (?, ?)")
        values += decode_cursor(cursor, (str, str))
    sql = f"{wire.PROJECT_SQL} WHERE {' AND '.join(clauses)} ORDER BY p.name, p.id LIMIT ?"
    page_rows, following = page(fetch_all(view.conn, NamedProjectRow, sql, [*values, limit + 1]), limit, ("name", "id"))
    return {"data": [wire.project(view.conn, row) for row in page_rows], "nextCursor": following}


def find_project(reader: Reader, project_id: str) -> NamedProjectRow:
    """The row of a project by its id, or by a unique prefix of it."""
    rows = fetch_all(reader.conn, NamedProjectRow, f"{wire.PROJECT_SQL} WHERE p.id = ? AND p.deleted = 0", (project_id,))
    if not rows and len(project_id) >= 4:
        sql = f"{wire.PROJECT_SQL} WHERE p.id >= ? AND p.id < ? AND p.deleted = 0 LIMIT 2"
        rows = fetch_all(reader.conn, NamedProjectRow, sql, (project_id, project_id + "\U0010ffff"))
    rows = [row for row in rows if reader.admits(row["id"])]
    if len(rows) > 1:
        raise Conflict(f"several projects begin with {project_id[:40]}", "use the whole id")
    if not rows:
        raise NotFound(f"there is no project {project_id[:40]}", "`stint projects` lists them")
    return rows[0]


def project(view: View, project_id: str) -> ProjectJson:
    """One project."""
    return wire.project(view.conn, find_project(view, project_id))


def budget(view: View, project_id: str) -> BudgetJson:
    """Hours and money used of the budget, over all time."""
    row = find_project(view, project_id)
    return _budget_json(row, reports.project_use(view, row["id"]).get(row["id"], UNUSED))


def budgets(view: View) -> list[tuple[NamedProjectRow, BudgetJson]]:
    """The active projects with a budget, and what is used of it."""
    sql = f"{wire.PROJECT_SQL} WHERE p.deleted = 0 AND p.archived = 0 AND"
    rows = fetch_all(
        view.conn, NamedProjectRow, f"{sql} (p.budget_hours IS NOT NULL OR p.budget_amount IS NOT NULL) ORDER BY p.name, p.id"
    )
    usage = reports.project_use(view) if rows else {}
    return [(row, _budget_json(row, usage.get(row["id"], UNUSED))) for row in rows]


def _budget_json(row: ProjectRow, use: reports.Use) -> BudgetJson:
    """Money is counted exactly and to the cent; with a rate and no hours yet it is 0."""
    cap, worth = row["budget_amount"], use.worth
    if worth is None and row["hourly_rate"] is not None:
        worth = Decimal()
    return {
        "projectId": row["id"],
        "hoursUsed": round(use.us / HOUR_US, 4),
        "hoursLimit": row["budget_hours"],
        "spend": float(worth) if worth is not None else None,
        "spendCap": float(cap) if cap is not None else None,
        "currency": row["currency"],
    }
