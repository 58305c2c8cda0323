"""Where the daemon is asked, and that a key goes nowhere else."""

import json

import pytest

from stintd import paths
from stintd.client.place import DaemonAddress, find_daemon
from stintd.client.transport import DaemonDown
from stintd.errors import Invalid


def publish(url):
    layout = paths.home_layout()
    paths.ensure_folders(layout)
    with open(layout.http_json, "w") as file:
        json.dump({"url": url, "pid": 1, "version": "1"}, file)


def test_without_a_key_it_is_the_control_socket_of_this_home(isolated_home):
    assert find_daemon(None, None, None) == DaemonAddress(paths.control_socket())


def test_a_key_means_the_address_that_the_daemon_wrote(isolated_home, monkeypatch):
    assert find_daemon("k", None, None) == DaemonAddress(("127.0.0.1", 7846), "127.0.0.1:7846", "k")
    publish("http://127.0.0.1:41234")
    assert find_daemon("k", None, None) == DaemonAddress(("127.0.0.1", 41234), "127.0.0.1:41234", "k")
    monkeypatch.setenv("STINTD_API_KEY", "from-environment")
    assert find_daemon(None, None, None).headers == [("Authorization", "Bearer from-environment")]
    assert find_daemon("k", "http://localhost:9", None).headers == [("Authorization", "Bearer k")]


def test_a_daemon_without_the_listener_says_so(isolated_home):
    publish(None)
    with pytest.raises(DaemonDown, match="TCP"):
        find_daemon("k", None, None)


@pytest.mark.parametrize(
    ("url", "place"),
    [("http://localhost:9", ("localhost", 9)), ("http://[::1]:9/", ("::1", 9)), ("http://127.0.0.1", ("127.0.0.1", 7846))],
)
def test_loopback_addresses_are_taken(url, place):
    assert find_daemon("k", url, None).address == place


@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1:7846", "http://stint.example.com", "http://127.0.0.1.example.com", "http://127.0.0.1:7846/api",
     "http://10.0.0.1:7846", "127.0.0.1:7846", "http://x:y@127.0.0.1", "http://127.0.0.1:port", "http://[::1", "ftp://127.0.0.1",
     "http://127.0.0.1@evil.example"],
)  # fmt: skip
def test_a_key_is_sent_nowhere_else(url):
    with pytest.raises(Invalid):
        find_daemon("k", url, None)


def test_an_address_without_a_key_is_refused_at_once(isolated_home):
    with pytest.raises(Invalid, match="key"):
        find_daemon(None, "http://127.0.0.1:7846", None)


def test_a_socket_goes_before_the_environment_and_with_no_key():
    assert find_daemon(None, None, "/s", {"STINTD_API_KEY": "k"}) == DaemonAddress("/s")
    with pytest.raises(Invalid):
        find_daemon("k", None, "/s")


def test_an_empty_key_is_no_way_around_keys(isolated_home):
    for key in ("", " "):
        with pytest.raises(Invalid, match="empty"):
            find_daemon(key, None, None)


def test_a_key_is_never_shown():
    assert "secret" not in repr(find_daemon("secret", "http://127.0.0.1:1", None))
