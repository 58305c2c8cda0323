"""Who may import whom: the table of the layout, held by parsing every import of the package."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "daemon" / "stintd"
ALLOWED = {
    "instance": {"errors"},
    "memory": set(),
    "errors": set(),
    "frozen": set(),
    "jsonvalue": set(),
    "clock": set(),
    # mounts: which file systems keep changes to themselves decides how folders are watched, and is what doctor warns of
    "mounts": set(),
    "paths": {"errors"},
    "resources": {"errors"},
    "settings": {"paths", "resources", "domain", "errors"},
    "ports": {"errors", "domain", "clock"},
    "protocol": {"errors", "domain"},
    "domain": {"errors"},
    "store": {"errors", "domain", "clock", "ports"},
    "sources": {"errors", "domain", "clock", "ports", "mounts"},
    "sinks": {"errors", "domain", "clock", "ports"},
    "formats": {"errors", "domain"},
    "secret": {"errors", "paths"},
    # secret: what is sent is signed at the moment of sending, and its key is in no database
    "engine": {"errors", "domain", "clock", "ports", "store", "secret"},
    # tracking: what the engine must not know of: which folders are watched is asked by the sources' side alone
    "tracking": {"errors", "domain", "clock"},
    # formats: an export is written where it is answered, an import is read where its file lies
    "api": {"engine", "protocol", "domain", "clock", "resources", "errors", "formats"},
    "client": {"protocol", "paths", "errors"},
    "install": {"resources", "paths", "errors"},
    "cli": {"client", "protocol", "settings", "paths", "resources", "errors", "install", "formats", "mounts"},
}
EVERYWHERE = {"__version__", "frozen", "jsonvalue"}
"""What any room may see: values are made, and the JSON of others is read, the same way in all of them."""
BANNED = {
    "domain": ({"asyncio", "logging", "threading", "sqlite3", "os", "pathlib", "time", "random", "socket"}, "rules are pure"),
    "store": ({"aiohttp", "git", "watchdog", "psutil"}, "the store knows rows only"),
    "engine": ({"aiohttp", "git", "watchdog", "psutil"}, "the engine reaches the world through sources"),
    "client": ({"aiohttp", "git", "watchdog", "psutil", "http"}, "the client is the fast path"),
    "api": ({"git", "watchdog", "psutil", "sqlite3"}, "the surface asks the engine"),
}
LATE_IMPORTS = {"cli/main.py", "cli/run.py"}


def modules():
    return sorted(path for path in PACKAGE.rglob("*.py") if "_bundled" not in path.parts)


def room_of(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imports_of(path: Path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            yield from ([f"stintd.{alias.name}" for alias in node.names] if module == "stintd" else [module])


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_room_imports_only_what_the_table_allows(path):
    room = room_of(path)
    if room in ("app", "__init__", "__main__"):
        return
    assert room in ALLOWED, f"{room} is not in the table"
    may_see = ALLOWED[room] | {room} | ({"app"} if str(path.relative_to(PACKAGE)) == "cli/run.py" else set())
    for name in imports_of(path):
        if name.startswith("stintd."):
            assert name.split(".")[1] in may_see | EVERYWHERE, f"{room} may not import {name}"
        banned, reason = BANNED.get(room, (set(), ""))
        assert name.split(".")[0] not in banned, f"{name} in {room}: {reason}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_dispatcher_and_run_import_late(path):
    if str(path.relative_to(PACKAGE)) in LATE_IMPORTS:
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            late = [inner for inner in ast.walk(node) if isinstance(inner, ast.Import | ast.ImportFrom)]
            assert not late, f"{path}: {node.name} imports late"


def test_git_is_imported_only_inside_its_fence():
    users = [p.name for p in modules() if any(n.split(".")[0] == "git" for n in imports_of(p))]
    assert set(users) <= {"gitrepo.py", "gitworker.py"}


def test_only_the_worker_s_side_of_the_sinks_speaks_http():
    users = {
        p.name for p in modules() if room_of(p) == "sinks" and any(n.split(".")[0] in ("aiohttp", "ssl") for n in imports_of(p))
    }
    assert users == {"http.py"}, "the daemon's process loads no OpenSSL"


def test_every_package_and_module_says_what_it_is():
    silent = [str(path) for path in modules() if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


def test_importing_the_command_line_loads_nothing_heavy(tmp_path):
    import subprocess
    import sys

    code = "import sys, stintd.cli.main; print(sorted({m.split('.')[0] for m in sys.modules}))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": str(PACKAGE.parent)})
    assert out.returncode == 0, out.stderr
    for heavy in ("aiohttp", "watchdog", "git", "psutil", "asyncio", "dataclasses", "typing", "enum"):
        assert f"'{heavy}'" not in out.stdout, heavy
