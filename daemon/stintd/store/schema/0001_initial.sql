-- The first schema. Instants are integer microseconds since the epoch, UTC (`*_us`). Ids of things people see are
-- time-sortable UUIDs (text); small integers are local and never leave this file.

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;   -- user_id, device_id, workspace_id

-- Evidence ---------------------------------------------------------------------------------------------------------
-- Found again by the CRC of their texts: an index of the texts themselves would store each of them twice.
CREATE TABLE context (
    id INTEGER PRIMARY KEY, hash INTEGER NOT NULL,
    source TEXT NOT NULL, kind TEXT NOT NULL, actor TEXT NOT NULL,
    repo_id TEXT NOT NULL DEFAULT '', repo_path TEXT NOT NULL DEFAULT '', folder TEXT NOT NULL DEFAULT '',
    project TEXT NOT NULL DEFAULT '', branch TEXT NOT NULL DEFAULT '', session TEXT NOT NULL DEFAULT '',
    device TEXT NOT NULL DEFAULT '', witness TEXT NOT NULL DEFAULT '', source_text TEXT NOT NULL DEFAULT ''
);
CREATE INDEX context_hash ON context (hash);
CREATE TABLE entity (id INTEGER PRIMARY KEY, hash INTEGER NOT NULL, text TEXT NOT NULL);
CREATE INDEX entity_hash ON entity (hash);
-- A run of heartbeats with one context, no gap above two minutes, no longer than 35 minutes. `id` is the first instant
-- times 1024, plus a number that tells apart those of one instant: rows lie in the order of time and need no index.
-- `beats`: of each the time since the one before, the entity and the key of its id (store/spans.py).
CREATE TABLE span (
    id INTEGER PRIMARY KEY, context_id INTEGER NOT NULL, length_us INTEGER NOT NULL, count INTEGER NOT NULL,
    max_gap_us INTEGER NOT NULL, beats BLOB NOT NULL,
    first_us INTEGER GENERATED ALWAYS AS (id / 1024) VIRTUAL,
    last_us INTEGER GENERATED ALWAYS AS (id / 1024 + length_us) VIRTUAL
);
-- Hashes of the ids that callers chose, to know a repeated one whatever its time. A plain index of random hashes would
-- write a page per heartbeat; sorted runs that are merged now and then write a few bytes (store/known.py).
CREATE TABLE known_fresh (id INTEGER PRIMARY KEY, hashes BLOB NOT NULL);
CREATE TABLE known_run (run INTEGER PRIMARY KEY, level INTEGER NOT NULL, bits INTEGER NOT NULL);
CREATE TABLE known_id (id INTEGER PRIMARY KEY, hashes BLOB NOT NULL);
CREATE TABLE absence (
    start_us INTEGER NOT NULL, end_us INTEGER NOT NULL, kind TEXT NOT NULL, device TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (start_us, end_us, kind, device)
) WITHOUT ROWID;
CREATE TABLE blind (start_us INTEGER NOT NULL, end_us INTEGER NOT NULL, reason TEXT NOT NULL);
CREATE TABLE session (
    id TEXT PRIMARY KEY, agent TEXT NOT NULL DEFAULT '', caller TEXT NOT NULL DEFAULT '', project_id TEXT, folder TEXT NOT NULL DEFAULT '',
    started_us INTEGER NOT NULL, last_us INTEGER NOT NULL, ended_us INTEGER, end_reason TEXT NOT NULL DEFAULT '',
    pid INTEGER, pid_started REAL, boot_id TEXT NOT NULL DEFAULT '', description TEXT NOT NULL DEFAULT '',
    task TEXT, tags TEXT NOT NULL DEFAULT '[]', billable INTEGER
);
CREATE INDEX session_open ON session (last_us) WHERE ended_us IS NULL;

