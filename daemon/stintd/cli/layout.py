"""Columns on a terminal: display width of wide characters, cutting, tables and bars.

Everything here counts columns, never code points; colour is put on after a cell has its width.
"""

from __future__ import annotations

import shutil
import sys
import unicodedata
from collections.abc import Callable, Sequence

from stintd.cli.text import bold, dim, has_blocks

EIGHTHS = " ▏▎▍▌▋▊▉"
NARROW = 40
Paint = Callable[[str, int], str]
"""Colours a cell of a row by its number."""


def columns() -> int:
    """Columns of the terminal, at least 20; 100 when piped (COLUMNS decides where it is set)."""
    fallback = 80 if sys.stdout.isatty() else 100
    return max(20, shutil.get_terminal_size((fallback, 24)).columns)


def width(text: str) -> int:
    """Columns `text` takes."""
    if text.isascii():
        return len(text)
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if not has_blocks():
        return 1  # what the encoding lacks is printed as one question mark
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def fit(text: str, room: int) -> str:
    """`text` in at most `room` columns, with an ellipsis where it was cut."""
    if width(text) <= room:
        return text
    if room <= 0:
        return ""
    mark = "…" if has_blocks() else "~"
    characters, used = [], 0
    for character in text:
        used += _cells(character)
        if used > room - 1:
            break
        characters.append(character)
    return "".join(characters) + mark


def fit_end(text: str, room: int) -> str:
    """The same, cut at the front: the end of a path says more."""
    return text if width(text) <= room else fit(text[::-1], room)[::-1]


def fit_painted(text: str, room: int) -> str:
    """The same for text that carries our own colours, which take no columns."""
    characters, used, in_code = [], 0, False
    for character in text:
        if in_code or character == "\x1b":
            in_code = character != "m"
            characters.append(character)
            continue
        used += _cells(character)
        if used > room:
            break
        characters.append(character)
    return "".join(characters) + ("\x1b[0m" if used > room and "\x1b" in text else "")


def align_left(text: str, room: int) -> str:
    """`text` cut or filled to exactly `room` columns."""
    short = fit(text, room)
    return short + " " * (room - width(short))


def align_right(text: str, room: int) -> str:
    """The same, against the right edge."""
    short = fit(text, room)
    return " " * (room - width(short)) + short


def bar(share: float, room: int) -> str:
    """A bar of `share` (0 to 1) of `room` columns, in eighths where the encoding has them."""
    share = min(1.0, max(0.0, share))
    if not has_blocks():
        return "#" * round(share * room)
    eighths = round(share * room * 8)
    if share > 0 and eighths == 0:
        eighths = 1
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (EIGHTHS[rest] if rest else "")


def wrap(text: str, room: int, indent: str = "") -> list[str]:
    """`text` in lines of at most `room` columns, broken at spaces; longer words are cut."""
    lines, line = [], ""
    for word in text.split():
        candidate = f"{line} {word}" if line else word
        if line and width(indent + candidate) > room:
            lines.append(indent + line)
            candidate = word
        line = candidate
    return [*lines, indent + fit(line, max(1, room - width(indent)))] if line else lines


class Column:
    """One column of a table: its title, its side, and what happens to it on a narrow screen: one that `gives_way` is cut
    down to `least`, one that `may_go` is left out, the rightmost first.

    `paint` colours a cell after it has its width: it gets the text and the row's number. `keeps_end`: cut at the front.
    """

    def __init__(
        self,
        title: str,
        *,
        is_number: bool = False,
        gives_way: bool = False,
        may_go: bool = False,
        paint: Paint | None = None,
        least: int = 6,
        keeps_end: bool = False,
    ) -> None:
        self.may_go, self.keeps_end = may_go, keeps_end
        self.title, self.is_number, self.gives_way, self.least = title, is_number, gives_way, least
        self.paint = paint or (lambda text, row: text)


def table(
    shape: Sequence[Column], rows: Sequence[Sequence[str]], room: int | None = None, gap: int = 2, has_sum: bool = False
) -> list[str]:
    """The lines of a table, no wider than `room`: columns that give way are cut, the widest first.

    With `has_sum` the last row is a sum: a rule goes before it, and it is not painted by its columns.
    """
    room = room or columns()
    shape, rows, sizes = _drop_columns(shape, rows, room, gap)
    _narrow(shape, sizes, room - gap * (len(shape) - 1))
    lines = []
    if any(column.title for column in shape):
        lines.append(dim(_row(shape, sizes, [column.title for column in shape], gap, None)))
    for number, row in enumerate(rows):
        is_sum = has_sum and number == len(rows) - 1
        if is_sum:
            lines.append(dim(("─" if has_blocks() else "-") * (sum(sizes) + gap * (len(shape) - 1))))
        lines.append(bold(_row(shape, sizes, row, gap, None)) if is_sum else _row(shape, sizes, row, gap, number))
    return lines


def _drop_columns(
    shape: Sequence[Column], rows: Sequence[Sequence[str]], room: int, gap: int
) -> tuple[Sequence[Column], list[list[str]], list[int]]:
    sizes = [max([width(shape[i].title), *(width(row[i]) for row in rows)]) for i in range(len(shape))]
    least = [min(size, c.least) if c.gives_way else size for c, size in zip(shape, sizes, strict=True)]
    indexes = list(range(len(shape)))
    while sum(least[i] for i in indexes) + gap * (len(indexes) - 1) > room and any(shape[i].may_go for i in indexes):
        indexes.remove(max(i for i in indexes if shape[i].may_go))
    return [shape[i] for i in indexes], [[row[i] for i in indexes] for row in rows], [sizes[i] for i in indexes]


def _narrow(shape: Sequence[Column], sizes: list[int], room: int) -> None:
    while sum(sizes) > room:
        able = [i for i in range(len(shape)) if shape[i].gives_way and sizes[i] > shape[i].least]
        if not able:
            return
        widest = max(able, key=lambda i: sizes[i])
        sizes[widest] = max(shape[widest].least, sizes[widest] - max(1, sum(sizes) - room))


def _row(shape: Sequence[Column], sizes: list[int], cells: Sequence[str], gap: int, number: int | None) -> str:
    out = []
    for column, size, cell in zip(shape, sizes, cells, strict=True):
        short = fit_end(cell, size) if column.keeps_end else cell
        text = align_right(short, size) if column.is_number else align_left(short, size)
        out.append(text if number is None else column.paint(text, number))
    return (" " * gap).join(out).rstrip()
