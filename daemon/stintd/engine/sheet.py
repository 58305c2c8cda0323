"""Keeps the `entry` rows equal to what the rules derive: loads the islands that were touched, derives them, and writes
only what differs.

Live tracking and a rebuild are the same call with different ranges, which is why they agree. Writer thread only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from sqlite3 import Connection
from typing import TYPE_CHECKING

from stintd.domain import timesheet
from stintd.domain.mapping import Resolver
from stintd.domain.model import Heartbeat, Stretch, TimeEntry, from_us, to_us
from stintd.domain.policy import Policy
from stintd.engine import identity, rowing
from stintd.store import absences, entries, heartbeats, projects

if TYPE_CHECKING:
    from stintd.engine.step import Step

REACH_US = 5 * 60 * 1_000_000
"""How far outside its island an entry may reach through lead and tail; islands lie further apart than twice this."""
