"""The words after a verb: options and operands, described once for parsing, help and completion.

Not argparse: it costs as much as the rest of `stint status`, and it takes `--at -15m` for a missing value. Here the
word after an option that wants a value is its value, and `-15m` or `-` standing alone is an operand.
"""

from stintd.errors import Invalid


class UsageError(Invalid):
    """The words make no sense (exit code 2)."""


class Option:
    """`--name` and letters for it. `value` is the placeholder of its value, "" for a flag; `is_list` may be repeated.

    A flag with `has_no` also has `--no-name`. `choices` are completed and checked.
    """

    def __init__(self, names, help_text, value="", *, is_list=False, has_no=False, choices=(), complete=""):
        self.names = names.split()
        self.help, self.value, self.is_list, self.has_no = help_text, value, is_list, has_no
        self.choices, self.complete = tuple(choices), complete
        self.key = self.names[0].lstrip("-").replace("-", "_")


class Operand:
    """A word without a dash. `count` is "1", "?" (may be left out), "*" or "+"."""

    def __init__(self, name, count="1", *, choices=(), complete=""):
        self.name, self.count, self.choices, self.complete = name, count, tuple(choices), complete
        self.key = name.lower().replace("-", "_")


class Verb:
    """One command: how it is written, what it does, and the function that does it: `run(Words) -> exit code or None`."""

    def __init__(self, name, run, summary, operands=(), options=(), detail="", *, has_json=True):
        self.name, self.run, self.summary, self.detail = name, run, summary, detail
        self.operands, self.options = tuple(operands), (*options, *([JSON] if has_json else []))

    def usage(self):
        """The one usage line."""
        marks = {"1": "{}", "?": "[{}]", "*": "[{}…]", "+": "{}…"}
        words = [marks[operand.count].format(operand.name) for operand in self.operands]
        return " ".join(["stint", self.name, *words, "[options]"])


class Words:
    """What was written, by key: `words.task`, `words.project`. Not given: None, False for flags, [] for lists."""

    def __init__(self, values):
        self.__dict__.update(values)


JSON = Option("--json", "print the data as JSON")
HELP = ("-h", "--help")


def parse(verb, argv):
    """The words of `verb`, or a `UsageError` that names what is wrong."""
    named = {name: option for option in verb.options for name in option.names}
    values = {option.key: [] if option.is_list else None if option.value or option.has_no else False
              for option in verb.options}  # fmt: skip
    loose, rest = [], list(argv)
    while rest:
        word = rest.pop(0)
        if word == "--":
            loose += rest
            break
        if not word.startswith("-") or word == "-" or word[1:2].isdigit():
            loose.append(word)
            continue
        _take(verb, named, values, word, rest)
    values.update(_assign_operands(verb, loose))
    return Words(values)


def _take(verb, named, values, word, rest):
    name, equals, given = word.partition("=")
    if not word.startswith("--") and len(word) > 2 and word[:2] in named and named[word[:2]].value:
        name, equals, given = word[:2], "=", word[2:]
    if name.startswith("--no-") and (option := named.get("--" + name[5:])) is not None and option.has_no:
        values[option.key] = False
        return
    option = named.get(name)
    if option is None:
        raise UsageError(f"{verb.name} has no option {name}", _nearest_option(verb, name))
    if not option.value:
        if equals:
            raise UsageError(f"{name} takes no value", f"write only {name}")
        values[option.key] = True
        return
    if not equals:
        if not rest:
            raise UsageError(f"{name} needs a value", f"write {name} {option.value}")
        given = rest.pop(0)
    _check(option, name, given)
    values[option.key] = [*values[option.key], given] if option.is_list else given


def _check(described, name, given):
    if described.choices and given not in described.choices:
        raise UsageError(f"{name} cannot be {given}", "it is one of " + ", ".join(described.choices))


def _nearest_option(verb, name):
    known = [known for option in verb.options for known in option.names if known.startswith("--")]
    close = [option for option in known if name.startswith("--") and option.startswith(name[:4])]
    return f"did you mean {close[0]}?" if close else f"`stint {verb.name} --help` lists its options"


def _assign_operands(verb, loose):
    """Operands from left to right; a "*" or "+" one takes what the ones after it leave."""
    values, words = {}, list(loose)
    for position, operand in enumerate(verb.operands):
        needed = sum(after.count in ("1", "+") for after in verb.operands[position + 1 :])
        if operand.count in ("*", "+"):
            taken, words = words[: len(words) - needed], words[len(words) - needed :]
            values[operand.key] = taken
            is_missing = operand.count == "+" and not taken
        else:
            is_given = len(words) > needed or (operand.count == "1" and bool(words))
            values[operand.key] = words.pop(0) if is_given else None
            is_missing = operand.count == "1" and not is_given
        if is_missing:
            raise UsageError(f"{verb.name} needs {operand.name}", verb.usage())
        for word in taken if operand.count in ("*", "+") else [values[operand.key]]:
            if word is not None:
                _check(operand, operand.name, word)
    if words:
        raise UsageError(f"{verb.name} does not know what to do with {words[0]!r}", verb.usage())
    return values


def help_text(verb):
    """What `stint VERB --help` prints."""
    lines = [f"{verb.usage()}", "", verb.summary[:1].upper() + verb.summary[1:] + "."]
    if verb.detail:
        lines += ["", verb.detail]
    if verb.options:
        lines.append("")
    for option in verb.options:
        names = ", ".join([*option.names, *([f"--no-{option.key.replace('_', '-')}"] if option.has_no else [])])
        left = f"  {names} {option.value}".rstrip()
        lines.append(f"{left:<30} {option.help}" if len(left) < 30 else f"{left}\n{'':<30} {option.help}")
    return "\n".join(lines)
