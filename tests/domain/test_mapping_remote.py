"""One name for a repository, however its address is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stintd.domain.mapping.remote import network_remote, normalise_remote, plain_remote

SAME = "git.example.org/Acme/api"


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.org/Acme/api.git",
        "https://git.example.org/Acme/api",
        "https://git.example.org/Acme/api/",
        "https://ada:s3cret@git.example.org/Acme/api.git",
        "https://GIT.Example.ORG:443/Acme/api.git",
        "http://git.example.org:80/Acme/api",
        "ssh://git@git.example.org/Acme/api.git",
        "ssh://git@git.example.org:2222/Acme/api.git",
        "git+ssh://git@git.example.org/Acme/api.git",
        "git://git.example.org:9418/Acme/api.git",
        "git@git.example.org:Acme/api.git",
        "git.example.org:Acme/api.git",
        "git@git.example.org:/Acme/api.git",
        "https://git.example.org/Acme/api.git?token=s3cret#here",
        "  https://git.example.org//Acme//api.git\n",
    ],
)
def test_every_way_to_write_an_address_is_one_name(url):
    assert normalise_remote(url) == SAME


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://GitHub.com/Acme/API.git", "github.com/acme/api"),
        ("git@ssh.github.com:acme/api.git", "github.com/acme/api"),
        ("ssh://git@ssh.github.com:443/acme/api.git", "github.com/acme/api"),
        ("git@ssh.dev.azure.com:v3/org/proj/repo", "dev.azure.com/org/proj/repo"),
        ("https://org@dev.azure.com/org/proj/_git/repo", "dev.azure.com/org/proj/repo"),
        ("https://git.example.org:8443/a/b.git", "git.example.org:8443/a/b"),
        ("ssh://git@localhost:2222/a/b.git", "localhost:2222/a/b"),
        ("ssh://git@localhost:2223/a/b.git", "localhost:2223/a/b"),
        ("https://[::1]:8443/a/b.git", "[::1]:8443/a/b"),
        ("/srv/git/api.git", "/srv/git/api"),
        ("file:///srv/git/api.git/", "/srv/git/api"),
        ("/home/ada/code/api/.git", "/home/ada/code/api"),
        ("C:\\code\\api.git", "C:/code/api"),
        ("https://git.example.org/~ada/api.git", "git.example.org/~ada/api"),
        ("https://git.example.org/gr%20oup/api.git", "git.example.org/gr oup/api"),
    ],
)
def test_addresses_that_mean_something_else_have_other_names(url, name):
    assert normalise_remote(url) == name


@pytest.mark.parametrize(
    "url", ["", "../api.git", "./api", "api", "https://", "https://host/", "ext::sh -c evil", "host:", "https://h/../x", "/"]
)
def test_what_names_nothing_lasting_has_no_name(url):
    assert normalise_remote(url) == ""


@given(st.text(max_size=60))
def test_any_text_is_answered_and_no_password_gets_out(text):
    assert isinstance(normalise_remote(text), str)
    secret = normalise_remote(f"https://ada:hunter2secret@git.example.org/{text}")
    assert "ada:hunter2secret" not in secret


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("git@github.com:Acme/API.git", "github.com/acme/api"),
        ("https://x-access-token:abc@git.example.org/Acme/api.git", SAME),
        ("ssh://git@git.example.org:2222/Acme/api.git", SAME),
        ("git.example.org:Acme/api.git", SAME),
        ("ssh://git@192.168.1.20/srv/api.git", "192.168.1.20/srv/api"),  # a server in the same house is another machine
        ("https://[2001:db8::1]/a/b.git", "[2001:db8::1]/a/b"),
        ("http://gitea.home.arpa:3000/a/b.git", "gitea.home.arpa:3000/a/b"),
    ],
)
def test_an_address_that_other_machines_reach_is_a_network_remote(url, name):
    assert network_remote(url) == name


@pytest.mark.parametrize(
    "url",
    [
        "", "/srv/git/api.git", "../api.git", "~/api", "api", "C:\\code\\api.git", "c:/code/api", "\\\\server\\share\\api",
        "file:///srv/git/api.git", "file://host/srv/api.git", "FILE:///srv/api",
        "http://localhost:3000/a/b.git", "ssh://git@localhost:2222/a/b.git", "git@localhost:a/b.git", "localhost:a/b",
        "http://LOCALHOST./a/b", "http://forge.localhost/a/b", "http://localhost.localdomain/a/b", "http://ip6-localhost/a/b",
        "http://127.0.0.1:8080/a/b.git", "http://127.9.9.9/a/b", "http://127.1/a/b", "http://2130706433/a/b", "http://0x7f.1/a/b",
        "http://0.0.0.0/a/b", "http://[::1]:8443/a/b.git", "http://[::]/a/b", "http://[::ffff:127.0.0.1]/a/b",
        "git@[::1]:a/b.git", "http://host.docker.internal:3000/a/b", "git@host.docker.internal:a/b", "http://host.containers.internal/a/b",
        "ext::sh -c evil", "codecommit::eu-west-1://repo", "transport::https://git.example.org/a/b", "nonsense://", "https:///a/b",
    ],
)  # fmt: skip
def test_paths_this_machine_and_programs_are_no_network_remotes(url):
    assert network_remote(url) == ""


TOKEN = "madeUpToken123456"


@pytest.mark.parametrize(
    "shape",
    [
        "https://x-access-token:{}@git.example.org/o/a.git", "https://{}@git.example.org/o/a.git", "https://oauth2:{}@h/o/a",
        "https://a@b:{}@git.example.org/o/a.git", "https://x-access-token:ab/{}@git.example.org/o/a.git",
        "https://{}/more@git.example.org/o/a.git", "https://ada:12/{}@git.example.org/o/a", "https://git.example.org/o/a?token={}",
        "https://git.example.org/o/a#{}", "{}@git.example.org:o/a.git", "ada:{}@git.example.org:o/a.git",
        "ssh://ada:{}@git.example.org/o/a", "ext::curl -H {} %S", "http::https://u:{}@git.example.org/o/a", "{}:x@host/o/a",
    ],
)  # fmt: skip
@given(more=st.text(alphabet="abcXYZ0189-_.~%+=", max_size=12))
def test_no_secret_of_an_address_is_kept(shape, more):
    url = shape.format(TOKEN + more)
    assert TOKEN not in plain_remote(url)
    assert TOKEN not in network_remote(url)


@given(st.text(max_size=60) | st.from_regex(r"[a-z+]{2,6}://[^/]{0,20}/.{0,20}", fullmatch=True))
def test_a_plain_address_names_the_same_and_stays_as_it_is(text):
    plain = plain_remote(text)
    assert plain_remote(plain) == plain
    assert network_remote(plain) == network_remote(text)
    assert network_remote(text) in ("", normalise_remote(plain))
