"""`POST /api/mcp` as a protocol: both eras, by hand and through the official SDK's client, and everything it refuses."""

import json

import httpx2
import pytest
from jsonschema import Draft202012Validator
from mcp.client import Client as Sdk
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from stintd.api.mcp import rpc
from stintd.api.mcp.era import HANDSHAKE, STATELESS
from stintd.api.mcp.toolset import SETS, tools_of
from tests.api.agent import LEGACY, META, MODERN, Agent, headers_of, message
from tests.api.test_keys import keys, loopback  # noqa: F401  fixtures

ERAS = (*HANDSHAKE, *STATELESS)


@pytest.fixture
async def agent(client):
    return Agent(client)


# ---------------------------------------------------------------- the official client


async def sdk_day(url, http, mode):
    """A little of everything through the SDK's client, which holds answers against schemas itself."""
    async with Sdk(streamable_http_client(url, http_client=http), mode=mode) as one:
        tools = {tool.name: tool for tool in (await one.list_tools()).tools}
        assert len(tools) == 27
        started = await one.call_tool("stint_start_timer", {"projectName": "acme", "autoCreate": True, "description": "ünï"})
        assert started.structured_content["timer"]["state"] == "running"
        refused = await one.call_tool("start_time_tracking", {"taskId": "nobody"})
        assert refused.is_error
        assert refused.structured_content["error"]["type"] == "NOT_FOUND"
        failed = await one.call_tool("stint_get_project", {"projectId": "nobody"})
        assert failed.is_error
        assert json.loads(failed.content[0].text)["code"] == "NOT_FOUND"
        with pytest.raises(MCPError) as unknown:
            await one.call_tool("no_such_tool", {})
        assert unknown.value.error.code == rpc.INVALID_PARAMS
        uris = [str(found.uri) for found in (await one.list_resources()).resources]
        assert uris == ["stint://timesheet/today", "stint://timers"]
        for uri in uris:
            assert "acme" in (await one.read_resource(uri)).contents[0].text
        with pytest.raises(MCPError):
            await one.read_resource("stint://nothing")
        assert [found.name for found in (await one.list_prompts()).prompts] == ["fill_timesheet"]
        filled = await one.get_prompt("fill_timesheet", {"date": "2026-11-20"})
        assert "2026-11-20" in filled.messages[0].content.text
        assert "acme" in filled.messages[1].content.resource.text
        stopped = await one.call_tool("stint_stop_timer", {})
        assert stopped.structured_content["entry"]["projectName"] == "acme"
        return one.session.protocol_version


@pytest.mark.parametrize(("mode", "version"), [("auto", MODERN), ("legacy", HANDSHAKE[-1]), (MODERN, MODERN)])
async def test_the_official_client_works_in_every_era_it_knows(loopback, keys, mode, version):  # noqa: F811
    url = f"http://127.0.0.1:{loopback.port}/api/mcp?toolset=stint,clickup"
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {keys['write']}"}) as http:
        assert await sdk_day(url, http, mode) == version


# ---------------------------------------------------------------- handshake and discovery


@pytest.mark.parametrize("version", HANDSHAKE)
async def test_a_handshake_is_answered_in_the_revision_asked_for_and_keeps_nothing(agent, version):
    answer = await agent.post(message("initialize", {"protocolVersion": version, "capabilities": {}, "clientInfo": {}}))
    assert answer.body["result"]["protocolVersion"] == version
    assert answer.body["result"]["capabilities"] == {"tools": {}, "resources": {}, "prompts": {}}
    assert len(answer.body["result"]["instructions"]) < 2048
    assert "Mcp-Session-Id" not in answer.headers
    done = await agent.post({"jsonrpc": "2.0", "method": "notifications/initialized"}, MCP_Protocol_Version=version)
    assert (done.status, done.body) == (202, None)


@pytest.mark.parametrize("asked", ["1999-01-01", MODERN, None, 7])
async def test_a_handshake_in_an_unknown_revision_offers_the_latest_that_has_one(agent, asked):
    answer = await agent.post(message("initialize", {"protocolVersion": asked}))
    assert answer.body["result"]["protocolVersion"] == HANDSHAKE[-1]


