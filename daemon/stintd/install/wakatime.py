"""WakaTime's clients: their own settings name stintd as the server, or as an additional one.

Older clients know one server (`api_url`, `api_key`); version 2 clients send copies to every server in `[api_urls]`.
So a file without a key gets ours, and a file that is used with another server keeps it and gets a line in `[api_urls]`.
"""

import os
import re

from stintd.errors import Conflict
from stintd.frozen import frozen
from stintd.install.agentsettings import Home, plan_install, plan_uninstall, settings_state
from stintd.install.change import Plan

NAME, TITLE = "wakatime", "WakaTime"
BEGIN, END = "# stintd: begin; `stint hooks uninstall wakatime` takes this out", "# stintd: end"
FIX_HINT = "fix the file, then run this again; nothing was changed"
BESIDE = "WakaTime's own server stays; wakatime-cli 2.0 and later send copies to stintd"
HIDDEN = r"(?<=api_key = )\S+|(?<=\|)[0-9a-f-]{36}|(?<=api_key=)\S+"
"""API keys in the file, which are not shown."""
_BLOCK = re.compile(rf"^{re.escape(BEGIN)}\r?\n.*?^{re.escape(END)}\r?\n?", re.MULTILINE | re.DOTALL)
_HEADER = re.compile(r"\s*\[\s*([^\]]+?)\s*\]")
_SETTING = re.compile(r"\s*([A-Za-z_]+)\s*[=:]\s*(\S?)")


@frozen
class ConfigText:
    """Our lines in the file (a `SettingsText`). `url` ends with `/api/v1`; without a key, any of our blocks counts."""

    url: str
    key: str
    is_own: bool = False

    def insert(self, raw: bytes | None) -> bytes:
        text = _decode(raw or b"")
        newline = "\r\n" if "\r\n" in text else "\n"
        section, lines = self._lines(text)
        place = _end_of_header(text, section)
        if place is not None:
            return (text[:place] + newline.join([BEGIN, *lines, END, ""]) + text[place:]).encode()
        gap = "" if not text or text.endswith("\n") else newline
        return (text + gap + newline.join([BEGIN, f"[{section}]", *lines, END, ""])).encode()

    def _lines(self, text: str) -> tuple[str, list[str]]:
        """The section, and the lines to add to it."""
        known = _settings(text)
        if known.get("api_key") or known.get("apikey") or "api_key_vault_cmd" in known:
            return "api_urls", [f".* = {self.url}|{self.key}"]
        if known.get("api_url"):
            raise Conflict("it names a server but no key", "add the key of that server, or remove api_url")
        if "api_key" in known or "api_url" in known:
            raise Conflict("its api_key or api_url is empty", "remove the empty line")
        live = [] if "heartbeat_rate_limit_seconds" in known else ["heartbeat_rate_limit_seconds = 0"]
        return "settings", [f"api_url = {self.url}/users/current/heartbeats.bulk", f"api_key = {self.key}", *live]

    def strip(self, raw: bytes) -> bytes:
        return _BLOCK.sub("", _decode(raw)).encode()

    def missing(self, raw: bytes) -> list[str]:
        block = _BLOCK.search(_decode(raw))
        is_there = block is not None and self.url in block[0] and self.key in block[0]
        return [] if is_there else ["api_url"]

    def is_bare(self, raw: bytes) -> bool:
        return not raw.strip()


def place(home: Home) -> str:
    """The settings file of the client."""
    return os.path.join(home.environ.get("WAKATIME_HOME") or home.user, ".wakatime.cfg")


def install(home: Home, url: str, key: str) -> Plan:
    """The changes that installing would make; empty when it is in place."""
    plan = plan_install(home, NAME, place(home), ConfigText(url, key), has_shim=False, secret=HIDDEN)
    is_beside = any(b"[api_urls]" in (getattr(step, "after", b"") or b"") for step in plan.steps)
    return plan + Plan(notes=(BESIDE,)) if is_beside else plan


def uninstall(home: Home) -> Plan:
    """The changes that removing our part would make."""
    return plan_uninstall(home, NAME, place(home), ConfigText("", ""), secret=HIDDEN)


def state(home: Home, url: str = "") -> tuple[str, str]:
    """The file and its state in words; with `url`, whether it names this daemon."""
    return place(home), settings_state(place(home), ConfigText(url, ""))


def _decode(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise Conflict("it is not UTF-8", FIX_HINT) from error


def _settings(text: str) -> dict[str, str]:
    """The names that `[settings]` sets, with the first letter of each value."""
    settings: dict[str, str] = {}
    section = ""
    for line in text.splitlines():
        header = _HEADER.match(line)
        if header:
            section = header[1].lower()
        elif section == "settings" and (setting := _SETTING.match(line)):
            settings[setting[1].lower()] = setting[2]
        elif not section and line.strip() and line.strip()[0] not in "#;":
            raise Conflict("it has a line before the first section", FIX_HINT)
    return settings


def _end_of_header(text: str, section: str) -> int | None:
    """Where the line after a section's header begins; None if there is no such section."""
    place = 0
    for line in text.splitlines(keepends=True):
        place += len(line)
        header = _HEADER.match(line)
        if header and header[1].lower() == section and line.endswith("\n"):
            return place
    return None
