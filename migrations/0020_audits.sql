-- What the auditor found when it last looked, for each of its rules; and when each job last did its work.
--
-- expands: new tables and a column that the old code does not know.
CREATE TABLE audits (
  rule          TEXT    PRIMARY KEY,
  checked_at    INTEGER NOT NULL,
  -- How many things were looked at, how many of them broke the rule, and by how long the worst did.
  checked       INTEGER NOT NULL,
  broken        INTEGER NOT NULL,
  worst_ms      INTEGER NOT NULL,
  -- The name of the worst, for operators and for the next look; NULL: there is none, or nobody asked.
  example       TEXT,
  -- Since which look the rule has been broken; NULL: it is not.
  broken_since  INTEGER,
  -- When the operators were last told that it is.
  told_at       INTEGER
) STRICT, WITHOUT ROWID;

-- A walk over everything takes many runs; this is what it has found so far.
CREATE TABLE audit_walks (
  rule       TEXT    PRIMARY KEY,
  checked    INTEGER NOT NULL,
  broken     INTEGER NOT NULL,
  worst_ms   INTEGER NOT NULL,
  example    TEXT
) STRICT, WITHOUT ROWID;

-- When a run of the job last ended well.
ALTER TABLE leases ADD COLUMN done_at INTEGER;

CREATE INDEX accounts_operators ON accounts (id) WHERE is_operator = 1;
