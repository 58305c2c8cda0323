"""`stint completions SHELL`: completion for bash, zsh and fish, made from the tables that parse the words."""

from __future__ import annotations

from importlib import import_module

from stintd.cli.options import Operand, Verb, Words
from stintd.cli.verbs import HIDDEN, MODULES

SHELLS = ("bash", "zsh", "fish")
HELPERS = {
    "projects": "stint projects --names 2>/dev/null",
}
"""What is completed by running a command; the rest is completed from the words in these tables."""


def all_verbs() -> list[Verb]:
    """Every listed verb with its module loaded."""
    return [import_module(f"stintd.cli.commands.{module}").VERBS[name] for name, module in MODULES.items() if name not in HIDDEN]


def _options(verb: Verb) -> list[str]:
    names = []
    for option in verb.options:
        names += option.names
        if option.has_no:
            names.append("--no-" + option.names[0][2:])
    return names


def _choices(verb: Verb) -> list[str]:
    return [word for operand in verb.operands for word in operand.choices]


def _kinds(verb: Verb) -> set[str]:
    return {operand.complete for operand in verb.operands if operand.complete}


def bash() -> str:
    """A function that knows the words of each verb."""
    lines = ["_stint() {", '  local cur="${COMP_WORDS[COMP_CWORD]}" words=""', '  case "${COMP_WORDS[1]}" in']
    for verb in all_verbs():
        words = " ".join([*_choices(verb), *_options(verb)])
        helpers = " ".join(f"$({HELPERS[kind]})" for kind in sorted(_kinds(verb) & HELPERS.keys()))
        lines.append(f'    {verb.name}) words="{words} {helpers}"; ;;')
    names = " ".join(verb.name for verb in all_verbs())
    lines += [
        "  esac",
        f'  [ "$COMP_CWORD" -eq 1 ] && words="{names}"',
        '  COMPREPLY=($(compgen -W "$words" -- "$cur"))',
        "}",
        "complete -o default -F _stint stint",
    ]
    return "\n".join(lines)


def zsh() -> str:
    """The same for zsh, with what each verb does."""
    lines = ["#compdef stint", "_stint() {", "  local -a verbs words", "  verbs=("]
    lines += [f"    {_quote(f'{verb.name}:{verb.summary}')}" for verb in all_verbs()]
    lines += ["  )", "  if (( CURRENT == 2 )); then _describe verb verbs; return; fi", '  case "$words[2]" in']
    lines[2] = "  local -a verbs known"
    for verb in all_verbs():
        words = " ".join([*_choices(verb), *_options(verb)])
        helpers = " ".join(f'"${{(@f)$({HELPERS[kind]})}}"' for kind in sorted(_kinds(verb) & HELPERS.keys()))
        lines.append(f"    {verb.name}) known=({words} {helpers}) ;;")
    lines += ["  esac", "  compadd -a known", "  _files", "}", "compdef _stint stint"]
    return "\n".join(lines)


def fish() -> str:
    """The same for fish."""
    lines = ["complete -c stint -f -n __fish_use_subcommand"]
    for verb in all_verbs():
        lines.append(f"complete -c stint -n __fish_use_subcommand -a {verb.name} -d {_quote(verb.summary)}")
        here = f"-n '__fish_seen_subcommand_from {verb.name}'"
        for option in verb.options:
            long = [name[2:] for name in option.names if name.startswith("--")]
            short = [name[1:] for name in option.names if not name.startswith("--")]
            flags = " ".join([*(f"-l {name}" for name in long), *(f"-s {name}" for name in short)])
            lines.append(f"complete -c stint {here} {flags}{' -r' if option.value else ''} -d {_quote(option.help)}")
        words = _choices(verb)
        if words:
            lines.append(f"complete -c stint {here} -a '{' '.join(words)}'")
        for kind in sorted(_kinds(verb) & HELPERS.keys()):
            lines.append(f"complete -c stint {here} -a '({HELPERS[kind]})'")
    return "\n".join(lines)


def _quote(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def run(words: Words) -> None:
    print({"bash": bash, "zsh": zsh, "fish": fish}[words.shell]())


VERBS = {
    "completions": Verb(
        "completions",
        run,
        "print the completion script for a shell: bash, zsh, fish",
        (Operand("SHELL", choices=SHELLS),),
        has_json=False,
        detail='bash: eval "$(stint completions bash)" · fish: stint completions fish | source',
    )
}
