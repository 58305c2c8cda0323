"""Private names of libraries: which the package leans on, and that it leans on no other.

A library may rename these in any release. Each is asserted by the contract test of its library, which says what would stop
working, and `pyproject.toml` bounds the library.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "daemon" / "stintd"
ALLOWED = {
    ("api/server.py", "_waiter"): "aiohttp: the deadline for half a head, and room made by idle connections",
    ("sources/inotify.py", "_inotify_fd"): "watchdog: the descriptor is not handed on to programs we start",
}
Nodes = list[ast.AST]
DOCUMENTED = {"_replace", "_make", "_asdict", "_fields", "_field_defaults", "_exit"}
"""Of named tuples and `os`: public in spite of their names."""


def modules() -> dict[str, Nodes]:
    return {
        path.relative_to(PACKAGE).as_posix(): list(ast.walk(ast.parse(path.read_text())))
        for path in PACKAGE.rglob("*.py")
        if "_bundled" not in path.parts
    }


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in DOCUMENTED


def names_given(nodes: Nodes) -> Iterator[str]:
    """What a module itself gives names to."""
    for node in nodes:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case ast.Assign(targets=[ast.Name(id="__slots__")], value=value):
                yield from ast.literal_eval(value)


def names_used(nodes: Nodes) -> Iterator[str]:
    for node in nodes:
        match node:
            case ast.Attribute(attr=name):
                yield name
            case ast.Call(func=ast.Name(id="getattr" | "hasattr" | "setattr"), args=[_, ast.Constant(value=str(name)), *_]):
                yield name


def near_modules(nodes: Nodes) -> set[str]:
    """The modules of ours that this one imports: a base class may come from there."""
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("stintd")]
    names = {str(node.module) for node in imports}
    names |= {f"{node.module}.{alias.name}" for node in imports for alias in node.names}
    return {name.removeprefix("stintd.").replace(".", "/") + ".py" for name in names}


def private_imports(nodes: Nodes) -> Iterator[str]:
    for node in nodes:
        match node:
            case ast.ImportFrom(module=str(module), names=names) if module.split(".")[0] not in ("stintd", "__future__"):
                yield from (part for part in [*module.split("."), *(one.name for one in names)] if is_private(part))
            case ast.Import(names=names):
                yield from (part for one in names for part in one.name.split(".") if is_private(part))


def private_names_of_others(nodes: Nodes, ours: set[str]) -> set[str]:
    names = {name for name in (*names_used(nodes), *private_imports(nodes)) if is_private(name)}
    return names - ours.union(names_given(nodes))


def test_the_package_leans_on_these_private_names_of_libraries_and_no_other() -> None:
    every = modules()
    given = {path: set(names_given(nodes)) for path, nodes in every.items()}
    leaning = set()
    for path, nodes in every.items():
        near = set().union(*(given[other] for other in near_modules(nodes) & given.keys()))
        leaning |= {(path, name) for name in private_names_of_others(nodes, near)}
    assert leaning == set(ALLOWED)


def test_a_planted_private_name_is_noticed() -> None:
    text = """
from asyncio import _register_task
import _socket
class Ours(Theirs):
    def _mine(self):
        self._parser.feed(getattr(self, "_cache"))
        self._mine()
"""
    nodes = list(ast.walk(ast.parse(text)))
    assert private_names_of_others(nodes, set()) == {"_parser", "_cache", "_register_task", "_socket"}
