"""One name for a repository, however its address is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stintd.domain.mapping.remote import normalise_remote

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
