"""What `scripts/test --newest` installs, and what came of it.

usage: newest.py requirements   the dependencies without our upper bounds, and what the tests need
       newest.py versions       what is installed of the dependencies, and which of it our bounds exclude
"""

import re
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+(?:\[[^\]]*\])?)\s*(?P<bounds>[^;]*)(?P<rest>;.*)?")


def project() -> dict[str, Any]:
    known: dict[str, Any] = tomllib.loads(PROJECT.read_text())["project"]
    return known


def parts(requirement: str) -> tuple[str, list[str], str]:
    """Name, bounds and marker of a requirement."""
    match = REQUIREMENT.fullmatch(requirement.strip())
    assert match, requirement
    bounds = [bound.strip() for bound in match["bounds"].split(",") if bound.strip()]
    return match["name"], bounds, match["rest"] or ""


def drop_upper_bounds(requirement: str) -> str:
    name, bounds, rest = parts(requirement)
    return name + ",".join(bound for bound in bounds if bound.startswith((">", "!="))) + rest


def requirements() -> list[str]:
    known = project()
    return [*map(drop_upper_bounds, known["dependencies"]), *known["optional-dependencies"]["test"]]


def versions() -> list[str]:
    from packaging.specifiers import SpecifierSet  # pytest brings it

    lines = []
    for requirement in project()["dependencies"]:
        name, bounds, _ = parts(requirement)
        installed = version(name.partition("[")[0])
        is_new = not SpecifierSet(",".join(bounds)).contains(installed, prereleases=True)
        lines.append(f"  {name} {installed}" + (f"   our bounds exclude it: {','.join(bounds)}" if is_new else ""))
    return lines


if __name__ == "__main__":
    print("\n".join({"requirements": requirements, "versions": versions}[sys.argv[1]]()))
