"""How contexts resolve to projects, read from the rows as they are now. Takes a connection and writes nothing."""

import json
from collections.abc import Iterable
from sqlite3 import Connection

from stintd.domain.mapping.clones import KnownCheckout, KnownRepo
from stintd.domain.mapping.placement import DatedRule, KnownProject
from stintd.domain.mapping.projectfile import ProjectFile
from stintd.domain.mapping.resolver import Resolver
from stintd.domain.model import ProjectId
from stintd.domain.pattern import path_pattern
from stintd.domain.policy import MapRule, Policy
from stintd.store.row_types import CheckoutRow, FolderAnswerRow, MappingRow, ProjectAliasRow, ProjectRow, RepoRow
from stintd.store.rowio import fetch_all

REPOS = "SELECT id, identity, project_id, network, guest_of FROM repo"


def load_resolver(conn: Connection, policy: Policy, roots: Iterable[str] = (), files: Iterable[ProjectFile] = ()) -> Resolver:
    """How contexts resolve to projects, from the rows as they are now."""
    aliases = project_aliases(conn)
    projects = [
        KnownProject(ProjectId(row["id"]), row["name"], row["origin"] == "auto", row["folder"], aliases.get(row["id"], ()))
        for row in fetch_all(conn, ProjectRow, "SELECT id, name, origin, folder FROM project WHERE deleted = 0")
    ]
    answers = {row["id"]: row for row in fetch_all(conn, FolderAnswerRow, "SELECT * FROM folder_answer")}
    repos = [_known_repo(row, answers.get(row["id"])) for row in fetch_all(conn, RepoRow, REPOS)]
    checkouts = [
        KnownCheckout(row["path"], row["repo_id"], row["kind"], row["parent"], row["begun_us"], bool(row["is_gone"]))
        for row in fetch_all(conn, CheckoutRow, "SELECT path, repo_id, kind, parent, begun_us, is_gone FROM checkout")
    ]
    return Resolver(projects, repos, checkouts, load_rules(conn, policy), policy, roots=roots, files=files)


def project_aliases(conn: Connection) -> dict[ProjectId, tuple[str, ...]]:
    """The earlier names of each project that has some."""
    names: dict[ProjectId, tuple[str, ...]] = {}
    for row in fetch_all(conn, ProjectAliasRow, "SELECT project_id, name FROM project_alias ORDER BY since_us, name"):
        names[row["project_id"]] = (*names.get(row["project_id"], ()), row["name"])
    return names


def names_of_projects(conn: Connection) -> dict[ProjectId, tuple[str, ...]]:
    """All names of each project: its earlier ones, then its present one."""
    aliases = project_aliases(conn)
    rows = fetch_all(conn, ProjectRow, "SELECT id, name FROM project WHERE deleted = 0")
    return {row["id"]: (*aliases.get(row["id"], ()), row["name"]) for row in rows}


def _known_repo(row: RepoRow, answer: FolderAnswerRow | None) -> KnownRepo:
    remote = row["identity"] if "/" in row["identity"] else ""
    doubted = answer["since_us"] if answer is not None and answer["is_open"] else None
    project = answer["project_id"] if answer is not None else None
    return KnownRepo(row["id"], remote, row["project_id"], row["network"], row["guest_of"], project, doubted)


def load_rules(conn: Connection, policy: Policy) -> list[DatedRule]:
    """The owner's mappings in the order in which they are tried: those made by command, then those of the settings."""
    mappings = []
    for row in fetch_all(conn, MappingRow, "SELECT * FROM mapping ORDER BY position, id"):
        billable = None if row["billable"] is None else bool(row["billable"])
        rule = MapRule(
            row["path"],
            row["remote"],
            row["branch"],
            row["project"],
            row["client"],
            row["task"],
            billable,
            tuple(json.loads(row["tags"])),
        )
        mappings.append(DatedRule(rule, row["since_us"]))
    return [*mappings, *(DatedRule(rule) for rule in policy.mappings)]


def mapped_folders(conn: Connection, policy: Policy) -> frozenset[str]:
    """The folders that the owner mapped by their plain path, wherever they are."""
    rules = (dated.rule for dated in load_rules(conn, policy))
    plain = (rule.path for rule in rules if rule.path and rule.project and not (rule.remote or rule.branch))
    return frozenset(folder for path in plain if (folder := path_pattern(path).literal) is not None)
