"""What the installers of agents' hooks have in common: where our part lies, and how calls are written in a host's JSON."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from stintd.errors import Conflict
from stintd.frozen import frozen
from stintd.install.agentsettings import Home, SettingsText, plan_install, plan_uninstall, state_of
from stintd.install.agentshim import call, is_call, users_shell
from stintd.install.change import Plan
from stintd.install.jsontext import Node, insert_member, parse, remove_items, remove_member

Entry = Callable[[str, str], Any]
"""Makes the item by which a host runs a command at an event: (command, event) to JSON."""
FIX_HINT = "fix the file, then run this again; nothing was changed"


class Host(Protocol):
    """An agent whose settings can be changed."""

    name: str
    title: str

    def install(self, home: Home) -> Plan:
        """The changes that installing would make; empty when everything is in place."""

    def uninstall(self, home: Home) -> Plan:
        """The changes that removing our part would make."""

    def state(self, home: Home) -> tuple[str, str]:
        """The settings file, and the state of our calls in it, in words."""


@frozen
class JsonHost:
    """An agent that keeps hooks in a JSON file. `place` finds the file, `entry` makes the item of an event; `is_own`: the
    whole file is ours; `is_sourced`: the agent runs commands with sh or bash.
    """

    name: str
    title: str
    events: tuple[str, ...]
    place: Callable[[Home], str]
    entry: Entry
    first: str = "{}\n"
    comments: bool = False
    is_own: bool = False
    is_sourced: bool = True

    def install(self, home: Home) -> Plan:
        return plan_install(home, self.name, self.place(home), self.text(home))

    def uninstall(self, home: Home) -> Plan:
        return plan_uninstall(home, self.name, self.place(home), self.text(home))

    def state(self, home: Home) -> tuple[str, str]:
        return self.place(home), state_of(home, self.place(home), self.text(home))

    def text(self, home: Home) -> SettingsText:
        """The editor that inserts this home's calls into the file and removes them."""
        shell = "sh" if self.is_sourced else users_shell(home.environ)
        calls = {event: call(home.shim, self.name, event, shell=shell) for event in self.events}
        wanted = {event: self.entry(command, event) for event, command in calls.items()}
        return JsonText(wanted, self.first, self.comments, self.is_own)


@frozen
class JsonText:
    """Our calls as items of one list per event, under `hooks`. `first`: the text of a new file."""

    wanted: Mapping[str, Any]
    first: str
    comments: bool
    is_own: bool

    def insert(self, raw: bytes | None) -> bytes:
        text = _decode(raw) if raw is not None else self.first
        if self._read(text).get("hooks") is None:
            return insert_member(text, self._read(text), "hooks", {event: [item] for event, item in self.wanted.items()}).encode()
        for event, item in self.wanted.items():
            hooks = _node_at(self._read(text), ("hooks",))
            listed = hooks.get(event)
            text = insert_member(text, hooks, event, [item]) if listed is None else insert_member(text, listed, None, item)
        return text.encode()

    def strip(self, raw: bytes) -> bytes:
        text = before = _decode(raw)
        hooks = self._read(text).get("hooks")
        for event in hooks.value if hooks is not None else ():
            shorter = remove_items(text, self._read, ("hooks", event), is_ours)
            if shorter != text:
                text = self._remove_if_empty(shorter, ("hooks", event))
        return (self._remove_if_empty(text, ("hooks",)) if text != before else text).encode()

    def missing(self, raw: bytes) -> list[str]:
        hooks = self._read(_decode(raw)).get("hooks")
        held = hooks.value if hooks is not None else {}
        return [event for event, item in self.wanted.items() if item not in held.get(event, [])]

    def is_bare(self, raw: bytes) -> bool:
        value = self._read(_decode(raw)).value
        return {**value, "hooks": value.get("hooks", {})} == {**parse(self.first).value, "hooks": {}}

    def _read(self, text: str) -> Node:
        """The root node, after checking that `hooks` in it has the expected structure."""
        root = parse(text, comments=self.comments)
        if not isinstance(root.value, dict):
            raise Conflict("its top level is not an object", FIX_HINT)
        hooks = root.value.get("hooks", {})
        if not isinstance(hooks, dict):
            raise Conflict("`hooks` in it is not an object", FIX_HINT)
        for event in self.wanted:
            if not isinstance(hooks.get(event, []), list):
                raise Conflict(f"`hooks.{event}` in it is not a list", FIX_HINT)
        return root

    def _remove_if_empty(self, text: str, path: tuple[str, ...]) -> str:
        """The text without the member at `path` when nothing is left in that member."""
        holder = _node_at(self._read(text), path[:-1])
        node = holder.get(path[-1])
        if node is None or node.members or text[node.start + 1 : node.end - 1].strip():
            return text
        return remove_member(text, holder, [name for name, _, _ in holder.members].index(path[-1]))


def is_ours(item: Any) -> bool:
    """Whether an item of a list of hooks calls only our shim. An item that a person added something to is theirs."""
    if not isinstance(item, dict):
        return False
    inner = item.get("hooks")
    if isinstance(inner, list):
        return bool(inner) and all(is_ours(nested) for nested in inner)
    return any(is_call(item.get(key)) for key in ("command", "bash"))


def _node_at(node: Node, path: tuple[str, ...]) -> Node:
    for name in path:
        child = node.get(name)
        if child is None:
            raise Conflict(f"`{name}` is no longer in it", FIX_HINT)
        node = child
    return node


def _decode(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise Conflict("it is not UTF-8", FIX_HINT) from error