async def test_discovery_names_every_revision_and_results_are_dressed_for_their_era(client):
    modern = Agent(client, era=MODERN)
    found = (await modern.rpc("server/discover"))["result"]
    assert found["supportedVersions"] == [*STATELESS, *HANDSHAKE]
    assert found["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "stintd"
    for method, params in (("tools/list", {}), ("resources/read", {"uri": "stint://timers"})):
        result = (await modern.rpc(method, params))["result"]
        assert result["resultType"] == "complete"
        assert (result["ttlMs"] > 0, result["cacheScope"]) == (method == "tools/list", "private")
        old = (await Agent(client).rpc(method, params))["result"]
        assert {"resultType", "ttlMs", "_meta"} & set(old) == set()


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("method", ["initialize", "server/discover", "ping", "subscriptions/listen", "logging/setLevel", "x"])
async def test_each_era_has_its_methods_and_no_others(client, era, method):
    known = {"initialize", "ping"} if era != MODERN else {"server/discover"}
    answer = await Agent(client, era=era).rpc(method)
    assert ("result" in answer) == (method in known)
    if method not in known:
        assert answer["error"]["code"] == rpc.METHOD_NOT_FOUND


# ---------------------------------------------------------------- refusals


async def status_and_code(agent, body, **headers):
    answer = await agent.post(body, **headers)
    return answer.status, answer.body["error"]["code"], answer.body["id"]


@pytest.mark.parametrize(
    ("body", "code", "identity"),
    [
        (b"", -32600, None), (b"{", -32700, None), (b"\xff", -32700, None), (b"NaN", -32700, None), (b"3", -32600, None),
        (b'{"a":1,"a":1}', -32700, None), (b"[" * 50, -32700, None), ({}, -32600, None), ([], -32600, None),
        ({"jsonrpc": "1.0", "id": 4, "method": "ping"}, -32600, 4), ({"jsonrpc": "2.0", "id": 4}, -32600, 4),
        ({"jsonrpc": "2.0", "id": None, "method": "ping"}, -32600, None), ({"jsonrpc": "2.0", "id": 4, "method": 7}, -32600, 4),
        ({"jsonrpc": "2.0", "id": True, "method": "ping"}, -32600, None),
        ({"jsonrpc": "2.0", "id": 1.5, "method": "ping"}, -32600, None),
        ({"jsonrpc": "2.0", "id": 4, "method": "ping", "params": [1]}, -32600, 4),
        ({"jsonrpc": "2.0", "id": 4, "method": "ping", "params": None}, -32600, 4),
    ],
)  # fmt: skip
async def test_what_is_no_message_is_refused_in_the_protocols_words(agent, body, code, identity):
    if body == b"":
        answer = await agent.client.ask("POST", "/api/mcp")
        assert (answer.status, answer.body["error"]["code"]) == (400, code)
        return
    assert await status_and_code(agent, body) == (400, code, identity)


async def test_an_answer_of_the_client_is_taken_and_means_nothing(agent):
    assert (await agent.post({"jsonrpc": "2.0", "id": 9, "result": {}})).status == 202


async def test_a_batch_is_for_the_revisions_that_know_it(agent):
    two = [message("ping", identity=1), {"jsonrpc": "2.0", "method": "notifications/initialized"}, message("x", identity="b")]
    answer = await agent.post(two, MCP_Protocol_Version="2025-03-26")
    assert [(one["id"], "result" in one) for one in answer.body] == [(1, True), ("b", False)]
    assert (await agent.post(two[1:2])).status == 202
    for version in ("2025-06-18", "2025-11-25", MODERN):
        assert (await status_and_code(agent, two, MCP_Protocol_Version=version))[:2] == (400, -32600)
    assert (await status_and_code(agent, [message("ping")] * 21))[:2] == (400, -32600)
    assert (await status_and_code(agent, [message("initialize")]))[:2] == (400, -32600)


async def test_headers_and_body_of_the_stateless_era_must_agree(agent):
    asked = message("tools/call", {"name": "stint_status", "_meta": META})
    right = {name.replace("-", "_"): value for name, value in headers_of(asked).items()}
    assert (await agent.post(asked, **right)).status == 200
    encoded = {**right, "Mcp_Name": "=?base64?c3RpbnRfc3RhdHVz?="}
    assert (await agent.post(asked, **encoded)).status == 200
    for name, value in (("Mcp_Method", "tools/list"), ("Mcp_Name", "stint_stop_timer"), ("Mcp_Name", "=?base64?%%?=")):
        assert await status_and_code(agent, asked, **{**right, name: value}) == (400, -32020, 1)
    for name in right:
        less = {other: value for other, value in right.items() if other != name}
        assert await status_and_code(agent, asked, **less) == (400, -32020, 1)
    bare = {name: value for name, value in META.items() if "Capabilities" not in name}
    for meta in ({}, bare):
        asked["params"]["_meta"] = meta
        assert await status_and_code(agent, asked, **right) == (400, -32602, 1)


async def test_an_unknown_revision_is_told_the_known_ones(agent):
    meta = {**META, "io.modelcontextprotocol/protocolVersion": "2099-01-01"}
    answer = await agent.post(
        message("server/discover", {"_meta": meta}), MCP_Protocol_Version="2099-01-01", Mcp_Method="server/discover"
    )
    assert (answer.status, answer.body["error"]["code"]) == (400, -32022)
    assert answer.body["error"]["data"] == {"supported": [*STATELESS, *HANDSHAKE], "requested": "2099-01-01"}
    assert await status_and_code(agent, message("ping"), MCP_Protocol_Version="2024-01-01") == (400, -32022, 1)
    told = await agent.post({"jsonrpc": "2.0", "method": "notifications/cancelled"}, MCP_Protocol_Version="2099-01-01")
    assert told.status == 400
    assert (await agent.post({"jsonrpc": "2.0", "method": "notifications/cancelled"}, MCP_Protocol_Version=MODERN)).status == 202


async def test_statuses_of_errors_are_those_of_the_era(client):
    modern = await Agent(client).post(message("nothing", {"_meta": META}), MCP_Protocol_Version=MODERN, Mcp_Method="nothing")
    assert (modern.status, modern.body["error"]["code"]) == (404, -32601)
    old = await Agent(client).post(message("nothing"))
    assert (old.status, old.body["error"]["code"]) == (200, -32601)


@pytest.mark.parametrize(
    ("accept", "status"),
    [("text/event-stream", 406), ("application/json", 200), ("application/json, text/event-stream", 200), ("*/*", 200),
     ("text/html, application/*;q=0.5", 200), ("image/png", 406)],
)  # fmt: skip
async def test_the_answer_is_json_or_nothing(agent, accept, status):
    assert (await agent.post(message("ping"), Accept=accept)).status == status


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_there_is_no_stream_and_no_session_to_end(client, method):
    answer = await client.ask(method, "/api/mcp", headers={"Accept": "text/event-stream"})
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")


async def test_a_page_of_another_site_gets_nothing(loopback, keys):  # noqa: F811
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}):
        assert (await loopback.ask("POST", "/api/mcp", keys["full"], message("ping"), **headers)).status == 403
    assert (await loopback.ask("POST", "/api/mcp", None, message("ping"))).status == 401
    assert (await loopback.ask("POST", "/api/mcp", keys["read"], message("ping"))).status == 200
    text = await loopback.ask("POST", "/api/mcp", keys["full"], b"{}", Content_Type="text/plain")
    assert text.status == 415


