"""opencode: our plugin in its folder of plugins; it writes to the spool itself and starts no process."""

import os
from dataclasses import replace

from stintd.errors import Conflict
from stintd.frozen import frozen
from stintd.install.agentsettings import Home, plan_install, plan_uninstall, settings_state
from stintd.install.agentshim import plugin_text
from stintd.install.change import Plan, Write
from stintd.install.shim import recognise

FILE = "stintd.js"


def _place(home: Home) -> str:
    top = home.environ.get("OPENCODE_CONFIG_DIR")
    if not top:
        top = os.path.join(home.environ.get("XDG_CONFIG_HOME") or os.path.join(home.user, ".config"), "opencode")
    return os.path.join(top, "plugins", FILE)


@frozen
class PluginText:
    """A whole file of our own, recognised by the digest in its first line."""

    wanted: bytes
    is_own: bool = True

    def insert(self, raw: bytes | None) -> bytes:
        return self.wanted

    def strip(self, raw: bytes) -> bytes:
        known = recognise(raw)
        if known is None or not known.is_intact:
            raise Conflict("it is not from stintd, or was changed by hand", "move it away or delete it; nothing was changed")
        return b""

    def missing(self, raw: bytes) -> list[str]:
        return [] if raw == self.wanted else [FILE]

    def is_bare(self, raw: bytes) -> bool:
        return not raw


@frozen
class OpencodeHost:
    """Installs the plugin. `name` and `title` as in every host."""

    name: str = "opencode"
    title: str = "opencode"

    def install(self, home: Home) -> Plan:
        plan = plan_install(home, self.name, _place(home), self._text(home))
        return replace(plan, steps=tuple(step for step in plan.steps if not isinstance(step, Write)))  # it calls no shim

    def uninstall(self, home: Home) -> Plan:
        return plan_uninstall(home, self.name, _place(home), self._text(home))

    def state(self, home: Home) -> tuple[str, str]:
        return _place(home), settings_state(_place(home), self._text(home))

    def _text(self, home: Home) -> PluginText:
        return PluginText(plugin_text(home.spool))


HOST = OpencodeHost()
