"""A table as one self-contained HTML page, to mail or print. Every text is escaped.

Nothing is fetched: no script, no font, no address. On paper the head of the table repeats, no row is split between pages,
and wide tables are printed in landscape.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from stintd.cli.text import for_terminal

PLAIN, SUB, SUM = "", "sub", "sum"
"""Kinds of lines: an ordinary one, one that belongs to the line above, a sum."""
STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;padding:0 1rem;max-width:75rem;color:#222;background:#fff}"
    "h1{font-size:1.4rem;margin:0 0 .2rem;overflow-wrap:anywhere}p{margin:.15rem 0;color:#555;overflow-wrap:anywhere}"
    "table{border-collapse:collapse;width:100%;margin:1.2rem 0;font-variant-numeric:tabular-nums}"
    "th,td{padding:.32rem .5rem;text-align:right;border-bottom:1px solid #ddd;vertical-align:top;white-space:nowrap}"
    "th{font-weight:600;color:#555;border-bottom:2px solid #222}"
    "th:first-child,td:first-child{text-align:left;padding-left:0;white-space:normal;overflow-wrap:anywhere;min-width:8rem}"
    "th:last-child,td:last-child{padding-right:0}tr{break-inside:avoid}thead{display:table-header-group}"
    "tr:has(+.sub) td{border:0}.sub td{color:#777;padding-top:0}.sub td:first-child{padding-left:1rem}"
    ".sum td{font-weight:600;border:0}"
    "tr:not(.sum)+.sum td{border-top:2px solid #222}"
    ".bar{display:inline-block;height:.7em;background:#3b6ea5;min-width:1px;print-color-adjust:exact;"
    "-webkit-print-color-adjust:exact}.room{min-width:9rem;text-align:left}"
    "@media print{body{margin:0;padding:0;max-width:none;font-size:10pt}}"
)


class Bar:
    """A cell that is a bar: `share` (0 to 1) of its room."""

    def __init__(self, share: float) -> None:
        self.share = min(1.0, max(0.0, share))


Cell = str | Bar
Line = tuple[str, Sequence[Cell]]


def page(title: str, heads: Sequence[str], lines: Iterable[Line], words: Iterable[str] = (), is_wide: bool = False) -> str:
    """The page: its title, words below it, and lines `(kind, cells)` under their heads."""
    head = "".join(f"<th>{_text(text)}</th>" for text in heads)
    body = "\n".join(_line(kind, cells) for kind, cells in lines)
    notes = "".join(f"<p>{_text(text)}</p>" for text in words)
    paper = f"@page{{size:A4{' landscape' if is_wide else ''};margin:16mm 14mm}}"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{_text(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{STYLE}{paper}</style></head>\n<body><h1>{_text(title)}</h1>\n{notes}\n"
        f"<table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></body></html>"
    )


def _line(kind: str, cells: Sequence[Cell]) -> str:
    return f'<tr class="{kind}">' + "".join(map(_cell, cells)) + "</tr>"


def _cell(value: Cell) -> str:
    if isinstance(value, Bar):
        return f'<td class="room"><span class="bar" style="width:{100 * value.share:.1f}%"></span></td>'
    return f"<td>{_text(value)}</td>"


def _text(text: object) -> str:
    return escape(for_terminal(str(text)))
