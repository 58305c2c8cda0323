"""Jira on a self-hosted server: a personal token instead of e-mail and token, plain comments, people by name."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from stintd.jsonvalue import Json, JsonBody, value_at
from stintd.ports import Kind, Login
from stintd.sinks import jira
from stintd.sinks.http_api import Answer


class JiraServer(jira.Jira):
    """One account."""

    api: ClassVar = "/rest/api/2"

    def headers(self, login: Login) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {login.key}"}

    def comment(self, text: str) -> JsonBody:
        return text

    def person_id(self, user: Json) -> str:
        """`key` stays when somebody is renamed; older servers have only `name`."""
        return str(value_at(user, "key") or value_at(user, "name") or "")

    async def search(self, query: Mapping[str, str | int]) -> Answer:
        return await self._api.ask("GET", f"{self.api}/search", query=query)


KIND = Kind(replace(jira.ABLE, settings=()), JiraServer)
