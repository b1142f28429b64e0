-- API keys, and the nonces of requests that were signed with them.
--
-- expands: two new tables that the old code does not know.
CREATE TABLE api_keys (
  id             TEXT    PRIMARY KEY,
  account_id     TEXT    NOT NULL,
  -- What its owner calls it, sealed under the account's personal key.
  name           TEXT    NOT NULL,
  -- SHA-256 of the key, lowercase hexadecimal.
  hash           TEXT    NOT NULL UNIQUE,
  -- Words with spaces between: read write delete admin.
  scopes         TEXT    NOT NULL,
  -- The name of the master key from which its signing secret is derived.
  master_key     TEXT    NOT NULL,
  -- 64 hexadecimal digits; NULL: it signs with the derived secret.
  ed25519_public TEXT,
  -- The one collection to which it is confined.
  collection_id  TEXT,
  created_at     INTEGER NOT NULL,
  expires_at     INTEGER,
  -- The UTC day on which it was last used, 2026-11-24.
  last_used_day  TEXT,
  revoked_at     INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX api_keys_of_account ON api_keys (account_id, created_at, id);
CREATE INDEX api_keys_by_expiry ON api_keys (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX api_keys_by_revocation ON api_keys (revoked_at) WHERE revoked_at IS NOT NULL;

-- What was signed once and must not be taken twice, for as long as it would be fresh.
CREATE TABLE signature_nonces (
  key_id     TEXT    NOT NULL,
  nonce      TEXT    NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (key_id, nonce)
) STRICT, WITHOUT ROWID;

CREATE INDEX signature_nonces_by_expiry ON signature_nonces (expires_at);
