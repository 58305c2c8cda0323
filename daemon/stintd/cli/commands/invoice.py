"""The billed hours of a period, as an invoice lists them: a line for each project and task with hours, rate and amount.

Hours are decimal with two places, and an amount is exactly those hours times the rate. With a target its rounded hours
count. No tax and no number: those are for the program that writes the invoice.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from stintd.cli import markup
from stintd.cli.answer import Answer, Rows
from stintd.cli.layout import Column, columns, table, width, wrap
from stintd.cli.options import Words
from stintd.cli.period import range_title
from stintd.cli.table import safe_cell
from stintd.cli.text import UNKNOWN, bold, decimal_hours, dim, for_terminal, has_blocks
from stintd.client.control import Control
from stintd.errors import Invalid

CENT = Decimal("0.01")
HEADS = ("work", "hours", "rate", "amount", "currency")


def text_of(control: Control, filters: Answer, words: Words) -> str:
    """The invoice as `words` want it printed."""
    if filters.get("billable") == "false":
        raise Invalid("an invoice lists billed hours only", "leave out --no-billable")
    answer = control.get("/api/reports", **{**filters, "billable": "true"}, groupBy="task")
    lines = lines_of(answer, _projects_by_id(control), _task_rates(control))
    title = _title(answer, filters)
    if words.json:
        return json.dumps({"from": answer["from"], "to": answer["to"], "lines": lines, "totals": _totals(lines)})
    if words.csv:
        return _csv(lines)
    if words.html:
        return _page(title, lines, filters)
    return "\n".join([bold(title), *(_table(lines) if lines else [dim("no billed hours in this period")])])


def _projects_by_id(control: Control) -> dict[str, Answer]:
    return {project["id"]: project for project in control.every("/api/projects", status="all")}


def _task_rates(control: Control) -> Answer:
    """The hourly rate of each task, by the key of its row in a report."""
    return {f"{task['projectId']}/{task['key']}": task["hourlyRate"] for task in control.every("/api/tasks", status="all")}


def lines_of(answer: Answer, projects: dict[str, Answer], task_rates: Answer) -> Rows:
    """`{work, hours, rate, amount, currency}` of each project and task, by their names; texts of decimals."""
    lines = []
    for row in answer["rows"]:
        seconds = row.get("roundedSeconds", row["billableSeconds"])
        if not seconds:
            continue
        project = projects.get(row["key"].partition("/")[0]) or {}
        task = row["name"] if row["key"].partition("/")[2] else ""
        own_rate = task_rates.get(row["key"]) or project.get("hourlyRate")
        hours, rate = Decimal(decimal_hours(seconds)), None if own_rate is None else _exact_rate(own_rate)
        amount = (hours * rate).quantize(CENT, ROUND_HALF_UP) if rate is not None else None
        lines.append(
            {
                "project": project.get("name") or UNKNOWN,
                "client": project.get("clientName"),
                "task": task or None,
                "hours": str(hours),
                "rate": None if rate is None else str(rate),
                "amount": None if amount is None else str(amount),
                "currency": project.get("currency") if rate is not None else None,
            }
        )
    return sorted(lines, key=lambda line: (line["client"] or "", line["project"], line["task"] or ""))


def _exact_rate(rate: object) -> Decimal:
    """A rate with two decimals, and more where it has more."""
    exact = Decimal(str(rate))
    return exact.quantize(CENT) if exact == exact.quantize(CENT) else exact


def _totals(lines: Rows) -> Rows:
    """Hours and amounts by currency; hours without a rate come first and have no amount."""
    sums: dict[tuple[bool, str], tuple[Decimal, Decimal]] = {}
    for line in lines:
        which = (line["rate"] is not None, line["currency"] or "")
        hours, amount = sums.get(which, (Decimal(), Decimal()))
        sums[which] = hours + Decimal(line["hours"]), amount + Decimal(line["amount"] or 0)
    return [
        {"currency": currency or None, "hours": str(hours), "amount": str(amount) if is_rated else None}
        for (is_rated, currency), (hours, amount) in sorted(sums.items())
    ]


def _title(answer: Answer, filters: Answer) -> str:
    whom = f" for {for_terminal(filters['client'])}" if filters.get("client") else ""
    return f"Work{whom}, {range_title(answer)}"


def _name(line: Answer) -> str:
    return for_terminal(f"{line['project']} · {line['task']}" if line["task"] else line["project"])


def _money(text: str | None) -> str:
    return f"{Decimal(text):,}" if text is not None else ""


def _cells(line: Answer, name: str) -> list[str]:
    return [name, line["hours"], _money(line.get("rate")), _money(line["amount"]), for_terminal(line["currency"] or "")]


def sums_of(lines: Rows) -> list[list[str]]:
    """A line for each currency; hours without a rate have one of their own."""
    return [_cells(total, "without a rate" if total["amount"] is None else "total") for total in _totals(lines)]


def _table(lines: Rows) -> Iterator[str]:
    shape = [Column(HEADS[0], gives_way=True, least=8), *(Column(head, is_number=True) for head in HEADS[1:4]), Column("")]
    sums = sums_of(lines)
    rows = table(shape, [*(_cells(line, _name(line)) for line in lines), *sums], columns())
    first = len(rows) - len(sums)
    rule = ("─" if has_blocks() else "-") * max(map(width, rows[1:]))
    yield from [*rows[:first], dim(rule), *map(bold, rows[first:])]
    if any(line["rate"] is None for line in lines):
        yield from map(dim, wrap("`stint projects edit PROJECT --rate AMOUNT` sets a project's hourly rate", columns()))


def _page(title: str, lines: Rows, filters: Answer) -> str:
    rows = [(markup.PLAIN, _cells(line, _name(line))) for line in lines]
    rows += [(markup.SUM, cells) for cells in sums_of(lines)]
    clients = dict.fromkeys(line["client"] for line in lines if line["client"])
    words = [f"Client: {', '.join(clients)}"] if clients and not filters.get("client") else []
    words.append("hours are decimal" + (f", rounded as at {filters['target']}" if filters.get("target") else ""))
    return markup.page(title, [*HEADS[:4], ""], rows, words)


def _csv(lines: Rows) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["client", "project", "task", *HEADS[1:]])
    for line in lines:
        named = [safe_cell(line[name]) for name in ("client", "project", "task")]
        writer.writerow([*named, line["hours"], line["rate"] or "", line["amount"] or "", safe_cell(line["currency"])])
    return out.getvalue().rstrip("\n")
