"""WakaTime's routes: what is taken, what is answered, and the hours they show."""

import json
from urllib.parse import urlencode

import pytest

from stintd.domain.model import CheckoutFacts, RepoId
from stintd.engine.checkouts import Checkout
from stintd.engine.sheet import checkout_rows

BASE = "/api/v1/users/current"
NINE = 1795165200.0  # 2026-11-20T09:00:00Z, when the clock of these tests begins
VIM = "wakatime/1.90.0 (linux-6.1.0-x86_64) go1.22.0 vim/9.0 vim-wakatime/12.0.0"


def beat(minute=0.0, entity="/code/acme/main.py", **fields):
    return {"entity": entity, "type": "file", "category": "coding", "time": NINE + 60 * minute, "is_write": True, **fields}


async def send(client, *items, agent=VIM, status=202):
    answer = await client.ask("POST", f"{BASE}/heartbeats.bulk", list(items), {"User-Agent": agent})
    assert answer.status == status
    return answer.body["responses"]


async def stored_beats(client):
    return (await client.get("/api/heartbeats"))["data"]


@pytest.fixture
async def repo(daemon):
    """A repository with a worktree, known as the tracker would make it known."""
    for path, kind, branch in (("/code/acme", "main", "main"), ("/code/acme-wt", "worktree", "feature/DEV-12-login")):
        parent = "/code/acme" if kind == "worktree" else None
        facts = CheckoutFacts(path, f"{path}/.git", "/code/acme/.git", kind, "github.com/ada/acme", branch=branch, parent=parent)
        daemon.places.learn(Checkout(path, RepoId("r1"), facts))
        await daemon.engine.run(lambda step, facts=facts: checkout_rows.keep_checkout(step, RepoId("r1"), facts))


# ---------------------------------------------------------------- taking


async def test_each_item_is_answered_in_order_and_nothing_is_echoed(client, daemon):
    answers = await send(client, beat(), beat(1, category=None, lineno="7", cursorpos=1))
    assert [status for _, status in answers] == [201, 201]
    assert all(set(body) == {"data"} and set(body["data"]) == {"id"} for body, _ in answers)
    assert len(await stored_beats(client)) == 2
    assert daemon.aside == []


async def test_a_repeated_heartbeat_is_a_success_with_the_same_id_and_one_row(client, daemon):
    daemon.clock.move(minutes=10)
    first = await send(client, beat(), beat(1))
    again = await send(client, beat(1, project="renamed"), beat(), beat(category="debugging"), beat(2))
    assert [again[1], again[0]] == first
    assert [status for _, status in again] == [201] * 4
    assert len(await stored_beats(client)) == 3


async def test_one_bad_item_costs_its_neighbours_nothing_and_is_set_aside(client, daemon):
    answers = await send(client, beat(), {"entity": "/code/acme/x.py"}, None, beat(60), beat(1, entity=""), beat(-1))
    assert [status for _, status in answers] == [201, 400, 400, 400, 400, 201]
    assert all("errors" in body and "error" not in body for body, status in answers if status == 400)
    assert "future" in str(answers[3])
    assert len(await stored_beats(client)) == 2
    name, text, why = daemon.aside[0]
    assert (name, b"/code/acme/x.py" in text, bool(why)) == ("wakatime", True, True)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b'"x"', b"[1,2", b"\xff\xfe", b"[" * 40000])
async def test_no_body_is_refused_whole(client, body):
    for path, status in (("heartbeats.bulk", 202), ("heartbeats", 201)):
        answer = await client.ask("POST", f"{BASE}/{path}", body)
        assert answer.status == status, answer.body


async def test_a_thousand_at_once_are_taken(client, daemon):
    daemon.clock.move(minutes=30)
    answers = await send(client, *(beat(n / 60, entity=f"/code/acme/{n % 50}.py") for n in range(1000)))
    assert [status for _, status in answers] == [201] * 1000


async def test_a_single_object_and_a_list_are_taken_at_the_address_of_one(client):
    answer = await client.ask("POST", f"{BASE}/heartbeats", beat())
    assert (answer.status, set(answer.body)) == (201, {"data"})
    many = await client.ask("POST", f"{BASE}/heartbeats", [beat(), beat(-1)])
    assert [status for _, status in many.body["responses"]] == [201, 201]
    bad = await client.ask("POST", f"{BASE}/heartbeats", {"entity": "/x"})
    assert (bad.status, bad.body["data"], list(bad.body["errors"])) == (201, None, ["time"])


