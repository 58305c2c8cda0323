"""Commands that other services print for their users, as they stand in `tests/data/seeds/`, run by a real shell and curl.

Nothing but the host, the key and the placeholders of ids is replaced. One thing besides: an address with an `&` stands
unquoted there, which no shell takes for one word; it is put in quotes.
"""

import json
import os
import re
import shutil
from pathlib import Path

import pytest

SEEDS = Path(__file__).parents[1] / "data" / "seeds"
HOST, KEY = "https://clockme.co", "ck_live_YOUR_KEY"

needs_curl = pytest.mark.skipif(
    shutil.which("curl") is None or shutil.which("bash") is None,
    reason="needs bash and curl: apt-get install bash curl",
)


def commands(name: str) -> list[str]:
    """The commands of a file, in order; an empty line stands between them."""
    return [part.strip() for part in (SEEDS / name).read_text().split("\n\n")]


def hook_commands(name: str) -> dict[str, str]:
    """The one command of each hook event of a settings file for hooks."""
    hooks = json.loads((SEEDS / name).read_text())["hooks"]
    return {event: matchers[0]["hooks"][0]["command"] for event, matchers in hooks.items()}


def fill_placeholders(command: str, url: str, key: str, **ids: str) -> str:
    """The command with our host, key and ids."""
    for placeholder, value in {HOST: url, KEY: key, **ids}.items():
        command = command.replace(placeholder, value)
    return re.sub(r"(?<=\s)(http\S*&\S*)", r"'\1'", command)


def environment(home: Path, project: str = "") -> dict[str, str]:
    """What the agent's shell has: the folder it works in, and no settings of curl's of whoever runs the tests."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "CLAUDE_PROJECT_DIR": project}
