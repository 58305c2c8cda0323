"""What the owner hides (`[privacy]`): file names, branches and commit subjects are hidden before they are stored anywhere,
project names before they leave the daemon for a screen, a webhook or another time tracker. Pure.

A hidden branch or project gets a substitute name that stays the same, so that work on two branches can still be
distinguished. A ticket in a branch's name stays, because it gives the task; default branches stay, because their names
reveal nothing.
"""

import hashlib
from dataclasses import replace

from stintd.domain.describe import DEFAULT_BRANCHES, HIDDEN_BRANCH
from stintd.domain.kinds import GIT_KINDS
from stintd.domain.model import Heartbeat
from stintd.domain.policy import Policy
from stintd.domain.ticket import task_of_branch

HIDDEN_PROJECT = "project-"


def branch(name: str | None, policy: Policy, salt: str) -> str | None:
    """The branch name that may be stored. Hiding a name that is already hidden changes nothing."""
    if not policy.hide_branch_names or not name or name in DEFAULT_BRANCHES or name.startswith(HIDDEN_BRANCH):
        return name
    return task_of_branch(name, policy) or HIDDEN_BRANCH + _short(salt, name)


def project(project_id: str | None, name: str, policy: Policy) -> str:
    """The project name that may leave the daemon."""
    return HIDDEN_PROJECT + _short("", project_id) if policy.hide_project_names and project_id else name


def entity(kind: str, text: str, policy: Policy) -> str:
    """The entity without the file's name. The folder stays, because it decides between projects of subfolders. Git acts name no
    file."""
    if not policy.hide_file_names or kind in GIT_KINDS:
        return text
    folder, slash, _ = text.rpartition("/")
    return folder + slash


def subject(text: str, policy: Policy) -> str:
    """The commit subject that may be stored."""
    return "" if policy.hide_commit_subjects else text


def heartbeat(beat: Heartbeat, policy: Policy, salt: str) -> Heartbeat:
    """The heartbeat that may be stored. Its id was made before, so that two files at one instant stay two heartbeats."""
    if not (policy.hide_branch_names or policy.hide_file_names):
        return beat
    hidden = branch(beat.context.branch, policy, salt)
    context = beat.context if hidden == beat.context.branch else replace(beat.context, branch=hidden)
    return replace(beat, context=context, entity=entity(beat.context.kind, beat.entity, policy))


def _short(salt: str, text: str) -> str:
    return hashlib.sha256(f"{salt}\0{text}".encode(errors="surrogateescape")).hexdigest()[:6]
