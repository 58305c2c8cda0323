-- What each billing system is to hold and holds. `delivery_target`: the targets that are connected now; a target that is
-- disconnected keeps its deliveries, so that connecting it again doubles nothing. `rest_us`: nothing is sent before then,
-- after `failures` in a row since `failing_us`. `stopped`: its credentials do not work. `used` calls since `window_us`.
CREATE TABLE delivery_target (
    name TEXT PRIMARY KEY, kind TEXT NOT NULL, connected_us INTEGER NOT NULL, failures INTEGER NOT NULL DEFAULT 0,
    failing_us INTEGER, rest_us INTEGER, stopped INTEGER NOT NULL DEFAULT 0, trouble TEXT NOT NULL DEFAULT '',
    success_us INTEGER, window_us INTEGER NOT NULL DEFAULT 0, used INTEGER NOT NULL DEFAULT 0
);
-- One row for each entry, target and part (a run, a day). `state` as in domain/delivery.py. `wanted`, `held`, `sent` are
-- contents (JSON) or NULL: what is to be there, what is there, what an attempt without an answer wrote. `id` is made of
-- target, entry, part and `generation`, so that even a database brought back from a backup sends the same one again.
-- `hold`: why it is not sent yet, '' when nothing keeps it; `remedy` what a person can do about `hold` or `error`.
CREATE TABLE delivery (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, target TEXT NOT NULL, entry_id TEXT NOT NULL,
    part INTEGER NOT NULL, generation INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL, wanted TEXT, held TEXT, sent TEXT,
    remote_id TEXT NOT NULL DEFAULT '', day TEXT NOT NULL, hold TEXT NOT NULL DEFAULT '', error TEXT NOT NULL DEFAULT '',
    remedy TEXT NOT NULL DEFAULT '', status INTEGER, attempts INTEGER NOT NULL DEFAULT 0, first_try_us INTEGER,
    last_try_us INTEGER, next_us INTEGER NOT NULL, created_us INTEGER NOT NULL, finished_us INTEGER,
    UNIQUE (entry_id, target, part)
);
CREATE INDEX delivery_day ON delivery (target, day);
CREATE INDEX delivery_due ON delivery (target, next_us, seq) WHERE state IN ('waiting', 'sending', 'changed', 'withdrawn');
CREATE INDEX delivery_state ON delivery (target, state);
-- Entries that changed since deliveries were last compared with them; only while something is connected.
CREATE TABLE delivery_dirty (entry_id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TRIGGER entry_came AFTER INSERT ON entry WHEN NEW.end_us IS NOT NULL AND EXISTS (SELECT 1 FROM delivery_target)
BEGIN INSERT OR IGNORE INTO delivery_dirty VALUES (NEW.id); END;
CREATE TRIGGER entry_changed AFTER UPDATE ON entry
WHEN (NEW.end_us IS NOT NULL OR OLD.end_us IS NOT NULL) AND EXISTS (SELECT 1 FROM delivery_target)
BEGIN INSERT OR IGNORE INTO delivery_dirty VALUES (NEW.id); END;
CREATE TRIGGER entry_went AFTER DELETE ON entry WHEN EXISTS (SELECT 1 FROM delivery_target)
BEGIN INSERT OR IGNORE INTO delivery_dirty VALUES (OLD.id); END;
CREATE TRIGGER project_moved AFTER UPDATE OF name, client_id, bill_supervised ON project WHEN EXISTS (SELECT 1 FROM delivery_target)
BEGIN INSERT OR IGNORE INTO delivery_dirty SELECT id FROM entry WHERE project_id = NEW.id AND end_us IS NOT NULL; END;
