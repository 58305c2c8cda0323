"""The three sets of tools; a client chooses among them with `?toolset=`."""

from collections.abc import Iterable

from stintd.api.mcp import clickup, stint
from stintd.api.mcp.tool import Tool

SETS = {"stint": ("stint_", stint.tools), "clockme": ("clockme_", stint.tools), "clickup": ("", clickup.tools)}
"""For each set, the prefix of its tools' names, and the tools."""
DEFAULT = ("stint",)


def tools_of(names: Iterable[str]) -> dict[str, Tool]:
    """The tools of these sets by their names, in a stable order."""
    return {prefix + tool.name: tool for prefix, tools in map(SETS.__getitem__, names) for tool in tools()}
