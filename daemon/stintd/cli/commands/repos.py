"""`stint repos`: watched repositories: project, branch, last activity, how each is watched, problems."""

import json
import os
from collections.abc import Iterator, Sequence

from stintd.cli.answer import Rows
from stintd.cli.layout import Column, columns, table, width, wrap
from stintd.cli.options import Verb, Words
from stintd.cli.period import now
from stintd.cli.text import bold, dim, for_terminal, local_time, warn
from stintd.client.control import Control

SHAPE = (
    Column("repository", gives_way=True, least=10, keeps_end=True, paint=lambda text, row: bold(text)),
    Column("project", gives_way=True, least=6),
    Column("branch", gives_way=True, may_go=True, least=6),
    Column("active", may_go=True, paint=lambda text, row: dim(text)),
    Column("watched", may_go=True, paint=lambda text, row: dim(text)),
)


def display_path(path: str) -> str:
    """A folder with `~` for your home."""
    home = os.path.expanduser("~")
    text = for_terminal(path)
    return "~" + text[len(home) :] if home != "/" and text.startswith(home + "/") else text


def shorten_paths(text: str) -> str:
    """A text with `~` for your home."""
    home = os.path.expanduser("~")
    return for_terminal(text.replace(f"{home}/", "~/") if home not in ("", "/") else text)


def ago_text(instant: str | None) -> str:
    """`3m ago`, `2d ago`, "" for never."""
    if not instant:
        return ""
    seconds = (now() - local_time(instant)).total_seconds()
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{int(seconds // size)}{unit} ago"
    return "now"


def _rows(repos: Rows) -> Iterator[list[str]]:
    for repo in repos:
        checkouts = repo.get("checkouts") or [repo]
        for checkout in checkouts:
            kind = checkout.get("kind")
            note = f" ({kind})" if kind not in (None, "main") else ""
            tier = "gone" if checkout.get("gone") else checkout.get("tier") or repo.get("tier") or ""
            yield [
                display_path(checkout.get("path") or repo["name"]) + note,
                for_terminal(checkout.get("projectName") if "projectName" in checkout else repo.get("projectName")),
                for_terminal(checkout.get("branch")),
                ago_text(checkout.get("lastActiveAt") or repo.get("lastActiveAt")),
                tier,
            ]


def _reasons(repos: Rows) -> list[str]:
    """Why each folder counts as its project."""
    return [shorten_paths(checkout.get("why") or "") for repo in repos for checkout in repo.get("checkouts") or [repo]]


def _with_reasons(shape: Sequence[Column], rows: list[list[str]], reasons: list[str], room: int) -> Iterator[str]:
    """The table, with the reasons as its last column where there is room for all of them, else each below its row."""
    wide = [*shape, Column("why", paint=lambda text, row: dim(text))]
    wide_rows = [[*row, reason] for row, reason in zip(rows, reasons, strict=True)]
    needed = sum(max(width(text) for text in texts) for texts in zip([column.title for column in wide], *wide_rows, strict=True))
    if needed + 2 * len(shape) <= room:
        yield from table(wide, wide_rows, room)
        return
    head, *lines = table(shape, rows, room)
    yield head
    for line, reason in zip(lines, reasons, strict=True):
        yield line
        yield from map(dim, wrap(reason, room, "  "))


def _trouble_lines(repos: Rows) -> Iterator[str]:
    for repo in repos:
        for checkout in repo.get("checkouts") or []:
            if checkout.get("trouble"):
                yield f"! {display_path(checkout['path'])}: {for_terminal(checkout['trouble'])}"


def run(words: Words) -> None:
    repos = list(Control().every("/api/repos"))
    if words.json:
        print(json.dumps(repos))
        return
    if not repos:
        print(dim("no repositories yet; `stint up FOLDER` watches those below a folder"))
        return
    rows = list(_rows(repos))
    shape = SHAPE if any(row[4] for row in rows) else SHAPE[:4]
    print("\n".join(_with_reasons(shape, [row[: len(shape)] for row in rows], _reasons(repos), columns())))
    for trouble in _trouble_lines(repos):
        print(warn(trouble))


VERBS = {"repos": Verb("repos", run, "watched repositories: project, branch, last activity, problems")}
