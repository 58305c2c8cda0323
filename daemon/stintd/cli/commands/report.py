"""`stint report`: totals as a table with bars; hands-on, supervised and agent time apart; wall time beside sums."""

import csv
import json
import sys

from stintd.cli import corrections, markup
from stintd.cli.catalog import exact_project_name
from stintd.cli.commands import invoice
from stintd.cli.layout import Column, bar, columns, table
from stintd.cli.options import Option, Verb
from stintd.cli.period import PERIOD, RANGE, range_of, range_title
from stintd.cli.table import safe_cell
from stintd.cli.text import UNKNOWN, bold, dim, dot, for_terminal, length, paint_project
from stintd.client.control import Control

GROUPS = ("project", "client", "task", "tag", "branch", "commit", "day", "week")
OPTIONS = (
    *RANGE,
    Option("--by", "what a line is: " + ", ".join(GROUPS), "GROUP"),
    Option("--project", "only this project", "PROJECT", complete="projects"),
    Option("--client", "only this client", "CLIENT"),
    Option("--tag", "only with this tag", "TAG"),
    Option("--billable", "only what is billed, or not", has_no=True),
    Option("--as", "beside them what they are there: rounded, and already delivered", "TARGET"),
    Option("--csv", "print as CSV"),
    Option("--html", "print as a page that stands alone"),
    Option("--invoice", "only what is billed, by task with hours, rates and amounts, as an invoice has it"),
)
FIELDS = ("key", "name", "seconds", "handsOnSeconds", "supervisedSeconds", "agentSeconds", "billableSeconds", "amount",
          "currency", "entries")  # fmt: skip
AT_TARGET = ("roundedSeconds", "deliveredSeconds")
MEDIUM = 60
MAY_GO = ("hands-on", "supervised", "agent")
"""Columns left out, with the bars, where a terminal is too narrow for all."""


def human_seconds(row):
    return row["handsOnSeconds"] + row["supervisedSeconds"]


def money(row):
    """What a row is worth, by currency where there are several."""
    amounts = row.get("amounts") or ({row.get("currency") or "": row["amount"]} if row.get("amount") else {})
    return ", ".join(f"{amount:,.2f} {for_terminal(currency)}".strip() for currency, amount in sorted(amounts.items()))


def _or_dot(seconds):
    return length(seconds) if seconds else dot()


def table_lines(answer, room):
    """The rows, as many columns as the terminal has room for, and the sums."""
    rows = [*answer["rows"], {**answer["totals"], "name": "total"}]
    shape = [Column(answer["groupBy"], gives_way=True, least=8, paint=paint_project)]
    cells = [[for_terminal(row.get("name")) or UNKNOWN] for row in rows]
    if room >= MEDIUM and len(rows) > 2:
        space = min(30, room // 5)
        most = max(map(human_seconds, answer["rows"])) or 1
        shape.append(Column("", paint=paint_project, may_go=True))
        for line, row in zip(cells, rows, strict=True):
            line.append("" if line is cells[-1] else bar(human_seconds(row) / most, space))
    for title, cell, paint in _numbers(rows, room):
        shape.append(Column(title, is_number=True, paint=paint, may_go=title in MAY_GO))
        for line, row in zip(cells, rows, strict=True):
            line.append(cell(row))
    return table(shape, cells, room, has_sum=True)


def _numbers(rows, room):
    def quiet(text, row):
        return dim(text)

    yield "time", lambda row: length(human_seconds(row)), lambda text, row: bold(text)
    if room >= MEDIUM:
        yield "hands-on", lambda row: _or_dot(row["handsOnSeconds"]), quiet
        yield "supervised", lambda row: _or_dot(row["supervisedSeconds"]), quiet
    if any(row["agentSeconds"] for row in rows):
        yield "agent", lambda row: _or_dot(row["agentSeconds"]), quiet
    for name in AT_TARGET if AT_TARGET[0] in rows[-1] else ():
        yield name.removesuffix("Seconds"), lambda row, name=name: _or_dot(row[name]), lambda text, row: text
    if room >= MEDIUM and any(map(money, rows)):
        yield "amount", lambda row: "" if len(row.get("amounts", ())) > 1 else money(row), quiet


def lines(answer, room):
    """The whole report."""
    yield bold(range_title(answer))
    if not answer["rows"]:
        yield dim("nothing in this time")
        return
    yield from table_lines(answer, room)
    totals = answer["totals"]
    wall = totals.get("wallSeconds")
    if len(totals.get("amounts", ())) > 1:
        yield dim(f"worth {money(totals)}")
    if wall is not None:
        yield dim(f"wall time {length(wall)}") + (dim(", agents at work beside it") if totals["agentSeconds"] else "")


def print_csv(answer):
    fields = (*FIELDS, *AT_TARGET) if AT_TARGET[0] in answer["totals"] else FIELDS
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(fields)
    for row in answer["rows"]:
        writer.writerow(safe_cell(row.get(field)) for field in fields)


def html(answer):
    """The report as a page."""
    rows = [*answer["rows"], {**answer["totals"], "name": "total"}]
    most = max(map(human_seconds, answer["rows"]), default=0) or 1
    shape = [
        ("hands-on", lambda row: _or_dot(row["handsOnSeconds"])),
        ("supervised", lambda row: _or_dot(row["supervisedSeconds"])),
        ("time", lambda row: length(human_seconds(row))),
    ]
    if any(row["agentSeconds"] for row in rows):
        shape.append(("agent", lambda row: _or_dot(row["agentSeconds"])))
    shape += [(name.removesuffix("Seconds"), lambda row, name=name: _or_dot(row[name])) for name in AT_TARGET if name in rows[-1]]
    if any(map(money, rows)):
        shape.append(("amount", money))
    lines = [
        (
            markup.SUM if row is rows[-1] else markup.PLAIN,
            [row.get("name") or UNKNOWN, "" if row is rows[-1] else markup.Bar(human_seconds(row) / most),
             *(cell(row) for _, cell in shape)],
        )
        for row in rows
    ]  # fmt: skip
    words = [f"wall time {length(answer['totals']['wallSeconds'])}"] if answer["totals"].get("wallSeconds") is not None else []
    return markup.page(f"Report {range_title(answer)}", [answer["groupBy"], "", *(title for title, _ in shape)], lines, words)


def run(words):
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


VERBS = {"report": Verb("report", run, "totals of this week, or of PERIOD", (PERIOD,), OPTIONS)}
