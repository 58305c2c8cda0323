"""JSON of any length, one element at a time: the file is never held whole.

`walk` descends into the containers it is told to and hands out everything below them as values. What nests deeper than a
decoder's stack, holds a number that is none, or is larger than a mebibyte in one value is refused.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from stintd.errors import Invalid
from stintd.frozen import frozen

VALUE_LIMIT = 1 << 20
_SPACE = " \t\r\n"
_GOES_ON = ".eE+-"
"""What may follow the digits of a number that the piece cut off."""
Path = tuple[str | int, ...]


@frozen
class Element:
    """A value, the line it begins on, and where it lies: keys of objects and places in lists."""

    line: int
    path: Path
    value: Any


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


class _Text:
    """The piece of the text that is looked at, and the line it begins on."""

    def __init__(self, pieces: Iterable[str]) -> None:
        self._pieces = iter(pieces)
        self._text, self._at, self.line = "", 0, 1
        self._is_over = False

    def _more(self) -> bool:
        """Bring the next piece; false at the end."""
        piece = next((piece for piece in self._pieces if piece), None)
        if piece is None:
            self._is_over = True
            return False
        self._text, self._at = self._text[self._at :] + piece, 0
        return True

    def _advance(self, count: int) -> None:
        self.line += self._text.count("\n", self._at, self._at + count)
        self._at += count

    def peek(self) -> str:
        """The next character that is no space, "" at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _SPACE:
                    return self._text[self._at]
                self._advance(1)
            if not self._more():
                return ""

    def take(self, expected: str) -> None:
        """Step over this character."""
        found = self.peek()
        if found != expected:
            raise self.wrong(f"{expected!r} was expected" if found else "the file ends too early")
        self._advance(1)

    def value(self) -> Any:
        """The next value, whole."""
        self.peek()
        tried = 0
        while True:
            try:
                found, end = _DECODER.raw_decode(self._text, self._at)
                is_whole = end < len(self._text) and self._text[end] not in _GOES_ON
                if is_whole or self._is_over:
                    self._advance(end - self._at)
                    return found
                problem = ""
            except RecursionError:
                raise self.wrong("it is nested too deeply") from None
            except ValueError as error:
                problem = getattr(error, "msg", str(error))
            length = len(self._text) - self._at
            if length > VALUE_LIMIT:
                raise self.wrong("a single value is larger than a mebibyte")
            tried = self._filled(max(tried, 1) * 2, problem)

    def _filled(self, wanted: int, problem: str) -> int:
        """Read on, each time twice as much: a value that never ends must not be decoded for every piece of it."""
        for number in range(wanted // 2):
            if not self._more():
                if problem and not number:
                    raise self.wrong(problem)
                break
        return wanted

    def wrong(self, reason: str) -> Invalid:
        return Invalid(f"line {self.line}: this is no JSON as we read it: {reason}", "is it the right file, and whole?")


def walk(pieces: Iterable[str], opens: Callable[[Path], bool]) -> Iterator[Element]:
    """Every value that lies directly in a container that `opens` says to go into (its path; the top one is `()`)."""
    text = _Text(pieces)
    yield from _inside(text, (), opens)
    if text.peek():
        raise text.wrong("there is more after its end")


def _inside(text: _Text, path: Path, opens: Callable[[Path], bool]) -> Iterator[Element]:
    first = text.peek()
    if first not in ("{", "[") or not opens(path):
        line = text.line
        yield Element(line, path, text.value())
        return
    text.take(first)
    last, number = ("}" if first == "{" else "]"), 0
    while text.peek() != last:
        if number:
            text.take(",")
        key: str | int = number
        if first == "{":
            key = _key(text)
        yield from _inside(text, (*path, key), opens)
        number += 1
    text.take(last)


def _key(text: _Text) -> str:
    if text.peek() != '"':
        raise text.wrong("a name was expected")
    name = str(text.value())
    text.take(":")
    return name
