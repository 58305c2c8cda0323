"""What a receiver checks: the headers of an attempt, in both forms, against what other people's code says of them."""

import base64
import hashlib
import hmac
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from stintd.engine.delivery import webhook_signature
from stintd.engine.delivery.webhook_secrets import OVERLAP, WebhookSecrets
from stintd.errors import Unavailable
from stintd.secret import SecretFolder

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
BODY = '{"id":"d1","event":"time_entry.created","data":{"description":"größer"}}'.encode()
DOCUMENT = (Path(__file__).parents[1] / "data" / "seeds" / "clockeye.txt").read_text()
SEED = DOCUMENT[DOCUMENT.index("const crypto = require") :].partition("\n}\n")[0] + "\n}\n"
"""The code that ClockEye gives its customers, as its documentation has it."""


@pytest.fixture(autouse=True)
def _receivers_clock(monkeypatch):
    """The package of the standard reads the clock itself."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return NOW.astimezone(tz)

    monkeypatch.setattr("standardwebhooks.webhooks.datetime", Clock)


def sign(*secrets, now=NOW, body=BODY):
    return webhook_signature.headers(list(secrets), "d1", "time_entry.created", now, body)


def flip_bit(body):
    return bytes([body[0] ^ 1]) + body[1:]


def test_every_attempt_says_what_it_is():
    headers = sign(webhook_signature.new_secret())
    assert (headers["X-Stint-Delivery"], headers["webhook-id"], headers["X-Stint-Event"]) == ("d1", "d1", "time_entry.created")
    assert headers["X-Stint-Timestamp"] == headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert headers["Content-Type"] == "application/json"


def test_the_plain_signature_is_of_the_raw_body_under_the_text_of_the_secret():
    secret = webhook_signature.new_secret()
    expected = hmac.new(secret.encode(), BODY, hashlib.sha256).hexdigest()
    assert sign(secret)["X-Stint-Signature"] == f"sha256={expected}"
    assert sign(secret, body=flip_bit(BODY))["X-Stint-Signature"] != f"sha256={expected}"


def test_the_standard_form_is_accepted_by_the_standard_s_own_package():
    secret = webhook_signature.new_secret()
    headers = sign(secret)
    assert Webhook(secret).verify(BODY, headers)["id"] == "d1"
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(flip_bit(BODY), headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(webhook_signature.new_secret()).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, {**headers, "webhook-id": "d2"})
    for minutes in (-6, 20):  # the package looks at the machine's own clock
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(BODY, sign(secret, now=NOW + timedelta(minutes=minutes)))


def test_a_caller_s_own_secret_is_its_own_bytes_in_the_standard_form():
    secret = "a-secret-of-my-own-choice"
    encoded = "whsec_" + base64.b64encode(secret.encode()).decode()
    assert Webhook(encoded).verify(BODY, sign(secret))["id"] == "d1"


@pytest.mark.parametrize(
    ("secret", "is_good"),
    [("a" * 16, True), ("a" * 15, False), ("a" * 257, False), ("with a space in it", False), ("schlüssel-mit-umlaut", False),
     ("tab\tinside-the-secret", False), ("whsec_", False), ("whsec_%%%", False),
     ("whsec_" + base64.b64encode(bytes(23)).decode(), False), ("whsec_" + base64.b64encode(bytes(24)).decode(), True),
     ("whsec_" + base64.b64encode(bytes(65)).decode(), False)],
)  # fmt: skip
def test_what_can_be_a_secret(secret, is_good):
    problem = webhook_signature.secret_problem(secret)
    assert (problem == "") is is_good
    assert secret in ("", "whsec_") or secret not in problem


def test_a_rotated_secret_stays_valid_for_a_while_beside_the_new_one(tmp_path):
    secrets = WebhookSecrets(SecretFolder(str(tmp_path / "secrets")))
    first, second, third = [webhook_signature.new_secret() for _ in range(3)]
    secrets.begin("w", first)
    secrets.rotate("w", second, NOW)
    secrets.rotate("w", third, NOW + timedelta(hours=1))
    for old in (first, second, third):
        assert Webhook(old).verify(BODY, sign(*secrets.load_valid("w", NOW + timedelta(hours=2)), now=NOW))
    valid = secrets.load_valid("w", NOW + OVERLAP)
    assert valid == [third, second]
    with pytest.raises(WebhookVerificationError):
        Webhook(first).verify(BODY, sign(*valid))
    assert secrets.load_valid("w", NOW + OVERLAP + timedelta(hours=1)) == [third]


def test_a_lost_or_broken_secret_is_said_and_replaced(tmp_path):
    folder = SecretFolder(str(tmp_path / "secrets"))
    secrets = WebhookSecrets(folder)
    with pytest.raises(Unavailable, match="lost"):
        secrets.load_valid("w", NOW)
    secrets.rotate("w", "fresh-enough-secret", NOW)
    assert secrets.load_valid("w", NOW) == ["fresh-enough-secret"]
    folder.keep("webhook-w", "{not json")
    with pytest.raises(Unavailable, match="cannot be read"):
        secrets.load_valid("w", NOW)


@pytest.mark.skipif(not shutil.which("node"), reason="no node here: install the package nodejs (apt install nodejs)")
def test_the_code_that_clockeye_gives_its_customers_accepts_ours(tmp_path):
    secret = webhook_signature.new_secret()
    signature = sign(secret)["X-Stint-Signature"]
    (tmp_path / "body").write_bytes(BODY)
    (tmp_path / "check.js").write_text(
        SEED + "const [, , file, signature, secret] = process.argv;\n"
        "const body = require('fs').readFileSync(file);\n"
        "console.log(verifyWebhookSignature(body, signature, secret));\n"
        "console.log(verifyWebhookSignature(body.toString(), signature, secret));\n"
        "body[0] ^= 1;\nconsole.log(verifyWebhookSignature(body, signature, secret));\n"
    )
    run = subprocess.run(
        ["node", tmp_path / "check.js", tmp_path / "body", signature, secret], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["true", "true", "false"]


# ---------------------------------------------------------------- what we tell receivers to do


def documented_code(language):
    page = (Path(__file__).parents[2] / "daemon" / "WEBHOOKS.md").read_text()
    return page.split(f"```{language}\n")[1].split("```")[0]


def attempts():
    """(body, headers, secret, whether a receiver should believe it)."""
    now = datetime.now(UTC)
    secret, old, own = webhook_signature.new_secret(), webhook_signature.new_secret(), "a-secret-of-my-own-choice"
    headers = {name.lower(): value for name, value in sign(secret, old, now=now).items()}
    stale = {name.lower(): value for name, value in sign(secret, now=now - timedelta(minutes=6)).items()}
    mine = {name.lower(): value for name, value in sign(own, now=now).items()}
    return [
        (BODY, headers, secret, True),
        (BODY, headers, old, True),
        (BODY, mine, own, True),
        (flip_bit(BODY), headers, secret, False),
        (BODY, headers, webhook_signature.new_secret(), False),
        (BODY, stale, secret, False),
        (BODY, {**headers, "webhook-id": "d2"}, secret, False),
        (BODY, {**headers, "webhook-timestamp": stale["webhook-timestamp"]}, secret, False),
        (BODY, {**headers, "webhook-signature": "v1,"}, secret, False),
    ]


def test_the_documented_python_believes_ours_and_nothing_else():
    names = {}
    exec(documented_code("python"), names)
    for body, headers, secret, expected in attempts():
        assert names["is_from_stint"](body, headers, secret) is expected, headers


@pytest.mark.skipif(not shutil.which("node"), reason="no node here: install the package nodejs (apt install nodejs)")
def test_the_documented_javascript_believes_ours_and_nothing_else(tmp_path):
    cases = [[base64.b64encode(body).decode(), headers, secret] for body, headers, secret, _ in attempts()]
    (tmp_path / "cases.json").write_text(json.dumps(cases))
    (tmp_path / "check.js").write_text(
        documented_code("javascript")
        + "for (const [body, headers, secret] of require('./cases.json'))"
        + " console.log(isFromStint(Buffer.from(body, 'base64'), headers, secret));"
    )
    run = subprocess.run(["node", tmp_path / "check.js"], capture_output=True, text=True, check=True)
    assert run.stdout.split() == [str(expected).lower() for *_, expected in attempts()]
