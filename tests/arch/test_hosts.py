"""An agent or an editor that can have hooks is known wherever there is a list of them: one that is forgotten would be installed
and not heard, or never offered.
"""

from pathlib import Path

import pytest

from stintd.cli import onboarding
from stintd.install import agentlist, editors
from stintd.sources import agents
from tests.hooks.spooled import MARKERS

HOOKS = Path(__file__).parents[2] / "hooks"
SHIMS = [HOOKS / "git" / "shim.sh", *sorted((HOOKS / "editors").iterdir()), *sorted((HOOKS / "shells").iterdir())]


def test_every_agent_whose_hooks_are_installed_is_heard():
    assert set(agents.HOSTS) == set(agentlist.HOSTS)


def test_every_agent_and_editor_is_offered_at_the_first_start():
    assert set(onboarding.PROGRAMS) == {*agentlist.HOSTS, *editors.HOSTS}


def test_the_page_of_hooks_names_every_agent_and_editor():
    text = (HOOKS / "README.md").read_text()
    assert [host.title for host in (*agentlist.HOSTS.values(), *editors.HOSTS.values()) if host.title not in text] == []


@pytest.mark.parametrize("shim", SHIMS, ids=lambda path: path.name)
def test_every_hook_knows_the_variables_that_agents_set_for_their_commands(shim):
    text = shim.read_text()
    assert [marker for marker in MARKERS if marker not in text] == []
