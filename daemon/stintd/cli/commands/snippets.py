"""`stint prompt --for NAME`: the lines that put the current timer into a prompt or a status bar, made for this home.

What they run reads `run/status` and honours its validity; nothing of ours is started.
"""

import json
import shlex

from stintd import paths
from stintd.cli.commands.prompt import VERBS as PLAIN
from stintd.cli.options import Verb
from stintd.errors import Invalid
from stintd.resources import bundled

FILES = {
    "bash": "bash.sh", "fish": "fish.fish", "i3": "sway.conf", "i3blocks": "i3blocks.conf", "sh": "sh.sh",
    "starship": "starship.toml", "sway": "sway.conf", "tmux": "tmux.conf", "waybar": "waybar.jsonc", "zsh": "zsh.zsh",
}  # fmt: skip


def snippet(name):
    """The text for this program, with the places of this home in it."""
    status, script = paths.status_file(), str(bundled("config/prompt/stint-line.sh"))
    if "\n" in status + script or "'" in status + script:
        raise Invalid("a folder has a quote or a line break in its name", "set STINTD_HOME to a folder without one")
    line = f"sh {shlex.quote(script)} {shlex.quote(status)}"
    written = {
        "starship": lambda: f"'''{line}'''",
        "waybar": lambda: json.dumps(line, ensure_ascii=False),
        "tmux": lambda: _for_tmux(script, status),
    }.get(name, lambda: line)()  # fmt: skip
    text = bundled(f"config/prompt/{FILES[name]}").read_text(encoding="utf-8")
    return text.replace("@LINE@", written).replace("@STATUS@", _for_fish(status) if name == "fish" else shlex.quote(status))


def _for_tmux(script, status):
    """In double quotes, where tmux takes a backslash, a quote and a dollar for its own; and `#` everywhere."""
    line = f"sh {shlex.quote(script)} {shlex.quote(status)} tmux".replace("#", "##")
    for odd in ("\\", '"', "$"):
        line = line.replace(odd, "\\" + odd)
    return f'"#({line})"'


def _for_fish(path):
    return "'" + path.replace("\\", "\\\\") + "'"


def run(words):
    print(snippet(getattr(words, "for")), end="")


VERBS = {
    "prompt": Verb("prompt", run, PLAIN["prompt"].summary, (), PLAIN["prompt"].options, PLAIN["prompt"].detail, has_json=False)
}
