"""Which tools there are: three sets, of which a caller chooses by `?toolset=`."""

from collections.abc import Iterable

from stintd.api.mcp import clickup, stint
from stintd.api.mcp.tool import Tool

SETS = {"stint": ("stint_", stint.tools), "clockme": ("clockme_", stint.tools), "clickup": ("", clickup.tools)}
"""By its name, what stands before the names of a set's tools, and the tools."""
DEFAULT = ("stint",)


def tools_of(names: Iterable[str]) -> dict[str, Tool]:
    """The tools of these sets by their names, in a stable order."""
    return {prefix + tool.name: tool for prefix, tools in map(SETS.__getitem__, names) for tool in tools()}
