"""The result of one check."""

OK, WARNING, ERROR = "ok", "warning", "error"


class Finding:
    """`state` is ok, warning or error; `hint` says how to fix what is not ok."""

    def __init__(self, name, state, text, hint=""):
        self.name, self.state, self.text, self.hint = name, state, text, hint

    def to_json(self):
        return {"name": self.name, "state": self.state, "text": self.text, "hint": self.hint}


def ok(name, text):
    return Finding(name, OK, text)


def warning(name, text, hint):
    return Finding(name, WARNING, text, hint)


def error(name, text, hint):
    return Finding(name, ERROR, text, hint)
