-- The people of the workspace beside its owner, who has a row only once something about them was changed. Whether somebody
-- may do something is the matter of keys, not of this table.
CREATE TABLE person (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT, role TEXT NOT NULL, status TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1, created_us INTEGER NOT NULL
);
CREATE UNIQUE INDEX person_email ON person (lower(email)) WHERE email IS NOT NULL;
