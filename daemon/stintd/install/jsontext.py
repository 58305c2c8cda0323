"""Adding to and removing from a JSON text that a person edits by hand: every other byte stays as it is.

A text is parsed strictly (with comments where its reader allows them) into values that know their position; edits are
cuts and insertions in the text. What was added can be removed again to the byte, even if the text around it has changed.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

from stintd.errors import Conflict

_SPACE = re.compile(r"[ \t\r\n]*")
_SPACE_AND_COMMENTS = re.compile(r"(?:[ \t\r\n]|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_SCALAR = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"|-?[0-9][0-9.eE+-]*|true|false|null')
DEEPEST = 200


@dataclass(slots=True)
class Node:
    """A value and its position in the text. `members`: name (None in a list), where the member begins, its value."""

    start: int
    end: int
    value: Any
    members: list[tuple[str | None, int, "Node"]] = field(default_factory=list)

    def get(self, name: str) -> "Node | None":
        """The value of a member."""
        return next((node for known, _, node in self.members if known == name), None)


def parse(text: str, *, comments: bool = False) -> Node:
    """Parse the whole text; `conflict` with line and reason when it is not JSON, or has a name twice."""
    return _Parser(text, comments).whole()


class _Parser:
    def __init__(self, text: str, comments: bool) -> None:
        self._text, self._at = text, 1 if text.startswith("\ufeff") else 0
        self._blank = _SPACE_AND_COMMENTS if comments else _SPACE

    def whole(self) -> Node:
        node = self._value(0)
        self._skip()
        if self._at != len(self._text):
            self._fail("there is more text after the end")
        return node

    def _skip(self) -> None:
        match = self._blank.match(self._text, self._at)
        self._at = match.end() if match else self._at

    def _fail(self, why: str) -> NoReturn:
        line = self._text.count("\n", 0, self._at) + 1
        if self._text.startswith(("//", "/*"), self._at):
            why = "there is a comment here, which this file may not contain"
        raise Conflict(f"line {line}: {why}", "fix the file, then run this again; nothing was changed")

    def _value(self, depth: int) -> Node:
        self._skip()
        if depth > DEEPEST:
            self._fail("it is nested too deeply")
        opening = self._text[self._at : self._at + 1]
        if opening in ("{", "["):
            return self._container(opening, depth)
        start, value = self._at, self._scalar()
        return Node(start, self._at, value)

    def _scalar(self) -> Any:
        match = _SCALAR.match(self._text, self._at)
        if match is None:
            self._fail("a value is missing or is not valid JSON")
        try:
            value = json.loads(match[0])
        except ValueError:
            self._fail(f"{match[0][:40]!r} is not a JSON value")
        self._at = match.end()
        return value

    def _container(self, opening: str, depth: int) -> Node:
        closing = "}" if opening == "{" else "]"
        node = Node(self._at, 0, {} if opening == "{" else [])
        self._at += 1
        self._skip()
        while self._text[self._at : self._at + 1] != closing or node.members:
            self._member(node, closing == "}", depth)
            self._skip()
            if self._text[self._at : self._at + 1] == closing:
                break
            if self._text[self._at : self._at + 1] != ",":
                self._fail(f"a comma or {closing} is missing")
            self._at += 1
        self._at += 1
        node.end = self._at
        return node

    def _member(self, node: Node, is_named: bool, depth: int) -> None:
        self._skip()
        begin, name = self._at, None
        if is_named:
            if self._text[self._at : self._at + 1] != '"':
                self._fail("a name is missing")
            name = self._scalar()
            self._skip()
            if self._text[self._at : self._at + 1] != ":":
                self._fail("a colon is missing")
            self._at += 1
        value = self._value(depth + 1)
        if name is not None and name in node.value:
            self._fail(f"{name!r} is there more than once")
        node.members.append((name, begin, value))
        if name is not None:
            node.value[name] = value.value
        else:
            node.value.append(value.value)


def insert_member(text: str, container: Node, name: str | None, value: Any) -> str:
    """The text with one more member at the end of `container`, in the layout of its neighbours."""
    style = _Style(text, container)
    words = (f"{json.dumps(name, ensure_ascii=False)}: " if name is not None else "") + style.format(value)
    if container.members:
        after = container.members[-1][2].end
        return text[:after] + "," + style.before + words + text[after:]
    inside = container.start + 1
    rest = text[inside : container.end - 1]
    return text[:inside] + style.before + words + ("" if rest.strip(" \t") else style.after) + text[inside:]


def remove_member(text: str, container: Node, index: int) -> str:
    """The text without one member of `container`; comments around it stay."""
    _, begin, node = container.members[index]
    if index:
        previous = container.members[index - 1][2].end
        between = text[previous:begin]
        if not between.replace(",", "", 1).strip():
            return text[:previous] + text[node.end :]
        comma = previous + between.index(",")
        is_line_end = text[node.end :].lstrip(" \t").startswith(("\n", "\r"))  # else a comment's own line end must stay
        begin = comma + 1 + len(text[comma + 1 : begin].rstrip(" \t\r\n" if is_line_end else " \t"))
        return text[:comma] + text[comma + 1 : begin] + text[node.end :]
    if len(container.members) > 1:
        return text[:begin] + text[container.members[1][1] :]
    around = text[container.start + 1 : begin] + text[node.end : container.end - 1]
    if not around.strip():
        return text[: container.start + 1] + text[container.end - 1 :]
    return text[:begin] + text[node.end :]


class _Style:
    """How members of one container are laid out: each on its own line or all on one, and how far in."""

    def __init__(self, text: str, container: Node) -> None:
        self._newline = "\r\n" if "\r\n" in text else "\n"
        outer = _indent(text, container.start)
        self._unit = _unit(text)
        is_flat = bool(container.members) and "\n" not in text[container.start : container.members[0][1]]
        own = _indent(text, container.members[0][1]) if container.members and not is_flat else outer + self._unit
        self.before = " " if is_flat else self._newline + own
        self.after = self._newline + outer
        self._own, self._is_flat = own, is_flat

    def format(self, value: Any) -> str:
        if self._is_flat:
            return json.dumps(value, ensure_ascii=False)
        lines = json.dumps(value, ensure_ascii=False, indent=self._unit).split("\n")
        return (self._newline + self._own).join(lines)


def _indent(text: str, at: int) -> str:
    """The white space at the beginning of the line that contains this position."""
    line = text[text.rfind("\n", 0, at) + 1 : at].removeprefix("\ufeff")
    return line[: len(line) - len(line.lstrip(" \t"))]


def _unit(text: str) -> str:
    match = re.search(r"^[ \t]+(?=[\"{\[])", text, re.MULTILINE)
    return match[0] if match else "  "


def remove_items(text: str, read: Callable[[str], Node], path: tuple[str, ...], is_ours: Callable[[Any], bool]) -> str:
    """The text without the items of the list at `path` that are ours."""
    while True:
        node: Node | None = read(text)
        for name in path:
            node = node.get(name) if node is not None and isinstance(node.value, dict) else None
        if node is None or not isinstance(node.value, list):
            return text
        index = next((i for i, (_, _, item) in enumerate(node.members) if is_ours(item.value)), None)
        if index is None:
            return text
        text = remove_member(text, node, index)
