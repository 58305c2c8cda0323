"""A kind of billing target is tried against a fake of its service, and described on the page of deliveries."""

import re
from pathlib import Path

from stintd.sinks.registry import KINDS
from tests.support.billing import FAKES, TIMERS

PAGE = Path(__file__).parents[2] / "daemon" / "DELIVERY.md"


def test_every_kind_has_a_fake():
    assert {*FAKES, *TIMERS} == set(KINDS)


def test_every_kind_is_described():
    table = PAGE.read_text().split("\n## Kinds\n", 1)[1].split("\n## ", 1)[0]
    assert set(re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE)) == set(KINDS)
