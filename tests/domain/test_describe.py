"""Descriptions and tasks from commits and branches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stintd.domain.describe import LENGTH_LIMIT, branch_words, describe, ticket_in
from stintd.domain.policy import Policy
from stintd.domain.ticket import check_task_pattern, key_forms, task_of_branch, ticket_of
from stintd.errors import Invalid

POLICY = Policy()


def test_an_entry_is_described_by_its_commits_each_once():
    assert describe(["Add login", "Fix tests", "add login."]) == "Add login; Fix tests"


@pytest.mark.parametrize(
    "subject",
    ["wip", "WIP: login", "[wip] x", "fixup! Add login", "squash! x", "amend! x", "Merge branch 'main' into x", "", "  "],
)
def test_what_names_no_work_is_left_out(subject):
    assert describe([subject, "Real work"]) == "Real work"
    assert describe([subject]) == ""


def test_wipe_is_a_word():
    assert describe(["Wipe the cache"]) == "Wipe the cache"


def test_without_own_commits_the_next_on_the_branch_speaks_and_then_the_branch():
    assert describe(["wip"], "Add search", "feature/search") == "Add search"
    assert describe([], None, "feature/DEV-12-login_form") == "DEV-12 login form"
    assert describe([], None, "main") == ""
    assert describe([], None, None) == ""


@pytest.mark.parametrize(
    ("branch", "words"),
    [
        ("fix/crash-on-start", "crash on start"), ("DEV-12", "DEV-12"), ("CU-86fpd7vgc_add-login", "CU-86fpd7vgc add login"),
        ("master", ""), ("HEAD", ""), ("ada/spike", "spike"),
    ],
)  # fmt: skip
def test_branches_in_words(branch, words):
    assert branch_words(branch) == words


def test_control_characters_of_a_hostile_subject_are_gone():
    assert describe(["Add \x1b[31mred\x07 \u202etxt\r\nline"]) == "Add [31mred txt line"


@given(st.lists(st.text(max_size=300), max_size=6), st.none() | st.text(max_size=50), st.none() | st.text(max_size=50))
def test_a_description_is_one_short_printable_line(subjects, following, branch):
    text = describe(subjects, following, branch)
    assert len(text) <= LENGTH_LIMIT
    assert "\n" not in text
    assert "\x1b" not in text
    text.encode("utf-8")


@pytest.mark.parametrize(
    ("branch", "task"),
    [
        ("feature/DEV-12-login", "DEV-12"), ("DEV-12", "DEV-12"), ("ada/AB2-1_x", "AB2-1"), ("dev-12", None), ("main", None),
        (None, None), ("feature/CU-86fpd7vgc_login", "CU-86fpd7vgc"), ("CU-86fpd7vgc", "CU-86fpd7vgc"), ("CU-customer", None),
        ("XDEV-12a", None), ("feature/UTF-8-names", None), ("fix/SHA-256_OPS-3", "OPS-3"), ("A-1", None),
    ],
)  # fmt: skip
def test_the_task_of_a_branch(branch, task):
    assert task_of_branch(branch, POLICY) == task


def test_the_first_ticket_in_the_subjects_counts():
    assert ticket_in(["Tidy up", "OPS-3: rotate keys (DEV-1)"], POLICY) == "OPS-3"
    assert ticket_in(["Add UTF-8 support"], POLICY) is None


def test_the_pattern_is_a_setting():
    policy = Policy(task_pattern="#[0-9]+")
    assert ticket_of("fix #42", policy) == "#42"
    assert ticket_of("fix UTF-8", Policy(task_pattern="UTF-[0-9]")) == "UTF-8"
    assert ticket_of("DEV-1", Policy(task_pattern="")) is None
    with pytest.raises(Invalid):
        check_task_pattern("[")


@pytest.mark.parametrize(
    ("written", "other"),
    [
        ("86fpd7vgc", "CU-86fpd7vgc"), ("CU-86fpd7vgc", "86fpd7vgc"), ("cu-86fpd7vgc", "86fpd7vgc"), (" CU-86x12 ", "86x12"),
        ("DEV-12", "CU-DEV-12"), ("CU-12", "CU-CU-12"), ("CU-", "CU-CU-"), ("", "CU-"),
    ],
)  # fmt: skip
def test_a_key_is_the_same_with_and_without_the_prefix_of_clickup(written, other):
    assert key_forms(written) == (written.strip(), other)
