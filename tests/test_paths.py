"""Locations: one folder or the platform's, a socket every process finds, and folders nobody else can reach into."""

import ast
import os
import stat
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

from stintd import paths
from stintd.errors import Unavailable

ALREADY_LOADED = {"os", "os.path", "posixpath", "genericpath", "stat", "_stat", "_collections_abc"}  # by `site`, always


def folders(layout: paths.Layout) -> list[str]:
    return [layout.state, layout.run, layout.log, layout.backups, layout.spool, layout.journal, layout.hooks]


def test_one_folder_holds_everything(tmp_path):
    layout = paths.home_layout({"STINTD_HOME": str(tmp_path / "here")})
    assert layout.config == str(tmp_path / "here/config.toml")
    assert layout.database == str(tmp_path / "here/stintd.db")
    assert layout.socket == str(tmp_path / "here/run/control.sock")
    assert all(value.startswith(str(tmp_path)) for value in (getattr(layout, name) for name in layout.__slots__))


@pytest.mark.skipif(sys.platform != "linux", reason="the names of this platform's folders")
def test_without_it_the_platforms_folders_are_those_platformdirs_names(monkeypatch, isolated_home):
    monkeypatch.delenv("STINTD_HOME")
    for name in ("", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        if name:
            monkeypatch.setenv(name, str(isolated_home / name))
        layout = paths.home_layout()
        assert layout.config_folder == platformdirs.user_config_dir("stintd")
        assert layout.state == platformdirs.user_state_dir("stintd")
        assert layout.log == platformdirs.user_log_dir("stintd")


def test_a_runtime_folder_that_is_not_ours_or_open_to_all_is_not_believed(tmp_path):
    mine, everybodys = tmp_path / "mine", tmp_path / "open"
    mine.mkdir(mode=0o700)
    everybodys.mkdir()
    everybodys.chmod(0o777)
    env = {"XDG_STATE_HOME": str(tmp_path)}
    assert paths.home_layout({**env, "XDG_RUNTIME_DIR": str(mine)}).run == str(mine / "stintd")
    for other in (str(everybodys), str(tmp_path / "missing"), "relative"):
        assert not paths.home_layout({**env, "XDG_RUNTIME_DIR": other}).run.startswith(str(everybodys))
        assert "missing" not in paths.home_layout({**env, "XDG_RUNTIME_DIR": other}).run


def test_two_spellings_of_one_home_find_one_socket(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    spellings = [tmp_path / "real", tmp_path / "link", f"{tmp_path}/real/", f"{tmp_path}/x/../real"]
    assert len({paths.home_layout({"STINTD_HOME": str(spelling)}).socket for spelling in spellings}) == 1


def test_a_socket_path_too_long_moves_to_a_short_private_folder_of_its_own(tmp_path, request):
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    layout = paths.home_layout({"STINTD_HOME": str(deep)})
    short = os.path.dirname(layout.socket)
    request.addfinalizer(lambda: os.path.isdir(short) and os.rmdir(short))
    assert len(os.fsencode(layout.socket)) <= paths.SOCKET_BYTES
    assert layout.socket == paths.home_layout({"STINTD_HOME": str(deep), "TMPDIR": "/elsewhere"}).socket
    assert layout.socket != paths.home_layout({"STINTD_HOME": str(deep) + "2"}).socket
    paths.ensure_folders(layout)
    assert stat.S_IMODE(os.lstat(os.path.dirname(layout.socket)).st_mode) == 0o700


def test_folders_are_made_private_even_under_a_generous_umask(tmp_path):
    previous = os.umask(0)
    try:
        layout = paths.home_layout({"STINTD_HOME": str(tmp_path / "home")})
        paths.ensure_folders(layout)
        paths.ensure_folders(layout)
    finally:
        os.umask(previous)
    assert {stat.S_IMODE(os.lstat(folder).st_mode) for folder in folders(layout)} == {0o700}


def test_a_folder_open_to_the_group_is_closed(tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o775)
    paths.ensure_folders(paths.home_layout({"STINTD_HOME": str(home)}))
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


@pytest.mark.parametrize("what", ["symlink", "file", "open to all"])
def test_what_stands_in_the_way_is_refused_and_named(tmp_path, what):
    layout = paths.home_layout({"STINTD_HOME": str(tmp_path / "home")})
    os.makedirs(layout.state)
    if what == "symlink":
        os.symlink(tmp_path, layout.spool)
    elif what == "file":
        Path(layout.spool).write_text("")
    else:
        os.mkdir(layout.spool)
        os.chmod(layout.spool, 0o777)
    with pytest.raises(Unavailable) as refused:
        paths.ensure_folders(layout)
    assert layout.spool in refused.value.message
    assert refused.value.hint


def test_the_owners_settings_may_live_behind_a_symlink(tmp_path):
    (tmp_path / "dotfiles").mkdir()
    (tmp_path / ".config").mkdir()
    (tmp_path / ".config/stintd").symlink_to(tmp_path / "dotfiles")
    env = {"XDG_CONFIG_HOME": str(tmp_path / ".config"), "XDG_STATE_HOME": str(tmp_path / "state")}
    paths.ensure_folders(paths.home_layout(env))


def test_importing_it_loads_nothing_that_costs():
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, {str(Path(paths.__file__).parents[1])!r}); before = set(sys.modules)\n"
            "import stintd.paths; print(sorted(m for m in set(sys.modules) - before if not m.startswith('stintd')))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not set(ast.literal_eval(done.stdout)) - ALREADY_LOADED