async def test_nothing_is_kept_while_recording_is_off_and_the_client_is_content(client):
    await client.post("/api/recording", {"recording": False})
    assert [status for _, status in await send(client, beat())] == [201]
    assert await stored_beats(client) == []


async def test_other_posts_of_clients_are_content(client, daemon):
    assert (await client.ask("POST", f"{BASE}/file_experts", {"entity": "/x"})).body == {"data": []}
    assert (await client.ask("POST", "/api/v1/plugins/errors", {"trace": "boom"})).status == 201
    assert daemon.aside[0][0] == "wakatime-error"


# ---------------------------------------------------------------- where it happened


async def test_the_repository_decides_the_project_not_the_client(client, repo):
    await send(client, beat(project="wrong", branch="other"), beat(-1, entity="/code/acme-wt/a.py", project="acme-wt"))
    rows = {row["path"]: row for row in await stored_beats(client)}
    assert {row["project"] for row in rows.values()} == {"acme"}
    assert rows["/code/acme"]["branch"] == "other", "what the client saw then"
    assert rows["/code/acme-wt"]["branch"] == "feature/DEV-12-login", "else what its checkout stands on"
    assert rows["/code/acme-wt"]["taskName"] == "DEV-12"


async def test_a_link_to_a_repository_is_that_repository(client, daemon, tmp_path, repo):
    (tmp_path / "code").symlink_to("/code")
    await send(client, beat(entity=str(tmp_path / "code/acme/main.py"), project="code"))
    assert [(row["path"], row["entity"], row["project"]) for row in await stored_beats(client)] == [
        ("/code/acme", "main.py", "acme")
    ]


async def test_a_link_to_what_nobody_watches_is_the_folder_it_lies_in(client, daemon, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "notes").symlink_to(tmp_path / "real")
    daemon.places.set_roots((str(tmp_path / "root"),))
    await send(client, beat(entity=str(tmp_path / "root/notes/deep/a.md"), project="deep"))
    assert [row["path"] for row in await stored_beats(client)] == [str(tmp_path / "root/notes")]


async def test_outside_repositories_only_the_client_names_a_project_and_no_folder_does(client, repo):
    await send(
        client,
        beat(entity="/code/notes/deep/a.md", project="deep"),
        beat(-1, entity="/srv/site/src/a.py", project="site"),
        beat(-2, entity="/srv/other/a.py"),
        beat(-3, entity="C:\\code\\a.py", project="windows"),
        beat(-4, entity="Figma", type="app"),
    )
    names = [row["project"] for row in sorted(await stored_beats(client), key=lambda row: row["time"], reverse=True)]
    assert names == [None, "site", None, "windows", None]


async def test_what_an_agent_wrote_is_the_agents(client, repo, daemon):
    await send(client, *(beat(n - 9, category="ai coding", ai_session="s1") for n in range(8)), beat(0))
    rows = await stored_beats(client)
    assert {(row["actor"], row["source"], row["sessionId"]) for row in rows} == {
        ("agent", "agent", "s1"),
        ("human", "editor", None),
    }
    assert {row["client"] for row in rows} == {"vim"}


async def test_an_agent_that_its_own_hooks_tell_of_is_not_told_twice_by_a_plugin(client, repo, daemon):
    daemon.clock.move(hours=2)
    hooks = [
        {
            "path": "/code/acme/a.py",
            "kind": "tool",
            "source": "agent",
            "actor": "agent",
            "sessionId": "s",
            "time": f"2026-11-20T09:{minute:02d}:00Z",
        }
        for minute in range(20)
    ]
    await client.post("/api/heartbeats", hooks)
    alone = (await client.get("/api/reports"))["totals"]["agentSeconds"]
    await send(client, *(beat(minute + 0.5, category="ai coding") for minute in range(19)))
    assert (await client.get("/api/reports"))["totals"]["agentSeconds"] == alone == 19 * 60
    await send(client, *(beat(minute, entity="/code/other/a.py", category="ai coding") for minute in range(60, 71)))
    assert (await client.get("/api/reports"))["totals"]["agentSeconds"] == alone + 600, "where no hook tells, the plugin does"


# ---------------------------------------------------------------- browsers


async def browse(client, *items):
    answer = await client.ask(
        "POST",
        f"{BASE}/heartbeats.bulk",
        json.dumps(list(items)).encode(),
        {"Content-Type": "text/plain;charset=UTF-8", "User-Agent": "Mozilla/5.0"},
    )
    return answer.body["responses"]


