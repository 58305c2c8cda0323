"""`stint webhooks` and `stint outbox` against a control socket of the test's."""

import json

import pytest

from tests.support.control import page

HOOK = {
    "id": "0193a1b2-0000-7000-8000-0000000000aa", "url": "https://one.example/hook", "events": ["time_entry.stopped"],
    "allowPrivate": False, "enabled": True, "trouble": None, "failures": 0, "failingSince": None, "waiting": 0, "parked": 0,
    "secretRotatedAt": None, "createdAt": "2026-11-20T09:00:00Z", "updatedAt": "2026-11-20T09:00:00Z", "revision": 1,
}  # fmt: skip
OTHER = {
    **HOOK,
    "id": "0193a1b2-0000-7000-8000-0000000000bb",
    "url": "https://two.example/",
    "enabled": False,
    "trouble": "gone\x1b[31m",
}
SENT = {
    "id": "0193a1b2-0000-7000-8000-00000000d00d", "target": f"webhook:{HOOK['id']}", "kind": "time_entry.stopped",
    "state": "parked", "attempts": 1, "nextAttemptAt": None, "lastAttemptAt": None, "lastStatus": 500,
    "lastError": "the receiver\nanswered 500\x1b[0m", "createdAt": "2026-11-20T09:00:00Z", "finishedAt": None,
}  # fmt: skip
PATH = f"/api/webhooks/{HOOK['id']}"


@pytest.fixture
def hooks(control):
    control.answers["GET", "/api/webhooks"] = page(HOOK, OTHER)
    control.answers["GET", PATH + "/deliveries"] = page(SENT)
    control.answers["GET", "/api/outbox"] = page(SENT)
    return control


def test_the_list_shows_each_with_its_state_and_no_control_characters(hooks, stint):
    shown = stint("webhooks")
    assert (shown.code, shown.err) == (0, "")
    assert "https://one.example/hook  ok" in shown.out
    assert "off: gone" in shown.out
    assert "\x1b" not in shown.out
    assert json.loads(stint("webhooks", "list", "--json").out) == [HOOK, OTHER]


def test_add_sends_what_was_said_and_shows_the_secret_once(hooks, stint):
    hooks.answers["POST", "/api/webhooks"] = (201, {**HOOK, "secret": "whsec_abc"})
    shown = stint("webhooks", "add", HOOK["url"], "--event", "time_entry.stopped", "--event", "project.created", "--private")
    assert "whsec_abc" in shown.out.splitlines()
    body = hooks.asked("POST", "/api/webhooks")[0]["body"]
    assert body == {"url": HOOK["url"], "events": ["time_entry.stopped", "project.created"], "allowPrivate": True}
    stint("webhooks", "add", HOOK["url"])
    assert len(hooks.asked("POST", "/api/webhooks")[1]["body"]["events"]) == 5


def test_a_secret_of_one_s_own_comes_from_a_file(hooks, stint, tmp_path):
    hooks.answers["POST", "/api/webhooks"] = (201, {**HOOK, "secret": None})
    (tmp_path / "secret").write_text("my-own-secret-text\n")
    shown = stint("webhooks", "add", HOOK["url"], "--secret-from", str(tmp_path / "secret"))
    assert hooks.asked("POST", "/api/webhooks")[0]["body"]["secret"] == "my-own-secret-text"
    assert "my-own" not in shown.out
    assert stint("webhooks", "add", HOOK["url"], "--secret-from", str(tmp_path / "none")).code == 1


@pytest.mark.parametrize("word", [HOOK["url"], HOOK["id"], "0000aa", "0193a1b2-0000-7000-8000-0000000000a"])
def test_a_webhook_is_known_by_its_url_or_part_of_its_id(hooks, stint, word):
    hooks.answers["DELETE", PATH] = HOOK
    assert "removed https://one.example/hook" in stint("webhooks", "remove", word).out


def test_a_part_that_several_have_or_none_is_refused(hooks, stint):
    several, none = stint("webhooks", "test", "0193a1b2"), stint("webhooks", "test", "ffff")
    assert (several.code, none.code) == (1, 1)
    assert "2 ids" in several.err
    assert "there is no webhook" in none.err


