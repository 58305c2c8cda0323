"""The types of rows and answers say what the schema and the published components say: mypy reads nothing else of them."""

import ast
import sqlite3
from pathlib import Path

import pytest

from stintd.protocol.schemas import COMPONENTS

PACKAGE = Path(__file__).parents[2] / "daemon" / "stintd"
TABLES = {
    "TargetRow": "delivery_target",
    "LiveTimerRow": "live_mirror",
    "CommitRow": "repo_commit",
    "EditedRow": "edit_row",
    "ApiKeyRow": "api_key",
}
"""Where the type is called otherwise than its table."""
SQL_TYPES = {"INTEGER": {"int"}, "REAL": {"float"}}
NUMBERS = {"int", "float"}


def classes_of(path: Path) -> dict[str, ast.ClassDef]:
    return {node.name: node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)}


ROWS = classes_of(PACKAGE / "store" / "row_types.pyi")
ANSWERS = classes_of(PACKAGE / "engine" / "wire_types.pyi")
KEYWORDS = {"_From": "from", "_FromOrNull": "from", "_With": "with"}
"""Fields that no class can spell."""


def fields_of(classes: dict[str, ast.ClassDef], name: str) -> dict[str, str]:
    """The fields of a type, with those of its bases."""
    if name in KEYWORDS:
        return {KEYWORDS[name]: ""}
    if name not in classes:
        return {}
    bases = [base.id for base in classes[name].bases if isinstance(base, ast.Name)]
    inherited = {field: kind for base in bases for field, kind in fields_of(classes, base).items()}
    own = [node for node in classes[name].body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)]
    return inherited | {node.target.id: ast.unparse(node.annotation) for node in own}


def columns_of() -> dict[str, dict[str, tuple[str, bool]]]:
    """Of each table the type of its columns, and whether they may be NULL."""
    conn = sqlite3.connect(":memory:")
    for script in sorted((PACKAGE / "store" / "schema").glob("*.sql")):
        conn.executescript(script.read_text())
    tables = [
        name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*'")
    ]
    return {
        table: {row[1]: (row[2].split()[0], not row[3] and not row[5]) for row in conn.execute(f"PRAGMA table_info({table})")}
        for table in tables
    }


def snake(name: str) -> str:
    return name.removesuffix("Row").lower()


@pytest.mark.parametrize("name", [name for name in ROWS if TABLES.get(name, snake(name)) in columns_of()])
def test_a_row_has_the_columns_of_its_table(name):
    columns, fields = columns_of()[TABLES.get(name, snake(name))], fields_of(ROWS, name)
    assert sorted(fields) == sorted(columns)
    for column, (sql_type, is_nullable) in columns.items():
        words = set(fields[column].split(" | "))
        assert ("None" in words) == is_nullable, column
        kinds = words - {"None"}
        assert not kinds & NUMBERS if sql_type == "TEXT" else kinds == SQL_TYPES[sql_type], column


@pytest.mark.parametrize("name", [name for name in COMPONENTS if f"{name}Json" in ANSWERS])
def test_an_answer_has_the_fields_of_its_component(name):
    schema, fields = COMPONENTS[name], fields_of(ANSWERS, f"{name}Json")
    assert sorted(fields) == sorted(schema["properties"])
    assert {field for field, kind in fields.items() if kind.startswith("NotRequired")} == set(fields) - set(schema["required"])


def test_most_tables_and_components_have_a_type():
    assert len([name for name in ROWS if TABLES.get(name, snake(name)) in columns_of()]) >= 20
    assert len([name for name in COMPONENTS if f"{name}Json" in ANSWERS]) >= 60
