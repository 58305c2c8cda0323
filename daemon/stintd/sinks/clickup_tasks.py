"""Tasks of a ClickUp workspace: by id, by custom id, by list, and all of them as places for hours."""

from urllib.parse import quote

from stintd.jsonvalue import Json, JsonObject, object_at, rows_at, value_at
from stintd.ports import MISSING, STOPPED, Outcome, RemoteList, RemotePlace, RemoteTask
from stintd.sinks.http_api import Answer, Api, json_of, printable, status_of

MOST_PAGES = 30
"""Pages read of one list, and lists read of one workspace: a plan may allow 100 requests a minute."""
PAGE = 100


class ClickUpTasks:
    """Reads tasks with the credentials of one connector."""

    def __init__(self, api: Api, team: str) -> None:
        self._api, self._team = api, team

    async def task(self, task_id: str) -> RemoteTask | Outcome:
        """By its id or custom id; `missing` also where the token does not reach it, or where it belongs to another workspace."""
        answer = await self._api.ask("GET", f"/v2/task/{quote(own_id(task_id), safe='')}", query=task_query(task_id, self._team))
        task = json_of(answer)
        outcome = self._api.outcome_of(answer, "read")
        if outcome.status in (400, 404, 410) or (outcome.kind == STOPPED and _is_about_task(task)):
            return Outcome(MISSING, status=outcome.status)
        if not isinstance(task, dict) or not task.get("id") or not 200 <= (outcome.status or 0) < 300:
            return self._api.not_a("a task", answer)
        if str(task.get("team_id", self._team)) != self._team:
            return Outcome(MISSING, status=outcome.status)
        return _task(task, _list(task.get("list")))

    async def lists(self) -> tuple[RemoteList, ...] | Outcome:
        """All lists of the workspace: those of its spaces, and those of their folders."""
        spaces = await self._read_rows(f"/v2/team/{quote(self._team, safe='')}/space", "spaces")
        if isinstance(spaces, Outcome):
            return spaces
        out: list[RemoteList] = []
        for space in spaces:
            lists = await self._lists_of(f"/v2/space/{quote(str(space.get('id', '')), safe='')}")
            if isinstance(lists, Outcome):
                return lists
            out += lists
        return tuple(out)

    async def _lists_of(self, space: str) -> list[RemoteList] | Outcome:
        """The lists of a space, then those of its folders; a folder that does not name its lists is asked for them."""
        lists = await self._read_rows(f"{space}/list", "lists")
        if isinstance(lists, Outcome):
            return lists
        folders = await self._read_rows(f"{space}/folder", "folders")
        if isinstance(folders, Outcome):
            return folders
        for folder in folders:
            path = f"/v2/folder/{quote(str(folder.get('id', '')), safe='')}/list"
            inner = rows_at(folder, "lists") or await self._read_rows(path, "lists")
            if isinstance(inner, Outcome):
                return inner
            lists += inner
        return [_list(row) for row in lists]

    async def tasks_of(self, remote_list: RemoteList, most_pages: int = MOST_PAGES) -> tuple[RemoteTask, ...] | Outcome:
        """The tasks of a list, with subtasks and closed ones."""
        out: list[RemoteTask] = []
        for page in range(most_pages):
            query: dict[str, str | int] = {"page": page, "subtasks": "true", "include_closed": "true"}
            answer = await self._api.ask("GET", f"/v2/list/{quote(remote_list.id, safe='')}/task", query=query)
            rows = objects(answer, "tasks")
            if rows is None:
                return self._api.not_a("a list of tasks", answer)
            out += [_task(row, remote_list) for row in rows]
            if value_at(json_of(answer), "last_page") is True or len(rows) < PAGE:
                break
        return tuple(out)

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """Tasks as `List / Task`; only those of the first lists where there are very many."""
        lists = await self.lists()
        if isinstance(lists, Outcome):
            return lists
        out: list[RemotePlace] = []
        for remote_list in lists[:MOST_PAGES]:
            tasks = await self.tasks_of(remote_list, 1)
            if isinstance(tasks, Outcome):
                return tasks
            out += [RemotePlace(f"{remote_list.name} / {task.name}", {"task_id": task.id}) for task in tasks if task.is_open]
        return tuple(out)

    async def _read_rows(self, path: str, name: str) -> list[JsonObject] | Outcome:
        answer = await self._api.ask("GET", path)
        rows = objects(answer, name)
        return rows if rows is not None else self._api.not_a(f"a list of {name}", answer)


def task_query(task_id: str, team: str) -> dict[str, str]:
    """What a request about a custom id needs in its query: only custom ids have a dash."""
    task_id = own_id(task_id)
    return {"custom_task_ids": "true", "team_id": team} if "-" in task_id else {}


def own_id(task_id: str) -> str:
    """ClickUp's own id without the `CU-` that it has in names of branches; a custom id, which ends in a number, stays whole."""
    rest = task_id[3:] if task_id[:3].upper() == "CU-" else ""
    return rest if rest and not rest.isdecimal() else task_id


def objects(answer: Answer, name: str) -> list[JsonObject] | None:
    """The objects of a list in a successful answer, None when they cannot be read."""
    return rows_at(json_of(answer), name) if status_of(answer) == 200 else None


def _is_about_task(body: Json) -> bool:
    """Whether a refused token only means that there is no such task: ClickUp says the one for the other."""
    return value_at(body, "ECODE") in ("OAUTH_023", "OAUTH_027", "ITEM_013", "ITEM_015")


def _list(row: Json) -> RemoteList:
    fields = object_at(row)
    return RemoteList(str(fields.get("id", "")), _line(fields.get("name")))


def _task(row: JsonObject, remote_list: RemoteList) -> RemoteTask:
    is_open = object_at(row, "status").get("type") not in ("closed", "done")
    return RemoteTask(
        str(row["id"]) if row.get("id") else "", str(row.get("custom_id") or ""), _line(row.get("name")), remote_list, is_open
    )


def _line(name: Json) -> str:
    """A name from outside as one harmless line."""
    return " ".join(printable(str(name or "")).split())[:255]
