"""`stint config`: get, set, unset, check, edit, path, example."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tomllib

from stintd import paths, settings
from stintd.cli.layout import Column, columns, table
from stintd.cli.options import Operand, Option, Verb, Words
from stintd.cli.text import bold, dim, for_terminal, warn
from stintd.client.control import Control, DaemonDown
from stintd.errors import Invalid, NotFound
from stintd.settings import Problem, Settings
from stintd.settings.describe import example_text, plain_value
from stintd.settings.document import Toml

ACTIONS = ("get", "set", "unset", "check", "edit", "path", "example")
OPTIONS = (Option("--all", "with get: also settings that have their default"),)
DETAIL = """\
stint config get [KEY]          one setting, or all that are set
stint config set KEY VALUE      change a setting
stint config unset KEY          reset a setting to its default
stint config check              list problems in the settings, with file, line and fix
stint config edit               open config.toml in $EDITOR, then check it
stint config path               where the settings files are
stint config example            an example file that explains every setting"""
SHAPE = (
    Column("setting", paint=lambda text, row: bold(text)),
    Column("value", gives_way=True, least=10),
    Column("from", gives_way=True, least=8, paint=lambda text, row: dim(text)),
)


def _files() -> tuple[Settings, list[Problem]]:
    return settings.load_files(paths.config_file(), paths.settings_file())


def check(words: Words) -> int:
    """All problems, with file, line and fix; exit 1 when there are any."""
    _, problems = _files()
    if words.json:
        print(json.dumps([{"file": p.file, "line": p.line, "text": p.text, "remedy": p.remedy} for p in problems]))
    elif not problems:
        print("the settings are fine")
    else:
        for problem in problems:
            print(warn(for_terminal(str(problem))))
            print(f"  {for_terminal(problem.remedy)}")
    return 1 if problems else 0


def get(words: Words) -> None:
    known, _ = _files()
    names = [words.key] if words.key else [n for n in known.values if words.all or n in known.origins]
    if words.key and words.key not in known.values:
        raise NotFound(f"there is no setting {words.key}", "`stint config get --all` lists them")
    values = {name: plain_value(known.values[name]) for name in names}
    if words.json:
        print(json.dumps(values))
    elif words.key:
        print(_to_text(values[words.key]))
    elif not values:
        print(dim("every setting has its default; `stint config get --all` lists them"))
    else:
        rows = [[name, for_terminal(_to_text(value)), known.origins.get(name, "default")] for name, value in values.items()]
        print("\n".join(table(SHAPE, rows, columns())))


def _to_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _parse_value(text: str) -> Toml:
    """The value a person typed: as TOML if it is TOML, else as text."""
    try:
        value: Toml = tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        return text
    return value


def change(words: Words, value: Toml | None) -> None:
    """Set one key, through the daemon while it runs."""
    if not words.key:
        raise Invalid("which setting?", "`stint config set KEY VALUE`; `stint config get --all` lists the keys")
    try:
        table, _, key = words.key.partition(".")
        Control().patch("/api/settings", {table: {key: value}})
    except DaemonDown:
        settings.set_value(words.key, value)
    print(json.dumps({words.key: value}) if words.json else f"{words.key} is {_to_text(value) if value is not None else 'unset'}")


def edit(words: Words) -> int:
    """Open config.toml in your editor; check it afterwards."""
    path = paths.config_file()
    paths.ensure_folders(paths.home_layout())
    if not os.path.exists(path):
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(example_text())
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    done = subprocess.run([*shlex.split(editor), path], check=False)
    return check(words) if done.returncode == 0 else 1


def run(words: Words) -> int | None:
    action = words.action or "get"
    if action == "check":
        return check(words)
    if action == "get":
        get(words)
        return None
    if action == "set":
        if not words.value:
            raise Invalid("which value?", "`stint config set KEY VALUE`")
        change(words, _parse_value(" ".join(words.value)))
        return None
    if action == "unset":
        change(words, None)
        return None
    if action == "edit":
        return edit(words)
    if action == "example":
        sys.stdout.write(example_text())
        return None
    files = {"config": paths.config_file(), "settings": paths.settings_file()}
    print(json.dumps(files) if words.json else "\n".join(files.values()))
    return None


VERBS = {
    "config": Verb(
        "config",
        run,
        "show, change and check the settings",
        (Operand("ACTION", "?", choices=ACTIONS), Operand("KEY", "?", complete="settings"), Operand("VALUE", "*")),
        OPTIONS,
        DETAIL,
    )
}
