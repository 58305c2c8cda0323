"""What the owner keeps to themselves: what stays, what goes, and that hiding twice is hiding once."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stintd.domain import privacy
from stintd.domain.describe import branch_words
from stintd.domain.model import Context, Heartbeat
from stintd.domain.policy import Policy

OPEN = Policy()
CLOSED = Policy(hide_file_names=True, hide_branch_names=True, hide_commit_subjects=True, hide_project_names=True)
SALT = "device"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("main", "main"),
        ("develop", "develop"),
        (None, None),
        ("feature/ABC-12-secret-thing", "ABC-12"),
        ("CU-86fpd7vgc_x", "CU-86fpd7vgc"),
    ],
)
def test_a_default_branch_and_a_ticket_stay(name, kept):
    assert privacy.branch(name, CLOSED, SALT) == kept


@given(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=60))
def test_two_branches_stay_two_and_hiding_twice_is_hiding_once(one, other):
    hidden = [privacy.branch(name, CLOSED, SALT) for name in (one, other)]
    assert (hidden[0] == hidden[1]) >= (one == other)
    assert [privacy.branch(name, CLOSED, SALT) for name in hidden] == hidden
    assert privacy.branch(one, OPEN, SALT) == one


def test_a_hidden_branch_describes_nothing_and_differs_by_home():
    hidden = privacy.branch("secret-thing", CLOSED, SALT)
    assert "secret" not in hidden
    assert branch_words(hidden) == ""
    assert hidden != privacy.branch("secret-thing", CLOSED, "another")


@pytest.mark.parametrize(
    ("kind", "entity", "kept"),
    [("edit", "src/api/secret.py", "src/api/"), ("edit", "secret.py", ""), ("read", "", ""), ("edit", "/tmp/secret.txt", "/tmp/"),
     ("commit", "a1b2c3", "a1b2c3"), ("tool", "https://secret.example/x", "https://secret.example/")],
)  # fmt: skip
def test_a_file_loses_its_name_and_keeps_its_folder_and_git_s_acts_keep_theirs(kind, entity, kept):
    assert privacy.entity(kind, entity, CLOSED) == kept
    assert privacy.entity(kind, entity, OPEN) == entity


def test_a_heartbeat_keeps_its_id_and_all_else():
    beat = Heartbeat("id", datetime(2026, 1, 1, tzinfo=UTC), Context("watch", "edit", branch="secret"), "src/secret.py")
    hidden = privacy.heartbeat(beat, CLOSED, SALT)
    assert replace(hidden, context=replace(hidden.context, branch="secret"), entity="src/secret.py") == beat
    assert hidden.entity == "src/"
    assert privacy.heartbeat(beat, OPEN, SALT) is beat
    assert (privacy.subject("secret", CLOSED), privacy.subject("secret", OPEN)) == ("", "secret")
    assert privacy.project("p1", "acme", OPEN) == "acme"
    assert "acme" not in privacy.project("p1", "acme", CLOSED)
