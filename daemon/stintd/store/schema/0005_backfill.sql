-- Evidence read afterwards (`stint backfill`). An automatic entry that rests on it is shown with the origin "backfill".
-- One row an import: the heartbeats of it have `backfill:` and this id as their `source_text`. Undoing the import's edit
-- takes the row away, and the heartbeats with it.
ALTER TABLE entry ADD COLUMN is_estimated INTEGER NOT NULL DEFAULT 0;
CREATE TABLE backfill (
    id TEXT PRIMARY KEY, source TEXT NOT NULL, at_us INTEGER NOT NULL, first_us INTEGER NOT NULL, last_us INTEGER NOT NULL,
    beats INTEGER NOT NULL
);
