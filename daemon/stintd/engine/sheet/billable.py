"""Decides what is billed: by the owner's mapping, else by the project's own setting, else by whether the project has a
client."""

from collections.abc import Callable
from sqlite3 import Connection

from stintd.domain.mapping.resolver import normal_name
from stintd.domain.pattern import glob
from stintd.domain.policy import MapRule, Policy
from stintd.engine.resolver import load_rules
from stintd.store.row_types import ProjectRow
from stintd.store.rowio import exists


def rule_of(conn: Connection, policy: Policy, project: ProjectRow, branch: str | None) -> MapRule | None:
    """The owner's first mapping to this project on this branch that says something about billing or tags."""
    for dated in load_rules(conn, policy):
        rule = dated.rule
        is_here = rule.branch is None or glob(rule.branch).fullmatch(branch or "") is not None
        has_say = rule.billable is not None or rule.bill_agent_time is not None or bool(rule.tags)
        if has_say and is_here and _names_project(conn, rule, project):
            return rule
    return None


def _names_project(conn: Connection, rule: MapRule, project: ProjectRow) -> bool:
    """Whether a mapping is to this project: by its id, as one made by command, by its name, or by an earlier name."""
    if rule.project is None:
        return False
    if rule.project == project["id"]:
        return True
    name = normal_name(rule.project)
    sql = "SELECT 1 FROM project_alias WHERE normal_name = ? AND project_id = ?"
    return name == normal_name(project["name"]) or exists(conn, sql, (name, project["id"]))


def is_billable(rule: MapRule | None, project: ProjectRow | None, actor: str) -> bool:
    """Whether an entry is billed. Agents' time is billed only if the mapping or the project says that too."""
    billable = bool(project and (project["client_id"] if project["billable"] is None else project["billable"]))
    if rule is not None and rule.billable is not None:
        billable = rule.billable
    if actor == "agent":
        by_rule = rule.bill_agent_time if rule is not None else None
        billable = billable and bool(project and project["bill_agent_time"] if by_rule is None else by_rule)
    return billable


def supervised_billing(conn: Connection, policy: Policy) -> Callable[[ProjectRow], bool]:
    """A function that says whether a project's supervised time is billed: by the first mapping to it that decides this and
    holds on every branch, because totals know no branches; else by the project's own setting."""
    rules = [dated.rule for dated in load_rules(conn, policy)]
    deciding = [rule for rule in rules if rule.bill_supervised is not None and rule.branch is None]

    def bills(project: ProjectRow) -> bool:
        rule = next((rule for rule in deciding if _names_project(conn, rule, project)), None)
        return bool(project["bill_supervised"] if rule is None else rule.bill_supervised)

    return bills
