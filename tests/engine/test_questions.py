"""Whose hours: what is asked, what an answer moves, what waits for it, and what an undo brings back."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from stintd.domain.model import BeatSignal, CheckoutFacts, CheckoutSignal, FolderMarks
from stintd.engine.commands import answers, approval, corrections, entries, projects, purging
from stintd.engine.queries import evidence, repos, review
from stintd.engine.view import View
from stintd.errors import Conflict, NotFound
from tests.support.clock import FakeClock
from tests.support.engine import running

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
DAY = NOW.date()
HOUR = timedelta(hours=1)
EU = CheckoutFacts(
    "/w/prod-eu", "/w/prod-eu/.git", "/w/prod-eu/.git", "main", "github.com/x/prod", branch="main", head="1",
    remote="https://github.com/x/prod.git", network="github.com/x/prod", marks=FolderMarks("1:1", "aa:1:1", "/", 1),
)  # fmt: skip


def other(path, number, **more):
    marks = FolderMarks(f"{number}:1", f"{number}{number}:1:1", "/", number)
    return replace(EU, path=path, git_dir=f"{path}/.git", common_dir=f"{path}/.git", marks=marks, **more)


US = other("/w/prod-us", 2)
KIT = other("/w/kit", 3, identity="root:c0", first_commit="c0", remote="", network="")
GLOBEX = other("/w/globex", 4, identity="root:c0", first_commit="c0", remote="", network="")


class Home:
    """An engine with folders, and hours in them."""

    def __init__(self, daemon):
        self.daemon = daemon

    async def work(self, facts, start, hours=1.0, project=None):
        """Files saved each five minutes in a folder, told by an editor."""
        self.daemon.intake.tell(CheckoutSignal(NOW, facts))
        beats = [
            BeatSignal(start + timedelta(minutes=5 * n), "edit", "editor", path=f"{facts.path}/a.py", entity="a.py")
            for n in range(round(hours * 12) + 1)
        ]
        self.daemon.tell(*beats)
        await self.daemon.sheet()

    async def hours(self):
        """Hours by project, and whether they are confirmed."""
        rows = [row for row in await self.daemon.sheet() if row["end_us"]]
        return {
            (row["project"], bool(row["is_confirmed"])): sum(
                round((one["end_us"] - one["start_us"]) / 3600e6, 1)
                for one in rows
                if (one["project"], one["is_confirmed"]) == (row["project"], row["is_confirmed"])
            )
            for row in rows
        }

    async def query(self, fn, *arguments):
        return await self.daemon.engine.read(lambda conn: fn(View(conn, NOW, self.daemon.engine.policy), *arguments))

    async def asked(self):
        """The questions of a review; a status counts as many."""
        listed = (await self.query(review.listing))["items"]
        assert await self.query(review.count) == len([item for item in listed if item["kind"] != "correction"])
        return [item for item in listed if item["kind"] == "question"]

    async def kinds(self):
        return {item["kind"] for item in (await self.query(review.listing))["items"]}

    async def answer(self, *words, **more):
        [item] = await self.asked()
        return await self.daemon.engine.run(lambda step: answers.answer(step, item["id"], *words, **more))

    async def run(self, fn, *arguments, **more):
        return await self.daemon.engine.run(lambda step: fn(step, *arguments, **more))


@pytest.fixture
async def home(tmp_path):
    async with running(tmp_path, FakeClock(NOW)) as daemon:
        yield Home(daemon)


async def two_clones(home, hours=2.0):
    await home.work(EU, NOW - 30 * HOUR, 1)
    await home.work(US, NOW - 10 * HOUR, hours)


async def test_a_further_clone_is_asked_about_with_the_hours_that_would_leave(home):
    await two_clones(home)
    [item] = await home.asked()
    assert item["text"] == (
        "prod-us is another clone of github.com/x/prod, which counts as prod-eu: same project? (if not, 2h 02m on 1 day move)"
    )
    assert item["command"] == f"stint answer {item['id']} ANSWER"
    assert (item["folders"], item["days"], item["seconds"], item["projectName"]) == (["/w/prod-us"], 1, 7320, "prod-eu")
    assert await home.hours() == {("prod-eu", True): 1.0, ("prod-eu", False): 2.0}
    assert "unconfirmed" not in await home.kinds()


async def test_same_confirms_and_is_never_asked_again(home):
    await two_clones(home)
    assert (await home.answer("same"))["seconds"] == 0
    assert await home.hours() == {("prod-eu", True): 3.0}
    assert await home.asked() == []
    await home.work(US, NOW - 5 * HOUR, 1)
    assert await home.hours() == {("prod-eu", True): 4.0}
    [repo] = [one for one in (await home.query(repos.repos))["data"] if one["name"] == "prod-us"]
    assert repo["checkouts"][0]["why"] == "same remote as /w/prod-eu, confirmed"


async def test_its_own_moves_what_is_not_approved_and_an_undo_moves_it_back(home):
    await two_clones(home)
    told = await home.answer("own")
    assert (told["seconds"], told["days"], told["folders"][0]["projectName"]) == (7320, 1, "prod-us")
    assert await home.hours() == {("prod-eu", True): 1.0, ("prod-us", True): 2.0}
    assert await home.asked() == []
    await home.work(US, NOW - 5 * HOUR, 1)
    assert await home.hours() == {("prod-eu", True): 1.0, ("prod-us", True): 3.0}
    await home.run(corrections.undo, told["editId"])
    assert await home.hours() == {("prod-eu", True): 1.0, ("prod-eu", False): 3.0}
    assert len(await home.asked()) == 1
    assert [row["name"] for row in await home.daemon.rows("SELECT name FROM project WHERE deleted = 0")] == ["prod-eu"]
    await home.answer("own")
    assert await home.hours() == {("prod-eu", True): 1.0, ("prod-us", True): 3.0}


async def test_an_undone_answer_leaves_the_project_that_its_hours_were_approved_for(home):
    await two_clones(home)
    told = await home.answer("own")
    await home.run(approval.approve, DAY)
    await home.run(corrections.undo, told["editId"])
    assert await home.hours() == {("prod-eu", True): 1.0, ("prod-us", True): 2.0}
    assert len(await home.daemon.rows("SELECT id FROM project WHERE deleted = 0")) == 2


async def test_another_project_is_named_and_made_only_if_that_is_asked_for(home):
    await two_clones(home)
    with pytest.raises(NotFound, match="no project america"):
        await home.answer("another", project="america")
    await home.answer("another", project="america", auto_create=True)
    assert await home.hours() == {("prod-eu", True): 1.0, ("america", True): 2.0}


async def test_more_than_eight_hours_are_asked_once_more(home):
    await two_clones(home, hours=9)
    with pytest.raises(Conflict, match="9h 02m on 1 day") as refused:
        await home.answer("own")
    assert refused.value.details["seconds"] == 32520
    assert await home.hours() == {("prod-eu", True): 1.0, ("prod-eu", False): 9.0}
    assert [row["name"] for row in await home.daemon.rows("SELECT name FROM project")] == ["prod-eu"]
    await home.answer("own", confirm=True)
    assert await home.hours() == {("prod-eu", True): 1.0, ("prod-us", True): 9.0}


async def test_many_hours_that_stay_are_not_asked_twice(home):
    await two_clones(home, hours=9)
    await home.answer("same")
    assert await home.hours() == {("prod-eu", True): 10.0}


async def test_a_copy_counts_apart_until_its_owner_joins_it(home):
    await home.work(KIT, NOW - 30 * HOUR, 1)
    await home.work(GLOBEX, NOW - 10 * HOUR, 2)
    [item] = await home.asked()
    assert item["text"] == "globex began as a copy of kit: same project? (if so, 2h 02m on 1 day move)"
    assert await home.hours() == {("kit", True): 1.0, ("globex", True): 2.0}
    await home.answer("same")
    assert await home.hours() == {("kit", True): 3.0}
    assert [item["projectName"] for item in (await home.query(review.listing))["items"] if item["kind"] == "project"] == ["kit"]
    await home.run(corrections.undo)
    assert await home.hours() == {("kit", True): 1.0, ("globex", True): 2.0}


async def test_a_copy_of_its_own_moves_nothing(home):
    await home.work(KIT, NOW - 30 * HOUR, 1)
    await home.work(GLOBEX, NOW - 12 * HOUR, 9)
    told = await home.answer("own")
    assert (told["seconds"], told["folders"][0]["projectName"]) == (0, "globex")
    assert await home.hours() == {("kit", True): 1.0, ("globex", True): 9.0}
    assert await home.asked() == []


async def test_copies_of_one_folder_are_one_question(home):
    await home.work(KIT, NOW - 30 * HOUR, 1)
    for number in (5, 6, 7, 8):
        await home.work(
            replace(
                other(f"/w/c{number}/site", number), **{"identity": "root:c0", "first_commit": "c0", "remote": "", "network": ""}
            ),
            NOW - (20 - 2 * number) * HOUR,
            1,
        )
    [item] = await home.asked()
    assert item["text"].startswith("c5/site, c6/site, c7/site and 1 more began as copies of kit: same project? (if so, 4h 08m on")
    await home.answer("own")
    assert sorted({key[0] for key in await home.hours()}) == ["c6/site", "c7/site", "c8/site", "kit", "site"]


async def test_bulk_approval_leaves_out_what_waits_and_says_so(home):
    await home.work(EU, NOW - 6 * HOUR, 1)
    await home.work(US, NOW - 4 * HOUR, 2)
    done = await home.run(approval.approve, DAY)
    assert (done["count"], done["waitingCount"], done["waitingSeconds"]) == (1, 1, 7320)
    assert done["notice"] == (
        "not approved: 1 entry waits for your answer whose hours they are (2h 02m); say whose hours they are: `stint answer`"
    )
    with pytest.raises(Conflict, match="1 entry waits for your answer") as refused:
        await home.run(approval.approve, DAY)
    assert "stint answer" in refused.value.hint
    assert (await home.run(approval.approve, DAY, limit=1, edit_id=done["editId"]))["count"] == 0
    await home.answer("same")
    assert (await home.run(approval.approve, DAY))["count"] == 1


async def test_approval_in_batches_passes_over_what_waits(home):
    for number in range(4):
        await home.work(US if number % 2 == 0 else EU, NOW - (12 - 2 * number) * HOUR, 0.5)
    await home.work(EU, NOW - 2 * HOUR, 0.5)
    first = await home.run(approval.approve, DAY, limit=1)
    second = await home.run(approval.approve, DAY, limit=1, edit_id=first["editId"])
    assert [first["count"], second["count"]] == [1, 1]
    assert await home.daemon.rows("SELECT id FROM entry WHERE approved_us IS NOT NULL AND is_confirmed = 0") == []


@pytest.mark.parametrize("project", ["prod-eu", "elsewhere"])
async def test_a_mapping_settles_the_question(home, project):
    await two_clones(home)
    await home.run(projects.add_mapping, pattern="/w/prod-us", project=project, auto_create=True)
    assert await home.asked() == []
    expected = {("prod-eu", True): 3.0} if project == "prod-eu" else {("prod-eu", True): 1.0, ("elsewhere", True): 2.0}
    assert await home.hours() == expected


async def test_a_mapping_outranks_an_answer(home):
    await two_clones(home)
    await home.answer("own")
    await home.run(projects.add_mapping, pattern="/w/prod-us", project="mapped", auto_create=True)
    assert await home.hours() == {("prod-eu", True): 1.0, ("mapped", True): 2.0}


async def test_hours_whose_time_the_owner_set_move_too_and_come_back(home):
    await two_clones(home)
    [row] = await home.daemon.rows("SELECT id, end_us FROM entry WHERE is_confirmed = 0")
    await home.run(entries.change, row["id"], end=NOW - 9 * HOUR)
    told = await home.answer("own")
    moved = await home.daemon.rows("SELECT p.name FROM entry e JOIN project p ON p.id = e.project_id WHERE e.id = ?", row["id"])
    assert moved == [{"name": "prod-us"}]
    await home.run(corrections.undo, told["editId"])
    back = await home.daemon.rows("SELECT p.name FROM entry e JOIN project p ON p.id = e.project_id WHERE e.id = ?", row["id"])
    assert back == [{"name": "prod-eu"}]


async def test_approved_hours_stay(home):
    await two_clones(home)
    told = await home.answer("same")
    await home.run(approval.approve, DAY)
    await home.run(corrections.undo, told["editId"])
    told = await home.answer("own")
    assert told["seconds"] == 0
    assert await home.hours() == {("prod-eu", True): 3.0}


async def test_a_waiting_entry_is_not_confirmed_by_itself_either(home):
    await two_clones(home)
    [row] = await home.daemon.rows("SELECT id FROM entry WHERE is_confirmed = 0")
    with pytest.raises(Conflict, match="waits for your answer whose hours it is") as refused:
        await home.run(entries.change, row["id"], confirmed=True)
    assert "stint answer" in refused.value.hint
    await home.answer("same")
    await home.run(entries.change, row["id"], confirmed=True)


async def test_each_folder_says_what_it_counts_as_and_why(home):
    await two_clones(home)
    tree = replace(
        US, path="/w/us-tree", git_dir="/w/prod-us/.git/worktrees/t", common_dir="/w/prod-us/.git", kind="worktree",
        parent="/w/prod-us", branch="hot",
    )  # fmt: skip
    sub = other("/w/prod-eu/lib", 9, kind="submodule", parent="/w/prod-eu", network="", remote="", identity="root:9")
    for facts in (tree, sub):
        home.daemon.intake.tell(CheckoutSignal(NOW, facts))
    await home.work(KIT, NOW - 3 * HOUR, 1)
    await home.run(projects.add_mapping, pattern="/w/kit", project="toolbox", auto_create=True)

    async def why():
        listed = (await home.query(repos.repos))["data"]
        return {one["path"]: (one["projectName"], one["why"]) for repo in listed for one in repo["checkouts"]}

    assert await why() == {
        "/w/prod-eu": ("prod-eu", "own folder"),
        "/w/prod-us": ("prod-eu", "same remote as /w/prod-eu, not confirmed yet"),
        "/w/us-tree": ("prod-eu", "worktree of /w/prod-us"),
        "/w/prod-eu/lib": ("prod-eu", "submodule of /w/prod-eu"),
        "/w/kit": ("toolbox", "mapped: /w/kit → toolbox"),
    }
    await home.answer("own")
    assert (await why())["/w/prod-us"] == ("prod-us", "your answer")
    assert (await why())["/w/us-tree"] == ("prod-us", "worktree of /w/prod-us")


async def test_an_entry_says_in_which_folder_it_happened_and_that_it_waits(home):
    await two_clones(home)
    [row] = await home.daemon.rows("SELECT id FROM entry WHERE is_confirmed = 0")
    shown = await home.query(evidence.entry_evidence, row["id"])
    why = "same remote as /w/prod-eu, not confirmed yet"
    assert [(one["path"], one["projectName"], one["why"], one["isWaiting"]) for one in shown["folders"]] == [
        ("/w/prod-us", "prod-eu", why, True)
    ]
    await home.answer("same")
    [shown] = [await home.query(evidence.entry_evidence, row["id"])]
    assert not shown["folders"][0]["isWaiting"]


async def test_the_answer_of_a_superproject_is_its_submodules_too(home):
    sub = other("/w/prod-us/lib", 9, kind="submodule", parent="/w/prod-us", network="", remote="", identity="root:9")
    await two_clones(home)
    await home.work(sub, NOW - 5 * HOUR, 1)
    assert await home.hours() == {("prod-eu", True): 1.0, ("prod-eu", False): 3.0}
    [item] = await home.asked()
    assert item["seconds"] == 3 * 3600 + 4 * 60
    assert (await home.run(approval.approve, DAY - timedelta(days=3), DAY))["waitingCount"] == 2
    await home.run(corrections.undo)
    await home.answer("own")
    assert await home.hours() == {("prod-eu", True): 1.0, ("prod-us", True): 3.0}
    await home.run(corrections.undo)
    assert await home.hours() == {("prod-eu", True): 1.0, ("prod-eu", False): 3.0}


async def test_a_question_that_is_not_there_says_where_to_look(home):
    await two_clones(home)
    for unknown in ("", "ffff", "00000000"):
        with pytest.raises(NotFound, match="no question"):
            await home.run(answers.answer, unknown, "same")


async def test_a_clone_of_a_folder_that_was_told_apart_is_a_guest_of_its_project(home):
    """What was answered counts from then on: the copy has a remote of its own, and a clone of that is asked about."""
    copy = replace(GLOBEX, network="h/globex", remote="https://h/globex.git", marks=replace(GLOBEX.marks, log=KIT.marks.log))
    await home.work(KIT, NOW - 30 * HOUR, 1)
    await home.work(copy, NOW - 12 * HOUR, 1)
    await home.answer("another", project="client", auto_create=True)
    await home.work(replace(other("/w/second", 9), network="h/globex", remote="https://h/globex.git"), NOW - 9 * HOUR, 1)
    assert await home.hours() == {("kit", True): 1.0, ("client", True): 1.0, ("client", False): 1.0}
    [item] = await home.asked()
    assert item["text"].startswith("second is another clone of h/globex, which counts as client: same project?")
    await home.answer("own")
    assert await home.hours() == {("kit", True): 1.0, ("client", True): 1.0, ("second", True): 1.0}


async def test_without_a_question_a_status_reads_no_folder(home, monkeypatch):
    """Every status counts the questions: where nothing is in doubt, no work grows with the folders."""
    await home.work(EU, NOW - 10 * HOUR, 1)
    await home.work(KIT, NOW - 6 * HOUR, 1)
    monkeypatch.setattr("stintd.engine.queries.questions._folders", None)
    assert await home.query(review.count) == 3  # two new projects and a gap


async def test_a_question_among_a_thousand_folders_is_found_in_little_time(home):
    for number in range(1000):
        home.daemon.intake.tell(CheckoutSignal(NOW, replace(other(f"/w/r{number}", number + 50), network=f"h/{number}")))
    await two_clones(home)
    before = time.process_time()
    assert await home.query(review.count) >= 1
    assert time.process_time() - before < 1


async def test_a_purge_takes_the_folders_that_count_there_and_no_others(home):
    await two_clones(home)
    await home.answer("own")
    ids = {row["name"]: row["id"] for row in await home.daemon.rows("SELECT id, name FROM project")}
    await home.run(purging.purge_project, ids["prod-eu"], frozenset({EU.path, US.path}))
    assert await home.hours() == {("prod-us", True): 2.0}
    [repo] = [one for one in (await home.query(repos.repos))["data"] if one["name"] == "prod-us"]
    assert (repo["checkouts"][0]["projectName"], repo["checkouts"][0]["why"]) == ("prod-us", "your answer")
    await home.run(purging.purge_project, ids["prod-us"], frozenset())
    assert await home.daemon.rows("SELECT id FROM folder_answer") == []
    assert "prod-us" not in [one["name"] for one in (await home.query(repos.repos))["data"]]


async def test_a_clone_of_a_mapped_folder_counts_apart_and_is_asked_about(home):
    await home.run(projects.add_mapping, pattern="/w/prod-eu", project="europe", auto_create=True)
    await two_clones(home)
    assert await home.hours() == {("europe", True): 1.0, ("prod-us", True): 2.0}
    [item] = await home.asked()
    assert item["text"] == (
        "prod-us is another clone of github.com/x/prod, like prod-eu: same project? (if so, 2h 02m on 1 day move)"
    )
    await home.answer("same")
    assert await home.hours() == {("europe", True): 3.0}


async def test_work_in_a_folder_whose_answered_project_was_deleted_goes_to_nobody_else(home):
    await two_clones(home)
    await home.answer("own")
    [row] = await home.daemon.rows("SELECT id FROM project WHERE name = 'prod-us'")
    for entry in await home.daemon.rows("SELECT id FROM entry WHERE project_id = ?", row["id"]):
        await home.run(entries.delete, entry["id"])
    await home.run(projects.delete, row["id"])
    await home.work(US, NOW - 5 * HOUR, 1)
    assert await home.hours() == {("prod-eu", True): 1.0, (None, True): 1.0}
