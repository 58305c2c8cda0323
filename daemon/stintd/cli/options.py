"""The words after a verb: options and operands, described once for parsing, help and completion.

Not argparse: it costs as much as the rest of `stint status`, and it takes `--at -15m` for a missing value. Here the
word after an option that wants a value is its value, and `-15m` or `-` standing alone is an operand.
"""

from __future__ import annotations

from stintd.errors import Invalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any


class UsageError(Invalid):
    """The words make no sense (exit code 2)."""


class Option:
    """`--name` and letters for it. `value` is the placeholder of its value, "" for a flag; `is_list` may be repeated.

    A flag with `has_no` also has `--no-name`. `choices` are completed and checked.
    """

    def __init__(
        self,
        names: str,
        help_text: str,
        value: str = "",
        *,
        is_list: bool = False,
        has_no: bool = False,
        choices: Iterable[str] = (),
        complete: str = "",
    ) -> None:
        self.names = names.split()
        self.help, self.value, self.is_list, self.has_no = help_text, value, is_list, has_no
        self.choices, self.complete = tuple(choices), complete
        self.key = self.names[0].lstrip("-").replace("-", "_")


class Operand:
    """A word without a dash. `count` is "1", "?" (may be left out), "*" or "+". `aliases` are other words for its choices.

    What is called ACTION says its choices in the usage line; left out, it is the first of them.
    """

    def __init__(
        self,
        name: str,
        count: str = "1",
        *,
        choices: Iterable[str] = (),
        complete: str = "",
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        self.name, self.count, self.choices, self.complete = name, count, tuple(choices), complete
        self.key = name.lower().replace("-", "_")
        self.aliases = aliases or {}

    @property
    def is_action(self) -> bool:
        return self.name == "ACTION" and bool(self.choices)


class Verb:
    """One command: how it is written, what it does, and the function that does it: `run(Words) -> exit code or None`."""

    def __init__(
        self,
        name: str,
        run: Callable[[Words], int | None],
        summary: str,
        operands: Sequence[Operand] = (),
        options: Sequence[Option] = (),
        detail: str = "",
        *,
        has_json: bool = True,
    ) -> None:
        self.name, self.run, self.summary, self.detail = name, run, summary, detail
        self.operands, self.options = tuple(operands), (*options, *([JSON] if has_json else []))

    def usage(self) -> str:
        """The one usage line."""
        marks = {"1": "{}", "?": "[{}]", "*": "[{}…]", "+": "{}…"}
        shown = [("|".join(operand.choices) if operand.is_action else operand.name, operand.count) for operand in self.operands]
        return " ".join(["stint", self.name, *(marks[count].format(text) for text, count in shown), "[options]"])


class Words:
    """What was written, by key: `words.task`, `words.project`. Not given: None, False for flags, [] for lists."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self.__dict__.update(values)

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...


JSON = Option("--json", "print the data as JSON")
HELP = ("-h", "--help")


def parse(verb: Verb, argv: Sequence[str]) -> Words:
    """The words of `verb`, or a `UsageError` that names what is wrong."""
    options = {name: option for option in verb.options for name in option.names}
    values: dict[str, object] = {
        option.key: [] if option.is_list else None if option.value or option.has_no else False for option in verb.options
    }
    loose: list[str] = []
    rest = list(argv)
    while rest:
        word = rest.pop(0)
        if word == "--":
            loose += rest
            break
        if not word.startswith("-") or word == "-" or word[1:2].isdigit():
            loose.append(word)
            continue
        _take(verb, options, values, word, rest)
    values.update(_assign_operands(verb, loose))
    return Words(values)


def _take(verb: Verb, options: Mapping[str, Option], values: dict[str, object], word: str, rest: list[str]) -> None:
    """One option, with its value where it wants one."""
    name, equals, value = word.partition("=")
    if not word.startswith("--") and len(word) > 2 and word[:2] in options and options[word[:2]].value:
        name, equals, value = word[:2], "=", word[2:]
    opposite = options.get("--" + name[5:]) if name.startswith("--no-") else None
    if opposite is not None and opposite.has_no:
        values[opposite.key] = False
        return
    option = options.get(name)
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
        value = rest.pop(0)
    _check(option, name, value)
    before = values[option.key]
    values[option.key] = [*before, value] if isinstance(before, list) else value


def _check(option: Option | Operand, name: str, value: str) -> None:
    if option.choices and value not in option.choices:
        raise UsageError(f"{name} cannot be {value}", "it is one of " + ", ".join(option.choices))


def _nearest_option(verb: Verb, name: str) -> str:
    names = [long for option in verb.options for long in option.names if long.startswith("--")]
    close = [option for option in names if name.startswith("--") and option.startswith(name[:4])]
    return f"did you mean {close[0]}?" if close else f"`stint {verb.name} --help` lists its options"


def _assign_operands(verb: Verb, loose: Sequence[str]) -> dict[str, object]:
    """Operands from left to right; a "*" or "+" one takes what the ones after it leave."""
    values: dict[str, object] = {}
    words = list(loose)
    for position, operand in enumerate(verb.operands):
        needed = sum(later.count in ("1", "+") for later in verb.operands[position + 1 :])
        is_many = operand.count in ("*", "+")
        if is_many:
            taken, words = words[: len(words) - needed], words[len(words) - needed :]
        else:
            is_there = len(words) > needed or (operand.count == "1" and bool(words))
            taken = [words.pop(0)] if is_there else []
        if operand.count in ("1", "+") and not taken:
            raise UsageError(f"{verb.name} needs {_operand_text(operand)}", verb.usage())
        taken = [operand.aliases.get(word, word) for word in taken]
        for word in taken:
            _check_operand(verb, operand, word)
        values[operand.key] = taken if is_many else taken[0] if taken else None
    if words:
        raise UsageError(f"{verb.name} does not know what to do with {words[0]!r}", verb.usage())
    return values


def _operand_text(operand: Operand) -> str:
    if not operand.is_action:
        return operand.name
    *others, last = operand.choices
    return f"an action: {', '.join(others)} or {last}"


def _check_operand(verb: Verb, operand: Operand, word: str) -> None:
    if operand.is_action and word not in operand.choices:
        raise UsageError(f"{verb.name} has no action {word}", verb.usage())
    _check(operand, operand.name, word)


def help_text(verb: Verb) -> str:
    """What `stint VERB --help` prints."""
    lines = [f"{verb.usage()}", "", verb.summary[:1].upper() + verb.summary[1:] + "."]
    for operand in verb.operands:
        if operand.is_action and operand.count == "?":
            lines.append(f"Without an action: {operand.choices[0]}.")
        elif operand.choices and not operand.is_action and ", ".join(operand.choices) not in verb.summary:
            lines += ["", f"{operand.name} is one of {', '.join(operand.choices)}."]
    if verb.detail:
        lines += ["", verb.detail]
    if verb.options:
        lines.append("")
    for option in verb.options:
        names = ", ".join([*option.names, *([f"--no-{option.key.replace('_', '-')}"] if option.has_no else [])])
        head = f"  {names} {option.value}".rstrip()
        lines.append(f"{head:<30} {option.help}" if len(head) < 30 else f"{head}\n{'':<30} {option.help}")
    return "\n".join(lines)
