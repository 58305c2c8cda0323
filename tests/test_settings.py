"""Settings: what wins, what is refused and where, what is written."""

import json
import os
import stat
import tomllib
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest

from stintd import paths, settings
from stintd.domain.policy import MapRule, Policy
from stintd.errors import Conflict, Invalid, NotFound, Unavailable
from stintd.settings.describe import example_text, schema, schema_text
from stintd.settings.keys import KEYS, length_text, parse_length

pytestmark = pytest.mark.smoke

CONFIG = Path(__file__).parents[1] / "config"


@pytest.fixture
def files(isolated_home):
    """Write `config.toml` and `settings.toml` of this home."""
    paths.ensure_folders(paths.home_layout())

    def write(config="", ours=""):
        Path(paths.config_file()).write_text(config)
        Path(paths.settings_file()).write_text(ours)

    return write


def problems(environ=None):
    return [str(p) for p in settings.load_files(paths.config_file(), paths.settings_file(), environ or {})[1]]


def test_without_files_everything_has_its_default():
    known = settings.load({})
    assert known.policy == Policy()
    assert known.folders == ()
    assert (known.port, known.rate_limit, known.activitywatch_port) == (7846, 1000, None)
    assert known.origins == {}


def test_environment_goes_before_config_before_settings_before_default(files):
    files('[time]\nidle_timeout = "20m"\nlead = "30s"\n', '[time]\nidle_timeout = "10m"\nlead = "10s"\ntail = "5s"\n')
    known = settings.load({"STINTD_TIME_LEAD": "45s"}, zone="Europe/Berlin")
    assert known.policy.idle_timeout == timedelta(minutes=20)
    assert known.policy.lead == timedelta(seconds=45)
    assert known.policy.tail == timedelta(seconds=5)
    assert known.policy.zone == "Europe/Berlin"
    assert known.origins["time.lead"] == "STINTD_TIME_LEAD"
    assert known.origins["time.idle_timeout"] == f"{paths.config_file()}:2"


def test_folders_and_mappings_are_those_of_both_files_the_owners_rules_first(files):
    files(
        '[watch]\nfolders = ["~/code", "/a"]\n[[map]]\npath = "~/a/**"\nproject = "a"\n',
        '[watch]\nfolders = ["/a", "/b"]\n[[map]]\nremote = "github.com/x/*"\nclient = "X"\ntags = ["t"]\nbillable = true\n',
    )
    known = settings.load({})
    home = os.path.expanduser("~")
    assert set(known.folders) == {"/a", "/b", f"{home}/code"}
    assert known.policy.mappings == (
        MapRule(path=f"{home}/a/**", project="a"),
        MapRule(remote="github.com/x/*", client="X", tags=("t",), billable=True),
    )


def test_all_problems_are_told_at_once_with_file_line_and_remedy(files):
    files(
        'bogus = 1\n[time]\nidle_timeout = 15\nidle_timout = "3m"\nlead = "5m"\n[watch]\nfolders = ["rel"]\n[nothing]\nx = 1\n'
        '[[map]]\npath = "/a"\n[[map]]\nprojekt = "x"\n[[map]]\nproject = "x"\n[timer]\nconcurrency = "many"\n'
        '[project]\ntask_pattern = "["\nauto_create = "yes"\n',
        "[http]\nport = 99999\n",
    )
    with pytest.raises(Invalid) as caught:
        settings.load({})
    told = {(Path(p["file"]).name, p["line"]) for p in caught.value.details["problems"]}
    lines = {1, 3, 4, 5, 7, 9, 13, 14, 17, 19, 20}
    assert told == {("config.toml", line) for line in lines} | {("settings.toml", 2)}
    assert all(p["remedy"] for p in caught.value.details["problems"])
    assert "did you mean time.idle_timeout?" in caught.value.hint
    assert len(caught.value.hint.splitlines()) == len(told)


def test_a_file_that_is_no_toml_names_its_line(files):
    files("[time]\nidle_timeout = 15m\n")
    assert [line.split(": ")[0] for line in problems()] == [f"{paths.config_file()}:2"]


