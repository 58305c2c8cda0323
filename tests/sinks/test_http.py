"""Requests to servers that behave badly, names that lie, and addresses we never go to. Real sockets on loopback."""

import asyncio
import contextlib
import socket
import ssl
import subprocess

import aiohttp
import pytest

from stintd.ports import Failure, HttpRequest, HttpResponse
from stintd.sinks.http import Exchange, ForbiddenAddress
from tests.domain.test_address import NEVER, OWN
from tests.support import PATIENCE
from tests.support.receivers import Receiver

pytestmark = pytest.mark.smoke

PUBLIC = "93.184.216.34"


def names(**known):
    """A look-up that knows these names, and remembers what it was asked."""
    asked = []

    def look_up(host, port, family, kind):
        asked.append(host)
        found = known.get(host.partition(".")[0])
        if found is None:
            raise socket.gaierror(-2, "unknown")
        address = found.pop(0) if isinstance(found, list) and len(found) > 1 and isinstance(found[0], list) else found
        addresses = address[0] if address and isinstance(address[0], list) else address
        return [(socket.AF_INET6 if ":" in one else socket.AF_INET, kind, 6, "", (one, port)) for one in addresses]

    look_up.asked = asked
    return look_up


def ask(url, private=True, **more):
    return HttpRequest("POST", url, {"X-Stint-Signature": "sha256=secret"}, b"{}", private, **more)


@pytest.fixture
def receiver():
    one = Receiver()
    yield one
    one.close()


@contextlib.asynccontextmanager
async def raw_server(serve):
    """A server that speaks bytes: `serve(reader, writer)`."""

    async def handle(reader, writer):
        with contextlib.suppress(ConnectionError):
            await serve(reader, writer)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()


async def test_a_request_arrives_as_it_was_given_and_its_answer_comes_back(receiver):
    receiver.behaviour = lambda handler, got, times: handler.answer(201, "X-More: 1", body=b"thanks")
    answer = await Exchange().send(ask(receiver.url))
    assert (answer.status, answer.headers["x-more"], answer.body, answer.is_cut) == (201, "1", b"thanks", False)
    (got,) = receiver.ledger.got
    assert (got.path, got.body, got.headers["x-stint-signature"]) == ("/hook", b"{}", "sha256=secret")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(receiver, status):
    other = Receiver()
    receiver.behaviour = lambda handler, got, times: handler.answer(status, f"Location: {other.url}")
    answer = await Exchange().send(ask(receiver.url))
    assert answer.status == status
    assert other.ledger.got == []
    other.close()


async def test_of_a_huge_answer_the_beginning_is_read(receiver):
    sent = [0]

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n")
        for _ in range(10_000):
            writer.write(bytes(1 << 20))
            await writer.drain()
            sent[0] += 1

    async with raw_server(serve) as url:
        answer = await Exchange().send(ask(url))
    assert (answer.status, len(answer.body), answer.is_cut) == (200, 65536, True)
    assert sent[0] < 100


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"]
)
async def test_an_answer_that_never_ends_is_cut_and_its_status_counts(head):
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        await asyncio.sleep(60)

    async with raw_server(serve) as url:
        answer = await Exchange().send(ask(url, total_seconds=3))  # long enough for the head on a busy machine
    assert (answer.status, answer.is_cut) == (200, True)


async def test_headers_that_never_end_and_silence_are_timeouts():
    async def drip(reader, writer):
        while True:
            writer.write(b"H")
            await writer.drain()
            await asyncio.sleep(0.05)

    async def silence(reader, writer):
        await asyncio.sleep(60)

    async with raw_server(silence) as url:
        assert (await Exchange().send(ask(url, total_seconds=0.4))).kind == "timeout"
    async with raw_server(drip) as url:
        assert (await Exchange().send(ask(url, total_seconds=0.4))).kind in ("timeout", "odd")


async def test_a_bomb_is_not_unpacked():
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00")

    async with raw_server(serve) as url:
        assert (await Exchange().send(ask(url))).body == b"\x1f\x8b\x08\x00"


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 200", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5000, bytes(100)]
)
async def test_what_is_no_answer_is_told_as_such(said):
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)

    async with raw_server(serve) as url:
        answer = await Exchange().send(ask(url))
    assert isinstance(answer, Failure)
    assert answer.kind in ("dropped", "odd")


async def test_nobody_there_and_no_such_name_are_unreachable():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    assert (await Exchange().send(ask(f"http://127.0.0.1:{port}/"))).kind == "unreachable"
    assert (await Exchange(names()).send(ask("http://nowhere.example/"))).kind == "unreachable"


# ---------------------------------------------------------------- where we go


