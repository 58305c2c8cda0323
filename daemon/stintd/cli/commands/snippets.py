"""`stint prompt --for NAME`: the settings that show the current timer in a prompt or a status bar, made for this home.

They read `run/status` and respect its expiry time; no program of ours is started.
"""

import json
import shlex

from stintd import paths
from stintd.cli.commands.prompt import VERBS as PLAIN
from stintd.cli.options import Verb, Words
from stintd.errors import Invalid
from stintd.resources import bundled_path

FILES = {
    "bash": "bash.sh", "fish": "fish.fish", "i3": "sway.conf", "i3blocks": "i3blocks.conf", "sh": "sh.sh",
    "starship": "starship.toml", "sway": "sway.conf", "tmux": "tmux.conf", "waybar": "waybar.jsonc", "zsh": "zsh.zsh",
}  # fmt: skip


def snippet(name: str) -> str:
    """The settings for this program, with the paths of this home in them."""
    status, script = paths.status_file(), str(bundled_path("config/prompt/stint-line.sh"))
    if "\n" in status + script or "'" in status + script:
        raise Invalid("a folder has a quote or a line break in its name", "set STINTD_HOME to a folder without one")
    line = f"sh {shlex.quote(script)} {shlex.quote(status)}"
    literals = {
        "starship": lambda: f"'''{line}'''",
        "waybar": lambda: json.dumps(line, ensure_ascii=False),
        "tmux": lambda: _for_tmux(script, status),
    }
    literal = literals.get(name, lambda: line)()
    text = bundled_path(f"config/prompt/{FILES[name]}").read_text(encoding="utf-8")
    return text.replace("@LINE@", literal).replace("@STATUS@", _for_fish(status) if name == "fish" else shlex.quote(status))


def _for_tmux(script: str, status: str) -> str:
    """In double quotes, where tmux interprets backslash, quote and dollar; and `#`, which it interprets everywhere."""
    line = f"sh {shlex.quote(script)} {shlex.quote(status)} tmux".replace("#", "##")
    for special in ("\\", '"', "$"):
        line = line.replace(special, "\\" + special)
    return f'"#({line})"'


def _for_fish(path: str) -> str:
    return "'" + path.replace("\\", "\\\\") + "'"


def run(words: Words) -> None:
    print(snippet(getattr(words, "for")), end="")


VERBS = {
    "prompt": Verb("prompt", run, PLAIN["prompt"].summary, (), PLAIN["prompt"].options, PLAIN["prompt"].detail, has_json=False)
}