def test_odd_files_are_told_and_never_crash(files, isolated_home):
    files()
    path = Path(paths.config_file())
    for raw in (b"\xff\xfe", b"[" * 100000, b"a = 1" * 300000, b'[time]\nidle_timeout = "\x00"\n'):
        path.write_bytes(raw)
        assert problems(), raw[:10]
    path.unlink()
    path.mkdir()
    assert "is not a file" in problems()[0]


def test_a_byte_order_mark_and_empty_tables_are_fine(files):
    files("\ufeff[time]\n[privacy]\n[calendar]\n[targets.x]\nkind = 'clickup'\n")
    known = settings.load({})
    assert known.targets == {"x": {"kind": "clickup"}}


def test_calendars_and_their_rules_are_read(files):
    files(
        '[calendar]\nfiles = ["/a.ics"]\naddresses = ["https://x.example/a.ics?key=1"]\n'
        '[[calendar.map]]\ntitle = "P*"\nproject = "p"\n[[calendar.map]]\nattendee = "*@x"\nignore = true\n'
    )
    known = settings.load({})
    assert known.values["calendar.map"] == ({"title": "P*", "project": "p"}, {"attendee": "*@x", "ignore": True})
    assert settings.nested_values(known)["calendar"]["map"] == list(known.values["calendar.map"])
    jsonschema.validate(settings.nested_values(known)["calendar"], schema()["properties"]["calendar"])


@pytest.mark.parametrize(
    "line",
    ['addresses = ["http://x.example/a"]', 'addresses = ["https://u:p@x.example/a"]', 'files = ["a.ics"]', "map = [1]", "map = 3",
     'map = [{ project = "p" }]', 'map = [{ title = "x" }]', 'map = [{ titel = "x", project = "p" }]',
     'map = [{ title = "x", project = "p", ignore = true }]', f"addresses = {['https://x.example/a'] * 11}"],
)  # fmt: skip
def test_calendars_that_cannot_be_are_refused_with_their_line(files, line):
    files(f"[calendar]\n{line}\n")
    [told] = problems()
    assert told.startswith(f"{paths.config_file()}:2: calendar.")


def test_a_wrong_value_in_one_file_leaves_the_other_in_force(files):
    files('[time]\nidle_timeout = "1y"\n', '[time]\nidle_timeout = "20m"\n')
    known, found = settings.load_files(paths.config_file(), paths.settings_file(), {})
    assert len(found) == 1
    assert known.policy.idle_timeout == timedelta(minutes=20)


@pytest.mark.parametrize(
    ("name", "value", "is_fine"),
    [("STINTD_HTTP_PORT", "0", True), ("STINTD_HTTP_PORT", "no", False), ("STINTD_PROJECT_AUTO_CREATE", "false", True),
     ("STINTD_PROJECT_AUTO_CREATE", "maybe", False), ("STINTD_WATCH_FOLDERS", "/a:/b", True),
     ("STINTD_TIMER_CONCURRENCY", "parallel", True), ("STINTD_TIME_LEAD", "-1m", False)],
)  # fmt: skip
def test_the_environment_is_read_by_the_same_rules(name, value, is_fine):
    assert bool(problems({name: value})) != is_fine


@pytest.mark.parametrize(
    ("text", "seconds"), [("15m", 900), ("1h30m", 5400), ("1h 30m", 5400), ("90s", 90), ("0s", 0), ("14d", 1209600)]
)
def test_lengths_are_read_and_written_back(text, seconds):
    length = parse_length(text)
    assert length == timedelta(seconds=seconds)
    assert parse_length(length_text(length)) == length


@pytest.mark.parametrize("value", ["", "15", "m", "15 parsecs", "-5m", "1e9h", "99999d", 15, 1.5, True, None, []])
def test_what_is_no_length_is_refused(value):
    with pytest.raises(ValueError, match=r".+"):
        parse_length(value)


# ---------------------------------------------------------------- writing


def test_folders_are_kept_in_the_programs_file_and_the_owners_is_never_touched(files):
    text = '# mine\n[watch]\nfolders = ["/own"]\n'
    files(text)
    assert settings.add_folders(["/a", "/own", "/a/", "/b"]) == ["/a", "/b"]
    assert settings.add_folders(["/a"]) == []
    assert Path(paths.config_file()).read_text() == text
    assert set(settings.load({}).folders) == {"/own", "/a", "/b"}
    assert stat.S_IMODE(os.stat(paths.settings_file()).st_mode) == 0o600
    settings.remove_folders(["/a"])
    assert set(settings.load({}).folders) == {"/own", "/b"}


