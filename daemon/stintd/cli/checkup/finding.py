"""The result of one check."""

from __future__ import annotations

OK, WARNING, ERROR = "ok", "warning", "error"


class Finding:
    """`state` is ok, warning or error; `hint` says how to fix what is not ok."""

    def __init__(self, name: str, state: str, text: str, hint: str = "") -> None:
        self.name, self.state, self.text, self.hint = name, state, text, hint

    def to_json(self) -> dict[str, str]:
        return {"name": self.name, "state": self.state, "text": self.text, "hint": self.hint}


def ok(name: str, text: str) -> Finding:
    return Finding(name, OK, text)


def warning(name: str, text: str, hint: str) -> Finding:
    return Finding(name, WARNING, text, hint)


def error(name: str, text: str, hint: str) -> Finding:
    return Finding(name, ERROR, text, hint)