async def test_a_key_that_asks_too_often_is_told_so_where_the_model_reads_it(loopback, keys, daemon):  # noqa: F811
    daemon.set_settings(rate_limit=2)
    one = Agent(loopback, keys["read"], toolset="stint,clickup")
    await one.rpc("tools/list")
    await one.rpc("tools/call", {"name": "stint_status"})
    daemon.clock.move(seconds=57)
    error = (await one.rpc("tools/call", {"name": "get_current_time_entry"}))["result"]
    assert error["structuredContent"]["error"] == {
        "type": "RATE_LIMIT",
        "message": "Rate limit exceeded. Please wait before making more requests.",
        "retry_after": 3000,
        "timestamp": "2026-11-20T09:00:57.000Z",
    }
    ours = (await one.rpc("tools/call", {"name": "stint_status"}))["result"]
    assert json.loads(ours["content"][0]["text"])["details"]["retryAfter"] == 3
    assert (await one.rpc("tools/list"))["error"]["code"] == rpc.RATE_LIMITED


# ---------------------------------------------------------------- what tools are called and say


@pytest.mark.parametrize(
    ("toolset", "count"), [("", 20), ("stint", 20), ("clockme", 20), ("clickup", 7), ("clickup,stint", 27), ("stint,clockme", 40)]
)
async def test_a_caller_chooses_its_tools(client, toolset, count):
    names = [tool["name"] for tool in (await Agent(client, toolset=toolset).rpc("tools/list"))["result"]["tools"]]
    assert len(names) == len(set(names)) == count


@pytest.mark.parametrize("toolset", ["nothing", "stint,", "stint&toolset=clickup", "stint&colour=1"])
async def test_a_toolset_that_is_not_there_is_refused(client, toolset):
    assert (await Agent(client, toolset=toolset).post(message("tools/list"))).status in (400, 422)


TOOLS = [pytest.param(name, tool, id=name) for chosen in SETS for name, tool in tools_of([chosen]).items()]


@pytest.mark.parametrize(("name", "tool"), TOOLS)
def test_a_tool_says_what_it_is_in_few_words_and_schemas_every_client_reads(name, tool):
    told = tool.to_wire(name)
    assert told["title"]
    assert 20 < len(told["description"]) < 2048
    for schema in (told["inputSchema"], told["outputSchema"]):
        Draft202012Validator.check_schema(schema)
        assert schema["type"] == "object"
        assert schema["additionalProperties"] is False
    for field in told["inputSchema"]["properties"].values():
        assert isinstance(field["type"], str)
        assert field["description"]
    hints = told["annotations"]
    assert hints["openWorldHint"] is False
    assert hints["readOnlyHint"] == (tool.scope == "read")
    assert not (hints["readOnlyHint"] and hints["destructiveHint"])


def test_no_tool_approves():
    assert [name for name in tools_of(SETS) if "approve" in name] == []


def test_the_eras_are_the_official_ones():
    from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS

    assert HANDSHAKE == HANDSHAKE_PROTOCOL_VERSIONS
    assert STATELESS == MODERN_PROTOCOL_VERSIONS
    assert LEGACY in HANDSHAKE
