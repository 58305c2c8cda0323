"""The line that says what tests were skipped for."""

import pytest

from tests.support.skipped import line, missing


@pytest.mark.parametrize(
    ("reason", "short"),
    [
        ("Skipped: no fish here (apt install fish)", "no fish"),
        ("no strace to make calls fail with", "no strace"),
        ("needs tmux: apt install tmux", "no tmux"),
        ("needs the MCP Inspector: npm install -g x (with Node 20 or later)", "no MCP Inspector"),
        ("needs bash and curl: apt-get install bash curl", "no bash and curl"),
        ("WakaTime's client is missing: pip install wakatime", "no WakaTime's client"),
        ("curl and bash are needed: apt-get install curl bash", "no curl and bash"),
        ("no user namespaces here", "no user namespaces"),
        ("set STINTD_SPECS to the folder with documents", "set STINTD_SPECS to the folder with documents"),
        ("root writes everywhere", "root writes everywhere"),
        ("strace may not trace here: allow ptrace", "strace may not trace here"),
    ],
)
def test_a_reason_is_cut_down_to_what_is_missing(reason: str, short: str) -> None:
    assert missing(reason) == short


def test_all_reasons_make_one_line_the_commonest_first() -> None:
    reasons = ["no node here: install nodejs", "no fish here", "no node here: install the package nodejs (apt install nodejs)"]
    assert line(reasons) == "skipped 3: no node (2), no fish (1); `.ci/run` installs what it can, -rs shows each"
    assert line([]) == ""
