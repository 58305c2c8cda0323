"""Where a request may go, as a table: every form in which an address of this machine can be written."""

import pytest

from stintd.domain.address import address_refusal, endpoint_refusal, parse_endpoint

NEVER = [
    "0.0.0.0", "169.254.169.254", "169.254.1.1", "224.0.0.1", "239.1.1.1", "255.255.255.255", "240.0.0.1", "192.0.2.1",
    "198.18.0.1", "100.100.100.200", "192.0.0.192", "::", "fe80::1", "fe80::1%eth0", "ff02::1", "ff0e::1", "2001:db8::1",
    "fd00:ec2::254", "::ffff:169.254.169.254", "::ffff:0.0.0.0", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1",
    "2002:7f00:1::", "2002:a9fe:a9fe::", "2002:c0a8:1::1", "::127.0.0.1", "::7f00:1", "::c0a8:1", "2130706433", "127.1",
    "0x7f.1", "0177.0.0.1", "127.0.0.01", "①②⑦.⓪.⓪.①", "localhost", "", "1.2.3.4.5", "2001:0:7f00:1::",
]  # fmt: skip
OWN = ["127.0.0.1", "127.255.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "::1", "fd12::1",
       "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:7f00:1"]  # fmt: skip
PUBLIC = ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::1"]


@pytest.mark.parametrize("text", NEVER)
def test_some_addresses_are_never_allowed(text):
    assert address_refusal(text, False)
    assert address_refusal(text, True)


@pytest.mark.parametrize("text", OWN)
def test_addresses_of_the_owner_s_network_need_consent(text):
    assert "allowPrivate" in address_refusal(text, False)
    assert address_refusal(text, True) == ""


@pytest.mark.parametrize("text", PUBLIC)
def test_addresses_of_the_internet_are_allowed(text):
    assert address_refusal(text, False) == address_refusal(text, True) == ""


ODD = ["", "hook", "//one.example/", "https://", "https:///x", "https://one.example/\tx", "https://one.example/ x", "https://[::1",
       "https://one.example\\@evil.example/", "https://one.example/#part", "https://münchen.example/", "https://one.example:x/",
       "https://one.example:99999/", "https://①②⑦.⓪.⓪.①/", "https://one.example/" + "x" * 2000]  # fmt: skip


@pytest.mark.parametrize("url", ODD)
def test_what_readers_could_understand_differently_is_no_url(url):
    assert parse_endpoint(url) is None


@pytest.mark.parametrize(
    ("url", "refused", "refused_with_consent"),
    [
        ("https://one.example/hook?token=x", False, False),
        ("https://one.example:8443/", False, False),
        ("https://1.1.1.1/", False, False),
        ("https://[2606:4700::1111]/", False, False),
        ("http://one.example/", True, False),
        ("https://one.example:22/", True, False),
        ("https://127.0.0.1/", True, False),
        ("http://127.0.0.1:8080/", True, False),
        ("http://[::1]:8080/", True, False),
        ("https://[::ffff:127.0.0.1]/", True, False),
        ("https://2130706433/", True, True),
        ("https://0x7f.1/", True, True),
        ("https://0x7f000001/", True, True),
        ("https://127.1/", True, True),
        ("https://127.1./", True, True),
        ("https://[fe80::1%25eth0]/", True, True),
        ("https://[::7f00:1]/", True, True),
        ("https://a@one.example/", True, True),
        ("https://a:b@one.example/", True, True),
        ("https://@one.example/", True, True),
        ("ftp://one.example/", True, True),
        ("file://one.example/etc/passwd", True, True),
        ("https://169.254.169.254/", True, True),
    ],
)
def test_the_text_of_a_url_tells_most_of_what_is_refused(url, refused, refused_with_consent):
    place = parse_endpoint(url)
    assert bool(endpoint_refusal(place, False)) is refused
    assert bool(endpoint_refusal(place, True)) is refused_with_consent
