"""Every billing system there is a fake of. A new one is a file and a line here."""

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.support.billing.clicktime import ClickTimeFake
from tests.support.billing.clickup import ClickUpFake
from tests.support.billing.clockeye import ClockEyeFake
from tests.support.billing.clockify import ClockifyFake
from tests.support.billing.clockme import ClockMeFake
from tests.support.billing.fake import Fake
from tests.support.billing.gitlab import GitLabFake
from tests.support.billing.harvest import HarvestFake
from tests.support.billing.jira import JiraFake, JiraServerFake
from tests.support.billing.kimai import KimaiFake
from tests.support.billing.receiver import ReceiverFake
from tests.support.billing.redmine import RedmineFake
from tests.support.billing.solidtime import SolidTimeFake
from tests.support.billing.tempo import TempoFake
from tests.support.billing.timetagger import TimeTaggerFake
from tests.support.billing.toggl import TogglFake
from tests.support.billing.wakatime import WakaTimeFake

FAKES: dict[str, type[Any]] = {
    "clicktime": ClickTimeFake,
    "clickup": ClickUpFake,
    "clockify": ClockifyFake,
    "clockme": ClockMeFake,
    "harvest": HarvestFake,
    "gitlab": GitLabFake,
    "jira": JiraFake,
    "jira-server": JiraServerFake,
    "kimai": KimaiFake,
    "redmine": RedmineFake,
    "solidtime": SolidTimeFake,
    "tempo": TempoFake,
    "timetagger": TimeTaggerFake,
    "wakatime": WakaTimeFake,
    "toggl": TogglFake,
    "webhook": ReceiverFake,
}
TIMERS: dict[str, type[Any]] = {"clockeye": ClockEyeFake}
"""Those that take no finished entries."""
VARIANTS: dict[str, Callable[[], Fake]] = {
    f"{kind} {name}".strip(): partial(fake, **settings)
    for kind, fake in FAKES.items()
    for name, settings in fake.variants.items()
}
"""By kind and, behind a space, what is different about it."""
