"""WakaTime's clients: their own settings name stintd as the server, or as one more beside the one that is there.

Older clients know one server (`api_url`, `api_key`); those of the 2.x line send copies to every server of `[api_urls]`.
So a file without a key gets ours, and one that is used with another server keeps it and gets a line in `[api_urls]`.
"""

import os
import re

from stintd.errors import Conflict
from stintd.frozen import frozen
from stintd.install.agentsettings import Home, plan_install, plan_uninstall, stands
from stintd.install.change import Plan

NAME, TITLE = "wakatime", "WakaTime"
BEGIN, END = "# stintd: begin; `stint hooks uninstall wakatime` takes this out", "# stintd: end"
MEND = "mend it, then run this again; nothing was changed"
BESIDE = "WakaTime's own server stays; copies come to stintd from wakatime-cli 2.0 and later"
HIDDEN = r"(?<=api_key = )\S+|(?<=\|)[0-9a-f-]{36}|(?<=api_key=)\S+"
"""Keys in lines of the file, which are not shown."""
_BLOCK = re.compile(rf"^{re.escape(BEGIN)}\r?\n.*?^{re.escape(END)}\r?\n?", re.MULTILINE | re.DOTALL)
_HEADER = re.compile(r"\s*\[\s*([^\]]+?)\s*\]")
_SETTING = re.compile(r"\s*([A-Za-z_]+)\s*[=:]\s*(\S?)")


@frozen
class ConfigText:
    """Our lines in the file; see `agentsettings.SettingsText`. `url` ends at `/api/v1`; without a key any of ours counts."""

    url: str
    key: str
    is_own: bool = False

    def insert(self, raw: bytes | None) -> bytes:
        text = _decoded(raw or b"")
        newline = "\r\n" if "\r\n" in text else "\n"
        section, lines = self._lines(text)
        place = _after_header(text, section)
        if place is not None:
            return (text[:place] + newline.join([BEGIN, *lines, END, ""]) + text[place:]).encode()
        gap = "" if not text or text.endswith("\n") else newline
        return (text + gap + newline.join([BEGIN, f"[{section}]", *lines, END, ""])).encode()

    def _lines(self, text: str) -> tuple[str, list[str]]:
        """The section, and what goes into it."""
        known = _settings(text)
        if known.get("api_key") or known.get("apikey") or "api_key_vault_cmd" in known:
            return "api_urls", [f".* = {self.url}|{self.key}"]
        if known.get("api_url"):
            raise Conflict("it names a server and no key", "give that server its key, or take api_url out")
        if "api_key" in known or "api_url" in known:
            raise Conflict("its api_key or api_url is empty", "take the empty line out")
        live = [] if "heartbeat_rate_limit_seconds" in known else ["heartbeat_rate_limit_seconds = 0"]
        return "settings", [f"api_url = {self.url}/users/current/heartbeats.bulk", f"api_key = {self.key}", *live]

    def strip(self, raw: bytes) -> bytes:
        return _BLOCK.sub("", _decoded(raw)).encode()

    def missing(self, raw: bytes) -> list[str]:
        block = _BLOCK.search(_decoded(raw))
        is_there = block is not None and self.url in block[0] and self.key in block[0]
        return [] if is_there else ["api_url"]

    def is_bare(self, raw: bytes) -> bool:
        return not raw.strip()


def place(home: Home) -> str:
    """The client's file."""
    return os.path.join(home.environ.get("WAKATIME_HOME") or home.user, ".wakatime.cfg")


def install(home: Home, url: str, key: str) -> Plan:
    """What installing would change; empty when it is there."""
    plan = plan_install(home, NAME, place(home), ConfigText(url, key), has_shim=False, secret=HIDDEN)
    is_beside = any(b"[api_urls]" in (getattr(step, "after", b"") or b"") for step in plan.steps)
    return plan + Plan(notes=(BESIDE,)) if is_beside else plan


def uninstall(home: Home) -> Plan:
    """What taking ours out would change."""
    return plan_uninstall(home, NAME, place(home), ConfigText("", ""), secret=HIDDEN)


def state(home: Home, url: str = "") -> tuple[str, str]:
    """The file, and in words how it stands; with `url`, whether it is of this daemon."""
    return place(home), stands(place(home), ConfigText(url, ""))


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise Conflict("it is not UTF-8", MEND) from error


def _settings(text: str) -> dict[str, str]:
    """What `[settings]` sets, by name, and the first letter of each value."""
    found: dict[str, str] = {}
    section = ""
    for line in text.splitlines():
        header = _HEADER.match(line)
        if header:
            section = header[1].lower()
        elif section == "settings" and (setting := _SETTING.match(line)):
            found[setting[1].lower()] = setting[2]
        elif not section and line.strip() and line.strip()[0] not in "#;":
            raise Conflict("it begins outside every section", MEND)
    return found


def _after_header(text: str, section: str) -> int | None:
    """Where the line after a section's header begins; None where there is no such section."""
    place = 0
    for line in text.splitlines(keepends=True):
        place += len(line)
        header = _HEADER.match(line)
        if header and header[1].lower() == section and line.endswith("\n"):
            return place
    return None
