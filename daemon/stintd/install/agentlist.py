"""The agents whose hooks can be installed, by the name the user types."""

from stintd.install import claude_code, codex, copilot, cursor, gemini, opencode, windsurf
from stintd.install.agenthost import Host

HOSTS: dict[str, Host] = {
    module.HOST.name: module.HOST for module in (claude_code, codex, gemini, copilot, cursor, windsurf, opencode)
}
