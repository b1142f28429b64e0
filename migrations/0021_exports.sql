-- Copies of everything that is kept of an account, for its owner to take away.
--
-- expands: new tables that the old code does not know.
CREATE TABLE exports (
  id              TEXT    PRIMARY KEY,
  account_id      TEXT    NOT NULL,
  requested_at    INTEGER NOT NULL,
  -- How many files of it there are, and how many images are in them.
  files           INTEGER NOT NULL DEFAULT 0,
  images          INTEGER NOT NULL DEFAULT 0,
  -- The image after which the next file begins: its created_at and its id; NULL: with the first.
  after_at        INTEGER,
  after_id        TEXT,
  -- How often the next file was tried, and when it is tried again; NULL: there is none to come, or it was given up.
  attempts        INTEGER NOT NULL DEFAULT 0,
  next_attempt_at INTEGER,
  -- When all of it was there; NULL: it is not, or not yet.
  finished_at     INTEGER,
  expires_at      INTEGER NOT NULL
) STRICT;

CREATE INDEX exports_of_account ON exports (account_id, requested_at);
CREATE INDEX exports_due        ON exports (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX exports_by_expiry  ON exports (expires_at);

CREATE TABLE export_files (
  export_id TEXT    NOT NULL,
  -- 0: what is known of the account; from 1 on: images.
  number    INTEGER NOT NULL,
  -- The object's name.
  object    TEXT    NOT NULL,
  bytes     INTEGER NOT NULL,
  images    INTEGER NOT NULL,
  made_at   INTEGER NOT NULL,
  PRIMARY KEY (export_id, number)
) STRICT, WITHOUT ROWID;
