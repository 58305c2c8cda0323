"""An agent that calls tools: JSON-RPC over the real surface in either era, every answer held against the tool's own schema."""

import json
from typing import Any

from jsonschema import Draft202012Validator

from tests.api.daemon import Answer

LEGACY, MODERN = "2025-06-18", "2026-07-28"
META = {"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {}}
NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}


def message(method: str, params: dict[str, Any] | None = None, identity: Any = 1) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": identity, "method": method, "params": params or {}}


def headers_of(asked: dict[str, Any]) -> dict[str, str]:
    """What the stateless era repeats in headers."""
    found = {"MCP-Protocol-Version": MODERN, "Mcp-Method": asked["method"]}
    name = asked["params"].get(NAMED.get(asked["method"], ""))
    return {**found, "Mcp-Name": name} if name is not None else found


class Agent:
    """Asks over the control socket (`client`) or, with a key, over the loopback port."""

    def __init__(self, client: Any, key: str | None = None, toolset: str = "", era: str = LEGACY, **headers: str) -> None:
        self.client, self.key, self.era, self.headers = client, key, era, headers
        self.path = "/api/mcp" + (f"?toolset={toolset}" if toolset else "")
        self._schemas: dict[str, Any] = {}

    async def post(self, body: Any, **headers: str) -> Answer:
        """Send any body."""
        given = {name.replace("_", "-"): value for name, value in {**self.headers, **headers}.items()}
        if self.key is None:
            return await self.client.ask("POST", self.path, body, given)
        return await self.client.ask("POST", self.path, self.key, body, **{n.replace("-", "_"): v for n, v in given.items()})

    async def rpc(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """The answer to a request in this agent's era: `{result}` or `{error}`."""
        if self.era == MODERN:
            asked = message(method, {**(params or {}), "_meta": META})
            return (await self.post(asked, **{n.replace("-", "_"): v for n, v in headers_of(asked).items()})).body
        return (await self.post(message(method, params), MCP_Protocol_Version=self.era)).body

    async def call(self, name: str, /, **arguments: Any) -> dict[str, Any]:
        """The result of a tool; what is structured fits its schema, and is the text."""
        answer = await self.rpc("tools/call", {"name": name, "arguments": arguments})
        assert "result" in answer, answer
        result = answer["result"]
        if not self._schemas:
            self._schemas = {one["name"]: one["outputSchema"] for one in (await self.rpc("tools/list"))["result"]["tools"]}
        text = json.loads(result["content"][0]["text"])
        if "structuredContent" in result:
            Draft202012Validator(self._schemas[name]).validate(result["structuredContent"])
            assert text == result["structuredContent"]
        else:
            assert result["isError"]
            assert set(text) == {"error", "code", "details"}
        return result

    async def ok(self, name: str, /, **arguments: Any) -> dict[str, Any]:
        """The structured answer of a call that must succeed."""
        result = await self.call(name, **arguments)
        assert result["isError"] is False, result
        return result["structuredContent"]

    async def fails(self, name: str, /, **arguments: Any) -> dict[str, Any]:
        """The error of a call that must fail."""
        result = await self.call(name, **arguments)
        assert result["isError"] is True, result
        return json.loads(result["content"][0]["text"])