def test_edit_rotate_and_test(hooks, stint):
    hooks.answers["PATCH", PATH] = {**HOOK, "enabled": False}
    hooks.answers["POST", PATH + "/rotate"] = {**HOOK, "secret": "whsec_new"}
    hooks.answers["POST", PATH + "/test"] = {
        "delivered": False,
        "status": 500,
        "error": "the receiver answered 500",
        "deliveryId": "d",
    }
    stint("webhooks", "edit", "0000aa", "--off", "--no-private", "--event", "project.deleted")
    assert hooks.asked("PATCH", PATH)[0]["body"] == {"events": ["project.deleted"], "allowPrivate": False, "enabled": False}
    assert stint("webhooks", "edit", "0000aa").code == 1
    assert "whsec_new" in stint("webhooks", "rotate", "0000aa").out
    failed = stint("webhooks", "test", "0000aa")
    assert (failed.code, failed.out) == (1, "not delivered: the receiver answered 500\n")
    hooks.answers["POST", PATH + "/test"] = {"delivered": True, "status": 204, "error": None, "deliveryId": "d"}
    assert stint("webhooks", "test", "0000aa").out == "delivered (204)\n"


def test_deliveries_and_redelivery(hooks, stint):
    hooks.answers["POST", PATH + "/redeliver"] = {"redelivered": 1}
    shown = stint("webhooks", "deliveries", "0000aa").out
    assert "parked, 1 attempt  the receiver answered 500" in shown
    assert "\x1b" not in shown
    assert stint("webhooks", "redeliver", "0000aa").out == "1 to be delivered again\n"
    stint("webhooks", "redeliver", "0000aa", "00d00d")
    assert [one["body"] for one in hooks.asked("POST", PATH + "/redeliver")] == [{}, {"deliveryId": SENT["id"]}]


def test_the_outbox_is_shown_retried_and_dropped(hooks, stint):
    shown = stint("outbox", "--state", "parked").out
    assert shown.startswith("webhook 0000aa\n")
    assert hooks.asked("GET", "/api/outbox")[0]["query"]["state"] == "parked"
    for action, said in (("retry", "is being tried again now"), ("drop", "will not be delivered")):
        hooks.answers["POST", f"/api/outbox/{SENT['id']}/{action}"] = {**SENT, "state": "waiting"}
        assert said in stint("outbox", action, "00d00d").out
    assert stint("outbox", "retry").code == 1
    assert stint("outbox", "explode", "00d00d").code == 2


def test_the_outbox_names_each_receiver_once_whatever_the_order(hooks, stint):
    theirs = {**SENT, "id": "0193a1b2-0000-7000-8000-00000000beef", "target": f"webhook:{OTHER['id']}"}
    hooks.answers["GET", "/api/outbox"] = page(SENT, theirs, {**SENT, "id": "0193a1b2-0000-7000-8000-00000000cafe"})
    shown = stint("outbox").out.splitlines()
    assert [line.split()[0] for line in shown] == ["webhook", "00d00d", "00cafe", "webhook", "00beef"]


def test_the_help_of_the_outbox_names_what_can_be_done_with_a_delivery(hooks, stint):
    shown = stint("outbox", "--help").out
    assert "outbox retry DELIVERY" in shown
    assert "outbox drop DELIVERY" in shown


@pytest.mark.parametrize(("failures", "said"), [(1, "failed once"), (2, "failed 2 times")])
def test_the_list_counts_failures_in_words(hooks, stint, failures, said):
    hooks.answers["GET", "/api/webhooks"] = page({**HOOK, "failures": failures})
    assert said in stint("webhooks").out


@pytest.mark.parametrize("argv", [("add",), ("remove",), ("rotate",), ("test",), ("edit",), ("redeliver",), ("deliveries",)])
def test_an_action_without_its_webhook_says_what_to_write(hooks, stint, argv):
    refused = stint("webhooks", *argv)
    assert refused.code == 1
    assert f"stint webhooks {argv[0]}" in refused.err
