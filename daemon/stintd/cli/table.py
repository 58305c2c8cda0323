"""Tables for spreadsheets."""

from __future__ import annotations

from stintd.cli.text import for_terminal


def safe_cell(value: object) -> str:
    """A cell that a spreadsheet does not take for a formula."""
    text = "" if value is None else for_terminal(str(value))
    return f"'{text}" if isinstance(value, str) and text[:1] in ("=", "+", "-", "@") else text
