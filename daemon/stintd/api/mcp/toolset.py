"""Which tools there are: three sets, of which a caller chooses by `?toolset=`."""

from collections.abc import Iterable

from stintd.api.mcp import clickup, stint
from stintd.api.mcp.tool import Tool

SETS = {
    "stint": [("stint_" + tool.name, tool) for tool in stint.TOOLS],
    "clockme": [("clockme_" + tool.name, tool) for tool in stint.TOOLS],
    "clickup": [(tool.name, tool) for tool in clickup.TOOLS],
}
DEFAULT = ("stint",)


def tools_of(names: Iterable[str]) -> dict[str, Tool]:
    """The tools of these sets by their names, in a stable order."""
    return {name: tool for chosen in names for name, tool in SETS[chosen]}
