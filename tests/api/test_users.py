"""People of the workspace: the owner who is always there, those who are invited, and what listeners hear of them."""

import pytest

from tests.api.test_entries import added


async def invite(client, name="Mona", code=201, **fields):
    answer = await client.ask("POST", "/api/users", {"name": name, **fields})
    assert answer.status == code, answer.body
    return answer.body


async def change_user(client, user, code=200, headers=None, **fields):
    answer = await client.ask("PATCH", f"/api/users/{user}", fields, headers)
    assert answer.status == code, answer.body
    return answer.body


def user_events(client):
    return client.daemon.database.read_now(
        lambda conn: [
            tuple(row) for row in conn.execute("SELECT kind, payload FROM change WHERE kind LIKE 'user.%' ORDER BY seq")
        ]
    )


async def test_the_owner_is_there_before_anybody_is_invited(client):
    client.daemon.set_policy(owner_emails=("me@example.com",), zone="Europe/Berlin")
    me = await client.get("/api/users/me")
    assert (me["name"], me["email"], me["role"]) == ("me@example.com", "me@example.com", "owner")
    assert (me["status"], me["revision"]) == ("active", 1)
    assert (me["emails"], me["timezone"]) == (["me@example.com"], "Europe/Berlin")
    assert await client.get(f"/api/users/{me['id']}") == me
    assert await client.get("/api/users") == {"data": [me], "nextCursor": None}
    assert (await added(client, "10:00", "11:00"))["userId"] == me["id"]


@pytest.mark.parametrize("by", ["me", "id"])
async def test_the_owner_can_be_renamed_and_nothing_more(client, by):
    me = await client.get("/api/users/me")
    which = "me" if by == "me" else me["id"]
    assert (await change_user(client, which, name=" Rosa ", revision=1))["name"] == "Rosa"
    again = await change_user(client, which, email="rosa@example.com", role="owner", status="active")
    assert me["createdAt"] is again["createdAt"] is None, "nobody knows since when, and a change does not tell"
    assert (again["name"], again["email"], again["revision"], again["id"]) == ("Rosa", "rosa@example.com", 3, me["id"])
    assert await client.get("/api/users/me") == again
    for wrong in ({"role": "standard"}, {"status": "invited"}):
        assert (await change_user(client, which, 409, **wrong))["code"] == "CONFLICT"
    assert (await client.ask("DELETE", f"/api/users/{which}")).status == 409
    assert await client.get("/api/users/me") == again
    assert user_events(client) == []


async def test_a_person_is_invited_joins_and_is_removed_and_listeners_hear_of_it(client):
    mona = await invite(client, email="mona@example.com", role="manager")
    assert (mona["status"], mona["role"], mona["revision"]) == ("invited", "manager", 1)
    assert set(mona) == {"id", "name", "email", "role", "status", "workspaceId", "createdAt", "revision"}
    assert await client.get(f"/api/users/{mona['id']}") == mona
    joined = await change_user(client, mona["id"], status="active")
    assert (joined["status"], joined["revision"]) == ("active", 2)
    assert (await change_user(client, mona["id"], status="active"))["revision"] == 2
    assert (await change_user(client, mona["id"], 409, status="invited"))["code"] == "CONFLICT"
    gone = await client.ask("DELETE", f"/api/users/{mona['id']}")
    assert (gone.status, gone.body) == (200, joined)
    assert (await client.ask("GET", f"/api/users/{mona['id']}")).status == 404
    kinds = [kind for kind, payload in user_events(client) if mona["id"] in payload]
    assert kinds == ["user.invited", "user.joined", "user.removed"]


async def test_a_person_is_standard_unless_said_otherwise(client):
    mona = await invite(client)
    assert (mona["role"], mona["email"]) == ("standard", None)
    assert (await change_user(client, mona["id"], role="manager", email="m@example.com"))["role"] == "manager"
    assert (await change_user(client, mona["id"], 422, role="owner"))["details"]["field"] == "role"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"), ({"name": " "}, "name"), ({"name": "x" * 300}, "name"), ({"name": "M", "role": "owner"}, "role"),
        ({"name": "M", "role": "god"}, "role"), ({"name": "M", "email": "mona"}, "email"),
        ({"name": "M", "email": "a@b@c"}, "email"), ({"name": "M", "email": "a b@c"}, "email"),
        ({"name": "M", "email": "a\x1b[0m@c"}, "email"),
        ({"name": "M", "email": "a@" + "c" * 300}, "email"),
    ],
)  # fmt: skip
async def test_a_person_that_cannot_be_is_refused_by_field(client, body, field):
    answer = await client.ask("POST", "/api/users", body)
    assert (answer.status, answer.body["details"]["field"]) == (422, field)
    assert len((await client.get("/api/users"))["data"]) == 1


async def test_an_address_belongs_to_one_person(client):
    client.daemon.set_policy(owner_emails=("me@example.com",))
    mona = await invite(client, email="mona@example.com")
    rosa = await invite(client, "Rosa")
    for taken in ("mona@example.com", "MONA@example.com", "me@example.com"):
        assert (await invite(client, "Other", 409, email=taken))["code"] == "CONFLICT"
        assert (await change_user(client, rosa["id"], 409, email=taken))["code"] == "CONFLICT"
    assert (await change_user(client, mona["id"], email="Mona@example.com"))["email"] == "Mona@example.com"
    assert (await change_user(client, mona["id"], email=None))["email"] is None
    assert (await change_user(client, "me", email="me@example.com"))["email"] == "me@example.com"


async def test_people_are_listed_by_name_filtered_and_paged(client):
    for number in range(5):
        await invite(client, f"p{number}", email=f"p{number}@example.com", role="manager" if number % 2 else "standard")
    assert [user["name"] for user in (await client.get("/api/users"))["data"]] == ["owner", "p0", "p1", "p2", "p3", "p4"]
    assert [user["name"] for user in (await client.get("/api/users", role="manager"))["data"]] == ["p1", "p3"]
    assert [user["name"] for user in (await client.get("/api/users", status="active"))["data"]] == ["owner"]
    assert [user["name"] for user in (await client.get("/api/users", search="P2@EX"))["data"]] == ["p2"]
    seen, cursor = [], None
    while True:
        page = await client.get("/api/users", limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [user["name"] for user in page["data"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert seen == ["owner", "p0", "p1", "p2", "p3", "p4"]
