-- A repository is a folder with a git directory, wherever it moves: several folders may be clones of one remote, so an identity no
-- longer names one row. `network`: the remote on the network that its folder has now. `guest_of`: the remote by which the folder
-- counts as a guest in its project; '' when it counts in its own right.
CREATE TABLE repo_of_a_folder (
    id TEXT PRIMARY KEY, identity TEXT NOT NULL, name TEXT NOT NULL, remote TEXT NOT NULL DEFAULT '',
    first_commit TEXT NOT NULL DEFAULT '', project_id TEXT, created_us INTEGER NOT NULL, last_active_us INTEGER NOT NULL DEFAULT 0,
    network TEXT NOT NULL DEFAULT '', guest_of TEXT NOT NULL DEFAULT ''
);
INSERT INTO repo_of_a_folder (id, identity, name, remote, first_commit, project_id, created_us, last_active_us)
SELECT id, identity, name, remote, first_commit, project_id, created_us, last_active_us FROM repo;
DROP TABLE repo;
ALTER TABLE repo_of_a_folder RENAME TO repo;
CREATE INDEX repo_project ON repo (project_id);
-- What tells a moved folder from a copy: `git_mark` names the git directory, `log_mark` its reflog, `mount` the file
-- system it lies on, `begun_us` when it came to be there.
ALTER TABLE checkout ADD COLUMN git_mark TEXT NOT NULL DEFAULT '';
ALTER TABLE checkout ADD COLUMN log_mark TEXT NOT NULL DEFAULT '';
ALTER TABLE checkout ADD COLUMN mount TEXT NOT NULL DEFAULT '';
ALTER TABLE checkout ADD COLUMN begun_us INTEGER NOT NULL DEFAULT 0;
-- Whose hours a folder's are, as its owner answered; `id` is that of the repository. `is_open`: nobody answered yet, the earlier
-- program joined the folder to this project, and evidence since `since_us` waits for the answer.
CREATE TABLE folder_answer (
    id TEXT PRIMARY KEY, project_id TEXT NOT NULL, is_open INTEGER NOT NULL DEFAULT 0, since_us INTEGER NOT NULL
);
-- The earlier names of projects: whatever names a project by one of them still means it. No two projects answer to one name.
CREATE TABLE project_alias (
    normal_name TEXT PRIMARY KEY, name TEXT NOT NULL, project_id TEXT NOT NULL, since_us INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX project_alias_of ON project_alias (project_id);
-- A mapping to a project that was deleted would make a project that is called by its id.
DELETE FROM mapping WHERE project IN (SELECT id FROM project WHERE deleted = 1)
AND project NOT IN (SELECT name FROM project WHERE deleted = 0);
-- Finds the evidence of a folder in which a repository is found later.
CREATE INDEX context_folder ON context (folder) WHERE folder <> '';
