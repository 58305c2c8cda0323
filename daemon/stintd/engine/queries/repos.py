"""Repositories and mappings."""

import json

from stintd.domain.mapping.placement import Placement
from stintd.domain.mapping.resolver import Resolver
from stintd.domain.model import Context
from stintd.engine.entries import project_names
from stintd.engine.rows import DEFAULT_LIMIT, decode_cursor, page
from stintd.engine.view import View
from stintd.engine.wire import instant
from stintd.engine.wire_types import MappingJson, PageJson, StoredRepoJson
from stintd.store.row_types import CheckoutRow, NamedMappingRow, RepoRow
from stintd.store.rowio import fetch_all

IS_KNOWN = "(r.identity NOT LIKE 'path:%' OR r.id IN (SELECT repo_id FROM checkout))"
"""Leaves out the temporary identity of a clone, from before its first commit showed which repository it is."""


def repos(view: View, limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> PageJson[StoredRepoJson]:
    """Known repositories by name, with their checkouts and the project that work there is assigned to now."""
    clause, values = (" AND (r.name, r.id) > (?, ?)", decode_cursor(cursor, (str, str))) if cursor else ("", [])
    sql = f"SELECT r.* FROM repo r WHERE {IS_KNOWN}{clause}"  # noqa: S608
    rows = fetch_all(view.conn, RepoRow, sql + " ORDER BY r.name, r.id LIMIT ?", [*values, limit + 1])
    page_rows, following = page(rows, limit, ("name", "id"))
    resolver = view.resolver()
    names = project_names(view.conn)
    return {"data": [_repo_json(view, row, resolver, names) for row in page_rows], "nextCursor": following}


def _repo_json(view: View, row: RepoRow, resolver: Resolver, names: dict[str, str]) -> StoredRepoJson:
    checkouts = fetch_all(view.conn, CheckoutRow, "SELECT * FROM checkout WHERE repo_id = ? ORDER BY is_gone, path", (row["id"],))
    main = next((checkout for checkout in checkouts if not checkout["is_gone"] and checkout["kind"] == "main"), None)
    first = main or (checkouts[0] if checkouts else None)
    placements = {checkout["path"]: _placement(resolver, checkout) for checkout in checkouts}
    project = (placements[first["path"]].project if first else None) or row["project_id"]
    active = max([row["last_active_us"], *(checkout["last_active_us"] for checkout in checkouts)])
    return {
        "id": row["id"],
        "name": row["name"],
        "remote": row["remote"],
        "identity": row["identity"],
        "projectId": project,
        "projectName": names.get(project) if project else None,
        "path": first["path"] if first else None,
        "branch": first["branch"] if first else None,
        "lastActiveAt": instant(active) if active else None,
        "checkouts": [
            {
                "path": checkout["path"],
                "kind": checkout["kind"],
                "branch": checkout["branch"],
                "head": checkout["head"],
                "gone": bool(checkout["is_gone"]),
                "trouble": checkout["trouble"],
                "lastActiveAt": instant(checkout["last_active_us"]) if checkout["last_active_us"] else None,
                "projectId": placements[checkout["path"]].project,
                "projectName": names.get(placements[checkout["path"]].project or ""),
                "why": placements[checkout["path"]].why,
            }
            for checkout in checkouts
        ],
    }


def _placement(resolver: Resolver, checkout: CheckoutRow) -> Placement:
    """What work in a checkout, on its branch, counts as now."""
    place = Context("watch", "edit", repo=checkout["repo_id"], repo_path=checkout["path"], branch=checkout["branch"])
    return resolver.placement(place)


def mapping_json(row: NamedMappingRow) -> MappingJson:
    """A mapping of the owner. `row` comes from MAPPING_SQL."""
    return {
        "id": row["id"],
        "position": row["position"],
        "path": row["path"],
        "remote": row["remote"],
        "branch": row["branch"],
        "project": row["project_name"] or row["project"],
        "projectId": row["project"],
        "client": row["client"],
        "task": row["task"],
        "billable": None if row["billable"] is None else bool(row["billable"]),
        "tags": json.loads(row["tags"]),
        "since": instant(row["since_us"]),
    }


MAPPING_SQL = "SELECT m.*, p.name AS project_name FROM mapping m LEFT JOIN project p ON p.id = m.project"


def mappings(view: View) -> PageJson[MappingJson]:
    """Mappings in the order in which they are tried."""
    rows = fetch_all(view.conn, NamedMappingRow, MAPPING_SQL + " ORDER BY m.position, m.id")
    return {"data": [mapping_json(row) for row in rows], "nextCursor": None}