def page(address, minute=0.0, **fields):
    agent = "Chrome/120.0.0.0 chrome-wakatime/4.1.1"
    return {
        "entity": address,
        "type": "url",
        "category": "browsing",
        "time": str(NINE + 60 * minute),
        "user_agent": agent,
        **fields,
    }


async def test_a_page_of_a_watched_repository_is_read_there_and_others_are_not_stored(client, repo, daemon):
    review = page("https://github.com/ada/acme/pull/7?x=secret#top", title="DEV-12: login by ada · Pull Request #7")
    answers = await browse(client, review, page("https://news.example/secret", -1), page("github.com", -2, type="domain"))
    assert [status for _, status in answers] == [201] * 3
    [row] = await stored_beats(client)
    assert (row["source"], row["kind"], row["project"], row["client"]) == ("browser", "read", "acme", "chrome")
    assert (row["entity"], row["branch"], row["taskName"]) == ("github.com/ada/acme/pull/7", "feature/DEV-12-login", "DEV-12")
    await client.get("/api/entries")
    content = b"".join(file.read_bytes() for file in daemon.folder.rglob("*") if file.is_file())
    assert b"secret" not in content
    assert b"news.example" not in content


async def test_a_page_without_a_branch_is_read_on_whatever_branch_work_goes_on(client, repo):
    await send(client, *(beat(n - 20, entity="/code/acme-wt/a.py") for n in range(0, 20, 2)))
    await browse(client, *(page("https://github.com/ada/acme/issues", n - 19) for n in range(0, 20, 2)))
    entries = (await client.get("/api/entries"))["data"]
    assert [(row["projectName"], row["branch"]) for row in entries] == [("acme", "feature/DEV-12-login")]


# ---------------------------------------------------------------- hours


@pytest.fixture
async def day(client, daemon, repo):
    """Half an hour of Python and a quarter of Rust in one project, ten minutes of another; an agent beside it."""
    daemon.clock.move(hours=4)
    daemon.find_repository("/code/notes")
    python = [beat(n, entity="/code/acme/main.py") for n in range(0, 31, 2)]
    rust = [beat(n, entity="/code/acme/lib.rs") for n in range(31, 46, 2)]
    other = [beat(n, entity="/code/notes/a.md", category="debugging") for n in range(120, 131, 2)]
    agent = [beat(n, entity="/code/acme/gen.py", category="ai coding", ai_session="s") for n in range(60, 81, 2)]
    await send(client, *python, *rust, *other, *agent)


async def test_the_status_bar_shows_what_the_report_says(client, day):
    seconds = (await client.get("/api/reports"))["totals"]
    for path in ("statusbar", "status_bar"):
        shown = await client.get(f"{BASE}/{path}/today")
        assert shown["data"]["grand_total"]["total_seconds"] == seconds["seconds"] == 3540
        assert shown["data"]["grand_total"]["text"] == "59 mins"
    shares = {row["name"]: row["total_seconds"] for row in shown["data"]["languages"]}
    assert shares == {"Python": 1920, "Rust": 900, "Markdown": 720}
    assert {row["name"]: row["total_seconds"] for row in shown["data"]["projects"]} == {"acme": 2820, "notes": 720}
    assert {row["name"]: row["total_seconds"] for row in shown["data"]["categories"]} == {
        "Coding": 3540,
        "AI Coding": seconds["agentSeconds"],
    }
    assert [row["name"] for row in shown["data"]["editors"]] == ["vim"]
    assert [row["name"] for row in shown["data"]["operating_systems"]] == ["linux"]


async def test_whole_numbers_are_whole(client, day):
    shown = (await client.get(f"{BASE}/statusbar/today"))["data"]["grand_total"]
    assert {type(shown[name]) for name in ("hours", "minutes")} == {int}


async def test_summaries_are_a_list_of_days(client, day):
    summaries = await client.get(f"{BASE}/summaries", start="2026-11-19", end="2026-11-20")
    assert [row["grand_total"]["total_seconds"] for row in summaries["data"]] == [0, 3540]
    assert [row["range"]["text"] for row in summaries["data"]] == ["Thu Nov 19 2026", "Today"]
    assert (summaries["cumulative_total"]["seconds"], summaries["daily_average"]["holidays"]) == (3540, 1)
    summary = await client.get(f"{BASE}/summaries", start="2026-11-20", end="2026-11-20", project="acme")
    assert [part["name"] for part in summary["data"][0]["entities"]] == ["/code/acme/main.py", "/code/acme/lib.rs"]
    assert [part["name"] for part in summary["data"][0]["branches"]] == ["main"]
    assert len((await client.get(f"{BASE}/summaries", range="Last 7 Days"))["data"]) == 7


