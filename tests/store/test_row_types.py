"""The types of rows have the columns of their tables: mypy believes them, and nothing looks at run time."""

import ast
import re
import sqlite3
from pathlib import Path

import pytest

from stintd.store import migrate

TYPES = Path(migrate.__file__).with_name("row_types.pyi")
WHOLE, PARTIAL = re.compile(r"`(\w+)`\."), re.compile(r"Columns of `(\w+)` ")
"""How the docstring of a type names its table: all columns of it, or some."""


def tables() -> dict[str, dict[str, bool]]:
    """By table, its columns and whether each may be NULL."""
    conn = sqlite3.connect(":memory:")
    for script in migrate.scripts().values():
        conn.executescript(script)
    names = [name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*'")]
    return {name: {row[1]: not (row[3] or row[5]) for row in conn.execute(f"PRAGMA table_info({name})")} for name in names}


def types(form: re.Pattern[str]) -> dict[str, tuple[str, dict[str, bool]]]:
    """By type, its table, its columns, and whether each may be None."""
    rows = {}
    for node in ast.parse(TYPES.read_text()).body:
        match = form.match(ast.get_docstring(node) or "") if isinstance(node, ast.ClassDef) else None
        if isinstance(node, ast.ClassDef) and match:
            columns = [part for part in node.body if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)]
            rows[node.name] = match[1], {ast.unparse(part.target): "None" in ast.unparse(part.annotation) for part in columns}
    return rows


@pytest.mark.parametrize("name", types(WHOLE))
def test_a_row_has_the_columns_of_its_table_and_they_may_be_none_where_the_schema_says_so(name):
    table, columns = types(WHOLE)[name]
    assert columns == tables()[table]


@pytest.mark.parametrize("name", types(PARTIAL))
def test_what_a_change_sets_are_columns_of_the_table(name):
    table, columns = types(PARTIAL)[name]
    assert set(columns) <= set(tables()[table])


def test_the_forms_find_the_types():
    assert len(types(WHOLE)) > 15
    assert len(types(PARTIAL)) > 2
