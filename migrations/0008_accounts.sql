-- Accounts, how they sign in, and what they consented to. What says who somebody is (email address, name, IP address,
-- user agent) is sealed under a key that is not in the database (src/domain/sealing.rs).
--
-- expands: new tables that the old code does not know.
CREATE TABLE accounts (
  id                    TEXT    PRIMARY KEY,
  email                 TEXT    NOT NULL,
  -- Keyed hash of the address, by which it is found.
  email_lookup          TEXT    NOT NULL UNIQUE,
  name                  TEXT    NOT NULL,
  -- Argon2id; NULL: signs in with a passkey only.
  password_hash         TEXT,
  country               TEXT,
  tier                  TEXT    NOT NULL CHECK (tier IN ('free', 'pro', 'unlimited')),
  is_operator           INTEGER NOT NULL CHECK (is_operator IN (0, 1)),
  -- When the person declared to be 16 or older.
  declared_age_at       INTEGER NOT NULL,
  created_at            INTEGER NOT NULL,
  -- When the address was proved to be the person's; NULL: not yet.
  verified_at           INTEGER
) STRICT;

CREATE TABLE sessions (
  id               TEXT    PRIMARY KEY,
  account_id       TEXT    NOT NULL,
  token_hash       TEXT    NOT NULL UNIQUE,
  created_at       INTEGER NOT NULL,
  -- When it was last used, to the day.
  used_at          INTEGER NOT NULL,
  -- Moves on with use, until ends_at.
  expires_at       INTEGER NOT NULL,
  ends_at          INTEGER NOT NULL,
  -- 1: the password was right, and a second factor is still to come.
  awaits_factor    INTEGER NOT NULL CHECK (awaits_factor IN (0, 1)),
  ip               TEXT,
  user_agent       TEXT
) STRICT;

CREATE INDEX sessions_of_account ON sessions (account_id, created_at);
CREATE INDEX sessions_by_expiry  ON sessions (expires_at);

-- Links that were sent by mail, each for one use.
CREATE TABLE links (
  id           TEXT    PRIMARY KEY,
  account_id   TEXT    NOT NULL,
  purpose      TEXT    NOT NULL CHECK (purpose IN ('verify_email', 'reset_password', 'change_email', 'undo_email_change')),
  token_hash   TEXT    NOT NULL UNIQUE,
  -- The address it was sent to, where that is not yet the account's.
  email        TEXT,
  email_lookup TEXT,
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL
) STRICT;

CREATE INDEX links_of_account ON links (account_id, purpose);
CREATE INDEX links_by_expiry  ON links (expires_at);

-- The ledger: the latest entry about a purpose counts.
CREATE TABLE consents (
  account_id   TEXT    NOT NULL,
  purpose      TEXT    NOT NULL CHECK (purpose IN ('product_email', 'service_statistics', 'model_training', 'non_essential_cookies')),
  number       INTEGER NOT NULL,
  act          TEXT    NOT NULL CHECK (act IN ('granted', 'withdrawn')),
  recorded_at  INTEGER NOT NULL,
  country      TEXT,
  text_version TEXT    NOT NULL,
  text_sha256  TEXT    NOT NULL,
  surface      TEXT    NOT NULL CHECK (surface IN ('sign_up', 'settings', 'unsubscribe', 'gpc')),
  gpc          INTEGER NOT NULL CHECK (gpc IN (0, 1)),
  PRIMARY KEY (account_id, purpose, number)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER consents_are_only_added BEFORE UPDATE ON consents BEGIN
  SELECT raise(ABORT, 'consents are only added');
END;

CREATE TRIGGER consents_leave_with_their_account BEFORE DELETE ON consents
WHEN EXISTS (SELECT 1 FROM accounts WHERE id = old.account_id) BEGIN
  SELECT raise(ABORT, 'consents leave with their account');
END;
