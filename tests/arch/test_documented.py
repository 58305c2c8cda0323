"""What a person may meet is written down: verbs, warnings, tables of settings, routes. A new one without words fails here."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from stintd.api.routes import ROUTES
from stintd.cli import verbs
from stintd.settings.keys import KEYS
from tests.arch.test_imports import ALLOWED
from tests.arch.test_rooms import FLOORS

TOP = Path(__file__).parents[2]
PACKAGE = TOP / "daemon" / "stintd"
ROOMS = (TOP, TOP / "daemon", TOP / "hooks", TOP / "config", TOP / "scripts")
DOCUMENTS = [path for room in ROOMS for path in sorted(room.glob("*.md"))]
CODE = re.compile(r"[a-z]+(?:_[a-z]+)*")
FOR_DEVELOPERS = TOP / "daemon" / "README.md"
QUOTED = re.compile(r"`([^`\n]+)`")


def warning_codes() -> set[str]:
    """First arguments of what raises a warning, and the codes of `tracking/roots.py`, which come from a table."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in ("raise_warning", "TroubleSignal"):
                found.add(node.args[0].value)
    from_roots = re.search(r"^CODES = \((.*?)\)", (PACKAGE / "tracking" / "roots.py").read_text(), re.MULTILINE | re.DOTALL)
    assert from_roots, "tracking/roots.py has its codes elsewhere now"
    return found | set(CODE.findall(from_roots[1]))


def documented_codes() -> set[str]:
    rows = [line.split("|")[1] for line in section("Warnings").splitlines() if line.startswith("| `")]
    return {code for row in rows for code in re.findall(r"`([a-z_]+)`", row)}


def section(title: str) -> str:
    """A part of the page for people who change stintd."""
    return FOR_DEVELOPERS.read_text().split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def file_at(path: str) -> Path:
    """A path of that page: below the package, or at the top."""
    return next((place / path for place in (PACKAGE, TOP) if (place / path).exists()), PACKAGE / path)


def paths_in(text: str) -> set[str]:
    """The paths among quoted words and in blocks of code; not those of a home, of an environment, or of a request."""
    words = {quoted.split()[0] for quoted in QUOTED.findall(text)}
    paths = {word for word in words if re.fullmatch(r"(?!\.venv)[\w.][\w./-]*(?:/|\.py)[\w./-]*", word)}
    blocks = "\n".join(re.findall(r"^```\w*\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))
    return paths | set(re.findall(r"(?<![\w./])(?:[a-z_]+/)+[a-z_]*(?:\.py)?(?=[\s:])", blocks)) - {"run/status"}


def rooms_described() -> dict[str, str]:
    """Folders of the package by their row in the table of rooms: what the row says they may import."""
    rows = [line.split("|") for line in section("Rooms").splitlines() if line.startswith("| `")]
    return {name.rstrip("/"): row[3] for row in rows for name in QUOTED.findall(row[1])}


def test_every_warning_has_a_meaning_and_a_remedy_and_no_other_is_described():
    assert warning_codes() == documented_codes()


def test_every_verb_is_listed_by_help():
    shown = subprocess.run(
        [sys.executable, "-m", "stintd.cli.main", "help"], capture_output=True, text=True, env={"PYTHONPATH": str(PACKAGE.parent)}
    )
    assert shown.returncode == 0, shown.stderr
    listed = set(re.findall(r"^\s+([a-z]+)\s", shown.stdout, re.MULTILINE))
    assert {name for group in verbs.GROUPS.values() for name in group} <= listed


def anchors_of(page: Path) -> set[str]:
    """What a link to a heading of this page may be."""
    headings = re.findall(
        r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE), re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("text", DOCUMENTS, ids=lambda path: str(path.relative_to(TOP)))
def test_documents_link_only_to_headings_that_are_there(text):
    links = re.findall(r"\]\(([^)#:]*)#([^)]+)\)", text.read_text())
    missing = [f"{page}#{anchor}" for page, anchor in links if anchor not in anchors_of(text.parent / page if page else text)]
    assert missing == []


@pytest.mark.parametrize("text", DOCUMENTS, ids=lambda path: str(path.relative_to(TOP)))
def test_documents_name_only_verbs_that_are_there_and_files_that_exist(text):
    words = text.read_text()
    code = "\n".join(re.findall(r"`(stint [^`]*)`", words) + re.findall(r"^\s*(stint [a-z].*)$", words, re.MULTILINE))
    named = set(re.findall(r"^stint ([a-z]+)", code, re.MULTILINE)) - {"help"}
    assert named <= set(verbs.MODULES)
    for target in re.findall(r"\]\(([^)#:]+)\)", words):
        assert (text.parent / target).exists(), f"{text.name} points to {target}"


def test_every_table_of_settings_is_described_beside_the_example():
    described = set(re.findall(r"^\| `\[+([a-z]+)", (TOP / "config" / "README.md").read_text(), re.MULTILINE))
    assert {key.name.split(".")[0] for key in KEYS} <= described


def test_every_route_says_what_it_is_for_and_is_there_once():
    assert [route.path for route in ROUTES if not route.summary] == []
    names = [(route.method, route.path) for route in ROUTES]
    assert len(names) == len(set(names))
    assert all(path.startswith("/api/") for _, path in names)


def test_every_path_that_the_page_for_developers_names_exists():
    paths = paths_in(FOR_DEVELOPERS.read_text())
    assert len(paths) > 100, "the pattern misses them"
    assert sorted(path for path in paths if not file_at(path).exists()) == []


def test_every_name_that_the_page_for_developers_points_to_is_in_that_file():
    pointers = re.findall(r"`([\w/.]+\.\w+)`\s+\(([^)]*)\)", FOR_DEVELOPERS.read_text())
    names = [(path, name) for path, words in pointers for name in QUOTED.findall(words) if name.isidentifier()]
    assert len(names) > 20, "the pattern misses them"
    assert [(path, name) for path, name in names if not re.search(rf"\b{name}\b", file_at(path).read_text())] == []


def test_every_folder_of_the_package_is_described_among_the_rooms():
    """What lies below the dashboard's files is described on its own page."""
    folders = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*")
        if path.is_dir() and not {"__pycache__", "_bundled", "static"} & set(path.parts) and any(path.iterdir())
    }
    assert set(rooms_described()) == folders


def test_the_rooms_say_what_each_may_import():
    rooms = {room: set(QUOTED.findall(words)) for room, words in rooms_described().items() if room in ALLOWED}
    assert rooms == {room: names for room, names in ALLOWED.items() if (PACKAGE / room).is_dir()}


def test_the_order_inside_the_rooms_is_the_one_that_is_held():
    lines = re.findall(r"^(\w+): +(its own files.*)$", section("Rooms"), re.MULTILINE)
    order = {
        room: [floor.replace("its own files", "").replace(".py", "").split(",") for floor in line.split("<")]
        for room, line in lines
    }
    assert {room: [{name.strip() for name in floor} for floor in floors] for room, floors in order.items()} == FLOORS