-- Places -----------------------------------------------------------------------------------------------------------
CREATE TABLE repo (
    id TEXT PRIMARY KEY, identity TEXT NOT NULL UNIQUE, name TEXT NOT NULL, remote TEXT NOT NULL DEFAULT '',
    first_commit TEXT NOT NULL DEFAULT '', project_id TEXT, created_us INTEGER NOT NULL, last_active_us INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE checkout (
    path TEXT PRIMARY KEY, repo_id TEXT NOT NULL, git_dir TEXT NOT NULL, common_dir TEXT NOT NULL, kind TEXT NOT NULL,
    parent TEXT, branch TEXT, head TEXT NOT NULL DEFAULT '', is_gone INTEGER NOT NULL DEFAULT 0,
    last_active_us INTEGER NOT NULL DEFAULT 0, trouble TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX checkout_repo ON checkout (repo_id);
CREATE TABLE repo_commit (
    repo_id TEXT NOT NULL, sha TEXT NOT NULL, time_us INTEGER NOT NULL, subject TEXT NOT NULL, branch TEXT NOT NULL DEFAULT '',
    is_own INTEGER NOT NULL DEFAULT 1, PRIMARY KEY (repo_id, sha)
) WITHOUT ROWID;
CREATE INDEX repo_commit_time ON repo_commit (repo_id, time_us);
CREATE TABLE cursor (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE client (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, archived INTEGER NOT NULL DEFAULT 0, revision INTEGER NOT NULL DEFAULT 1,
    created_us INTEGER NOT NULL
);
CREATE UNIQUE INDEX client_name ON client (name);
CREATE TABLE project (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, normal_name TEXT NOT NULL, client_id TEXT, hourly_rate TEXT, currency TEXT,
    budget_hours REAL, budget_amount TEXT, billable INTEGER, bill_agent_time INTEGER NOT NULL DEFAULT 0,
    bill_supervised INTEGER NOT NULL DEFAULT 1, default_task TEXT, archived INTEGER NOT NULL DEFAULT 0, deleted INTEGER NOT NULL DEFAULT 0,
    origin TEXT NOT NULL, folder TEXT NOT NULL DEFAULT '', revision INTEGER NOT NULL DEFAULT 1, created_us INTEGER NOT NULL
);
CREATE UNIQUE INDEX project_name ON project (name) WHERE deleted = 0;
CREATE INDEX project_normal ON project (normal_name);
CREATE TABLE task (
    id TEXT PRIMARY KEY, key TEXT NOT NULL, name TEXT NOT NULL, project_id TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'active',
    estimated_hours REAL, hourly_rate TEXT, revision INTEGER NOT NULL DEFAULT 1, created_us INTEGER NOT NULL, UNIQUE (project_id, key)
);
CREATE TABLE mapping (
    id TEXT PRIMARY KEY, position INTEGER NOT NULL, path TEXT, remote TEXT, branch TEXT, project TEXT, client TEXT, task TEXT,
    billable INTEGER, tags TEXT NOT NULL DEFAULT '[]', since_us INTEGER, created_us INTEGER NOT NULL
);

-- The sheet --------------------------------------------------------------------------------------------------------
-- Automatic, manual and corrected entries alike. `derived_*` is what the evidence says where an edit says otherwise;
-- `anchor_*` is the stretch as it stood when its project or text was edited, which finds it again after a rebuild.
CREATE TABLE entry (
    id TEXT PRIMARY KEY, actor TEXT NOT NULL, origin TEXT NOT NULL, project_id TEXT, task TEXT, start_us INTEGER NOT NULL,
    end_us INTEGER, state TEXT NOT NULL, description TEXT NOT NULL DEFAULT '', billable INTEGER NOT NULL DEFAULT 0,
    tags TEXT NOT NULL DEFAULT '[]', pauses TEXT NOT NULL DEFAULT '[]', hands_on_us INTEGER NOT NULL DEFAULT 0,
    supervised_us INTEGER NOT NULL DEFAULT 0, last_evidence_us INTEGER, repo_id TEXT, branch TEXT, session TEXT,
    pinned TEXT NOT NULL DEFAULT '', is_confirmed INTEGER NOT NULL DEFAULT 1, may_overlap INTEGER NOT NULL DEFAULT 0,
    derived_project_id TEXT, derived_task TEXT, anchor_start_us INTEGER, anchor_end_us INTEGER,
    approved_us INTEGER, locked INTEGER NOT NULL DEFAULT 0, zone TEXT NOT NULL, user_id TEXT NOT NULL, device_id TEXT NOT NULL,
    workspace_id TEXT NOT NULL, revision INTEGER NOT NULL DEFAULT 1, created_us INTEGER NOT NULL, updated_us INTEGER NOT NULL
);
CREATE INDEX entry_start ON entry (start_us);
CREATE INDEX entry_end ON entry (end_us);
CREATE INDEX entry_open ON entry (start_us) WHERE end_us IS NULL;
CREATE INDEX entry_pinned ON entry (start_us) WHERE pinned <> '';
CREATE INDEX entry_beside ON entry (start_us) WHERE may_overlap = 1;
CREATE INDEX entry_project ON entry (project_id, start_us);
CREATE TABLE merged_entry (id TEXT PRIMARY KEY, merged_into TEXT NOT NULL, at_us INTEGER NOT NULL) WITHOUT ROWID;
-- What a person took away: no automatic time there until the edit is undone. `actor` agent with its project, or human.
CREATE TABLE taken (
    id TEXT PRIMARY KEY, start_us INTEGER NOT NULL, end_us INTEGER NOT NULL, actor TEXT NOT NULL, project_id TEXT
);
CREATE INDEX taken_start ON taken (start_us);
-- Where a person stopped an automatic timer: no credit crosses it.
CREATE TABLE cut (id TEXT PRIMARY KEY, at_us INTEGER NOT NULL, actor TEXT NOT NULL, project_id TEXT);
CREATE INDEX cut_at ON cut (at_us);

-- The owner's edits, one step each, with the rows as they were and as they became (JSON), so that any step can be undone.
CREATE TABLE edit (
    id TEXT PRIMARY KEY, at_us INTEGER NOT NULL, who TEXT NOT NULL, verb TEXT NOT NULL, summary TEXT NOT NULL, undone_us INTEGER
);
CREATE INDEX edit_at ON edit (at_us);
CREATE TABLE edit_row (
    edit_id TEXT NOT NULL, position INTEGER NOT NULL, table_name TEXT NOT NULL, row_id TEXT NOT NULL, before TEXT, after TEXT,
    PRIMARY KEY (edit_id, position)
) WITHOUT ROWID;
CREATE INDEX edit_row_of ON edit_row (row_id);

-- Seconds by day and what they were for; a sum of the entries that can always be made again from them.
CREATE TABLE rollup (
    day TEXT NOT NULL, project_id TEXT NOT NULL, task TEXT NOT NULL, actor TEXT NOT NULL, billable INTEGER NOT NULL,
    total_us INTEGER NOT NULL, hands_on_us INTEGER NOT NULL, supervised_us INTEGER NOT NULL, entries INTEGER NOT NULL,
    PRIMARY KEY (day, project_id, task, actor, billable)
) WITHOUT ROWID;
CREATE INDEX rollup_empty ON rollup (entries) WHERE entries = 0;
CREATE TABLE day_policy (day TEXT PRIMARY KEY, values_json TEXT NOT NULL) WITHOUT ROWID;

-- What changed, in order, for the event stream and later the outbox.
CREATE TABLE change (seq INTEGER PRIMARY KEY AUTOINCREMENT, at_us INTEGER NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL);
CREATE TABLE idempotency (
    key TEXT PRIMARY KEY, route TEXT NOT NULL, request_hash TEXT NOT NULL, status INTEGER NOT NULL, answer TEXT NOT NULL, at_us INTEGER NOT NULL
) WITHOUT ROWID;
