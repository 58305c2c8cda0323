"""Tasks of a ClickUp workspace: by id, by custom id, by list, and all of them as places for hours."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from stintd.ports import MISSING, STOPPED, Failure, Outcome, RemoteList, RemotePlace, RemoteTask, Response
from stintd.sinks.http_api import Api, parsed

MOST_PAGES = 30
"""So much of one list, or of a whole workspace, is read: its plan may allow 100 requests a minute."""
PAGE = 100


class Tasks:
    """Reads tasks with the credentials of one connector."""

    def __init__(self, api: Api, team: str) -> None:
        self._api, self._team = api, team

    async def task(self, task_id: str) -> RemoteTask | Outcome:
        """By its id or custom id; `missing` also where the token does not reach it, or it is of another workspace."""
        answer = await self._api.ask("GET", f"/v2/task/{quote(own_id(task_id), safe='')}", query=task_query(task_id, self._team))
        found = parsed(answer)
        judged = self._api.judged(answer, "read")
        if judged.status in (400, 404, 410) or (judged.kind == STOPPED and _is_about_the_task(found)):
            return Outcome(MISSING, status=judged.status)
        if not isinstance(found, dict) or not found.get("id") or not 200 <= (judged.status or 0) < 300:
            return self._api.unread(answer, "no task")
        if str(found.get("team_id", self._team)) != self._team:
            return Outcome(MISSING, status=judged.status)
        return _task(found, _list(found.get("list")))

    async def lists(self) -> tuple[RemoteList, ...] | Outcome:
        """All lists of the workspace: of its spaces, and of their folders."""
        spaces = await self._read(f"/v2/team/{quote(self._team, safe='')}/space", "spaces")
        if isinstance(spaces, Outcome):
            return spaces
        found: list[RemoteList] = []
        for space in spaces:
            lists = await self._lists_of(f"/v2/space/{quote(str(space.get('id', '')), safe='')}")
            if isinstance(lists, Outcome):
                return lists
            found += lists
        return tuple(found)

    async def _lists_of(self, space: str) -> list[RemoteList] | Outcome:
        """Those of a space, then those of its folders; a folder that does not tell its lists is asked."""
        lists, folders = await self._read(f"{space}/list", "lists"), await self._read(f"{space}/folder", "folders")
        if isinstance(lists, Outcome) or isinstance(folders, Outcome):
            return lists if isinstance(lists, Outcome) else folders  # type: ignore[return-value]
        for folder in folders:
            inner = folder.get("lists") or await self._read(
                f"/v2/folder/{quote(str(folder.get('id', '')), safe='')}/list", "lists"
            )
            if isinstance(inner, Outcome):
                return inner
            lists += inner
        return [_list(one) for one in lists]

    async def tasks_of(self, one: RemoteList, most_pages: int = MOST_PAGES) -> tuple[RemoteTask, ...] | Outcome:
        """The tasks of a list, its subtasks and closed ones too."""
        found: list[RemoteTask] = []
        for page in range(most_pages):
            asked = {"page": page, "subtasks": "true", "include_closed": "true"}
            answer = await self._api.ask("GET", f"/v2/list/{quote(one.id, safe='')}/task", query=asked)
            tasks = objects(answer, "tasks")
            if tasks is None:
                return self._api.unread(answer, "no list of tasks")
            found += [_task(task, one) for task in tasks]
            told = parsed(answer)
            if told.get("last_page") is True or len(tasks) < PAGE:
                break
        return tuple(found)

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """Tasks as `List / Task`, of the first lists where there are very many."""
        lists = await self.lists()
        if isinstance(lists, Outcome):
            return lists
        found: list[RemotePlace] = []
        for one in lists[:MOST_PAGES]:
            tasks = await self.tasks_of(one, 1)
            if isinstance(tasks, Outcome):
                return tasks
            found += [RemotePlace(f"{one.name} / {task.name}", {"task_id": task.id}) for task in tasks if task.is_open]
        return tuple(found)

    async def _read(self, path: str, name: str) -> list[dict[str, Any]] | Outcome:
        answer = await self._api.ask("GET", path)
        found = objects(answer, name)
        return found if found is not None else self._api.unread(answer, f"no list of {name}")


def task_query(task_id: str, team: str) -> dict[str, str]:
    """What a request about a custom id needs: only those have a dash."""
    task_id = own_id(task_id)
    return {"custom_task_ids": "true", "team_id": team} if "-" in task_id else {}


def own_id(task_id: str) -> str:
    """ClickUp's own id without the `CU-` with which branches carry it; a custom id, which ends in a number, stays."""
    rest = task_id[3:] if task_id[:3].upper() == "CU-" else ""
    return rest if rest and not rest.isdecimal() else task_id


def objects(answer: Response | Failure, name: str) -> list[dict[str, Any]] | None:
    """The objects of a list in an answer, None when that cannot be read."""
    told = parsed(answer)
    found = told.get(name) if isinstance(told, dict) and not isinstance(answer, Failure) and answer.status == 200 else None
    return found if isinstance(found, list) and all(isinstance(one, dict) for one in found) else None


def _is_about_the_task(told: Any) -> bool:
    """It says of a task that is not there, too, that the token may not have it."""
    return isinstance(told, dict) and told.get("ECODE") in ("OAUTH_023", "OAUTH_027", "ITEM_013", "ITEM_015")


def _list(told: Any) -> RemoteList:
    known: Mapping[str, Any] = told if isinstance(told, dict) else {}
    return RemoteList(str(known.get("id", "")), _line(known.get("name")))


def _task(told: Mapping[str, Any], one: RemoteList) -> RemoteTask:
    status = told.get("status")
    kind = status.get("type") if isinstance(status, dict) else ""
    return RemoteTask(
        str(told["id"]) if told.get("id") else "", str(told.get("custom_id") or ""), _line(told.get("name")), one,
        kind not in ("closed", "done"),
    )  # fmt: skip


def _line(text: Any) -> str:
    """A name of theirs, made harmless."""
    return " ".join("".join(one if one.isprintable() else " " for one in str(text or "")).split())[:255]
