import random

from stintd.store import seen_ids


def hashes(count, seed=1):
    rng = random.Random(seed)
    return [rng.randrange(1 << 32, 1 << 63) for _ in range(count)]


def test_what_was_remembered_is_found_and_nothing_else(conn):
    mine, others = hashes(40_000), hashes(2_000, seed=2)
    for at in range(0, len(mine), 250):
        seen_ids.remember(conn, mine[at : at + 250])
    for at in range(0, len(mine), 1000):
        assert seen_ids.find(conn, mine[at : at + 1000]) == set(mine[at : at + 1000])
    assert seen_ids.find(conn, others) == set()


def test_runs_stay_few_however_many_ids_come(conn):
    mine = hashes(60_000)
    for at in range(0, len(mine), 600):
        seen_ids.remember(conn, mine[at : at + 600])
    (runs,) = conn.execute("SELECT count(*) FROM known_run").fetchone()
    assert runs < 3 * seen_ids.FAN
    assert seen_ids.find(conn, mine[:900]) == set(mine[:900])


def test_single_ids_fill_one_page_before_the_next(conn):
    mine = hashes(seen_ids.PAGE + 1)
    for one in mine:
        seen_ids.remember(conn, [one])
    assert conn.execute("SELECT count(*) FROM known_fresh").fetchone() == (2,)
    assert seen_ids.find(conn, mine) == set(mine)


def test_the_smallest_and_the_largest_hash_have_their_place(conn):
    edge = [1 << 32, (1 << 63) - 1]
    seen_ids.remember(conn, edge)
    seen_ids.remember(conn, hashes(5000))
    assert seen_ids.find(conn, edge) == set(edge)


def test_forgotten_ids_are_unknown_again(conn):
    mine = hashes(5000)
    seen_ids.remember(conn, mine[:4000])
    seen_ids.remember(conn, mine[4000:4100])
    seen_ids.forget(conn, mine[::2])
    assert seen_ids.find(conn, mine[:4100]) == set(mine[1:4100:2])
    seen_ids.forget(conn, mine[:4100])
    assert seen_ids.find(conn, mine) == set()
