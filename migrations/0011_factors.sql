-- What people prove themselves with beside a password: authenticator apps, passkeys, recovery codes (promises IMP-02,
-- I2A-01). Secrets rest as hashes, or sealed under the account's personal key where they are needed again.
--
-- expands: five new tables that the old code does not know.
CREATE TABLE totp_factors (
  account_id    TEXT    NOT NULL PRIMARY KEY,
  -- Sealed.
  secret        TEXT    NOT NULL,
  created_at    INTEGER NOT NULL,
  -- NULL: a code of it has not been seen yet, so it counts for nothing.
  confirmed_at  INTEGER,
  -- The step whose code was accepted last; earlier ones and itself are accepted no more.
  last_step     INTEGER,
  last_used_day TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX totp_factors_unconfirmed ON totp_factors (created_at) WHERE confirmed_at IS NULL;

CREATE TABLE passkeys (
  -- SHA-256 of the id that the authenticator gave it.
  credential_hash TEXT    NOT NULL PRIMARY KEY,
  account_id      TEXT    NOT NULL,
  -- That id, sealed: to tell an authenticator which passkeys it has.
  credential_id   TEXT    NOT NULL,
  public_key      TEXT    NOT NULL,
  -- What its owner calls it, sealed.
  name            TEXT    NOT NULL,
  sign_count      INTEGER NOT NULL,
  -- Whether it may be copied to other devices of its owner, and whether it has been.
  backup_eligible INTEGER NOT NULL CHECK (backup_eligible IN (0, 1)),
  backed_up       INTEGER NOT NULL CHECK (backed_up IN (0, 1)),
  created_at      INTEGER NOT NULL,
  last_used_day   TEXT,
  -- When it counted less than before, as a copy would: it is not accepted since.
  flagged_at      INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX passkeys_of_account ON passkeys (account_id, created_at, credential_hash);

CREATE TABLE recovery_codes (
  code_hash  TEXT    NOT NULL PRIMARY KEY,
  account_id TEXT    NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX recovery_codes_of_account ON recovery_codes (account_id);

-- Questions to authenticators that wait for an answer. One answer takes the row away.
CREATE TABLE challenges (
  challenge_hash TEXT    NOT NULL PRIMARY KEY,
  purpose        TEXT    NOT NULL CHECK (purpose IN ('enrol', 'sign_in', 'second_factor')),
  -- NULL: who signs in is what the answer will tell.
  account_id     TEXT,
  expires_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX challenges_by_expires_at ON challenges (expires_at);
CREATE INDEX challenges_of_account ON challenges (account_id);

-- Attempts at a second factor that did not succeed, in windows; the next success takes them away.
CREATE TABLE factor_attempts (
  account_id TEXT    NOT NULL,
  started_at INTEGER NOT NULL,
  failures   INTEGER NOT NULL,
  PRIMARY KEY (account_id, started_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX factor_attempts_by_started_at ON factor_attempts (started_at);
