"""Lines of the git shims: what they mean, and that nothing malformed passes for an act."""

from datetime import UTC, datetime

import pytest

from stintd.errors import Invalid
from stintd.sources.hookline import parse_line, signal_of

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
OLD, NEW = "a" * 40, "b" * 40


def act(line: str):
    return signal_of(parse_line(line), NOW)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("v1\tpost-commit\t7\t/code/acme", "commit"),
        (f"v1\tpost-checkout\t7\t/code/acme\t{OLD}\t{NEW}\t1", "checkout"),
        ("v1\tpost-merge\t7\t/code/acme\t0", "merge"),
        ("v1\tpost-merge\t7\t/code/acme\t0\tduring=pull", "pull"),
        ("v1\tpost-rewrite\t7\t/code/acme\trebase", "rebase"),
        ("v1\tpost-commit\t7\t/code/acme\tstep=rebase", "rebase"),
        (f"v1\tpost-checkout\t7\t/code/acme\t{OLD}\t{NEW}\t1\tduring=rebase", "rebase"),
        ("v1\tpre-push\t7\t/code/acme\torigin", "push"),
    ],
)
def test_each_hook_tells_its_kind_of_act(line, kind):
    signal = act(line)
    assert (signal.kind, signal.checkout, signal.time, signal.origin) == (kind, "/code/acme", NOW, "hook")


def test_bringing_single_files_back_is_no_branch_switch():
    assert act(f"v1\tpost-checkout\t7\t/code\t{OLD}\t{OLD}\t0") is None


def test_an_amended_commit_is_told_by_its_commit_alone():
    assert act("v1\tpost-rewrite\t7\t/code\tamend") is None


def test_a_clone_has_no_commit_before():
    signal = act(f"v1\tpost-checkout\t7\t/code\t{'0' * 40}\t{NEW}\t1")
    assert (signal.old, signal.new) == ("", NEW)


def test_the_environments_agent_is_the_witness():
    assert act("v1\tpost-commit\t7\t/code\tagent=codex\ttty=1").witness == "agent"
    assert act("v1\tpost-commit\t7\t/code\ttty=1").witness == "terminal"


def test_a_remote_that_looks_like_a_name_and_value_is_a_remote():
    assert act("v1\tpre-push\t7\t/code\tagent=codex").witness == "terminal"


def test_a_folder_with_tab_newline_and_percent_comes_back_whole():
    assert act("v1\tpost-commit\t7\t/a%09b%0Ac%25d%2Fe").checkout == "/a\tb\nc%d%2Fe"


def test_a_line_may_carry_its_own_second():
    assert act("v1\tpost-commit\t7\t/code\tt=1763629200").time == datetime(2025, 11, 20, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "line",
    [
        "", "v1", "v2\tpost-commit\t7\t/code", "v1\tpost-commit\t7", "v1\tpost-commit\t7\trelative",
        "v1\tpost-commit\t7\t",
        "v1\tagent-stop\t7\t/code", f"v1\tpost-checkout\t7\t/code\t{OLD}", "garbage\0\x1b[31m",
    ],
)  # fmt: skip
def test_what_is_malformed_is_refused_with_a_reason(line):
    with pytest.raises(Invalid) as refused:
        parse_line(line)
    assert refused.value.message
