"""GitLab: what is particular about numbers, hidden things and times that cannot be changed, and an independent client's
opinion of it."""

from dataclasses import replace

import gitlab
import pytest

from stintd.domain.billing.target import TargetRule
from stintd.ports import MISSING, REFUSED, STOPPED, TAKEN, UNKNOWN, UNSENT, Item, Login
from stintd.sinks.registry import KINDS
from tests.delivery.harness import desk, target_of
from tests.support.billing.fake import Served
from tests.support.billing.gitlab import PATH, GitLabFake
from tests.support.clock import FakeClock

NINE = 1795078800  # 2026-11-19T09:00:00Z
ITEM = Item("id-1", NINE, NINE + 5400, 5400, "2026-11-19", "work", True, (), GitLabFake.remote)


def connector(fake, key=None):
    return KINDS["gitlab"].make(fake, FakeClock(), Login("http://fake", key or fake.key))


async def test_it_says_whose_the_key_is_and_offers_the_open_issues():
    one = connector(GitLabFake())
    assert (await one.check()).name == "mia"
    assert [(place.name, place.remote) for place in await one.places()] == [
        ("acme/atlas / #1 Issue 1", {"project": PATH, "issue": "1"}),
        ("acme/atlas / #2 Issue 2", {"project": PATH, "issue": "2"}),
    ]


@pytest.mark.parametrize("is_anonymous", [True, False])
async def test_a_key_that_expired_stops_it_even_where_everybody_may_ask(is_anonymous):
    fake = GitLabFake()
    made = await connector(fake).create(ITEM)
    fake.is_anonymous = is_anonymous
    one = connector(fake, "another")
    for outcome in (await one.check(), await one.create(ITEM), await one.look(ITEM, frozenset())):
        assert outcome.kind == STOPPED
    fake.is_guest = is_anonymous
    assert (await one.delete(made.remote_id, ITEM)).kind == STOPPED


@pytest.mark.parametrize(("remote", "on"), [
    ({"project": PATH, "issue": "#2"}, "gid://gitlab/Issue/102"), ({"project": PATH, "merge_request": "!1"}, "gid://gitlab/MergeRequest/301"),
])  # fmt: skip
async def test_time_goes_to_issues_and_merge_requests(remote, on):
    fake = GitLabFake()
    one = connector(fake)
    made = await one.create(replace(ITEM, remote=remote))
    assert fake.ledger[made.remote_id]["issue"] == on
    assert (await one.look(replace(ITEM, remote=remote), frozenset())).remote_id == made.remote_id


@pytest.mark.parametrize("text", ['"}) { errors } }', "back\\slash", "ünï\u2028code 🎉", "x" * 300, ""])
async def test_words_of_any_kind_are_words_and_no_part_of_the_question(text):
    fake = GitLabFake()
    one = connector(fake)
    item = replace(ITEM, description=text)
    made = await one.create(item)
    assert fake.ledger[made.remote_id]["summary"] == text[:255]
    assert (await one.look(item, frozenset())).remote_id == made.remote_id


@pytest.mark.parametrize("remote", [{"project": PATH, "issue": "main"}, {"project": PATH, "issue": '1") { id } }'}])
async def test_a_branch_that_names_no_number_is_never_asked_for(remote):
    fake = GitLabFake()
    one = connector(fake)
    assert (await one.create(replace(ITEM, remote=remote))).kind == REFUSED
    assert (await one.look(replace(ITEM, remote=remote), frozenset())).kind == MISSING
    assert fake.asked == []


@pytest.mark.parametrize("remote", [{"project": PATH, "issue": "9"}, {"project": "x/y", "issue": "1"}])
async def test_what_is_hidden_or_not_there_is_named(remote):
    outcome = await connector(GitLabFake()).create(replace(ITEM, remote=remote))
    assert (outcome.kind, outcome.text.endswith("or you may not see it")) == (REFUSED, True)


async def test_a_guest_is_told_what_is_needed_and_nothing_of_others_is_believed_gone():
    fake = GitLabFake()
    one = connector(fake)
    made = await one.create(ITEM)
    assert (await one.delete("gid://gitlab/Timelog/99", ITEM)).kind == TAKEN
    fake.is_guest = True
    outcome = await one.create(ITEM)
    assert (outcome.kind, "scope api" in outcome.remedy) == (REFUSED, True)
    assert (await one.delete(made.remote_id, ITEM)).kind == REFUSED


async def test_a_server_that_failed_within_its_answer_says_nothing_about_what_it_stored():
    fake = GitLabFake()
    one = connector(fake)
    answered = fake._route

    def failing(request):
        status, told = answered(request)
        return (200, {"errors": [{"message": "Internal server error"}]}) if fake.writes(request) else (status, told)

    fake._route = failing
    assert (await one.create(ITEM)).kind == UNKNOWN
    assert (await one.look(ITEM, frozenset())).kind == TAKEN


async def test_nothing_was_written_when_the_question_before_had_no_answer():
    fake = GitLabFake(fault=lambda request: "500")
    assert (await connector(fake).create(ITEM)).kind == UNSENT


async def test_an_older_server_that_keeps_days_finds_a_time_again():
    fake = GitLabFake(keeps_days=True)
    one = connector(fake)
    made = await one.create(ITEM)
    assert fake.sheet() == [(NINE - 9 * 3600, 5400, "work")]
    assert (await one.look(ITEM, frozenset())).remote_id == made.remote_id
    for other in ({"description": "x"}, {"seconds": 60}, {"remote": {"project": PATH, "issue": "2"}}, {"start": NINE + 86400}):
        assert (await one.look(replace(ITEM, **other), frozenset())).kind == MISSING


async def test_an_independent_client_reads_the_same_hours_after_edits(tmp_path):
    fake = GitLabFake()
    rules = (TargetRule({"project": PATH, "issue": "{task}"}, project="atlas"),)
    async with desk(tmp_path, "gitlab", fake, target=target_of("gitlab", deliver="auto", rules=rules)) as one:
        ids = [await one.add(hour, 30 + hour) for hour in (9, 11, 13)]
        for entry, task in zip(ids, ("1", "#2", "#2"), strict=True):
            await one.edit(entry, task_name=task)
        await one.pass_time(11)
        await one.edit(ids[1], description="better")
        await one.edit(ids[2], task_name="1")
        await one.pass_time(11, rounds=3)
        assert await one.states() == ["delivered"] * 3
    served = Served(fake)
    try:
        client = gitlab.Gitlab(served.url, private_token=fake.key)
        client.auth()
        project = client.projects.get(PATH)
        read = [project.issues.get(number).time_stats()["total_time_spent"] for number in (1, 2)]
    finally:
        served.close()
    assert client.user.username == "mia"
    assert read == [(39 + 43) * 60, 41 * 60] == [fake.seconds_spent(1), fake.seconds_spent(2)]
    assert sorted(kept["summary"] for kept in fake.ledger.values()) == ["better", "work", "work"]
