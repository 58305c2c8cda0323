"""Every kind of target. A new kind is a small file with a `KIND`, and a line here.

The file of a kind is loaded when a target of that kind is used, not with the daemon: most people bill with one system, and
loading the others would cost every start some milliseconds and every daemon their memory.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module

from stintd.ports import Kind

_FILES = {
    "clicktime": "clicktime",
    "clickup": "clickup",
    "clockify": "clockify",
    "clockeye": "clockeye",
    "clockme": "clockme",
    "harvest": "harvest",
    "gitlab": "gitlab",
    "jira": "jira",
    "jira-server": "jira_server",
    "kimai": "kimai",
    "redmine": "redmine",
    "solidtime": "solidtime",
    "tempo": "tempo",
    "timetagger": "timetagger",
    "toggl": "toggl",
    "wakatime": "wakatime_durations",
    "webhook": "webhook",
}


class _Kinds(Mapping[str, Kind]):
    """By the name in the settings."""

    def __getitem__(self, name: str) -> Kind:
        kind: Kind = import_module(f"stintd.sinks.{_FILES[name]}").KIND
        return kind

    def __iter__(self) -> Iterator[str]:
        return iter(_FILES)

    def __len__(self) -> int:
        return len(_FILES)


KINDS: Mapping[str, Kind] = _Kinds()
