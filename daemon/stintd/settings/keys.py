"""Every setting: its type, limits, default and meaning. The example file and the JSON Schema are generated from this table
(tests compare them), so no key can be undocumented."""

import os
import re
from collections.abc import Callable
from datetime import timedelta
from typing import TypeAlias, TypeVar

from stintd.domain.policy import Policy
from stintd.frozen import frozen
from stintd.jsonvalue import Json
from stintd.settings.document import Toml

T = TypeVar("T")
RuleTable: TypeAlias = dict[str, str | bool]
"""A `[[calendar.map]]`, checked."""
Value: TypeAlias = bool | int | str | timedelta | tuple[str, ...] | tuple[RuleTable, ...] | None
"""A setting in force: what its reader made of the TOML; None where it is not set and has no default."""
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(d|h|m|s)", re.IGNORECASE)
_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_DEFAULTS = Policy()


class Wrong(ValueError):
    """An invalid value: `text` completes the sentence "KEY …", `remedy` says what to write instead."""

    def __init__(self, text: str, remedy: str) -> None:
        super().__init__(text)
        self.text, self.remedy = text, remedy


@frozen
class Key:
    """One setting. `policy` is the field of `Policy` that it sets, "" if it sets none."""

    name: str
    read: Callable[[Toml], Value]
    default: Value
    meaning: str
    schema: dict[str, Json]
    policy: str = ""

    @property
    def variable(self) -> str:
        """The environment variable that sets this key."""
        return "STINTD_" + self.name.upper().replace(".", "_")


def parse_length(value: Toml) -> timedelta:
    """A length such as `15m`, `1h30m`, `90s`, `14d`; a bare number has no unit and is refused."""
    if not isinstance(value, str):
        raise Wrong("needs a unit", 'write a length like "15m", "1h30m" or "90s", in quotes')
    text = value.strip()
    if not text or _PART.sub("", text).strip():
        raise Wrong(f"is not a length: {value!r}", 'write a length like "15m", "1h30m" or "90s"')
    seconds = sum(float(number) * _UNITS[unit.lower()] for number, unit in _PART.findall(text))
    if seconds > 366 * 86400:
        raise Wrong(f"is longer than a year: {value!r}", "write a shorter length")
    return timedelta(seconds=seconds)


def length_text(length: timedelta) -> str:
    """A length in its shortest notation: `1h30m`."""
    left, parts = int(length.total_seconds()), []
    for unit, size in _UNITS.items():
        if left >= size:
            parts.append(f"{left // size}{unit}")
            left %= size
    return "".join(parts) or "0s"


def _length(name: str, meaning: str, least: str, most: str, default: timedelta | None = None) -> Key:
    low, high = parse_length(least), parse_length(most)

    def read(value: Toml) -> timedelta:
        length = parse_length(value)
        if not low <= length <= high:
            raise Wrong(f"is out of range: {value!r}", f"write a length from {least} to {most}")
        return length

    field = name.split(".")[1]
    return Key(
        name,
        read,
        getattr(_DEFAULTS, field) if default is None else default,
        f"{meaning} From {least} to {most}.",
        {"type": "string", "pattern": r"^\s*(\d+(\.\d+)?\s*[dhmsDHMS]\s*)+$"},
        field if default is None else "",
    )


def _whole(name: str, meaning: str, least: int, most: int, default: int | None = None) -> Key:
    def read(value: Toml) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise Wrong(f"is not a whole number: {value!r}", f"write a number from {least} to {most}, without quotes")
        if not least <= value <= most:
            raise Wrong(f"is out of range: {value}", f"write a number from {least} to {most}")
        return value

    field = name.split(".")[1]
    return Key(
        name,
        read,
        getattr(_DEFAULTS, field) if default is None else default,
        meaning,
        {"type": "integer", "minimum": least, "maximum": most},
        field if default is None else "",
    )


def _read_flag(value: Toml) -> bool:
    if not isinstance(value, bool):
        raise Wrong(f"is not true or false: {value!r}", "write true or false, without quotes")
    return value


def _read_text(value: Toml) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise Wrong(f"is not text: {value!r}", "write a text in quotes")
    return value.strip()


