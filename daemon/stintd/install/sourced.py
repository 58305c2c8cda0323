"""Editors and shells that read a file of ours when they start: the file lies in our own folder, and one guarded line in
their settings reads it. Where they read every file of a folder, that line is a file of its own and no file of the user
changes. The line is silent when the file it reads is gone.
"""

import os
from collections.abc import Callable

from stintd.errors import Conflict, Invalid
from stintd.frozen import frozen
from stintd.install.agentsettings import Home, plan_install, plan_uninstall, recall, settings_state
from stintd.install.change import Plan, Remove, Write, read_text
from stintd.resources import bundled_path

Quote = Callable[[str], str]
"""Writes text as a literal of the program's language."""


@frozen
class GuardedLine:
    """Our line in a settings file. It begins with `head` and ends with `tail`, whichever home it names."""

    line: bytes
    head: bytes
    tail: bytes
    is_own: bool

    def insert(self, raw: bytes | None) -> bytes:
        """Add the line at the end, after everything that the user sets."""
        text = self.strip(raw or b"")
        if text.rstrip(b"\n").endswith(b"\\"):
            raise Conflict(
                "its last line ends with a backslash", "remove that backslash, then run this again; nothing was changed"
            )
        return text + self.line + b"\n" if not text or text.endswith(b"\n") else text + b"\n" + self.line

    def strip(self, raw: bytes) -> bytes:
        return b"\n".join(line for line in raw.split(b"\n") if not self._is_ours(line))

    def missing(self, raw: bytes) -> list[str]:
        ours = [line for line in raw.split(b"\n") if self._is_ours(line)]
        return [] if ours == [self.line] else ["the line that reads it"]

    def is_bare(self, raw: bytes) -> bool:
        return not raw.strip()

    def _is_ours(self, line: bytes) -> bool:
        return line.startswith(self.head) and line.endswith(self.tail)


@frozen
class SourcedHost:
    """A program that reads our file. `file`: its template below `hooks/`; `line`: the guarded line, with `{}` for its path;
    `is_own`: the file that holds the line is ours alone."""

    name: str
    title: str
    file: str
    line: str
    quote: Quote
    place: Callable[[Home], str]
    is_own: bool = False

    def install(self, home: Home) -> Plan:
        plan = plan_install(home, self.name, self._path(home), self._settings(home), has_shim=False)
        if plan.problems or self._has_file(home):
            return plan
        return Plan((Write(self._our_path(home), self.text(home), 0o644),)) + plan

    def uninstall(self, home: Home) -> Plan:
        plan = plan_uninstall(home, self.name, self._path(home), self._settings(home))
        if plan.problems or not os.path.lexists(self._our_path(home)):
            return plan
        return plan + Plan((Remove(self._our_path(home)),))

    def state(self, home: Home) -> tuple[str, str]:
        words = settings_state(self._path(home), self._settings(home))
        if words == "installed" and not self._has_file(home):
            words = "installed, but what it reads is missing or from another version: install it again"
        return self._path(home), words

    def _path(self, home: Home) -> str:
        """The file that holds our line, else the one that would: which file a program reads depends on which exist."""
        record = recall(home).get(self.name)
        return record.path if record is not None else self.place(home)

    def _our_path(self, home: Home) -> str:
        return os.path.join(home.hooks, os.path.basename(self.file))

    def _settings(self, home: Home) -> GuardedLine:
        head, *_, tail = self.line.split("{}")
        line = os.fsencode(self.line.replace("{}", self.quote(self._our_path(home))))
        return GuardedLine(line, head.encode(), tail.encode(), self.is_own)

    def text(self, home: Home) -> bytes:
        """The whole file, writing into this home's spool."""
        if "\n" in home.spool or "\0" in home.spool:
            raise Invalid("the state folder has a line break in its name", "set STINTD_HOME to a folder without one")
        body = bundled_path(f"hooks/{self.file}").read_text()
        return os.fsencode(body.replace("@SPOOL@", self.quote(home.spool)))

    def _has_file(self, home: Home) -> bool:
        try:
            return read_text(self._our_path(home)) == self.text(home)
        except Conflict:
            return False
