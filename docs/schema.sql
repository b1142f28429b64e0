-- The schema after every migration. Printed by a test (see migrations/README.md); change a migration instead.

CREATE TABLE "decisions" (
  image_id       TEXT    NOT NULL,
  number         INTEGER NOT NULL,
  decided_at     INTEGER NOT NULL,
  decided_by     TEXT    NOT NULL CHECK (decided_by IN ('policy', 'model', 'operator', 'known_bad', 'outside')),
  verdict        TEXT    NOT NULL CHECK (verdict IN ('safe', 'flagged', 'restricted', 'prohibited', 'unscanned')),
  model_id       TEXT,
  model_sha256   TEXT,
  scores         TEXT,
  thresholds     TEXT    NOT NULL,
  policy_version INTEGER NOT NULL,
  reason         TEXT    NOT NULL,
  operator       TEXT,
  seen           TEXT    CHECK (seen IN ('image', 'facts')),
  PRIMARY KEY (image_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency_keys (
  key_hash        TEXT    PRIMARY KEY,
  fingerprint     TEXT    NOT NULL,
  image_id        TEXT    NOT NULL,
  in_flight_until INTEGER NOT NULL,
  created_at      INTEGER NOT NULL
) STRICT;

CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

CREATE TABLE "images" (
  id                TEXT    PRIMARY KEY,
  state             TEXT    NOT NULL CHECK (state IN ('pending', 'held', 'releasing', 'live', 'removing', 'recovery', 'gone')),
  surface           TEXT    NOT NULL,
  verdict           TEXT    NOT NULL CHECK (verdict IN ('safe', 'flagged', 'restricted', 'prohibited', 'unscanned')),
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
  removal_reason    TEXT    CHECK (removal_reason IN ('expired', 'deleted', 'abandoned', 'lost', 'prohibited', 'removed',
                                                      'refused', 'unscanned')),
  erase_after       INTEGER,
  gone_at           INTEGER,
  held_reason       TEXT    CHECK (held_reason IN ('unscanned', 'review')),
  held_until        INTEGER,
  held_sha256       TEXT,
  attempts          INTEGER NOT NULL DEFAULT 0,
  next_attempt_at   INTEGER,
  ttl_ms            INTEGER
) STRICT;

CREATE INDEX images_attempts  ON images (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

CREATE INDEX images_drafts    ON images (created_at)      WHERE state = 'pending';

CREATE INDEX images_due       ON images (expires_at)      WHERE state = 'live';

CREATE INDEX images_gone      ON images (gone_at)         WHERE state = 'gone';

CREATE INDEX images_held      ON images (held_until)      WHERE state IN ('held', 'releasing');

CREATE INDEX images_recovery  ON images (erase_after)     WHERE state = 'recovery';

CREATE INDEX images_removing  ON images (removing_at)     WHERE state = 'removing';

CREATE TABLE job_cursors (
  scan       TEXT    PRIMARY KEY,
  position   TEXT,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE leases (
  job        TEXT    PRIMARY KEY,
  fence      INTEGER NOT NULL,
  held_until INTEGER NOT NULL
) STRICT;

CREATE TABLE rate_counters (
  caller     TEXT    NOT NULL,
  window     TEXT    NOT NULL,
  started_at INTEGER NOT NULL,
  uploads    INTEGER NOT NULL,
  PRIMARY KEY (caller, window, started_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX rate_counters_age ON rate_counters (started_at);

CREATE TABLE review_queue (
  image_id   TEXT    NOT NULL,
  cause      TEXT    NOT NULL CHECK (cause IN ('flagged', 'prohibited', 'unscanned', 'known_bad', 'reported')),
  severity   INTEGER NOT NULL,
  entered_at INTEGER NOT NULL,
  decided_at INTEGER,
  outcome    TEXT    CHECK (outcome IN ('released', 'restricted', 'prohibited', 'held', 'left')),
  PRIMARY KEY (image_id, cause)
) STRICT, WITHOUT ROWID;

CREATE INDEX review_queue_open ON review_queue (severity DESC, entered_at, image_id, cause) WHERE decided_at IS NULL;
