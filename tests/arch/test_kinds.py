"""A kind of heartbeat is a row of `domain/kinds.py`; whatever has a table of kinds of its own knows every one of them."""

import re
from pathlib import Path

from stintd.domain.kinds import AGENT_KINDS, GIT_KINDS, KINDS, REWRITING
from stintd.engine.queries.day import GIT_ACTS
from stintd.protocol.kinds import COUNTED
from stintd.protocol.schemas import COMPONENTS
from stintd.sources import agents
from stintd.sources.gitacts import KIND_OF_COMMAND

PACKAGE = Path(__file__).parents[2] / "daemon" / "stintd"


def test_the_dashboard_counts_every_kind_in_words():
    text = (PACKAGE / "api" / "dashboard" / "static" / "parts" / "story.js").read_text()
    table = re.search(r"const ACTS = \{(.*?)\};", text, re.DOTALL)
    assert table, "story.js has its words of kinds elsewhere now"
    assert set(re.findall(r"(\w+): \[", table[1])) == set(KINDS)


def test_the_marks_of_a_day_are_the_same_in_its_schema_and_on_the_dashboard():
    assert set(COMPONENTS["Day"]["properties"]["marks"]["items"]["properties"]["kind"]["enum"]) == GIT_ACTS
    text = (PACKAGE / "api" / "dashboard" / "static" / "parts" / "strip.js").read_text()
    table = re.search(r"const ACTS = \{(.*?)\};", text, re.DOTALL)
    assert table, "strip.js has its words of marks elsewhere now"
    assert set(re.findall(r"(\w+):", table[1])) == GIT_ACTS


def test_the_command_line_counts_every_kind_in_words():
    assert set(COUNTED) == set(KINDS)


def test_hooks_and_agents_tell_kinds_only():
    from_hooks = re.findall(r'"post-\w+": "(\w+)"|"pre-push": "(\w+)"', (PACKAGE / "sources" / "hookline.py").read_text())
    kinds = {kind for pair in from_hooks for kind in pair if kind} | set(agents.EVENTS.values())
    assert kinds <= set(KINDS)


def test_what_git_and_the_agents_do_are_kinds():
    assert set(KIND_OF_COMMAND.values()) - {"reset"} <= GIT_KINDS
    assert GIT_ACTS <= GIT_KINDS
    assert REWRITING - {"reset"} <= GIT_KINDS
    assert not AGENT_KINDS & GIT_KINDS
