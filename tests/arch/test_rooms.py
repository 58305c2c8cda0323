"""Imports inside the engine and the rules run down only, and no modules import each other in a circle."""

import ast
from collections.abc import Iterable
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "daemon" / "stintd"
FLOORS = {
    "domain": [{""}, {"noise", "mapping"}, {"derive"}, {"billing"}],
    "engine": [{""}, {"sheet"}, {"engine"}, {"delivery"}, {"queries"}, {"commands"}, {"intake"}, {"upkeep"}],
}
"""Lowest first; "" is what lies in the folder itself. Rooms of one floor do not see each other."""


def module_of(path: Path, package: Path = PACKAGE) -> str:
    return ".".join(("stintd", *path.relative_to(package).with_suffix("").parts)).removesuffix(".__init__")


def import_graph(package: Path = PACKAGE) -> dict[str, set[str]]:
    """Every module and those it imports, wherever in the file: under TYPE_CHECKING and inside functions too."""
    paths = {module_of(path, package): path for path in package.rglob("*.py") if "_bundled" not in path.parts}
    graph: dict[str, set[str]] = {module: set() for module in paths}
    for module, path in paths.items():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("stintd"):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
                graph[module] |= {name if name in paths else str(node.module) for name in names}
            elif isinstance(node, ast.Import):
                graph[module] |= {alias.name for alias in node.names if alias.name in paths}
        graph[module].discard(module)
    return graph


def circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Groups of modules from each of which every other can be reached."""

    def reachable(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = list(graph[start])
        while waiting:
            module = waiting.pop()
            if module not in seen:
                seen.add(module)
                waiting += graph.get(module, ())
        return seen

    reach = {module: reachable(module) for module in graph}
    groups = {frozenset(other for other in reach[module] if module in reach.get(other, ())) for module in graph}
    return [set(group) for group in groups if group]


def floor_of(module: str) -> int | None:
    _, room, *rest = module.split(".")
    if room not in FLOORS or not rest:
        return None
    names = {name for floor in FLOORS[room] for name in floor}
    place = rest[0] if rest[0] in names else ""
    return next(index for index, floor in enumerate(FLOORS[room]) if place in floor)


def upward(graph: dict[str, set[str]]) -> Iterable[str]:
    """Imports that climb to a higher floor, or go to another room of the same one."""
    for module, targets in graph.items():
        for target in targets:
            if module.split(".")[:2] != target.split(".")[:2]:
                continue
            mine, its = floor_of(module), floor_of(target)
            if mine is None or its is None:
                continue
            is_neighbour = mine == its > 0 and module.split(".")[2] != target.split(".")[2]
            if its > mine or is_neighbour:
                yield f"{module} -> {target}"


def plant(folder: Path, **files: str) -> dict[str, set[str]]:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return import_graph(folder)


def test_no_modules_import_each_other_in_a_circle():
    assert circles(import_graph()) == []


def test_imports_inside_the_engine_and_the_rules_run_down_only():
    assert sorted(upward(import_graph())) == []


def test_every_folder_of_the_engine_and_the_rules_has_a_floor():
    for room, floors in FLOORS.items():
        folders = {path.name for path in (PACKAGE / room).iterdir() if (path / "__init__.py").exists()}
        assert folders <= set().union(*floors), f"{room} has a room without a floor"


@pytest.mark.parametrize(
    "back", ["from stintd.b import y", "import stintd.b", "def f():\n    from stintd import b",
             "TYPE_CHECKING = False\nif TYPE_CHECKING:\n    from stintd.b import y"]
)  # fmt: skip
def test_a_planted_circle_is_seen_however_it_is_closed(tmp_path, back):
    graph = plant(tmp_path, a=back, b="from stintd.c import z", c="from stintd import a")
    assert circles(graph) == [{"stintd.a", "stintd.b", "stintd.c"}]


@pytest.mark.parametrize(
    ("module", "text", "seen"),
    [
        ("engine__step", "from stintd.engine.sheet.settle import settle", "stintd.engine.step -> stintd.engine.sheet.settle"),
        ("engine__queries__day", "from stintd.engine.commands import x", "stintd.engine.queries.day -> stintd.engine.commands"),
        ("domain__noise__burst", "from stintd.domain.mapping import m", "stintd.domain.noise.burst -> stintd.domain.mapping"),
        ("domain__report", "from stintd.domain.derive import d", "stintd.domain.report -> stintd.domain.derive"),
    ],
)
def test_a_planted_upward_import_is_seen(tmp_path, module, text, seen):
    assert list(upward(plant(tmp_path, **{module: text}))) == [seen]
