"""JSON of any length, one element at a time: the file is never held whole.

`walk` descends into the containers it is told to and yields everything below them as values. It refuses what nests deeper than
the decoder's stack, contains an invalid number, or is larger than a mebibyte in one value.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import NoReturn

from stintd.errors import Invalid
from stintd.frozen import frozen
from stintd.jsonvalue import Json

VALUE_LIMIT = 1 << 20
_SPACE = " \t\r\n"
_NUMBER_REST = ".eE+-"
"""What may follow the digits of a number that the end of the piece cut off."""
Path = tuple[str | int, ...]


@frozen
class Element:
    """A value, the line it begins on, and where it lies: keys of objects and places in lists."""

    line: int
    path: Path
    value: Json


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a JSON number")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


class _Text:
    """The piece of the text that is being read, and the line it begins on."""

    def __init__(self, pieces: Iterable[str]) -> None:
        self._pieces = iter(pieces)
        self._text, self._at, self.line = "", 0, 1
        self._is_over = False

    def _load_more(self) -> bool:
        """Load the next piece; false at the end."""
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
        """The next character that is not a space, "" at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _SPACE:
                    return self._text[self._at]
                self._advance(1)
            if not self._load_more():
                return ""

    def take(self, expected: str) -> None:
        """Step over this character."""
        char = self.peek()
        if char != expected:
            raise self.error(f"{expected!r} was expected" if char else "the file ends too early")
        self._advance(1)

    def value(self) -> Json:
        """The next value, whole."""
        self.peek()
        pieces = 1
        while True:
            try:
                value: Json
                value, end = _DECODER.raw_decode(self._text, self._at)
                is_whole = end < len(self._text) and self._text[end] not in _NUMBER_REST
                if is_whole or self._is_over:
                    self._advance(end - self._at)
                    return value
                problem = ""
            except RecursionError:
                raise self.error("it is nested too deeply") from None
            except ValueError as error:
                problem = getattr(error, "msg", str(error))
            length = len(self._text) - self._at
            if length > VALUE_LIMIT:
                raise self.error("a single value is larger than 1 MiB")
            self._load(pieces, problem)
            pieces *= 2  # a value that never ends must not be decoded again for every piece of it

    def _load(self, pieces: int, problem: str) -> None:
        """Load so many more pieces; `invalid` with `problem` when there is none."""
        for number in range(pieces):
            if not self._load_more():
                if problem and not number:
                    raise self.error(problem)
                return

    def error(self, reason: str) -> Invalid:
        return Invalid(f"line {self.line}: this is not valid JSON: {reason}", "is it the right file, and complete?")


def walk(pieces: Iterable[str], opens: Callable[[Path], bool]) -> Iterator[Element]:
    """Every value that lies directly in a container for whose path `opens` is true (the path of the top one is `()`)."""
    text = _Text(pieces)
    yield from _inside(text, (), opens)
    if text.peek():
        raise text.error("there is more text after its end")


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
        raise text.error("a name was expected")
    name = str(text.value())
    text.take(":")
    return name
