-- Keys of callers on the loopback listener. Of a key only its SHA-256 is kept, so that nobody who reads this file can
-- call. A revoked one stays, because the trail of edits names it. A key may be limited to one client or one project.
CREATE TABLE api_key (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, scope TEXT NOT NULL, hash TEXT NOT NULL UNIQUE, client_id TEXT, project_id TEXT,
    created_us INTEGER NOT NULL, last_used_us INTEGER, revoked_us INTEGER
);