def _read_address(value: Toml) -> str:
    text = _read_text(value).rstrip("/")
    if not re.fullmatch(r"https?://[^\s@/?#]+(/[^\s?#]*)?", text):
        raise Wrong(f"is not an address: {text!r}", "write one like http://127.0.0.1:5601, without user or query")
    return text


def _read_texts(value: Toml) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Wrong(f"is not a list: {value!r}", 'write a list like ["one", "two"]')
    return tuple(_read_text(part) for part in value)


def _read_folders(value: Toml) -> tuple[str, ...]:
    folders = tuple(os.path.expanduser(text) for text in _read_texts(value))
    for folder in folders:
        if not os.path.isabs(folder):
            raise Wrong(f"is not an absolute path: {folder!r}", "write an absolute folder, or one that begins with ~/")
    return tuple(dict.fromkeys(os.path.normpath(folder) for folder in folders))


def _read_calendars(value: Toml) -> tuple[str, ...]:
    addresses = _limit(_read_texts(value), 10)
    for text in addresses:
        if not re.fullmatch(r"https://[^\s@/?#]+(/[^\s#]*)?", text):
            raise Wrong("has an address that is not https", "write one like https://calendar.example/mine.ics, webcal as https")
    return tuple(dict.fromkeys(addresses))


def _read_files(value: Toml) -> tuple[str, ...]:
    return _limit(_read_folders(value), 10)


def _limit(values: tuple[T, ...], most: int) -> tuple[T, ...]:
    if len(values) > most:
        raise Wrong(f"names more than {most}", "leave some out")
    return values


def _read_meeting_rules(value: Toml) -> tuple[RuleTable, ...]:
    """The `[[calendar.map]]` tables: each has a condition, and a project or `ignore`."""
    tables = [table for table in value if isinstance(table, dict)] if isinstance(value, list) else []
    if not isinstance(value, list) or len(tables) != len(value):
        raise Wrong("is not a list of tables", "write [[calendar.map]], with two brackets")
    return _limit(tuple(_meeting_rule(table) for table in tables), 200)


def _meeting_rule(table: dict[str, Toml]) -> RuleTable:
    for name in table:
        if name not in MEETING_RULE_KEYS:
            raise Wrong(f"has an unknown key {name!r}", "a rule has " + ", ".join(MEETING_RULE_KEYS))
    rule = {name: MEETING_RULE_KEYS[name](value) for name, value in table.items()}
    if not {"title", "attendee"} & set(rule):
        raise Wrong("has a rule that matches nothing", "give it a title or an attendee")
    if bool(rule.get("ignore")) == ("project" in rule):
        raise Wrong("has a rule without effect", "give it a project, or ignore = true")
    return rule


def _read_retention(value: Toml) -> timedelta:
    length = parse_length(value)
    if length and length < timedelta(days=90):
        raise Wrong(f"is too short: {value!r}", "write a length from 90d to 366d, or 0s to keep heartbeats for ever")
    return length


def _read_pattern(value: Toml) -> str:
    text = _read_text(value)
    try:
        re.compile(text)
    except re.error as error:
        raise Wrong(f"is not a regular expression: {error}", 'write one like "[A-Z][A-Z0-9]+-[0-9]+"') from error
    return text


def choice(*names: str) -> Callable[[Toml], str]:
    """A reader that accepts only these words."""

    def read(value: Toml) -> str:
        if value not in names:
            raise Wrong(f"cannot be {value!r}", "write one of " + ", ".join(f'"{name}"' for name in names))
        return str(value)

    return read


MEETING_RULE_KEYS: dict[str, Callable[[Toml], str | bool]] = {
    "title": _read_text, "attendee": _read_text, "project": _read_text, "task": _read_text, "ignore": _read_flag,
}  # fmt: skip
"""The keys of a `[[calendar.map]]`, with their readers."""

