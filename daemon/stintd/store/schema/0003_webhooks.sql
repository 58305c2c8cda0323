-- Webhooks, and what waits to leave this machine. A webhook's secret is a file beside the database (stintd/secret.py),
-- never a row. `rest_us`: nothing is sent before that instant, because the receiver failed `failures` times in a row
-- since `failing_us`.
CREATE TABLE webhook (
    id TEXT PRIMARY KEY, url TEXT NOT NULL, events TEXT NOT NULL, allow_private INTEGER NOT NULL DEFAULT 0,
    enabled INTEGER NOT NULL DEFAULT 1, trouble TEXT NOT NULL DEFAULT '', failures INTEGER NOT NULL DEFAULT 0,
    failing_us INTEGER, rest_us INTEGER, rotated_us INTEGER, revision INTEGER NOT NULL DEFAULT 1,
    created_us INTEGER NOT NULL, updated_us INTEGER NOT NULL
);
-- One row a delivery, written in the transaction of the change it tells. `target` is who gets it: `webhook:ID`, and other
-- kinds of targets by their own names. `id` is what the receiver knows a repetition by, `seq` the order, `body` the very
-- bytes that are sent. `state`: waiting, delivered, parked (given up on, kept for a person), dropped (by a person).
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, target TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting', attempts INTEGER NOT NULL DEFAULT 0, next_us INTEGER NOT NULL,
    first_try_us INTEGER, last_try_us INTEGER, status INTEGER, error TEXT NOT NULL DEFAULT '',
    created_us INTEGER NOT NULL, finished_us INTEGER
);
CREATE INDEX outbox_target ON outbox (target, seq);
CREATE INDEX outbox_waiting ON outbox (target, seq) WHERE state = 'waiting';
CREATE INDEX outbox_parked ON outbox (target) WHERE state = 'parked';
CREATE INDEX outbox_finished ON outbox (finished_us) WHERE finished_us IS NOT NULL;
