"""Secrets on disk: for their owner alone, whole or not at all, and refused when others could have read or placed them."""

import os
import stat

import pytest

from stintd.errors import Unavailable
from stintd.secret import LARGEST, SecretFolder

TEXT = "canary größer"


@pytest.fixture
def folder(tmp_path):
    os.umask(0)  # what is asked for decides, not what the surroundings happen to allow
    yield SecretFolder(str(tmp_path / "state" / "secrets"))
    os.umask(0o022)


def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


def test_a_secret_is_kept_for_its_owner_alone_replaced_and_dropped(folder):
    assert (folder.read("one"), folder.names()) == (None, [])
    folder.keep("one", "old")
    folder.keep("one", TEXT)
    assert (folder.read("one"), folder.names()) == (TEXT, ["one"])
    assert (mode(folder.folder), mode(f"{folder.folder}/one")) == (0o700, 0o600)
    assert os.listdir(folder.folder) == ["one"]
    folder.drop("one")
    folder.drop("one")
    assert folder.read("one") is None


def test_what_a_kill_left_half_written_is_no_secret(folder):
    folder.keep("one", TEXT)
    with open(f"{folder.folder}/two.new", "w") as file:
        file.write("half")
    assert folder.names() == ["one"]
    folder.keep("two", TEXT)
    assert folder.read("two") == TEXT


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o660])
def test_one_that_others_may_read_is_refused_and_said(folder, bits):
    folder.keep("one", TEXT)
    os.chmod(f"{folder.folder}/one", bits)
    with pytest.raises(Unavailable, match="others") as refused:
        folder.read("one")
    assert "canary" not in refused.value.message + refused.value.hint


@pytest.mark.parametrize("place", ["link", "fifo", "folder"])
def test_what_is_no_plain_file_is_refused_without_waiting(folder, tmp_path, place):
    folder.keep("one", TEXT)
    path = f"{folder.folder}/two"
    if place == "link":
        os.symlink(f"{folder.folder}/one", path)
    elif place == "fifo":
        os.mkfifo(path, 0o600)
    else:
        os.mkdir(path, 0o700)
    with pytest.raises(Unavailable):
        folder.read("two")


def test_a_folder_that_is_a_link_takes_no_secret(folder, tmp_path):
    os.makedirs(os.path.dirname(folder.folder))
    os.mkdir(tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", folder.folder)
    with pytest.raises(Unavailable):
        folder.keep("one", TEXT)
    assert os.listdir(tmp_path / "elsewhere") == []


@pytest.mark.parametrize("name", ["", ".", "..", "../up", "a/b", "Upper", "a\0b", "x" * 200])
def test_a_name_cannot_lead_elsewhere(folder, name):
    for call in (folder.read, folder.drop, lambda name: folder.keep(name, TEXT)):
        with pytest.raises(ValueError, match="not a name"):
            call(name)


def test_no_more_is_read_than_a_secret_can_be(folder):
    folder.keep("one", "x" * (LARGEST + 100))
    assert len(folder.read("one")) == LARGEST
