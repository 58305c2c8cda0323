"""The parts are built by one factory: what safety depends on cannot be left out, and nothing is assigned afterwards."""

import ast
import inspect
from pathlib import Path

import pytest

from stintd.engine.intake.intake import Intake
from stintd.engine.upkeep.purge import Purge

PACKAGE = Path(__file__).parents[2] / "daemon" / "stintd"
REQUIRED = ("are_known", "is_off", "on_screen")


@pytest.mark.parametrize("name", REQUIRED)
def test_a_gate_without_what_keeps_evidence_out_cannot_be_built(name):
    others = dict.fromkeys((*REQUIRED, "engine", "places", "noise", "agents", "device", "repositories"))
    del others[name]
    with pytest.raises(TypeError, match=name):
        Intake(**others)


@pytest.mark.parametrize("part", [Intake, Purge])
def test_no_part_that_decides_what_is_kept_has_an_argument_with_a_default(part):
    arguments = inspect.signature(part).parameters.values()
    assert [argument.name for argument in arguments if argument.default is not inspect.Parameter.empty] == []


def test_the_composition_root_assigns_nothing_to_the_parts_it_built():
    """A part gets what it needs through its constructor: an attribute assigned later can be forgotten without any error."""
    assigned = []
    for path in (PACKAGE / "app").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
            for target in (inner for assignee in targets for inner in ast.walk(assignee)):
                if isinstance(target, ast.Attribute) and isinstance(target.ctx, ast.Store):
                    is_own = isinstance(target.value, ast.Name) and target.value.id == "self"
                    assigned += [] if is_own else [f"{path.name}:{target.lineno} {ast.unparse(target)}"]
    assert assigned == []
