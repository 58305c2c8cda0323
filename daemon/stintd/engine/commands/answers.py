"""Answers whose hours a folder's are. An answer is an edit: it can be undone, and nothing that is approved or locked moves."""

from collections.abc import Sequence
from typing import Literal, cast

from stintd.domain.mapping.questions import DoubtfulFolder, Question
from stintd.domain.model import Context, ProjectId, RepoId, to_us
from stintd.engine.commands import entry_rows, resolve
from stintd.engine.commands.resolve import ProjectNames
from stintd.engine.entries import project_names
from stintd.engine.queries import questions
from stintd.engine.sheet import checkout_rows, projects
from stintd.engine.sheet.settle import settle
from stintd.engine.step import Step
from stintd.engine.wire_types import AnsweredJson
from stintd.errors import Conflict, Invalid, NotFound
from stintd.store import rowio
from stintd.store.edits import RowChange
from stintd.store.row_types import FolderAnswerRow, ProjectRow
from stintd.store.rowio import exists, fetch_one

Answer = Literal["same", "own", "another"]
MOST_SECONDS = 8 * 3600
"""An answer that moves more is asked once more."""
MADE_BY_ANSWER = """
SELECT * FROM project WHERE id = :project_id AND created_us = :since_us AND deleted = 0 AND origin = 'auto' AND revision = 1
"""
LEAST_ID = 4
"""The fewest digits of a question's id that find it."""
USED = """
SELECT 1 FROM entry WHERE project_id = :id UNION ALL SELECT 1 FROM repo WHERE project_id = :id
UNION ALL SELECT 1 FROM folder_answer WHERE project_id = :id UNION ALL SELECT 1 FROM mapping WHERE project = :id
UNION ALL SELECT 1 FROM task WHERE project_id = :id LIMIT 1
"""


def answer(
    step: Step,
    question_id: str,
    answer: Answer,
    project: str | None = None,
    confirm: bool = False,
    auto_create: bool = False,
) -> AnsweredJson:
    """Say whose hours the folders of a question are: of the same project as the other side, of projects of their own, or of
    another project, which `project` names. What moves more than eight hours is refused once, with the hours, unless `confirm`.
    """
    question = _find(step, question_id)
    moving = questions.doubtful_time(step, question)
    if (answer == "another") != (project is not None):
        raise Invalid(
            "which project?" if project is None else f"{answer} names no project", 'send {"answer": "another", "project": …}'
        )
    chosen = {folder: _project(step, question, folder, answer, project, auto_create) for folder in question.folders}
    stays = all(chosen[folder] == _project_now(question, folder) for folder in question.folders)
    if not stays and moving.total_seconds > MOST_SECONDS and not confirm:
        raise Conflict(
            f"this moves {moving.text}",
            "send it again with confirm: true (`stint answer` with --yes)",
            {"seconds": moving.seconds, "agentSeconds": moving.agent_seconds, "days": moving.days, "needs": "confirm"},
        )
    with step.edit("answer", _summary(question, answer, project)) as edit_id:
        for folder, project_id in chosen.items():
            _keep(step, question, folder, project_id)
    step.forget_places()
    for folder in question.folders:
        checkout_rows.resolve_again(step, folder.repo)
    settle(step)
    names = project_names(step.conn)
    return {
        "id": question.id,
        "answer": answer,
        "editId": edit_id,
        "seconds": 0 if stays else moving.seconds,
        "agentSeconds": 0 if stays else moving.agent_seconds,
        "days": 0 if stays else moving.days,
        "folders": [
            {"path": folder.path, "projectId": project_id, "projectName": names.get(project_id)}
            for folder, project_id in chosen.items()
        ],
    }


def _find(step: Step, question_id: str) -> Question:
    """The question of this id, or of the only one that begins so."""
    found = [question for question in questions.find_questions(step) if question.id.startswith(question_id.lower())]
    if len(question_id) < LEAST_ID or len(found) != 1:
        raise NotFound(
            f"there is no question {question_id[:40]}, or it has changed or was answered", "`stint review` lists the open ones"
        )
    return found[0]


def _summary(question: Question, answer: Answer, project: str | None) -> str:
    names = ", ".join(folder.path for folder in question.folders[:3])
    more = f" and {len(question.folders) - 3} more" if len(question.folders) > 3 else ""
    words = {"same": "the same project", "own": "a project of its own", "another": f"of {project}"}
    return f"{names}{more}: {words[answer]}"


def _project_now(question: Question, folder: DoubtfulFolder) -> ProjectId | None:
    return question.project if question.is_shared else folder.project


def _project(
    step: Step, question: Question, folder: DoubtfulFolder, answer: Answer, name: str | None, may_create: bool
) -> ProjectId:
    """The project that an answer gives to a folder; created where needed."""
    if answer == "own":
        return projects.own_project(step, folder.path, folder.repo)
    if answer == "another":
        choice = resolve.match_project(step, ProjectNames(project_id=name))
        names = ProjectNames(project_name=name)
        return (choice or resolve.require_project(step, names, may_create=may_create)).id
    return question.project or _project_of_other(step, question)


def _project_of_other(step: Step, question: Question) -> ProjectId:
    """The project of a folder that nobody has worked in yet."""
    other = question.other
    if other is not None:
        place = Context("watch", "edit", repo=other.repo, repo_path=other.path)
        projects.ensure_projects(step, [place])
        project = step.resolver().resolve(place).project
        if project is not None:
            return project
    raise Conflict("the other folder has no project", 'name one: {"answer": "another", "project": …}')


def _keep(step: Step, question: Question, folder: DoubtfulFolder, project: ProjectId) -> None:
    """Store the answer, and move what evidence does not move: entries whose time their owner set."""
    row = {"id": folder.repo, "project_id": project, "is_open": 0, "since_us": to_us(step.now)}
    if exists(step.conn, "SELECT 1 FROM folder_answer WHERE id = ?", (folder.repo,)):
        rowio.update(step.conn, "folder_answer", folder.repo, row)
    else:
        rowio.insert(step.conn, "folder_answer", row)
    for entry in questions.open_rows(step, question, folder):
        if "time" in entry["pinned"]:
            task = entry["task"] if entry["project_id"] == project else None
            entry_rows.change(
                step, entry, {"project_id": project, "task": task, "derived_project_id": project, "is_confirmed": 1}
            )


# ---------------------------------------------------------------- undo


def follow_undo(step: Step, changes: Sequence[RowChange]) -> None:
    """Give the evidence of folders the projects that they had before an answer that was undone."""
    if changes:
        step.forget_places()
    for change in changes:
        checkout_rows.resolve_again(step, RepoId(change.row_id))


def drop_unused_projects(step: Step, changes: Sequence[RowChange]) -> None:
    """Remove the projects that answers made, once nothing is left of them."""
    for change in changes:
        answered = cast("FolderAnswerRow | None", change.before)
        row = fetch_one(step.conn, ProjectRow, MADE_BY_ANSWER, dict(answered)) if answered is not None else None
        if row is not None and not exists(step.conn, USED, {"id": row["id"]}):
            rowio.update(step.conn, "project", row["id"], {"deleted": 1, "revision": row["revision"] + 1})
            step.forget_places()
            step.publish("project.deleted", {"id": row["id"], "name": row["name"]})