def test_a_folder_the_owner_fixed_is_not_removed_and_its_line_is_named(files):
    files('\n[watch]\nfolders = ["/own"]\n')
    with pytest.raises(Conflict, match=r"config.toml:3"):
        settings.remove_folders(["/own"])
    with pytest.raises(NotFound):
        settings.remove_folders(["/never"])


def test_a_key_the_owner_fixed_is_refused_and_nothing_is_written(files):
    files('[time]\n\nidle_timeout = "20m"\n')
    with pytest.raises(Conflict, match=r"config.toml:3"):
        settings.change({"time.lead": "10s", "time.idle_timeout": "5m"})
    assert settings.load({}).policy.lead == timedelta(minutes=1)


def test_keys_are_set_and_taken_back_all_or_none():
    settings.change_nested({"time": {"lead": "10s", "tail": "20s"}, "timer": {"concurrency": "strict"}})
    assert settings.load({}).policy.concurrency == "strict"
    with pytest.raises(Invalid) as caught:
        settings.change({"time.lead": "5s", "time.tail": "a while", "time.nonsense": 1})
    assert "time.tail" in caught.value.hint
    assert "time.nonsense" in caught.value.hint
    assert settings.load({}).policy.lead == timedelta(seconds=10)
    settings.set_value("timer.concurrency", None)
    assert settings.load({}).policy.concurrency == "switch"
    assert "timer" not in tomllib.loads(Path(paths.settings_file()).read_text())


def test_other_tables_of_the_programs_file_survive_a_change(files):
    files("", '[targets.acme]\nkind = "clickup"\nfrom = 2026-11-01\n')
    settings.set_value("time.lead", "10s")
    assert settings.load({}).targets["acme"]["kind"] == "clickup"


def test_a_broken_file_is_not_overwritten(files):
    files("", "[watch\n")
    with pytest.raises(Invalid):
        settings.add_folders(["/a"])
    assert Path(paths.settings_file()).read_text() == "[watch\n"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_told(files):
    files()
    os.chmod(paths.config_dir(), 0o500)
    with pytest.raises(Unavailable):
        settings.add_folders(["/a"])
    os.chmod(paths.config_dir(), 0o700)


# ---------------------------------------------------------------- what is shipped


def test_the_shipped_example_and_schema_are_made_from_the_table_of_keys():
    assert (CONFIG / "config.example.toml").read_text() == example_text()
    assert (CONFIG / "config.schema.json").read_text() == schema_text()


def test_every_key_is_in_the_example_and_its_default_is_what_it_says():
    text = example_text()
    for key in KEYS:
        assert f"# {key.name.split('.')[1]} = " in text
        assert key.meaning.split()[0] in text
    said = "\n".join(line.removeprefix("# ") for line in text.splitlines() if " = " in line and "map" not in line)
    assert 'idle_timeout = "15m"' in said


def test_the_example_with_every_default_uncommented_is_read_without_problems(files):
    lines = []
    for line in example_text().splitlines():
        bare = line.removeprefix("# ")
        is_setting = any(bare.startswith(f"{key.name.split('.')[1]} = ") for key in KEYS)
        lines.append(bare if line.startswith(("# [[map]]", "# [targets")) or is_setting or " = " in bare else line)
    files("\n".join(lines))
    assert problems() == []
    jsonschema.validate(tomllib.loads("\n".join(lines)), schema())


def test_the_schema_refuses_what_the_program_refuses():
    checker = jsonschema.Draft202012Validator(schema())
    json.dumps(schema())
    for bad in ({"time": {"idle_timeout": 15}}, {"tyme": {}}, {"map": [{"project": "x"}]}, {"http": {"port": 99999}}):
        assert not checker.is_valid(bad)
    assert checker.is_valid({"time": {"idle_timeout": "15m"}, "map": [{"path": "~/a", "project": "x"}]})
