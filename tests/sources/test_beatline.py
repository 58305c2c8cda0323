"""Lines of editors and shells: read strictly, with their own time, and put aside when anything about them is odd."""

from datetime import UTC, datetime

import pytest

from stintd.domain.model import BeatSignal
from stintd.errors import Invalid
from stintd.sources.beatline import beat_of
from stintd.sources.hookline import parse_line
from tests.sources.test_spool import Box

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def beat(line: str) -> BeatSignal:
    return beat_of(parse_line(line), NOON)


def test_an_editor_s_line():
    assert beat("v1\teditor\t7\t/code\tvim\tedit\t/code/a%25b%09c%0Ad.py") == BeatSignal(
        NOON, "edit", "editor", path="/code/a%b\tc\nd.py", client="vim"
    )


def test_a_shell_s_line_is_a_read_of_its_folder():
    assert beat("v1\tshell\t7\t/code/ac%09me\tzsh") == BeatSignal(NOON, "read", "shell", path="/code/ac\tme", client="zsh")


def test_a_line_may_carry_its_own_time():
    assert beat(f"v1\tshell\t7\t/code\tbash\tt={int(NOON.timestamp()) - 60}").time == NOON.replace(hour=11, minute=59)


@pytest.mark.parametrize(
    "line",
    [
        "v1\teditor\t7\t/code\tvim\tedit", "v1\teditor\t7\t/code\tvim\tcommit\t/code/a", "v1\teditor\t7\t/code\tvim\tedit\ta.py",
        "v1\teditor\t7\tcode\tvim\tedit\t/a.py", "v1\teditor\t7\t/code\tVim 9\tedit\t/a.py", "v1\tshell\t7\t/code",
        "v1\tshell\t7\t/code\t" + "x" * 33, "v1\tshell\t7\t/" + "x" * 1024 + "\tzsh", "v1\tshell\t7\t/co\0de\tzsh",
        "v2\tshell\t7\t/code\tzsh", "v1\teditor\t7\t/code\tvim\tedit\t", "v1\tshell\t7\t/code\t\x1b[31m",
    ],
)  # fmt: skip
def test_anything_else_is_refused_and_put_aside(tmp_path, line):
    with pytest.raises(Invalid):
        beat(line)
    box = Box(tmp_path / "spool")
    box.put(f"{line.split(chr(9))[1]}.7.1", line + "\n", ago=10)
    box.put("shell.8", "v1\tshell\t8\t/code\tzsh\n", ago=10)
    assert box.drain() == 1
    assert len(box.files("bad")) == 1
    assert box.troubles[-1].code == "spool_unreadable"


def test_lines_appended_to_one_file_are_all_told_and_the_files_time_is_the_act_s(tmp_path):
    box = Box(tmp_path / "spool")
    box.put("shell.7.1", "v1\tshell\t7\t/code\tzsh\nv1\tshell\t7\t/code/b\tzsh\n", ago=90)
    assert box.drain() == 2
    assert {(box.clock.now() - one.time).total_seconds() for one in box.told} == {90}
    assert box.files() == box.files("taken") == []
