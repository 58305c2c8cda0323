"""`stint report`: totals as a table with bars, with active, supervised and agent time in columns of their own."""

import csv
import json
import sys
from collections.abc import Callable, Iterator

from stintd.cli import corrections, markup
from stintd.cli.answer import Answer, Rows
from stintd.cli.catalog import exact_project_name
from stintd.cli.commands import invoice
from stintd.cli.layout import Column, bar, columns, table
from stintd.cli.options import Option, Verb, Words
from stintd.cli.period import PERIOD, RANGE, range_of, range_title
from stintd.cli.table import safe_cell
from stintd.cli.text import UNKNOWN, bold, dim, dot, for_terminal, length, paint_project
from stintd.client.control import Control
from stintd.frozen import frozen

GROUPS = ("project", "client", "task", "tag", "branch", "commit", "day", "week")
OPTIONS = (
    *RANGE,
    Option("--by", "what each line stands for: " + ", ".join(GROUPS), "GROUP"),
    Option("--project", "only this project", "PROJECT", complete="projects"),
    Option("--client", "only this client", "CLIENT"),
    Option("--tag", "only time with this tag", "TAG"),
    Option("--billable", "only billable time, or only time that is not billable", has_no=True),
    Option("--as", "also show hours as TARGET counts them: rounded, and already sent", "TARGET"),
    Option("--csv", "print as CSV"),
    Option("--html", "print as an HTML page"),
    Option("--invoice", "print an invoice: only billable time, by task, with hours, rates and amounts"),
)
MEDIUM = 60
"""Columns of a terminal below which some figures are left out."""
AT_TARGET = ("roundedSeconds", "deliveredSeconds")
"""Fields that rows have only with `--as TARGET`."""
Cell = Callable[[Answer], str]


def human_seconds(row: Answer) -> float:
    """A person's own time: active and supervised."""
    seconds: float = row["handsOnSeconds"] + row["supervisedSeconds"]
    return seconds


def money(row: Answer) -> str:
    """What a row is worth, by currency where there are several."""
    amounts = row.get("amounts") or ({row.get("currency") or "": row["amount"]} if row.get("amount") else {})
    return ", ".join(f"{amount:,.2f} {for_terminal(currency)}".strip() for currency, amount in sorted(amounts.items()))


def _time_cell(field: str) -> Cell:
    """The cell of a field of seconds: a length, or a dot for none."""
    return lambda row: length(row[field]) if row[field] else dot()


def _is_at_target(rows: Rows) -> bool:
    return AT_TARGET[0] in rows[-1]


def _has_several_currencies(row: Answer) -> bool:
    return len(row.get("amounts", ())) > 1


@frozen
class Figure:
    """A figure of a row: `field` is its column of the CSV, with the value as it is; `title` heads its column on a terminal and
    on a page, with the text of `cell` ("": only in the CSV). `is_used` says whether there is such a column for these rows;
    `may_go`: a terminal that is too narrow leaves it out; `is_wide`: only a terminal of at least MEDIUM columns has it.
    """

    field: str
    title: str = ""
    cell: Cell = str
    is_used: Callable[[Rows], bool] = bool
    may_go: bool = False
    is_wide: bool = False
    paint: Callable[[str], str] = dim


FIGURES = (
    Figure("key"),
    Figure("name"),
    Figure("seconds", "time", lambda row: length(human_seconds(row)), paint=bold),
    Figure("handsOnSeconds", "active", _time_cell("handsOnSeconds"), may_go=True, is_wide=True),
    Figure("supervisedSeconds", "supervised", _time_cell("supervisedSeconds"), may_go=True, is_wide=True),
    Figure(
        "agentSeconds", "agent", _time_cell("agentSeconds"), lambda rows: any(row["agentSeconds"] for row in rows), may_go=True
    ),
    Figure("billableSeconds"),
    Figure("amount", "amount", money, lambda rows: any(map(money, rows)), is_wide=True),
    Figure("currency"),
    Figure("entries"),
    Figure("roundedSeconds", "rounded", _time_cell("roundedSeconds"), _is_at_target, paint=str),
    Figure("deliveredSeconds", "delivered", _time_cell("deliveredSeconds"), _is_at_target, paint=str),
)
"""The one table of a report's columns, in the order of the CSV, for the terminal, the CSV and the page."""


