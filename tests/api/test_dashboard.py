"""The dashboard's door and its files, on a loopback port: who is let in, and what a browser is served."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from stintd.api.dashboard import pages
from tests.api.test_entries import DAY, work

pytestmark = pytest.mark.smoke

SCRIPTS = Path(__file__).parents[2] / "scripts"
STATIC = Path(pages.__file__).parent / "static"
SAME = {"Sec-Fetch-Site": "same-origin"}


class Browser:
    """What a browser does, without one: keeps cookies, and the proof that the fragment brought."""

    def __init__(self, port: int, session: aiohttp.ClientSession) -> None:
        self.port, self._session, self.cookie, self.proof = port, session, "", ""

    async def get(self, path, status=200, cookie=None, proof=None, method="GET", **headers):
        """Status is checked; answers (headers, text)."""
        cookie, proof = self.cookie if cookie is None else cookie, self.proof if proof is None else proof
        sent = {"Cookie": cookie} if cookie else {}
        sent |= {"X-Stint-Page": proof} if proof else {}
        sent |= {name.replace("_", "-"): text for name, text in headers.items()}
        url = f"http://127.0.0.1:{self.port}{path}"
        async with self._session.request(method, url, headers=sent, allow_redirects=False) as answer:
            text = await answer.text()
            assert answer.status == status, text
            return answer.headers, text

    async def open(self, link):
        """Follow a one-time link as far as it leads."""
        headers, _ = await self.get("/" + link.split("/", 3)[3], 303, cookie="", proof="")
        self.cookie = headers["Set-Cookie"].partition(";")[0]
        self.proof = headers["Location"].removeprefix("/#page=")
        return headers


@pytest.fixture
async def browser(daemon):
    port = await daemon.open_loopback()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Browser(port, session)


@pytest.fixture
async def link(client, browser):
    return (await client.post("/api/dashboard/links", status=201))["url"]


# ---------------------------------------------------------------- the door


async def test_a_link_lets_one_browser_in_once(browser, link, client):
    headers = await browser.open(link)
    for word in ("HttpOnly", "SameSite=Strict", "Path=/", f"stint_{browser.port}="):
        assert word in headers["Set-Cookie"]
    assert headers["Cache-Control"] == "no-store"
    assert '<div id="app">' in (await browser.get("/"))[1]
    assert '"warnings"' in (await browser.get("/api/status", **SAME))[1]
    _, text = await browser.get("/" + link.split("/", 3)[3], 401)
    assert "stint dash" in text


async def test_without_a_cookie_the_page_says_how_to_get_in_and_the_api_stays_shut(browser):
    for path in ("/", "/dash/week", "/?day=2026-11-20"):
        _, text = await browser.get(path, 401)
        assert "<code>stint dash</code>" in text
    await browser.get("/api/status", 401)


async def test_cookie_and_proof_are_good_only_together_and_neither_is_a_key(browser, link):
    await browser.open(link)
    cookie = browser.cookie.partition("=")[2]
    await browser.get("/api/status", 401, proof="")
    await browser.get("/api/status", 401, cookie="", **SAME)
    await browser.get("/api/status", 401, proof="x" * 43, **SAME)
    await browser.get("/api/status", 401, cookie=f"stint_{browser.port}=wrong", **SAME)
    await browser.get("/api/status", 401, cookie=f"stint_1={cookie}", **SAME)
    for key in (cookie, browser.proof, f"{cookie}:{browser.proof}", "browser:" + hashlib.sha256(cookie.encode()).hexdigest()):
        await browser.get("/api/status", 401, cookie="", proof="", X_API_Key=key)
        await browser.get("/api/status", 401, cookie="", proof="", Authorization=f"Bearer {key}")


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
async def test_a_request_from_another_page_is_refused_with_everything_right(browser, link, site):
    await browser.open(link)
    await browser.get("/api/status", 401 if site == "none" else 403, Sec_Fetch_Site=site)
    await browser.get("/api/status", 403, Origin="http://127.0.0.1:1", **SAME)
    await browser.get("/api/status", 200, Origin=f"http://127.0.0.1:{browser.port}", **SAME)


async def test_odd_cookies_of_other_programs_do_not_hide_ours(browser, link):
    await browser.open(link)
    await browser.get("/api/status", cookie='theme={"a":[1]}; ; =x; b c=d; ' + browser.cookie + "; z", **SAME)


async def test_a_link_ends_after_five_minutes_and_a_browser_after_thirty_days(browser, link, client, daemon):
    later = (await client.post("/api/dashboard/links", status=201))["url"]
    await browser.open(later)
    await daemon.clock.advance(minutes=5)
    await browser.get("/" + link.split("/", 3)[3], 401, cookie="", proof="")
    await daemon.clock.advance(days=29, hours=23)
    await browser.get("/api/status", **SAME)
    await daemon.clock.advance(hours=2)
    await browser.get("/api/status", 401, **SAME)
    await browser.get("/", 401)
    await client.post("/api/dashboard/links", status=201)
    await browser.open((await client.post("/api/dashboard/links", status=201))["url"])
    assert [one["name"][:7] for one in (await client.get("/api/keys"))["data"]] == ["browser"], (
        "those of the past are off the list"
    )


async def test_looking_at_a_link_does_not_use_it_up(browser, link):
    await browser.get("/" + link.split("/", 3)[3], 401, method="HEAD")
    await browser.get("/" + link.split("/", 3)[3], 401, Sec_Purpose="prefetch;prerender")
    await browser.open(link)


async def test_browsers_are_listed_among_the_keys_and_sent_away(browser, link, client):
    await browser.open(link)
    unopened = (await client.post("/api/dashboard/links", status=201))["url"]
    (key,) = (await client.get("/api/keys"))["data"]
    assert (key["name"][:8], key["scope"]) == ("browser ", "full")
    assert (await client.ask("DELETE", "/api/dashboard/browsers")).body == {"browsers": 1}
    await browser.get("/api/status", 401, **SAME)
    await browser.get("/", 401)
    await browser.get("/" + unopened.split("/", 3)[3], 401)
    assert (await client.ask("DELETE", "/api/dashboard/browsers")).body == {"browsers": 0}


async def test_revoking_its_key_sends_one_browser_away(browser, link, client):
    await browser.open(link)
    (key,) = (await client.get("/api/keys"))["data"]
    await client.ask("DELETE", "/api/keys", {"id": key["id"]})
    await browser.get("/api/status", 401, **SAME)


async def test_a_browser_counts_against_the_rate_limit_like_a_key(browser, link, daemon):
    await browser.open(link)
    daemon.set_settings(rate_limit=3)
    for _ in range(3):
        await browser.get("/api/health", **SAME)
    headers, _ = await browser.get("/api/health", 429, **SAME)
    assert int(headers["Retry-After"]) > 0
    await browser.get("/")


async def test_without_a_port_there_is_no_link_and_words_why(client):
    answer = await client.ask("POST", "/api/dashboard/links", {})
    assert (answer.status, answer.body["code"]) == (503, "UNAVAILABLE")
    assert "http.port" in answer.body["details"]["hint"]


async def test_at_most_sixteen_links_wait(client, browser):
    first = (await client.post("/api/dashboard/links", status=201))["url"]
    later = [(await client.post("/api/dashboard/links", status=201))["url"] for _ in range(16)]
    await browser.get("/" + first.split("/", 3)[3], 401)
    await browser.open(later[0])


# ---------------------------------------------------------------- the files


async def test_every_page_is_served_under_a_strict_policy(browser, link):
    await browser.open(link)
    for path in ("/", "/dash/week"):
        headers, _ = await browser.get(path)
        policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["img-src"] == policy["connect-src"] == "'self'"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"


async def test_what_a_page_loads_is_there_kept_for_ever_and_inside_nothing_is_inline(browser, link):
    await browser.open(link)
    _, page = await browser.get("/")
    named = re.findall(r'(?:src|href)="(/dash/assets/[^"]+)"', page)
    assert any(name.endswith("app.js") for name in named)
    assert re.search(r"<script(?![^>]* src=)|<style|\son[a-z]+=|style=", page) is None
    for name in named:
        headers, _ = await browser.get(name)
        assert "immutable" in headers["Cache-Control"]
        assert headers["Content-Type"].partition(";")[0] in {"text/javascript", "text/css", "image/svg+xml"}
        await browser.get(name, 304, If_None_Match=headers["ETag"])


async def test_the_page_itself_is_asked_for_again_and_answered_shortly(browser, link):
    await browser.open(link)
    headers, _ = await browser.get("/")
    assert headers["Cache-Control"] == "no-cache"
    _, text = await browser.get("/", 304, If_None_Match=headers["ETag"])
    assert text == ""


@pytest.mark.parametrize("path", ["/dash", "/dash/", "/dash/today", "/dash/?day=2026-11-20"])
async def test_other_addresses_of_today_lead_to_it_for_those_who_are_signed_in(browser, link, path):
    await browser.get(path, 401)
    await browser.open(link)
    headers, _ = await browser.get(path, 308)
    assert headers["Location"] == "/"


@pytest.mark.parametrize("name", [
    "{d}/../app.js", "{d}/%2e%2e/app.js", "{d}//etc/passwd", "{d}/pages.py", "{d}/", "{d}",
    "0123456789abcdef/app.js", "{d}/__init__.py",
    "{d}/../../../../../etc/passwd",
])  # fmt: skip
async def test_only_the_names_of_this_version_are_served(daemon, browser, name):
    target = f"/dash/assets/{name.format(d=pages.load_shelf().digest)}"
    request = f"GET {target} HTTP/1.1\r\nHost: localhost:{browser.port}\r\nConnection: close\r\n\r\n"
    out = await _raw(browser.port, request.encode())
    assert out.split(b" ", 2)[1] == b"404"
    assert b"root:" not in out


async def _raw(port, text):
    import asyncio

    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text)
    out = await reader.read()
    writer.close()
    return out


async def test_other_methods_are_refused_and_other_hosts_too(browser):
    await browser.get("/", 405, method="POST")
    await browser.get("/", 403, Host="evil.example")
    await browser.get("/", 403, Sec_Fetch_Site="cross-site")


def test_the_libraries_are_those_that_were_pinned_each_with_its_licence():
    done = subprocess.run([sys.executable, SCRIPTS / "vendor", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    names = {path.name for path in (STATIC / "vendor").iterdir()}
    assert {f"LICENSE-{name}.txt" for name in ("preact", "htm", "uplot")} <= names


def test_the_front_end_speaks_to_nobody_else_and_needs_no_inline_code():
    for path in STATIC.rglob("*"):
        if path.suffix in (".js", ".css", ".html") and path.parent.name != "vendor":
            text = path.read_text()
            assert (
                re.search(r"https?://|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text) is None
            ), path
            assert len(text.splitlines()) <= 400, path


# ---------------------------------------------------------------- the day


async def test_a_day_holds_entries_what_was_seen_gaps_and_sums(client):
    await work(client, "09:00", "09:30")
    await work(client, "10:00", "10:20", project="beta")
    day = await client.get("/api/day", date=DAY)
    assert [one["projectName"] for one in day["entries"]] == ["acme", "beta"]
    assert {one["state"] for one in day["evidence"]} == {"handsOn"}
    assert [one["projectName"] for one in day["evidence"]] == ["acme", "beta"]
    assert len(day["gaps"]) == 1
    assert day["totals"]["seconds"] == sum(one["durationSeconds"] for one in day["entries"])
    assert (await client.get("/api/day", date="2026-11-18"))["entries"] == []


async def test_evidence_stays_what_was_seen_whatever_is_edited(client):
    await work(client, "09:00", "09:30")
    before = await client.get("/api/day", date=DAY)
    await client.ask("DELETE", f"/api/entries/{before['entries'][0]['id']}")
    after = await client.get("/api/day", date=DAY)
    assert after["entries"] == []
    assert after["evidence"] == before["evidence"]


async def test_watching_an_agent_is_told_apart_and_the_agents_own_time_too(client):
    from tests.dashboard import scene

    beats = [
        *scene.agent_turn("06:00", "06:10", "acme", day=DAY),
        *scene.beats("06:11", "06:20", "acme", DAY),
        *scene.agent_turn("07:00", "08:00", "acme", "s-2", DAY),
    ]
    await client.post("/api/heartbeats", beats, 202)
    day = await client.get("/api/day", date=DAY)
    seen = {}
    for one in day["evidence"]:
        seen.setdefault(one["state"], []).append((one["start"][11:16], one["end"][11:16]))
    assert seen["supervised"][0] == ("06:00", "06:10")
    assert seen["agent"][0][1] == "08:00"
    assert day["totals"]["supervisedSeconds"] > 500


async def test_what_git_did_is_marked_once_each(client, daemon):
    common = {"project": "acme", "source": "git", "branch": "feat/x"}
    await client.post(
        "/api/heartbeats",
        [
            {**common, "time": f"{DAY}T09:00:00Z", "kind": "checkout", "entity": "0123abc"},
            {**common, "time": f"{DAY}T09:10:00Z", "kind": "commit", "entity": "told of"},
            {**common, "time": f"{DAY}T09:20:00Z", "kind": "push", "actor": "agent"},
        ],
        202,
    )
    day = await client.get("/api/day", date=DAY)
    marks = [(one["kind"], one["text"], one["actor"], one["projectName"]) for one in day["marks"]]
    assert marks == [
        ("checkout", "feat/x", "human", "acme"),
        ("commit", "told of", "human", "acme"),
        ("push", "feat/x", "agent", "acme"),
    ]


async def test_a_day_must_be_one(client):
    for wrong in ("2026-13-01", "today", "2026-11-20T10:00:00Z"):
        assert (await client.ask("GET", f"/api/day?date={wrong}")).status == 422
