"""The numbers that the rules need, with the defaults from TRACKING.md. They come from the settings."""

from dataclasses import field
from datetime import timedelta

from stintd.frozen import frozen


@frozen
class MapRule:
    """One mapping by the owner: all conditions that are set must match, and the first rule that matches wins.

    `path` is a glob on absolute paths, `remote` a glob on the normalised remote (`host/owner/name`), `branch` a glob.
    """

    path: str | None = None
    remote: str | None = None
    branch: str | None = None
    project: str | None = None
    client: str | None = None
    task: str | None = None
    billable: bool | None = None
    tags: tuple[str, ...] = ()
    bill_agent_time: bool | None = None
    bill_supervised: bool | None = None


@frozen
class Policy:
    """Settings as the rules see them. Lengths are timedeltas; see TRACKING.md for the meaning of each."""

    idle_timeout: timedelta = timedelta(minutes=15)
    session_idle_timeout: timedelta = timedelta(minutes=30)
    switch_cap: timedelta = timedelta(minutes=5)
    lead: timedelta = timedelta(minutes=1)
    tail: timedelta = timedelta(minutes=1)
    min_visit: timedelta = timedelta(seconds=60)
    max_future: timedelta = timedelta(minutes=5)
    absence_bridge: timedelta = timedelta(minutes=2)
    lock_grace: timedelta = timedelta(minutes=5)
    supervise_return: timedelta = timedelta(minutes=5)
    supervised_max: timedelta = timedelta(minutes=15)
    manual_max: timedelta = timedelta(hours=4)
    manual_absence: timedelta = timedelta(minutes=15)
    shadow_notice: timedelta = timedelta(minutes=10)
    unconfirmed_after: timedelta = timedelta(hours=4)
    estimate_max: timedelta = timedelta(minutes=60)
    concurrency: str = "switch"
    burst_files: int = 50
    burst_window: timedelta = timedelta(seconds=2)
    auto_create: bool = True
    fallback_project: str | None = None
    fuzzy_threshold: int = 90
    task_pattern: str = "[A-Z][A-Z0-9]+-[0-9]+"
    owner_emails: tuple[str, ...] = ()
    hide_file_names: bool = False
    hide_branch_names: bool = False
    hide_commit_subjects: bool = False
    hide_project_names: bool = False
    mappings: tuple[MapRule, ...] = field(default=())
    zone: str = "UTC"