@pytest.mark.parametrize(
    "query", [{"start": "1971-01-01", "end": "8999-12-30"}, {"start": "2024-01-01", "end": "2026-01-01", "range": "today"},
              {"range": "all_time"}],
)  # fmt: skip
async def test_nobody_gets_summaries_of_more_than_a_year_of_days(client, query):
    old = {"projectName": "acme", "autoCreate": True, "start": "2024-01-01T09:00:00Z", "durationMinutes": 60}
    await client.post("/api/entries", old, 201)
    refused = await client.ask("GET", f"{BASE}/summaries?" + urlencode(query))
    assert (refused.status, refused.body["error"]) == (422, "a range has at most 366 days")
    assert (await client.get(f"{BASE}/stats/all_time"))["data"]["total_seconds"] == 3600


async def test_durations_are_the_stretches_of_a_day(client, day):
    durations = await client.get(f"{BASE}/durations", date="2026-11-20")
    people = [(row["project"], row["duration"]) for row in durations["data"] if row["category"] == "coding"]
    assert people == [("acme", 2820), ("notes", 720)]
    assert [row["project"] for row in durations["data"] if row["category"] == "ai coding"] == ["acme"]
    finer = await client.get(f"{BASE}/durations", date="2026-11-20", slice_by="language", project="acme")
    assert [(row["language"], row["duration"]) for row in finer["data"] if row["category"] == "coding"] == [
        ("Python", 1920),
        ("Rust", 900),
    ]
    assert (await client.get(f"{BASE}/durations", date="2026-11-20", branches="other"))["data"] == []


@pytest.mark.parametrize(
    "span", ["today", "last_7_days", "last_30_days", "last_year", "all_time", "this_month", "2026", "2026-11"]
)
async def test_stats_of_every_range_hold_today(client, day, span):
    stats = (await client.get(f"{BASE}/stats/{span}"))["data"]
    assert (stats["total_seconds"], stats["timezone"], stats["best_day"]["date"]) == (3540, "UTC", "2026-11-20")


async def test_stats_of_other_ranges(client, day):
    assert (await client.get(f"{BASE}/stats/yesterday"))["data"]["total_seconds"] == 0
    assert (await client.get(f"{BASE}/stats"))["data"]["range"] == "last_7_days"
    for span in ("soon", "2026-13", "0", "last week!"):
        assert (await client.ask("GET", f"{BASE}/stats/{span.replace(' ', '%20')}")).status == 422


async def test_totals_projects_agents_and_the_owner(client, day):
    assert (await client.get(f"{BASE}/all_time_since_today"))["data"]["total_seconds"] == 3540
    assert (await client.get(f"{BASE}/all_time_since_today", project="notes"))["data"]["text"] == "12 mins"
    assert [row["name"] for row in (await client.get(f"{BASE}/projects"))["data"]] == ["notes", "acme"]
    assert [row["name"] for row in (await client.get(f"{BASE}/projects", q="ACM"))["data"]] == ["acme"]
    [agent] = (await client.get(f"{BASE}/user_agents"))["data"]
    assert (agent["value"], agent["editor"], agent["os"], agent["last_seen_at"]) == (VIM, "vim", "linux", "2026-11-20T00:00:00Z")
    assert (await client.get(BASE, api_key="x"))["data"]["timezone"] == "UTC"
    beats = (await client.get(f"{BASE}/heartbeats", date="2026-11-20"))["data"]
    assert (len(beats), beats[0]["entity"], beats[0]["language"]) == (41, "/code/acme/main.py", "Python")


async def test_questions_that_make_no_sense_are_refused(client, day):
    for path in (
        "summaries?start=2026-11-20&end=2026-11-19",
        "summaries?start=2020-01-01&end=2026-01-01",
        "durations",
        "durations?date=soon",
        "summaries?start=2026-11-20&timezone=Mars/Base",
        "durations?date=2026-11-20&slice_by=x",
    ):
        assert (await client.ask("GET", f"{BASE}/{path}")).status == 422, path


async def test_an_empty_sheet_has_words_too(client):
    assert (await client.get(f"{BASE}/statusbar/today"))["data"]["grand_total"]["text"] == "0 secs"
    assert (await client.get(f"{BASE}/stats/all_time"))["data"]["best_day"] is None
    assert (await client.get(f"{BASE}/all_time_since_today"))["data"]["total_seconds"] == 0
    assert (await client.get(f"{BASE}/summaries"))["cumulative_total"]["text"] == "0 secs"
