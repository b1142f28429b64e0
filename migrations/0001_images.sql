-- Images and what is needed to accept, keep and remove them. Times are unix milliseconds.
-- Every table and column is described in src/policy/data_map.rs; docs/data.md is printed from it.

CREATE TABLE images (
  id                TEXT    PRIMARY KEY,
  state             TEXT    NOT NULL CHECK (state IN ('pending', 'live', 'removing', 'recovery', 'gone')),
  surface           TEXT    NOT NULL,
  verdict           TEXT    NOT NULL CHECK (verdict IN ('safe', 'restricted', 'prohibited')),
  policy_version    INTEGER NOT NULL,
  created_at        INTEGER NOT NULL,
  expires_at        INTEGER,
  retention_class   TEXT    NOT NULL,
  retention_reason  TEXT    NOT NULL,
  facts             TEXT,
  sha256            TEXT,
  details           TEXT,
  delete_token_hash TEXT,
  removing_at       INTEGER,
  removal_reason    TEXT    CHECK (removal_reason IN ('expired', 'deleted', 'abandoned', 'lost')),
  erase_after       INTEGER,
  gone_at           INTEGER
) STRICT;

-- What each job looks for, so that its work is proportional to what is due, not to what is stored.
CREATE INDEX images_due      ON images (expires_at)  WHERE state = 'live';
CREATE INDEX images_drafts   ON images (created_at)  WHERE state = 'pending';
CREATE INDEX images_removing ON images (removing_at) WHERE state = 'removing';
CREATE INDEX images_recovery ON images (erase_after) WHERE state = 'recovery';
CREATE INDEX images_gone     ON images (gone_at)     WHERE state = 'gone';

CREATE TABLE idempotency_keys (
  key_hash        TEXT    PRIMARY KEY,
  fingerprint     TEXT    NOT NULL,
  image_id        TEXT    NOT NULL,
  in_flight_until INTEGER NOT NULL,
  created_at      INTEGER NOT NULL
) STRICT;

CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- Who is a keyed hash of an address prefix under a salt that is destroyed when its day is over.
CREATE TABLE rate_counters (
  caller     TEXT    NOT NULL,
  window     TEXT    NOT NULL,
  started_at INTEGER NOT NULL,
  uploads    INTEGER NOT NULL,
  PRIMARY KEY (caller, window, started_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX rate_counters_age ON rate_counters (started_at);

CREATE TABLE leases (
  job        TEXT    PRIMARY KEY,
  fence      INTEGER NOT NULL,
  held_until INTEGER NOT NULL
) STRICT;

CREATE TABLE job_cursors (
  scan       TEXT    PRIMARY KEY,
  position   TEXT,
  updated_at INTEGER NOT NULL
) STRICT;
