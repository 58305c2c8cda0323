"""A page of documentation as what it tells people to run: its blocks, and what stands below each as the answer."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ANSWERS = ("text", "json")
ANYTHING = "…"


@dataclass(frozen=True, slots=True)
class Block:
    """One thing to run. `answer` is the text below it, "" where nothing is told; `line` is where it stands."""

    line: int
    language: str
    code: str
    answer_language: str
    answer: str


def blocks_of(page: Path) -> list[Block]:
    """Every block of a page, in order; a block nobody runs and nobody is answered with fails here."""
    text = page.read_text()
    found: list[Block] = []
    for match in BLOCK.finditer(text):
        language, code = match.groups()
        line = text[: match.start()].count("\n") + 1
        if language in ANSWERS:
            last = found[-1]
            assert not last.answer, f"{page.name}:{line}: a second answer"
            found[-1] = Block(last.line, last.language, last.code, language, code)
        else:
            assert language in ("python", "sh"), f"{page.name}:{line}: what is {language!r}?"
            found.append(Block(line, language, code, "", ""))
    return found


def disagreements(told: Any, got: Any, where: str = "answer") -> list[str]:
    """What an answer lacks of what the page tells; it may have more fields than are told."""
    if told == ANYTHING:
        return []
    if isinstance(told, dict) and isinstance(got, dict):
        missing = [f"{where}.{name} is missing" for name in told if name not in got]
        shared = [name for name in told if name in got]
        return missing + [one for name in shared for one in disagreements(told[name], got[name], f"{where}.{name}")]
    if isinstance(told, list) and isinstance(got, list) and len(told) == len(got):
        return [
            one for place, pair in enumerate(zip(told, got, strict=True)) for one in disagreements(*pair, f"{where}[{place}]")
        ]
    return [] if told == got else [f"{where} is {json.dumps(got)[:300]}, told was {json.dumps(told)}"]
