-- The one timer of ours that runs at a billing system, or is about to, or was and is to be put right: none, no row. `state` as in
-- domain/mirror.py. `run`: which run of the entry (pauses end runs). `content` as in `delivery.held`. `remote_id` is the target's
-- name for it, '' while nobody knows it. `began_us`: when its start was written down, before it was sent. `start_s`, `end_s`:
-- what the target has of it, as far as we know. `trouble` and `remedy`: why nothing runs there although it should.
CREATE TABLE live_mirror (
    target TEXT PRIMARY KEY, state TEXT NOT NULL, entry_id TEXT NOT NULL, run INTEGER NOT NULL, content TEXT NOT NULL,
    remote_id TEXT NOT NULL DEFAULT '', began_us INTEGER NOT NULL, start_s INTEGER, end_s INTEGER,
    next_us INTEGER NOT NULL DEFAULT 0, trouble TEXT NOT NULL DEFAULT '', remedy TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
