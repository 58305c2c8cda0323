-- `again_us`: when a parked delivery is tried again by itself (its period is locked there), NULL when only a person may.
-- `is_correction`: the attempt without an answer writes the difference beside what is there.
ALTER TABLE delivery ADD COLUMN again_us INTEGER;
ALTER TABLE delivery ADD COLUMN is_correction INTEGER NOT NULL DEFAULT 0;
CREATE INDEX delivery_again ON delivery (target, again_us) WHERE again_us IS NOT NULL;
-- `compared`: the settings with which every entry was compared last. `listed_us`: when its places were last read.
ALTER TABLE delivery_target ADD COLUMN compared TEXT NOT NULL DEFAULT '';
ALTER TABLE delivery_target ADD COLUMN listed_us INTEGER;
-- Where hours can go at a target, as it last told: `remote` as a mapping names it (JSON, keys in order). `gone_us`: since when
-- it is told no more (archived, removed there).
CREATE TABLE delivery_place (
    target TEXT NOT NULL, remote TEXT NOT NULL, name TEXT NOT NULL, client TEXT NOT NULL DEFAULT '', gone_us INTEGER,
    PRIMARY KEY (target, remote)
) WITHOUT ROWID;
