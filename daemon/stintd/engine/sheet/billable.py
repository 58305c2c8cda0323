"""Decides what is billed: by the owner's mapping, else by the project's own setting, else by whether the project has a
client."""

from collections.abc import Callable
from sqlite3 import Connection

from stintd.domain.mapping.naming import normal_name
from stintd.domain.model import Context, RepoId
from stintd.domain.pattern import glob, path_pattern
from stintd.domain.policy import MapRule, Policy
from stintd.engine.resolver import load_rules
from stintd.engine.step import Step
from stintd.store.row_types import CheckoutRow, ProjectRow
from stintd.store.rowio import fetch_all


def rule_of(step: Step, project: ProjectRow, repo: RepoId | None, branch: str | None) -> MapRule | None:
    """The owner's first mapping to this project, of this repository's work on this branch, that says something about billing or
    tags.
    """
    rules = [dated.rule for dated in load_rules(step.conn, step.policy)]
    having_say = [rule for rule in rules if rule.billable is not None or rule.bill_agent_time is not None or rule.tags]
    names = _names_of(step.conn, project) if having_say else frozenset()
    for rule in having_say:
        is_here = rule.branch is None or glob(rule.branch).fullmatch(branch or "") is not None
        if is_here and _is_to(rule, project, names) and _is_there(step, rule, project, repo, branch):
            return rule
    return None


def _names_of(conn: Connection, project: ProjectRow) -> frozenset[str]:
    """The present and the earlier names of a project, normalised."""
    earlier = conn.execute("SELECT normal_name FROM project_alias WHERE project_id = ?", (project["id"],))
    return frozenset([normal_name(project["name"]), *(name for (name,) in earlier)])


def _is_to(rule: MapRule, project: ProjectRow, names: frozenset[str]) -> bool:
    """Whether a mapping is to this project: by its id, as one made by command, or by one of its names."""
    return rule.project is not None and (rule.project == project["id"] or normal_name(rule.project) in names)


def _is_there(step: Step, rule: MapRule, project: ProjectRow, repo: RepoId | None, branch: str | None) -> bool:
    """Whether a mapping of a folder is about a repository's work for this project: it maps the whole of it, or a part of it that
    alone is the project's. A part that is billed otherwise decides nothing for the rest.
    """
    if rule.path is None or repo is None:
        return True
    pattern, resolver = path_pattern(rule.path), step.state.resolver(step.conn, step.policy)
    paths = [row["path"] for row in fetch_all(step.conn, CheckoutRow, "SELECT path FROM checkout WHERE repo_id = ?", (repo,))]
    if any(pattern.matches(path) for path in paths):
        return True
    places = [
        Context("watch", "edit", repo=repo, repo_path=path, branch=branch) for path in paths if pattern.may_match_below(path)
    ]
    return any(resolver.resolve(place).project != project["id"] for place in places)


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
        names = _names_of(conn, project) if deciding else frozenset()
        rule = next((rule for rule in deciding if _is_to(rule, project, names)), None)
        return bool(project["bill_supervised"] if rule is None else rule.bill_supervised)

    return bills
