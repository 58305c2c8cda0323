"""Jira on a server of one's own: a personal token instead of mail and token, plain comments, people by name."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from stintd.ports import Kind, Login
from stintd.sinks import jira


class JiraServer(jira.Jira):
    """One account."""

    api: ClassVar = "/rest/api/2"

    def headers(self, login: Login) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {login.key}"}

    def comment(self, text: str) -> Any:
        return text

    def who(self, user: Any) -> str:
        """`key` stays when somebody is renamed; older ones tell only `name`."""
        return str(user.get("key") or user.get("name") or "") if isinstance(user, dict) else ""

    async def searched(self, query: Mapping[str, Any]) -> Any:
        return await self._api.ask("GET", f"{self.api}/search", query=query)


KIND = Kind(replace(jira.ABLE, settings=()), JiraServer)
