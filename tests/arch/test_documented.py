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

TOP = Path(__file__).parents[2]
PACKAGE = TOP / "daemon" / "stintd"
ROOMS = (TOP, TOP / "daemon", TOP / "hooks", TOP / "config", TOP / "scripts")
DOCUMENTS = [path for room in ROOMS for path in sorted(room.glob("*.md"))]
CODE = re.compile(r"[a-z]+(?:_[a-z]+)*")


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
    part = (TOP / "daemon" / "README.md").read_text().split("## Warnings", 1)[1].split("\n## ", 1)[0]
    rows = [line.split("|")[1] for line in part.splitlines() if line.startswith("| `")]
    return {code for row in rows for code in re.findall(r"`([a-z_]+)`", row)}


def test_every_warning_has_a_meaning_and_a_remedy_and_no_other_is_described():
    assert warning_codes() == documented_codes()


def test_every_verb_is_listed_by_help():
    shown = subprocess.run([sys.executable, "-m", "stintd.cli.main", "help"], capture_output=True, text=True, env={
        "PYTHONPATH": str(PACKAGE.parent)})  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    listed = set(re.findall(r"^\s+([a-z]+)\s", shown.stdout, re.MULTILINE))
    assert {name for group in verbs.GROUPS.values() for name in group} <= listed


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