_TEXT: dict[str, Json] = {"type": "string", "minLength": 1}
_TEXTS: dict[str, Json] = {"type": "array", "items": _TEXT}
_RULES: dict[str, Json] = {
    "type": "array",
    "items": {
        "type": "object", "additionalProperties": False, "anyOf": [{"required": ["title"]}, {"required": ["attendee"]}],
        "oneOf": [{"required": ["project"]}, {"required": ["ignore"]}],
        "properties": {**{name: _TEXT for name in ("title", "attendee", "project", "task")}, "ignore": {"type": "boolean"}},
    },
    "examples": [[{"title": "Planning*", "project": "acme"}, {"attendee": "*@globex.example", "project": "globex"}]],
}  # fmt: skip
_MODES = ("switch", "parallel", "strict")

KEYS = (
    Key("watch.folders", _read_folders, (), "Every repository below these folders is watched. Folders added by `stint up "
        "FOLDER` are in settings.toml and are watched too.", _TEXTS),
    Key("watch.exclude", _read_texts, (), "Globs of folders that are never read, stored or reported.", _TEXTS),
    _length("watch.cold_after", "After this long without activity, a repository keeps only the watches of its git folder "
            "until something happens there.", "1h", "366d", timedelta(days=14)),
    _whole("watch.burst_files", "If more files than this change within two seconds, and no known editor changed them, a "
           "program did it and it is not work.", 2, 100000),
    _length("time.idle_timeout", "The longest silence that counts as work. After you finish something, and by your habits, "
            "it is between a third and four thirds of this.", "1m", "4h"),
    _length("time.session_idle_timeout", "A session of an agent or editor that is silent for this long is over.",
            "1m", "24h"),
    _length("time.switch_cap", "At most this much of the silence between two projects counts for the earlier one.",
            "0s", "1h"),
    _length("time.lead", "Time added before the first heartbeat of a stretch of work.", "0s", "2m"),
    _length("time.tail", "Time added after the last heartbeat of a stretch of work.", "0s", "2m"),
    _length("time.min_visit", "A visit to another project shorter than this counts for the work around it.", "0s", "10m"),
    _length("time.max_future", "A heartbeat further in the future than this is refused.", "0s", "1h"),
    _length("time.absence_bridge", "An absence shorter than this is not cut out.", "0s", "15m"),
    _length("time.lock_grace", "A screen lock longer than this is an absence, from its start.", "0s", "1h"),
    _length("time.estimate_max", "The longest time that `stint backfill` counts for one commit.", "0s", "4h"),
    _length("agents.supervise_return", "An agent's turn is supervised if you act on it again within this time after its end.",
            "0s", "1h"),
    _length("agents.supervised_max", "The longest silence of yours that still counts as supervision.", "0s", "2h"),
    Key("timer.concurrency", choice(*_MODES), _DEFAULTS.concurrency, 'What starting a timer does while another one runs: '
        '"switch" stops that one, "parallel" lets both run, "strict" refuses.', {"enum": list(_MODES)}, "concurrency"),
    _length("timer.manual_max", "A manual timer is paused after this long without evidence or an action of yours.",
            "15m", "24h"),
    Key("timer.notify", _read_flag, True, "Whether the desktop asks (with notify-send) what you did while a timer was "
        "auto-paused.", {"type": "boolean"}),
    Key("project.auto_create", _read_flag, _DEFAULTS.auto_create, "Whether a new repository creates a project named after "
        "its folder.", {"type": "boolean"}, "auto_create"),
    Key("project.fallback_project", _read_text, None, "The project for time without one, instead of a new project.",
        _TEXT, "fallback_project"),
    _whole("project.fuzzy_threshold", "How similar (0 to 100) two names must be to be suggested as the same project.",
           50, 100),
    Key("project.task_pattern", _read_pattern, _DEFAULTS.task_pattern, "The regular expression that finds a ticket in a "
        "branch name or commit subject.", _TEXT, "task_pattern"),
    Key("owner.emails", _read_texts, (), "Your addresses as an author of commits; by default those that committed on this "
        "machine.", _TEXTS, "owner_emails"),
    _whole("http.port", "The loopback port for programs that cannot use the control socket; 0 picks a free one.",
           0, 65535, 7846),
    _whole("http.rate_limit", "How many requests a minute one key may make.", 1, 1000000, 1000),
    Key("http.extension_origins", _read_texts, (), "Browser extensions that may send requests, as chrome-extension://ID.",
        _TEXTS),
    _length("webhooks.retry_initial", "The pause after a failed delivery to a webhook; it doubles with every further "
            "failure.",
            "0.1s", "10m", timedelta(seconds=5)),
    _length("webhooks.retry_max", "The longest of these pauses.", "1s", "6h", timedelta(hours=1)),
    _whole("log.megabytes", "The size at which a new log file is started.", 1, 1000, 2),
    _whole("log.keep", "How many older log files are kept.", 1, 100, 3),
    _length("backup.every", "The daily backup is made when the newest one is this old; 0s turns it off.", "0s", "90d",
            timedelta(days=1)),
    _whole("backup.keep", "How many backups of each kind are kept: daily ones, and those that you make.", 1, 1000, 7),
    Key("retention.evidence", _read_retention, timedelta(), "How long heartbeats are kept; the hours made from them stay. 0s "
        "keeps heartbeats for ever, else from 90d to 366d.",
        {"type": "string", "pattern": r"^\s*(\d+(\.\d+)?\s*[dhmsDHMS]\s*)+$"}),
    Key("privacy.hide_file_names", _read_flag, False, "Whether heartbeats are stored without file names; their folders are "
        "stored.", {"type": "boolean"}, "hide_file_names"),
    Key("privacy.hide_branch_names", _read_flag, False, "Whether branches are stored under meaningless names; a ticket in "
        "them stays, and so do main, master and the like.", {"type": "boolean"}, "hide_branch_names"),
    Key("privacy.hide_commit_subjects", _read_flag, False, "Whether commits are stored without their subjects.",
        {"type": "boolean"}, "hide_commit_subjects"),
    Key("privacy.hide_project_names", _read_flag, False, "Whether projects and clients get meaningless names in run/status, "
        "webhooks and [emit]; your own reports and billing systems keep the real ones.", {"type": "boolean"},
        "hide_project_names"),
    Key("activitywatch.enabled", _read_flag, False, "Whether to listen for ActivityWatch watchers (they send no key).",
        {"type": "boolean"}),
    _whole("activitywatch.port", "The port to listen on.", 1, 65535, 5600),
    Key("calendar.files", _read_files, (), "Calendar files (.ics) on this machine whose meetings are proposed in reviews and "
        "gaps.", _TEXTS),
    Key("calendar.addresses", _read_calendars, (), "The same for calendars fetched by https, at most once an hour and only "
        "when you look at a review or at gaps.", _TEXTS),
    Key("calendar.map", _read_meeting_rules, None, "Which project a meeting belongs to: globs on its title and on an "
        "attendee's address, ignoring case; the first that matches wins; with `ignore` the meeting is never proposed. "
        "Also written as [[calendar.map]].", _RULES),
    Key("emit.activitywatch", _read_address, None, "The address of an ActivityWatch server that gets copies of your "
        "heartbeats.", {**_TEXT, "examples": ["http://127.0.0.1:5601"]}),
    Key("emit.wakatime", _read_address, None, "The address of a WakaTime-compatible server that gets copies of your "
        "heartbeats.", {**_TEXT, "examples": ["https://wakapi.example/api"]}),
    Key("emit.wakatime_key_env", _read_text, None, "The environment variable of the daemon that holds the key for this "
        "server.", _TEXT),
    Key("emit.wakatime_key_file", _read_text, None, "A file that holds the key and that only you may read.", _TEXT),
)  # fmt: skip

BY_NAME = {key.name: key for key in KEYS}
TABLES = {name.split(".")[0] for name in BY_NAME}
FREE_TABLES = {"targets"}
"""Tables whose keys are checked elsewhere: kept as they are."""

RULE_KEYS: dict[str, Callable[[Toml], str | bool | tuple[str, ...]]] = {
    "path": _read_text, "remote": _read_text, "branch": _read_text, "project": _read_text, "client": _read_text,
    "task": _read_text, "billable": _read_flag, "tags": _read_texts, "bill_agent_time": _read_flag,
    "bill_supervised": _read_flag,
}  # fmt: skip
"""The keys of a `[[map]]`, with their readers."""
RULE_CONDITIONS = ("path", "remote", "branch")