def _rows_and_total(answer: Answer) -> Rows:
    return [*answer["rows"], {**answer["totals"], "name": "total"}]


def _titled_figures(rows: Rows) -> list[Figure]:
    """The figures that a terminal and a page show of these rows."""
    return [figure for figure in FIGURES if figure.title and figure.is_used(rows)]


def table_lines(answer: Answer, room: int) -> list[str]:
    """The rows, with as many columns as the terminal has room for, and the total."""
    rows = _rows_and_total(answer)
    shape = [Column(answer["groupBy"], gives_way=True, least=8, paint=paint_project)]
    cells = [[for_terminal(row.get("name")) or UNKNOWN] for row in rows]
    if room >= MEDIUM and len(rows) > 2:
        space = min(30, room // 5)
        most = max(map(human_seconds, answer["rows"])) or 1
        shape.append(Column("", paint=paint_project, may_go=True))
        for line, row in zip(cells, rows, strict=True):
            line.append("" if line is cells[-1] else bar(human_seconds(row) / most, space))
    for figure in _titled_figures(rows):
        if figure.is_wide and room < MEDIUM:
            continue
        shape.append(Column(figure.title, is_number=True, paint=_painter(figure), may_go=figure.may_go))
        for line, row in zip(cells, rows, strict=True):
            line.append("" if figure.field == "amount" and _has_several_currencies(row) else figure.cell(row))
    return table(shape, cells, room, has_sum=True)


def _painter(figure: Figure) -> Callable[[str, int], str]:
    return lambda text, row: figure.paint(text)


def _wall_time_lines(totals: Answer) -> list[str]:
    """The wall time, where it is not the total: where time of several timers overlaps."""
    wall = totals.get("wallSeconds")
    if wall is None or length(wall) == length(human_seconds(totals)):
        return []
    return [f"wall time {length(wall)}: overlapping time counted once"]


def lines(answer: Answer, room: int) -> Iterator[str]:
    """The whole report."""
    yield bold(range_title(answer))
    if not answer["rows"]:
        yield dim("no time in this period")
        return
    yield from table_lines(answer, room)
    if _has_several_currencies(answer["totals"]):
        yield dim(f"worth {money(answer['totals'])}")
    yield from map(dim, _wall_time_lines(answer["totals"]))


def print_csv(answer: Answer) -> None:
    fields = [figure.field for figure in FIGURES if figure.field not in AT_TARGET or figure.field in answer["totals"]]
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(fields)
    for row in answer["rows"]:
        writer.writerow(safe_cell(row.get(field)) for field in fields)


def html(answer: Answer) -> str:
    """The report as a page."""
    rows = _rows_and_total(answer)
    figures = _titled_figures(rows)
    most = max(map(human_seconds, answer["rows"]), default=0) or 1
    lines = []
    for row in rows:
        is_sum = row is rows[-1]
        band = "" if is_sum else markup.Bar(human_seconds(row) / most)
        cells = [row.get("name") or UNKNOWN, band, *(figure.cell(row) for figure in figures)]
        lines.append((markup.SUM if is_sum else markup.PLAIN, cells))
    heads = [answer["groupBy"], "", *(figure.title for figure in figures)]
    return markup.page(f"Report {range_title(answer)}", heads, lines, _wall_time_lines(answer["totals"]))


def run(words: Words) -> None:
    control = Control()
    project = exact_project_name(control, words.project)
    billable = None if words.billable is None else str(words.billable).lower()
    filters = {"project": project, "client": words.client, "tag": words.tag, "billable": billable, "target": getattr(words, "as")}
    if words.invoice:
        print(invoice.text_of(control, {**range_of(words, "last month"), **filters}, words))
        return
    answer = control.get("/api/reports", **range_of(words, None), groupBy=words.by, **filters)
    if words.json:
        print(json.dumps(answer))
    elif words.csv:
        print_csv(answer)
    elif words.html:
        print(html(answer))
    else:
        changed = corrections.fetch_corrections(control, corrections.days_of(answer), client=words.client, project=project)
        print("\n".join([*lines(answer, columns()), *corrections.lines(changed, columns())]))


VERBS = {"report": Verb("report", run, "totals of this week or of PERIOD", (PERIOD,), OPTIONS)}
