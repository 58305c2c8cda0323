"""Exports of WakaTime and ActivityWatch as heartbeats: at their own time, each once."""

import json

import pytest

from tests.formats.conftest import ZONE
from tests.support.daemon import Daemon

EPOCH = 1795161600  # 2026-11-20 09:00 in Berlin


def wakatime(count=30):
    beats = [
        {
            "id": f"{n}",
            "time": EPOCH + 60.25 * n,
            "entity": f"/far/acme/f{n % 3}.py",
            "type": "file",
            "project": "acme",
            "branch": "main",
            "is_write": n % 2 == 0,
            "category": "coding",
            "user_agent_id": "x",
            "dependencies": None,
        }
        for n in range(count)
    ]
    return {
        "user": {"id": "u"},
        "range": {"start": 1, "end": 2},
        "days": [{"date": "2026-11-19", "heartbeats": []}, {"date": "2026-11-20", "heartbeats": beats}],
    }


def activitywatch():
    events = [
        {
            "id": n,
            "timestamp": f"2026-11-20T08:{10 * n:02d}:00.123000+00:00",
            "duration": 590.0,
            "data": {"file": "/far/acme/a.py", "project": "/far/acme", "language": "python"},
        }
        for n in range(3)
    ]
    window = [{"timestamp": "2026-11-20T08:00:00Z", "duration": 60, "data": {"app": "x", "title": "secret"}}]
    return {
        "buckets": {
            "aw-watcher-vim_host": {
                "id": "aw-watcher-vim_host",
                "created": "2026-01-01",
                "type": "app.editor.activity",
                "client": "aw-watcher-vim",
                "hostname": "host",
                "data": {},
                "events": events,
            },
            "aw-watcher-window_host": {
                "type": "currentwindow",
                "client": "aw-watcher-window",
                "hostname": "host",
                "events": window,
            },
        }
    }


@pytest.fixture
def other(tmp_path):
    with Daemon(tmp_path / "o", environment={"TZ": ZONE}) as daemon:
        yield daemon


def test_a_dump_of_wakatime_becomes_hours_once(other, tmp_path):
    target = tmp_path / "wakatime.json"
    target.write_text(json.dumps(wakatime(), indent=1))
    assert other.stint("import", "wakatime", str(target), "--dry-run", "--json").json["found"] == 30
    assert other.entries() == []
    first = other.stint("import", "wakatime", str(target), "--json").json
    assert (first["accepted"], first["duplicates"], first["rejected"]) == (30, 0, [])
    (entry,) = other.entries()
    assert (entry["projectName"], entry["origin"], entry["start"][:16]) == ("acme", "auto", "2026-11-20T07:59")
    assert 29 * 60 <= entry["durationSeconds"] <= 32 * 60
    again = other.stint("import", "wakatime", str(target), "--json").json
    assert (again["accepted"], again["duplicates"]) == (0, 30)
    assert len(other.entries()) == 1


def test_what_a_client_sent_itself_is_known_in_its_dump(other, tmp_path):
    beats = wakatime(5)["days"][1]["heartbeats"]
    other.client.post("/api/v1/users/current/heartbeats.bulk", beats)
    target = tmp_path / "wakatime.json"
    target.write_text(json.dumps(wakatime(5)))
    assert other.stint("import", "wakatime", str(target), "--json").json["duplicates"] == 5


def test_editors_of_activitywatch_become_hours_once_and_windows_do_not(other, tmp_path):
    target = tmp_path / "buckets.json"
    target.write_text(json.dumps(activitywatch()))
    first = other.stint("import", "activitywatch", str(target), "--json").json
    assert first["accepted"] == 33
    assert first["passed"] == {"events of currentwindow say nothing about work": 1}
    (entry,) = other.entries()
    assert 29 * 60 <= entry["durationSeconds"] <= 32 * 60
    again = other.stint("import", "activitywatch", str(target), "--json").json
    assert (again["accepted"], again["duplicates"]) == (0, 33)
    assert "secret" not in json.dumps(list(other.client.every("/api/heartbeats")))


def test_heartbeats_that_cannot_be_read_are_told_with_their_lines(other, tmp_path):
    target = tmp_path / "wakatime.json"
    target.write_text(
        '{"days": [{"heartbeats": [\n{"time": "soon", "entity": "/a"},\n'
        '{"time": 1795161600, "entity": "/a/b", "project": "acme"},\n7]}]}'
    )
    refused = other.stint("import", "wakatime", str(target), check=False)
    assert refused.code == 1
    assert "line 2: time must be seconds since 1970" in refused.err
    assert "line 4: a heartbeat must be an object" in refused.err
    assert other.stint("import", "wakatime", str(target), "--skip-bad", "--json").json["accepted"] == 1
    target.write_text("{}")
    assert "there are no heartbeats" in other.stint("import", "wakatime", str(target), check=False).err
