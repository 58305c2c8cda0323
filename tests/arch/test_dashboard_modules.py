"""The dashboard's modules: none imports itself again through others, neither at once nor later by `import()`."""

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "daemon" / "stintd" / "api" / "dashboard" / "static"
IMPORT = re.compile(
    r"""
    ^\s*(?:import|export)\b[^;"'`]*?\bfrom\s*["']([^"']+)["']  # import { a } from "./b.js", export * from "./b.js"
    | ^\s*import\s*["']([^"']+)["']                            # import "./b.js"
    | \bimport\(\s*["'`]([^"'`]+)["'`]\s*\)                    # import("./b.js")
    """,
    re.MULTILINE | re.VERBOSE,
)


def imports_of(text: str) -> list[str]:
    """The addresses that a module imports, at once or later."""
    return [next(address for address in match.groups() if address) for match in IMPORT.finditer(text)]


def graph(folder: Path) -> dict[str, set[str]]:
    """Which module imports which, by their paths below `folder`; libraries of others are left out."""
    paths = [path for path in folder.rglob("*.js") if "vendor" not in path.relative_to(folder).parts]
    names = {path.resolve(): path.relative_to(folder).as_posix() for path in paths}
    return {
        name: {names[target] for text in imports_of(path.read_text()) if (target := (path.parent / text).resolve()) in names}
        for path, name in names.items()
    }


def circle(imports: dict[str, set[str]]) -> list[str]:
    """One circle of modules, from a module back to it; empty where there is none."""
    finished: set[str] = set()

    def visit(name: str, trail: list[str]) -> list[str]:
        if name in trail:
            return [*trail[trail.index(name) :], name]
        if name in finished:
            return []
        for target in sorted(imports[name]):
            if way := visit(target, [*trail, name]):
                return way
        finished.add(name)
        return []

    for name in sorted(imports):
        if way := visit(name, []):
            return way
    return []


def test_no_modules_of_the_dashboard_import_each_other_in_a_circle():
    imports = graph(STATIC)
    assert {"pages.js", "lib/route.js"} <= imports["app.js"]
    assert "pages/today.js" in imports["pages.js"], "what is loaded later counts as well"
    way = circle(imports)
    assert not way, " imports ".join(way)


def test_every_import_is_of_a_file_that_is_there():
    for path in STATIC.rglob("*.js"):
        if path.parent.name != "vendor":
            missing = [text for text in imports_of(path.read_text()) if not (path.parent / text).is_file()]
            assert not missing, path


@pytest.mark.parametrize(
    "planted",
    [
        'import { go } from "../app.js";\n',
        'import {\n  go,\n  stay,\n} from "../app.js";\n',
        'import "../app.js";\n',
        'export * from "../app.js";\n',
        'const later = () => import("../app.js");\n',
    ],
)
def test_a_circle_that_is_planted_is_found(tmp_path, planted):
    (tmp_path / "pages").mkdir()
    (tmp_path / "app.js").write_text('import { PAGES } from "./pages.js";\n')
    (tmp_path / "pages.js").write_text('export const PAGES = [{ load: () => import("./pages/today.js") }];\n')
    (tmp_path / "pages" / "today.js").write_text("export function Page() {}\n")
    assert circle(graph(tmp_path)) == []
    (tmp_path / "pages" / "today.js").write_text(planted)
    assert circle(graph(tmp_path)) == ["app.js", "pages.js", "pages/today.js", "app.js"]


def test_a_module_that_imports_itself_is_a_circle(tmp_path):
    (tmp_path / "app.js").write_text('import "./app.js";\n')
    assert circle(graph(tmp_path)) == ["app.js", "app.js"]
