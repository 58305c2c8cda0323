"""Tables as one HTML page that stands alone, for mailing or printing. Every text is escaped."""

from html import escape

from stintd.cli.text import for_terminal

STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color:#222}table{border-collapse:collapse}"
    "th,td{padding:.3rem .8rem;text-align:right;border-bottom:1px solid #ddd}th:first-child,td:first-child{text-align:left}"
    "tr:last-child td{font-weight:600;border-top:2px solid #222}@media print{body{margin:0}}"
)


def page(title, heads, rows):
    """The page; its last row is the sum."""
    head = "".join(f"<th>{_cell(text)}</th>" for text in heads)
    body = "\n".join("<tr>" + "".join(f"<td>{_cell(text)}</td>" for text in row) + "</tr>" for row in rows)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{_cell(title)}</title>'
        f"<style>{STYLE}</style></head>\n<body><h1>{_cell(title)}</h1>\n<table><thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{body}\n</tbody></table></body></html>"
    )


def _cell(text):
    return escape(for_terminal(str(text)))
