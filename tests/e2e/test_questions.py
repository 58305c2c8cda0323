"""Whose hours: real folders below a watched one, the questions about them, and the answers by command, key and API."""

import os
import pty
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from stintd.errors import Conflict
from tests.support import poll_until, repos
from tests.support.daemon import Daemon

NOW = datetime.now(UTC)
MONDAY = (NOW - timedelta(days=NOW.weekday() + 7)).replace(hour=0, minute=0, second=0, microsecond=0)
REMOTE = "https://github.com/x/prod.git"


def day(number):
    return (MONDAY + timedelta(days=number)).date().isoformat()


@pytest.fixture
def desk(tmp_path):
    code = tmp_path / "code"
    code.mkdir()
    with Daemon(tmp_path / "home", [code], environment={"TZ": "UTC", "HOME": str(tmp_path)}) as daemon:
        daemon.code = code
        yield daemon


def cloned(desk, *names, remote=REMOTE):
    """Clones of one remote, found by the daemon in this order. They are empty and come whole: nothing that is done to make them
    counts."""
    for name in names:
        repo = repos.init(desk.code.parent / "made" / name, is_live=True)
        repo.git("remote", "add", "origin", remote)
        repo.path.rename(desk.code / name)
        known(desk, desk.code / name)


def known(desk, path):
    """Wait until the daemon knows a folder."""
    poll_until(lambda: str(path) in reasons(desk), f"{path} is known")


def reasons(desk):
    listed = desk.client.every("/api/repos")
    return {one["path"]: (one["projectName"], one["why"]) for repo in listed for one in repo["checkouts"]}


def work(desk, name, start_hour, hours, on=0):
    """Files saved each five minutes in a folder, told by an editor."""
    start = MONDAY + timedelta(days=on, hours=start_hour)
    beats = [
        {
            "time": (start + timedelta(minutes=5 * n)).isoformat(),
            "path": str(desk.code / name / "a.py"),
            "kind": "edit",
            "source": "editor",
        }
        for n in range(round(hours * 12) + 1)
    ]
    desk.client.post("/api/heartbeats", beats)


def hours(desk):
    """Whole hours by project in the past week."""
    sums = {}
    for entry in desk.entries(from_=day(0), to=day(6)):
        sums[entry["projectName"]] = sums.get(entry["projectName"], 0) + entry["durationSeconds"] // 3600
    return sums


def asked(desk):
    return [item for item in desk.client.get("/api/review")["items"] if item["kind"] == "question"]


def test_a_further_clone_is_asked_about_answered_by_command_and_undone(desk):
    cloned(desk, "prod-eu", "prod-us")
    work(desk, "prod-eu", 8, 1)
    work(desk, "prod-us", 12, 2)
    [item] = asked(desk)
    shown = " ".join(desk.stint("review", COLUMNS="300").out.split())
    assert "whose hours are these? ANSWER is same, own, or another PROJECT (1)" in shown
    assert item["text"] in shown
    assert f"`stint answer {item['id']} ANSWER`" in shown
    assert "from file changes alone" not in shown
    assert "prod-us is another clone of github.com/x/prod, which counts as prod-eu: same project?" in item["text"]
    assert "to review: `stint review`" in desk.stint("status").out
    approved = desk.stint("approve", day(0)).out
    assert "approved 1 entry" in approved
    assert "1 entry waits for your answer whose hours they are (2h 02m)" in approved
    refused = desk.stint("approve", day(0), check=False)
    assert refused.code == 1
    assert "stint answer" in refused.err
    listed = desk.stint("repos", COLUMNS="300").out
    assert f"same remote as {'~' + str(desk.code / 'prod-eu')[len(str(desk.code.parent)) :]}, not confirmed yet" in listed
    entry = next(one for one in desk.entries(from_=day(0), to=day(6)) if not one["confirmed"])
    why = desk.stint("why", entry["id"], COLUMNS="200").out
    assert f"in ~/code/prod-us: same remote as {desk.code / 'prod-eu'}, not confirmed yet" in why
    assert "waits for your answer whose hours these are" in why
    told = desk.stint("answer", item["id"][:5], "own").out
    assert f"{desk.code / 'prod-us'} counts as prod-us" in told
    assert "2h 02m on 1 day moved" in told
    assert hours(desk) == {"prod-eu": 1, "prod-us": 2}
    assert asked(desk) == []
    assert reasons(desk)[str(desk.code / "prod-us")] == ("prod-us", "your answer")
    desk.stint("undo")
    assert hours(desk) == {"prod-eu": 3}
    assert [again["id"] for again in asked(desk)] == [item["id"]]


def test_an_answer_holds_after_a_restart_and_follows_the_folder(desk):
    cloned(desk, "prod-eu", "prod-us")
    work(desk, "prod-eu", 8, 1)
    work(desk, "prod-us", 12, 2)
    desk.client.post(f"/api/review/{asked(desk)[0]['id']}", {"answer": "own"})
    desk.restart()
    assert hours(desk) == {"prod-eu": 1, "prod-us": 2}
    (desk.code / "prod-us").rename(desk.code / "america")
    poll_until(lambda: reasons(desk).get(str(desk.code / "america"), ("",))[0] == "prod-us", "the folder is found again")
    work(desk, "america", 16, 1)
    assert hours(desk) == {"prod-eu": 1, "prod-us": 3}
    assert asked(desk) == []


