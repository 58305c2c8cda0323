"""The page about agents: its tables are those of the code, its settings are JSON and name the daemon's address."""

import json
import re
from pathlib import Path

import pytest

from stintd.api.mcp.resource import PROMPTS, RESOURCES
from stintd.api.mcp.toolset import SETS, tools_of

PAGE = Path(__file__).parents[2] / "daemon" / "MCP.md"
HEAD = "| tool | arguments | key | does |\n| --- | --- | --- | --- |\n"


def row(name, tool):
    given = ", ".join(f"`{one.field.name}`" if one.field.is_required else f"`{one.field.name}?`" for one in tool.params) or "none"
    return f"| `{name}` | {given} | {tool.scope} | {re.split(r'(?<=[.:;]) ', tool.about)[0].rstrip('.:;')} |\n"


@pytest.mark.parametrize("toolset", ["stint", "clickup"])
def test_the_tables_of_tools_are_those_of_the_code(toolset):
    shown = PAGE.read_text().split(f"### {toolset}\n", 1)[1].split(HEAD, 1)[1].split("\n\n", 1)[0] + "\n"
    assert shown == "".join(row(name, tool) for name, tool in tools_of([toolset]).items())


def test_every_set_resource_and_prompt_is_named():
    for word in (*SETS, *(one["uri"] for one in RESOURCES), *(one["name"] for one in PROMPTS)):
        assert f"`{word}`" in PAGE.read_text()


def test_the_settings_are_json_that_names_the_daemon():
    blocks = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)]
    assert len(blocks) >= 5
    for block in blocks:
        (server,) = next(iter(block.values())).values()
        address = server.get("url") or server.get("serverUrl") or server.get("httpUrl")
        assert address == "http://127.0.0.1:7846/api/mcp" or server["command"] == "stint"