@pytest.mark.parametrize("address", [one for one in NEVER + OWN if one.isascii() and ("." in one or ":" in one)])
async def test_an_address_that_is_not_allowed_is_refused_as_host_and_behind_a_name(address):
    host = f"[{address}]" if ":" in address else address
    spelled = await Exchange().send(ask(f"https://{host}/", private=False))
    behind = await Exchange(names(hook=[address])).send(ask("https://hook.example/", private=False))
    assert (spelled.kind, behind.kind) == ("refused", "refused")


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0x7f.1", "0x7f000001", "0177.0.0.1", "①②⑦.⓪.⓪.①", "127.0.0.1."])
@pytest.mark.parametrize("private", [True, False])
async def test_odd_spellings_of_loopback_reach_nothing(receiver, host, private):
    answer = await Exchange().send(ask(f"http{'' if private else 's'}://{host}:{receiver.port}/", private))
    assert isinstance(answer, Failure)
    assert receiver.ledger.got == []


async def test_one_bad_address_among_good_ones_refuses_the_name():
    answer = await Exchange(names(hook=[PUBLIC, "127.0.0.1"])).send(ask("https://hook.example/", private=False))
    assert answer.kind == "refused"


async def test_a_name_that_means_something_else_a_moment_later_changes_nothing(receiver, monkeypatch):
    reached = []

    async def connect(addr_infos, **more):  # aiohttp hands over here what it is about to connect to
        reached.extend(info[4][0] for info in addr_infos)
        raise OSError(111, "refused")

    monkeypatch.setattr("aiohttp.connector.aiohappyeyeballs.start_connection", connect)
    look_up = names(hook=[[PUBLIC], ["127.0.0.1"]])
    exchange = Exchange(look_up)
    first, second = [await exchange.send(ask("https://hook.example:8443/", private=False)) for _ in range(2)]
    assert (first.kind, second.kind) == ("unreachable", "refused")
    assert (reached, look_up.asked) == ([PUBLIC], ["hook.example"] * 2)


async def test_the_address_is_looked_at_again_at_the_moment_of_connecting(receiver):
    async with aiohttp.ClientSession(connector=Exchange()._connector(False)) as session:
        with pytest.raises(ForbiddenAddress):  # a host that is an address passes aiohttp's resolver by
            await session.get(receiver.url)
    assert receiver.ledger.got == []


async def test_a_name_of_this_machine_is_reached_with_consent(receiver):
    answer = await Exchange(names(hook=["127.0.0.1"])).send(ask(f"http://hook.example:{receiver.port}/hook"))
    assert answer.status == 204
    assert receiver.ledger.got[0].headers["host"] == f"hook.example:{receiver.port}"


async def test_proxies_of_the_environment_are_not_asked(receiver, monkeypatch):
    proxy = Receiver()
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    assert (await Exchange().send(ask(receiver.url))).status == 204
    assert proxy.ledger.got == []
    proxy.close()


async def test_connections_are_not_kept_for_the_next_webhook(receiver):
    exchange = Exchange()
    assert isinstance(await exchange.send(ask(receiver.url)), HttpResponse)
    assert (await exchange.send(ask(receiver.url, private=False))).kind == "refused"


async def test_a_look_up_that_hangs_holds_up_no_other(receiver):
    gate = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(host, port, family, kind):
        if host.startswith("slow"):
            asyncio.run_coroutine_threadsafe(gate.wait(), loop).result()
        return [(socket.AF_INET, kind, 6, "", ("127.0.0.1", port))]

    exchange = Exchange(slow)
    hanging = [asyncio.create_task(exchange.send(ask(f"http://slow{n}.example/", total_seconds=2 * PATIENCE))) for n in range(20)]
    await asyncio.sleep(0.05)
    answer = await asyncio.wait_for(exchange.send(ask(f"http://quick.example:{receiver.port}/")), PATIENCE)
    assert answer.status == 204
    gate.set()
    await asyncio.gather(*hanging)


# ---------------------------------------------------------------- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=hook.example",
        "-addext",
        "subjectAltName=DNS:hook.example",
        "-keyout",
        folder / "key",
        "-out",
        folder / "cert",
    ]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not there to make a certificate: install the package openssl (apt install openssl)")
    return folder


async def test_https_needs_a_certificate_that_somebody_vouches_for(certificate):
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    async def handle(reader, writer):
        await serve(reader, writer)
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert", certificate / "key")
    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    look_up = names(hook=["127.0.0.1"], other=["127.0.0.1"])
    trusting = Exchange(look_up, ssl.create_default_context(cafile=certificate / "cert"))
    assert (await trusting.send(ask(f"https://hook.example:{port}/"))).status == 204
    assert (await trusting.send(ask(f"https://other.example:{port}/"))).kind == "tls"
    assert (await Exchange(look_up).send(ask(f"https://hook.example:{port}/"))).kind == "tls"
    assert (await trusting.send(ask(f"http://hook.example:{port}/"))).kind in ("dropped", "odd")
    server.close()