def test_copies_are_one_question_and_joined_by_one_answer(desk):
    kit = repos.make(desk.code / "kit", is_live=True)
    kit.commit("begin")
    os.utime(kit.path / "work.txt", (0, 0))  # its copies come with a file of long ago, which counts nowhere
    known(desk, kit.path)
    for name in ("globex", "initech"):
        shutil.copytree(kit.path, desk.code / name)
        known(desk, desk.code / name)
    for number, name in enumerate(("kit", "globex", "initech")):
        work(desk, name, 8, 1, on=number)
    [item] = asked(desk)
    assert item["text"] == "globex and initech began as copies of kit: same project? (if so, 2h 04m on 2 days move)"
    assert hours(desk) == {"kit": 1, "globex": 1, "initech": 1}
    desk.client.post(f"/api/review/{item['id']}", {"answer": "same"})
    assert hours(desk) == {"kit": 3}


def test_a_clone_of_a_folder_on_this_machine_is_asked_about(desk):
    acme = repos.make(desk.code / "acme", is_live=True)
    acme.commit("begin")
    acme.git("clone", "-q", ".", str(desk.code / "hooli"))
    known(desk, desk.code / "hooli")
    work(desk, "acme", 8, 1)
    work(desk, "hooli", 12, 1)
    assert [item["text"].partition("?")[0] for item in asked(desk)] == ["hooli began as a copy of acme: same project"]


def test_a_mapping_settles_a_question(desk):
    cloned(desk, "prod-eu", "prod-us")
    work(desk, "prod-eu", 8, 1)
    work(desk, "prod-us", 12, 2)
    desk.stint("map", str(desk.code / "prod-us"), "prod-eu", "--yes")
    assert asked(desk) == []
    assert all(entry["confirmed"] for entry in desk.entries(from_=day(0), to=day(6)))
    assert desk.client.post("/api/approve", {"from": day(0)})["waitingCount"] == 0


def test_a_project_file_settles_a_question_and_shows_in_repos(desk):
    cloned(desk, "prod-eu", "prod-us")
    work(desk, "prod-eu", 8, 1)
    work(desk, "prod-us", 12, 2)
    folder = desk.code / "prod-us"
    (folder / ".stint.toml").write_text('project = "america"\n')
    poll_until(lambda: hours(desk) == {"prod-eu": 1, "america": 2}, "the file is read")
    assert reasons(desk)[str(folder)] == ("america", f"project file in {folder}")


def test_more_than_eight_hours_are_asked_once_more(desk):
    cloned(desk, "prod-eu", "prod-us")
    work(desk, "prod-eu", 8, 1)
    for number in (1, 2):
        work(desk, "prod-us", 9, 5, on=number)
    [item] = asked(desk)
    with pytest.raises(Conflict) as refused:
        desk.client.post(f"/api/review/{item['id']}", {"answer": "own"})
    assert (refused.value.details["seconds"], refused.value.details["days"]) == (36240, 2)
    without = desk.stint("answer", item["id"], "own", check=False)
    assert without.code == 1
    assert "10h 04m on 2 days" in without.err
    assert "--yes" in without.err
    assert hours(desk) == {"prod-eu": 11}
    desk.stint("answer", item["id"], "own", "--yes")
    assert hours(desk) == {"prod-eu": 1, "prod-us": 10}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["same", "acme"], "nothing can follow same"),
        (["another"], "which project?"),
        (["another", "nowhere"], "no project nowhere"),
        ([], "what is the answer?"),
    ],
)
def test_a_wrong_answer_is_refused_in_words(desk, words, message):
    cloned(desk, "prod-eu", "prod-us")
    work(desk, "prod-eu", 8, 1)
    work(desk, "prod-us", 12, 1)
    [item] = asked(desk)
    refused = desk.stint("answer", item["id"], *words, check=False)
    assert refused.code != 0
    assert message in refused.err
    assert len(asked(desk)) == 1


def press(desk, *keys):
    """`stint answer` on a terminal, with these keys pressed one after the other, each at its prompt."""
    controller, terminal = pty.openpty()
    command = [sys.executable, "-m", "stintd.cli.main", "answer"]
    environment = {**desk.environment, "TERM": "dumb", "COLUMNS": "200"}
    running = subprocess.Popen(command, env=environment, stdin=terminal, stdout=terminal, stderr=terminal, close_fds=True)
    os.close(terminal)
    shown = ""
    for prompt, key in keys:
        while prompt not in shown:
            shown += os.read(controller, 4096).decode(errors="replace")
        shown = ""
        os.write(controller, key.encode())
    try:
        while chunk := os.read(controller, 4096):
            shown += chunk.decode(errors="replace")
    except OSError:  # the other end is closed
        pass
    os.close(controller)
    assert running.wait(30) == 0
    return shown


def test_one_key_answers_and_a_second_one_where_much_moves(desk):
    cloned(desk, "prod-eu", "prod-us")
    work(desk, "prod-eu", 8, 1)
    work(desk, "prod-us", 10, 9)
    press(desk, ("any other key: later", "x"))
    assert len(asked(desk)) == 1
    press(desk, ("any other key: later", "o"), ("any other key leaves it", "n"))
    assert len(asked(desk)) == 1
    shown = press(desk, ("any other key: later", "o"), ("any other key leaves it", "y"))
    assert "counts as prod-us" in shown
    assert hours(desk) == {"prod-eu": 1, "prod-us": 9}
    assert "no open questions" in press(desk)
