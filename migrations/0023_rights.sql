-- Rights that people use: processing that is paused for an account, and what was asked by mail or through an agent.
--
-- expands: a column that the old code leaves alone, and a new table.
-- Since when nothing is done with the account's data but what it asks for; NULL: it is not paused.
ALTER TABLE accounts ADD COLUMN restricted_at INTEGER;

CREATE TABLE subject_requests (
  id          TEXT    PRIMARY KEY,
  kind        TEXT    NOT NULL CHECK (kind IN ('access', 'portability', 'rectification', 'erasure', 'restriction', 'objection', 'other')),
  channel     TEXT    NOT NULL CHECK (channel IN ('email', 'agent', 'post')),
  law         TEXT    NOT NULL CHECK (law IN ('gdpr', 'ccpa')),
  -- Where the operators find it in their own mail; not who asked.
  reference   TEXT    NOT NULL,
  received_at INTEGER NOT NULL,
  due_at      INTEGER NOT NULL,
  -- When it was found out that whoever asked may; and when more time was taken, of which they were told.
  verified_at INTEGER,
  extended_at INTEGER,
  closed_at   INTEGER,
  outcome     TEXT    CHECK (outcome IN ('done', 'refused', 'withdrawn')),
  note        TEXT,
  -- When the operators were last reminded.
  reminded_at INTEGER,
  CHECK ((closed_at IS NULL) = (outcome IS NULL))
) STRICT;

CREATE INDEX subject_requests_open   ON subject_requests (due_at)    WHERE closed_at IS NULL;
CREATE INDEX subject_requests_closed ON subject_requests (closed_at) WHERE closed_at IS NOT NULL;
