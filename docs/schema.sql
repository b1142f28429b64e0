-- The schema after every migration. Printed by a test (see migrations/README.md); change a migration instead.

CREATE TABLE account_storage (
  -- A person's account or a team's.
  account_id  TEXT    PRIMARY KEY,
  -- Images that are pending, held, on their way to the public, or live; and their bytes.
  images      INTEGER NOT NULL DEFAULT 0,
  bytes       INTEGER NOT NULL DEFAULT 0,
  -- Uploads in this calendar month (UTC), 2026-11.
  month       TEXT    NOT NULL DEFAULT '',
  uploads     INTEGER NOT NULL DEFAULT 0,
  -- What it may have, as of its last upload; NULL: as much as it likes.
  images_max  INTEGER,
  bytes_max   INTEGER,
  uploads_max INTEGER
) STRICT, WITHOUT ROWID;

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
, erase_at INTEGER, hides_images INTEGER NOT NULL DEFAULT 0 CHECK (hides_images IN (0, 1)), billing_customer TEXT, subscription_cancelled_at INTEGER, policy_told INTEGER NOT NULL DEFAULT 1, policy_seen INTEGER NOT NULL DEFAULT 1, restricted_at INTEGER, is_trusted_reporter INTEGER NOT NULL DEFAULT 0 CHECK (is_trusted_reporter IN (0, 1))) STRICT;

CREATE INDEX accounts_by_policy_told ON accounts (policy_told);

CREATE INDEX accounts_leaving ON accounts (erase_at) WHERE erase_at IS NOT NULL;

CREATE INDEX accounts_operators ON accounts (id) WHERE is_operator = 1;

CREATE INDEX accounts_trusted ON accounts (id) WHERE is_trusted_reporter = 1;

CREATE TRIGGER journal_account_erased AFTER DELETE ON accounts BEGIN
  INSERT INTO journal (kind, subject) VALUES ('account_erased', old.id);
END;

CREATE TRIGGER journal_email_changed AFTER UPDATE OF email ON accounts WHEN old.email <> new.email BEGIN
  INSERT INTO journal (kind, subject, detail) VALUES ('email_changed', new.id, new.email);
END;

CREATE TRIGGER journal_erasure_undone AFTER UPDATE OF erase_at ON accounts
WHEN old.erase_at IS NOT NULL AND new.erase_at IS NULL BEGIN
  INSERT INTO journal (kind, subject) VALUES ('erasure_undone', new.id);
END;

CREATE TRIGGER journal_operator_ended AFTER UPDATE OF is_operator ON accounts
WHEN old.is_operator = 1 AND new.is_operator = 0 BEGIN
  INSERT INTO journal (kind, subject) VALUES ('operator_ended', new.id);
END;

CREATE TRIGGER journal_password_changed AFTER UPDATE OF password_hash ON accounts
WHEN old.password_hash IS NOT NULL AND old.password_hash IS NOT new.password_hash BEGIN
  INSERT INTO journal (kind, subject) VALUES ('password_ended', new.id);
END;

CREATE TRIGGER journal_restriction AFTER UPDATE OF restricted_at ON accounts
WHEN (old.restricted_at IS NULL) <> (new.restricted_at IS NULL) BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES (CASE WHEN new.restricted_at IS NULL THEN 'unrestricted' ELSE 'restricted' END, new.id, CAST(new.restricted_at AS TEXT));
END;

CREATE TRIGGER statements_outlive_accounts AFTER DELETE ON accounts BEGIN
  UPDATE statements SET account_id = NULL, due_at = NULL WHERE account_id = old.id;
END;

CREATE TABLE anomaly_counters (
  rule       TEXT    NOT NULL,
  -- When the window began.
  started_at INTEGER NOT NULL,
  events     INTEGER NOT NULL,
  -- When operators were told that there are too many.
  told_at    INTEGER,
  PRIMARY KEY (rule, started_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX anomaly_counters_by_started_at ON anomaly_counters (started_at);

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
, sealed_secret TEXT) STRICT, WITHOUT ROWID;

CREATE INDEX api_keys_by_expiry ON api_keys (expires_at) WHERE expires_at IS NOT NULL;

CREATE INDEX api_keys_by_revocation ON api_keys (revoked_at) WHERE revoked_at IS NOT NULL;

CREATE INDEX api_keys_of_account ON api_keys (account_id, created_at, id);

CREATE TRIGGER journal_api_key_revoked AFTER UPDATE OF revoked_at ON api_keys
WHEN old.revoked_at IS NULL AND new.revoked_at IS NOT NULL BEGIN
  INSERT INTO journal (kind, subject) VALUES ('api_key_revoked', new.id);
END;

CREATE TABLE appeals (
  id          TEXT    PRIMARY KEY,
  subject     TEXT    NOT NULL,
  number      INTEGER NOT NULL,
  -- Who appeals; NULL: whoever has the delete token, under a key of the appeal's own (key_holders).
  account_id  TEXT,
  -- Sealed.
  words       TEXT    NOT NULL,
  opened_at   INTEGER NOT NULL,
  due_at      INTEGER NOT NULL,
  reminded_at INTEGER,
  decided_at  INTEGER,
  outcome     TEXT    CHECK (outcome IN ('upheld', 'reversed', 'withdrawn')),
  -- The operator who decided.
  decided_by  TEXT,
  reason      TEXT,
  -- When everything was done that was decided.
  finished_at INTEGER,
  -- Whether the image is back; NULL: that was not decided, or is not known yet.
  is_back     INTEGER CHECK (is_back IN (0, 1)),
  UNIQUE (subject, number)
) STRICT;

CREATE INDEX appeals_decided    ON appeals (decided_at) WHERE decided_at IS NOT NULL;

CREATE INDEX appeals_of_account ON appeals (account_id) WHERE account_id IS NOT NULL;

CREATE INDEX appeals_open       ON appeals (due_at, id) WHERE decided_at IS NULL;

CREATE INDEX appeals_unfinished ON appeals (decided_at) WHERE decided_at IS NOT NULL AND finished_at IS NULL;

CREATE TRIGGER appeals_are_decided_once BEFORE UPDATE OF decided_at ON appeals
WHEN old.decided_at IS NOT NULL AND new.decided_at IS NOT old.decided_at BEGIN
  SELECT raise(ABORT, 'the appeal is decided');
END;

CREATE TRIGGER journal_appeal_changed AFTER UPDATE OF decided_at, finished_at ON appeals BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('appeal', new.id,
          json_object('subject', new.subject, 'number', new.number, 'account_id', new.account_id, 'words', new.words, 'opened_at',
                      new.opened_at, 'due_at', new.due_at, 'decided_at', new.decided_at, 'outcome', new.outcome, 'decided_by',
                      new.decided_by, 'reason', new.reason, 'finished_at', new.finished_at, 'is_back', new.is_back));
END;

CREATE TRIGGER journal_appeal_made AFTER INSERT ON appeals BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('appeal', new.id,
          json_object('subject', new.subject, 'number', new.number, 'account_id', new.account_id, 'words', new.words, 'opened_at',
                      new.opened_at, 'due_at', new.due_at, 'decided_at', new.decided_at, 'outcome', new.outcome, 'decided_by',
                      new.decided_by, 'reason', new.reason, 'finished_at', new.finished_at, 'is_back', new.is_back));
END;

CREATE TABLE audit_walks (
  rule       TEXT    PRIMARY KEY,
  checked    INTEGER NOT NULL,
  broken     INTEGER NOT NULL,
  worst_ms   INTEGER NOT NULL,
  example    TEXT
) STRICT, WITHOUT ROWID;

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

CREATE TABLE challenges (
  challenge_hash TEXT    NOT NULL PRIMARY KEY,
  purpose        TEXT    NOT NULL CHECK (purpose IN ('enrol', 'sign_in', 'second_factor')),
  -- NULL: who signs in is what the answer will tell.
  account_id     TEXT,
  expires_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX challenges_by_expires_at ON challenges (expires_at);

CREATE INDEX challenges_of_account ON challenges (account_id);

CREATE TABLE collections (
  id         TEXT    PRIMARY KEY,
  -- Whose it is: a person's account or a team's.
  account_id TEXT    NOT NULL,
  name       TEXT    NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX collections_of_account ON collections (account_id, created_at, id);

CREATE TRIGGER journal_collection_deleted AFTER DELETE ON collections BEGIN
  INSERT INTO journal (kind, subject) VALUES ('collection_deleted', old.id);
END;

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

CREATE TRIGGER journal_consent AFTER INSERT ON consents BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('consent_' || new.act, new.account_id || ' ' || new.purpose,
          json_object('recorded_at', new.recorded_at, 'text_version', new.text_version,
                      'text_sha256', new.text_sha256, 'surface', new.surface, 'gpc', new.gpc));
END;

CREATE TABLE counter_notices (
  id                 TEXT    PRIMARY KEY,
  notice_id          TEXT    NOT NULL,
  image_id           TEXT    NOT NULL,
  -- Who answers, and in which words: JSON, sealed under a key of its own.
  sealed             TEXT    NOT NULL,
  received_at        INTEGER NOT NULL,
  -- When the letter to the claimant was written.
  forwarded_at       INTEGER NOT NULL,
  restore_not_before INTEGER NOT NULL,
  restore_not_after  INTEGER NOT NULL,
  -- When the claimant said that a court was asked.
  suit_at            INTEGER,
  settled_at         INTEGER,
  outcome            TEXT    CHECK (outcome IN ('restored', 'stays', 'gone')),
  UNIQUE (notice_id, image_id),
  CHECK ((settled_at IS NULL) = (outcome IS NULL))
) STRICT;

CREATE INDEX counter_notices_image ON counter_notices (image_id);

CREATE INDEX counter_notices_open  ON counter_notices (restore_not_before) WHERE settled_at IS NULL AND suit_at IS NULL;

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
  matched        TEXT, ground    TEXT, notice_id TEXT,
  PRIMARY KEY (image_id, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX decisions_by_decided_at ON decisions (decided_at);

CREATE TRIGGER decisions_of_operators_are_logged AFTER INSERT ON decisions WHEN new.decided_by = 'operator' BEGIN
  INSERT INTO review_log (at, operator, act, about, subject, seen, ground, reason)
  VALUES (new.decided_at, coalesce(new.operator, ''),
          CASE new.verdict WHEN 'prohibited' THEN 'prohibited' WHEN 'restricted' THEN 'restricted' WHEN 'unscanned' THEN 'held'
                           ELSE 'released' END,
          'image', new.image_id, new.seen, new.ground, new.reason);
END;

CREATE TRIGGER statements_are_confirmed AFTER INSERT ON decisions
WHEN new.decided_by = 'operator' AND new.verdict = 'prohibited' BEGIN
  UPDATE statements
  SET decided_by = 'operator', operator = new.operator, ground = new.ground, notice_id = new.notice_id, reason = new.reason,
      category = NULL, due_at = new.decided_at
  WHERE subject = new.image_id AND kind = 'removal' AND ended_at IS NULL AND decided_by <> 'operator';
END;

CREATE TABLE erasures (
  -- Random: whoever has it sees the receipt, in which there is nothing about a person.
  id           TEXT    PRIMARY KEY,
  -- NULL once it is erased.
  account_id   TEXT    UNIQUE,
  requested_at INTEGER NOT NULL,
  erase_at     INTEGER NOT NULL,
  -- When erasing it was last tried: one that cannot be finished keeps no other waiting.
  tried_at     INTEGER,
  finished_at  INTEGER,
  -- How much of what was erased: JSON, a number for each name.
  counts       TEXT
) STRICT;

CREATE INDEX erasures_finished ON erasures (finished_at) WHERE finished_at IS NOT NULL;

CREATE TRIGGER journal_erasure_asked AFTER INSERT ON erasures WHEN new.account_id IS NOT NULL BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('erasure_asked', new.account_id,
          json_object('id', new.id, 'requested_at', new.requested_at, 'erase_at', new.erase_at,
                      'hides_images', coalesce((SELECT hides_images FROM accounts WHERE id = new.account_id), 1)));
END;

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
, team_id TEXT) STRICT;

CREATE INDEX exports_by_expiry  ON exports (expires_at);

CREATE INDEX exports_due        ON exports (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

CREATE INDEX exports_of_account ON exports (account_id, requested_at);

CREATE INDEX exports_of_team ON exports (team_id) WHERE team_id IS NOT NULL;

CREATE TABLE factor_attempts (
  account_id TEXT    NOT NULL,
  started_at INTEGER NOT NULL,
  failures   INTEGER NOT NULL,
  PRIMARY KEY (account_id, started_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX factor_attempts_by_started_at ON factor_attempts (started_at);

CREATE TABLE "holds" (
  image_id    TEXT    NOT NULL,
  kind        TEXT    NOT NULL CHECK (kind IN ('legal', 'counter_notice', 'appeal')),
  placed_at   INTEGER NOT NULL,
  until       INTEGER NOT NULL,
  reason      TEXT    NOT NULL,
  released_at INTEGER,
  PRIMARY KEY (image_id, kind)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER exports_end_with_hold AFTER INSERT ON holds WHEN new.kind = 'legal' BEGIN
  UPDATE exports SET expires_at = min(expires_at, max(requested_at, new.placed_at)), next_attempt_at = NULL
  WHERE team_id = (SELECT account_id FROM images WHERE id = new.image_id AND state <> 'pending')
     OR (account_id = (SELECT account_id FROM images WHERE id = new.image_id AND state <> 'pending') AND team_id IS NULL);
END;

CREATE TRIGGER exports_end_with_hold_again AFTER UPDATE OF released_at ON holds
WHEN new.kind = 'legal' AND new.released_at IS NULL AND old.released_at IS NOT NULL BEGIN
  UPDATE exports SET expires_at = min(expires_at, max(requested_at, old.released_at)), next_attempt_at = NULL
  WHERE team_id = (SELECT account_id FROM images WHERE id = new.image_id AND state <> 'pending')
     OR (account_id = (SELECT account_id FROM images WHERE id = new.image_id AND state <> 'pending') AND team_id IS NULL);
END;

CREATE TRIGGER journal_hold_placed AFTER INSERT ON holds BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('hold_placed', new.image_id || CASE new.kind WHEN 'legal' THEN '' ELSE ' ' || new.kind END,
          json_object('placed_at', new.placed_at, 'until', new.until, 'reason', new.reason));
END;

CREATE TRIGGER journal_hold_placed_again AFTER UPDATE OF until, released_at ON holds
WHEN new.until <> old.until OR (old.released_at IS NOT NULL AND new.released_at IS NULL) BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('hold_placed', new.image_id || CASE new.kind WHEN 'legal' THEN '' ELSE ' ' || new.kind END,
          json_object('placed_at', new.placed_at, 'until', new.until, 'reason', new.reason));
END;

CREATE TRIGGER journal_hold_released AFTER UPDATE OF released_at ON holds WHEN new.released_at IS NOT NULL BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('hold_released', new.image_id || CASE new.kind WHEN 'legal' THEN '' ELSE ' ' || new.kind END,
          CAST(new.released_at AS TEXT));
END;

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
, hashes TEXT, account_id TEXT, owner_tier TEXT CHECK (owner_tier IN ('anonymous', 'free', 'paid')), collection_id TEXT, is_private INTEGER NOT NULL DEFAULT 0 CHECK (is_private IN (0, 1)), stored_bytes INTEGER NOT NULL DEFAULT 0, search_text TEXT) STRICT;

CREATE INDEX images_attempts  ON images (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

CREATE INDEX images_by_created_at ON images (created_at);

CREATE INDEX images_by_removing_at ON images (removing_at) WHERE state IN ('recovery', 'gone');

CREATE INDEX images_drafts    ON images (created_at)      WHERE state = 'pending';

CREATE INDEX images_due       ON images (expires_at)      WHERE state = 'live';

CREATE INDEX images_gone      ON images (gone_at)         WHERE state = 'gone';

CREATE INDEX images_held      ON images (held_until)      WHERE state IN ('held', 'releasing');

CREATE INDEX images_of_account ON images (account_id, created_at, id) WHERE account_id IS NOT NULL;

CREATE INDEX images_of_account_by_digest ON images (account_id, sha256, id) WHERE account_id IS NOT NULL AND state = 'live';

CREATE INDEX images_of_collection ON images (collection_id, created_at, id) WHERE collection_id IS NOT NULL;

CREATE INDEX images_recovery  ON images (erase_after)     WHERE state = 'recovery';

CREATE INDEX images_removing  ON images (removing_at)     WHERE state = 'removing';

CREATE INDEX images_sha256 ON images (sha256) WHERE sha256 IS NOT NULL;

CREATE TRIGGER appeals_do_not_keep_what_is_deleted AFTER UPDATE OF state ON images
WHEN new.state = 'removing' AND old.state <> 'removing' AND new.removal_reason = 'deleted' BEGIN
  UPDATE holds SET released_at = new.removing_at WHERE image_id = new.id AND kind = 'appeal' AND released_at IS NULL;
END;

CREATE TRIGGER exports_end_with_prohibited AFTER UPDATE OF verdict ON images
WHEN new.verdict = 'prohibited' AND old.verdict <> 'prohibited' AND new.account_id IS NOT NULL BEGIN
  UPDATE exports SET expires_at = min(expires_at, max(requested_at, coalesce(new.removing_at, 0))), next_attempt_at = NULL
  WHERE team_id = new.account_id OR (account_id = new.account_id AND team_id IS NULL);
END;

CREATE TRIGGER images_abandoned AFTER UPDATE OF state ON images
WHEN old.state = 'pending' AND new.state = 'removing' AND old.account_id IS NOT NULL BEGIN
  UPDATE account_storage SET uploads = uploads - 1
  WHERE account_id = old.account_id AND uploads > 0
    AND month = strftime('%Y-%m', old.created_at / 1000, 'unixepoch');
END;

CREATE TRIGGER images_change_hands_within_quota BEFORE UPDATE OF account_id ON images
WHEN new.account_id IS NOT NULL AND new.account_id IS NOT old.account_id
  AND new.state IN ('pending', 'held', 'releasing', 'live') BEGIN
  SELECT raise(ABORT, 'over quota: images') FROM account_storage
  WHERE account_id = new.account_id AND images >= images_max;
  SELECT raise(ABORT, 'over quota: bytes') FROM account_storage
  WHERE account_id = new.account_id AND bytes + new.stored_bytes > bytes_max;
END;

CREATE TRIGGER images_give_room_back AFTER DELETE ON images WHEN old.account_id IS NOT NULL BEGIN
  UPDATE account_storage SET images = images - 1, bytes = bytes - old.stored_bytes
  WHERE account_id = old.account_id AND old.state IN ('pending', 'held', 'releasing', 'live');
END;

CREATE TRIGGER images_move_room AFTER UPDATE OF state, account_id, stored_bytes ON images
WHEN old.account_id IS NOT new.account_id OR old.stored_bytes <> new.stored_bytes
  OR (old.state IN ('pending', 'held', 'releasing', 'live')) <> (new.state IN ('pending', 'held', 'releasing', 'live'))
BEGIN
  UPDATE account_storage SET images = images - 1, bytes = bytes - old.stored_bytes
  WHERE account_id = old.account_id AND old.state IN ('pending', 'held', 'releasing', 'live');
  INSERT INTO account_storage (account_id, images, bytes)
  SELECT new.account_id, 1, new.stored_bytes
  WHERE new.account_id IS NOT NULL AND new.state IN ('pending', 'held', 'releasing', 'live')
  ON CONFLICT (account_id) DO UPDATE SET images = images + 1, bytes = bytes + excluded.bytes;
END;

CREATE TRIGGER images_out_of_view AFTER UPDATE OF state ON images WHEN old.state = 'live' AND new.state <> 'live' BEGIN
  UPDATE variants SET used_at = 0 WHERE image_id = new.id;
END;

CREATE TRIGGER images_take_room AFTER INSERT ON images WHEN new.account_id IS NOT NULL BEGIN
  INSERT INTO account_storage (account_id, images, bytes, month, uploads)
  VALUES (new.account_id, 1, new.stored_bytes, strftime('%Y-%m', new.created_at / 1000, 'unixepoch'), 1)
  ON CONFLICT (account_id) DO UPDATE SET
    images = images + 1, bytes = bytes + excluded.bytes, month = excluded.month,
    uploads = CASE WHEN month = excluded.month THEN uploads + 1 ELSE 1 END;
END;

CREATE TRIGGER images_taken_back AFTER DELETE ON images WHEN old.state = 'pending' AND old.account_id IS NOT NULL BEGIN
  UPDATE account_storage SET uploads = uploads - 1
  WHERE account_id = old.account_id AND uploads > 0
    AND month = strftime('%Y-%m', old.created_at / 1000, 'unixepoch');
END;

CREATE TRIGGER images_within_quota BEFORE INSERT ON images WHEN new.account_id IS NOT NULL BEGIN
  SELECT raise(ABORT, 'over quota: images') FROM account_storage
  WHERE account_id = new.account_id AND images >= images_max;
  SELECT raise(ABORT, 'over quota: bytes') FROM account_storage
  WHERE account_id = new.account_id AND bytes + new.stored_bytes > bytes_max;
  SELECT raise(ABORT, 'over quota: uploads') FROM account_storage
  WHERE account_id = new.account_id AND uploads >= uploads_max
    AND month = strftime('%Y-%m', new.created_at / 1000, 'unixepoch');
END;

CREATE TRIGGER journal_image_end AFTER UPDATE OF expires_at ON images
WHEN old.expires_at IS NOT new.expires_at AND old.state IN ('live', 'held', 'releasing') BEGIN
  INSERT INTO journal (kind, subject, detail) VALUES ('image_end', new.id, coalesce(CAST(new.expires_at AS TEXT), 'never'));
END;

CREATE TRIGGER journal_image_erased AFTER UPDATE OF state ON images
WHEN new.state = 'gone' AND old.state <> 'gone' AND new.removal_reason IS NOT 'expired' BEGIN
  INSERT INTO journal (kind, subject, detail) VALUES ('image_erased', new.id, new.removal_reason);
END;

CREATE TRIGGER journal_image_held AFTER UPDATE OF state ON images
WHEN old.state = 'live' AND new.state = 'held' BEGIN
  INSERT INTO journal (kind, subject, detail) VALUES ('image_held', new.id, CAST(new.held_until AS TEXT));
END;

CREATE TRIGGER journal_image_left AFTER UPDATE OF state ON images
WHEN old.state IN ('live', 'held', 'releasing') AND new.state IN ('removing', 'recovery')
  AND new.removal_reason IS NOT 'expired' BEGIN
  INSERT INTO journal (kind, subject, detail) VALUES ('image_left', new.id, new.removal_reason);
END;

CREATE TRIGGER journal_image_privacy AFTER UPDATE OF is_private ON images WHEN old.is_private <> new.is_private BEGIN
  INSERT INTO journal (kind, subject)
  VALUES (CASE new.is_private WHEN 1 THEN 'image_private' ELSE 'image_public' END, new.id);
END;

CREATE TRIGGER journal_image_returned AFTER UPDATE OF state ON images
WHEN new.state = 'live' AND old.state IN ('held', 'releasing', 'removing', 'recovery') BEGIN
  INSERT INTO journal (kind, subject) VALUES ('image_returned', new.id);
END;

CREATE TRIGGER journal_image_verdict AFTER UPDATE OF verdict ON images
WHEN old.verdict <> new.verdict AND old.state = 'live' AND new.state = 'live' BEGIN
  INSERT INTO journal (kind, subject, detail) VALUES ('image_verdict', new.id, new.verdict);
END;

CREATE TRIGGER statements_follow_images AFTER UPDATE OF state, verdict, held_reason, removal_reason ON images
WHEN ((new.state = 'live' AND old.state <> 'pending')
   OR (CASE WHEN new.state = 'live' AND new.verdict = 'restricted' THEN 'warning'
            WHEN new.state IN ('removing', 'recovery') AND new.removal_reason IN ('removed', 'prohibited') THEN 'removal'
            WHEN new.state = 'held' AND new.held_reason = 'review' THEN 'held' END) IS NOT NULL)
 AND old.removal_reason IS NOT 'abandoned' BEGIN
  UPDATE statements
  SET due_at = NULL,
      ended_at = max(imposed_at, coalesce((SELECT decided_at FROM decisions WHERE image_id = new.id ORDER BY number DESC LIMIT 1),
                                          new.removing_at, 0))
  WHERE subject = new.id AND ended_at IS NULL
    AND (new.state = 'live' AND new.verdict IN ('safe', 'flagged')
      OR kind <> (CASE WHEN new.state = 'live' AND new.verdict = 'restricted' THEN 'warning'
            WHEN new.state IN ('removing', 'recovery') AND new.removal_reason IN ('removed', 'prohibited') THEN 'removal'
            WHEN new.state = 'held' AND new.held_reason = 'review' THEN 'held' END));
  INSERT INTO statements (subject, number, kind, imposed_at, account_id, token_hash, decided_by, operator, is_detected, ground, notice_id,
                          reason, category, expires_before, expires_at, due_at, forget_after)
  SELECT new.id, 1 + coalesce((SELECT max(number) FROM statements WHERE subject = new.id), 0),
         CASE WHEN new.state = 'live' AND new.verdict = 'restricted' THEN 'warning'
            WHEN new.state IN ('removing', 'recovery') AND new.removal_reason IN ('removed', 'prohibited') THEN 'removal'
            WHEN new.state = 'held' AND new.held_reason = 'review' THEN 'held' END,
         d.decided_at, new.account_id, new.delete_token_hash, d.decided_by, d.operator,
         EXISTS (SELECT 1 FROM decisions WHERE image_id = new.id AND decided_by IN ('model', 'outside', 'known_bad')
                   AND verdict IN ('flagged', 'restricted', 'prohibited')),
         d.ground, d.notice_id, d.reason, json_extract(d.matched, '$.category'),
         CASE WHEN new.expires_at IS NOT old.expires_at AND new.state = 'live' THEN old.expires_at END,
         CASE WHEN new.verdict = 'restricted' THEN new.expires_at END,
         -- Who uploads what is on a list is answered at once, and there.
         CASE WHEN old.state = 'pending' AND d.decided_by = 'known_bad' THEN NULL ELSE d.decided_at END,
         d.decided_at + 31622400000
  FROM decisions AS d
  WHERE d.image_id = new.id AND d.number = (SELECT max(number) FROM decisions WHERE image_id = new.id)
    AND (CASE WHEN new.state = 'live' AND new.verdict = 'restricted' THEN 'warning'
            WHEN new.state IN ('removing', 'recovery') AND new.removal_reason IN ('removed', 'prohibited') THEN 'removal'
            WHEN new.state = 'held' AND new.held_reason = 'review' THEN 'held' END) IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM statements WHERE subject = new.id AND ended_at IS NULL);
END;

CREATE TRIGGER statements_follow_owners AFTER UPDATE OF account_id ON images
WHEN new.account_id IS NOT NULL AND old.account_id IS NULL BEGIN
  UPDATE statements SET account_id = new.account_id WHERE subject = new.id;
END;

CREATE TABLE job_cursors (
  scan       TEXT    PRIMARY KEY,
  position   TEXT,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE journal (
  number  INTEGER PRIMARY KEY,
  -- One of src/policy/journal.rs.
  kind    TEXT NOT NULL,
  -- What it happened to.
  subject TEXT NOT NULL,
  -- How; what this is depends on the kind.
  detail  TEXT
) STRICT;

CREATE TABLE journal_state (
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  -- The last object that was written from here, or replayed; '': none.
  known      TEXT    NOT NULL,
  -- The object that is being written.
  writing    TEXT,
  -- When no row was left to be copied.
  emptied_at INTEGER NOT NULL
) STRICT;

CREATE TABLE key_holders (
  id      TEXT    PRIMARY KEY,
  kind    TEXT    NOT NULL CHECK (kind IN ('notice', 'appeal')),
  made_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE known_bad (
  number   INTEGER PRIMARY KEY,
  kind     TEXT    NOT NULL CHECK (kind IN ('sha256', 'pdq')),
  value    TEXT    NOT NULL CHECK (length(value) = 64 AND value NOT GLOB '*[^0-9a-f]*'),
  list     TEXT    NOT NULL CHECK (length(list) BETWEEN 1 AND 64),
  category TEXT    NOT NULL CHECK (category IN ('csam', 'terrorism', 'intimate_imagery', 'operator')),
  source   TEXT    NOT NULL,
  added_at INTEGER NOT NULL,
  note     TEXT,
  UNIQUE (kind, value, list)
) STRICT;

CREATE INDEX known_bad_lists ON known_bad (list, number);

CREATE TRIGGER journal_hash_listed AFTER INSERT ON known_bad WHEN new.list = 'operator' BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('hash_listed', new.kind || ' ' || new.value,
          json_object('kind', new.kind, 'value', new.value, 'category', new.category, 'source', new.source,
                      'added_at', new.added_at, 'note', new.note));
END;

CREATE TRIGGER journal_hash_unlisted AFTER DELETE ON known_bad WHEN old.list = 'operator' BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('hash_unlisted', old.kind || ' ' || old.value, json_object('kind', old.kind, 'value', old.value));
END;

CREATE TRIGGER known_bad_added AFTER INSERT ON known_bad WHEN new.kind = 'pdq' BEGIN
  INSERT INTO known_bad_bands (band, number)
  SELECT substr('0123456789abcdef', key + 1, 1) || substr(new.value, 4 * key + 1, 4), new.number
  FROM json_each('[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]');
END;

CREATE TRIGGER known_bad_fixed BEFORE UPDATE OF number, kind, value ON known_bad BEGIN
  SELECT raise(ABORT, 'an entry is replaced, not changed: its bands would no longer be its own');
END;

CREATE TRIGGER known_bad_removed AFTER DELETE ON known_bad WHEN old.kind = 'pdq' BEGIN
  DELETE FROM known_bad_bands
  WHERE number = old.number
    AND band IN (SELECT substr('0123456789abcdef', key + 1, 1) || substr(old.value, 4 * key + 1, 4)
                 FROM json_each('[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]'));
END;

CREATE TABLE known_bad_bands (
  band   TEXT    NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY (band, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE leases (
  job        TEXT    PRIMARY KEY,
  fence      INTEGER NOT NULL,
  held_until INTEGER NOT NULL
, done_at INTEGER) STRICT;

CREATE TABLE leaving_images (
  image_id   TEXT    PRIMARY KEY,
  account_id TEXT    NOT NULL,
  -- NULL until their owner has changed their mind; then when bringing it back is next tried.
  returns_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX leaving_images_of_account ON leaving_images (account_id);

CREATE INDEX leaving_images_returning  ON leaving_images (returns_at) WHERE returns_at IS NOT NULL;

CREATE TABLE letters (
  id              TEXT    PRIMARY KEY,
  account_id      TEXT    NOT NULL,
  kind            TEXT    NOT NULL,
  -- NULL once it is sent.
  sealed          TEXT,
  state           TEXT    NOT NULL CHECK (state IN ('waiting', 'sent', 'dead')),
  attempts        INTEGER NOT NULL DEFAULT 0,
  next_attempt_at INTEGER NOT NULL,
  created_at      INTEGER NOT NULL,
  -- NULL while it waits.
  forget_after    INTEGER
) STRICT;

CREATE INDEX letters_of_account ON letters (account_id);

CREATE INDEX letters_settled    ON letters (forget_after)    WHERE forget_after IS NOT NULL;

CREATE INDEX letters_waiting    ON letters (next_attempt_at) WHERE state = 'waiting';

CREATE TABLE "links" (
  id           TEXT    PRIMARY KEY,
  account_id   TEXT    NOT NULL,
  purpose      TEXT    NOT NULL CHECK (purpose IN ('verify_email', 'reset_password', 'change_email', 'undo_email_change',
                                                   'undo_erasure')),
  token_hash   TEXT    NOT NULL UNIQUE,
  -- The address it was sent to, where that is not yet the account's.
  email        TEXT,
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL
) STRICT;

CREATE INDEX links_by_expiry  ON links (expires_at);

CREATE INDEX links_of_account ON links (account_id, purpose);

CREATE TABLE notice_images (
  notice_id TEXT    NOT NULL,
  image_id  TEXT    NOT NULL,
  -- Named by the notifier, or a copy: of the same bytes, or so near that it looks the same.
  found     TEXT    NOT NULL CHECK (found IN ('named', 'exact', 'near')),
  distance  INTEGER,
  added_at  INTEGER NOT NULL,
  -- When it was taken out of view because of this notice, until it is decided.
  held_at   INTEGER,
  -- When the decision was carried out on it.
  done_at   INTEGER,
  PRIMARY KEY (notice_id, image_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX notice_images_image ON notice_images (image_id, notice_id);

CREATE TABLE notices (
  id           TEXT    PRIMARY KEY,
  kind         TEXT    NOT NULL CHECK (kind IN ('illegal', 'copyright', 'intimate_imagery', 'abuse')),
  -- What the notifier says is wrong with the images (src/domain/ground.rs).
  ground       TEXT    NOT NULL,
  -- Hash of what opens the page of the notice.
  token_hash   TEXT    NOT NULL,
  -- Everything the notifier has written, and who that is: JSON, sealed under the notice's own key.
  sealed       TEXT    NOT NULL,
  -- Which fields of the law are still missing, as a JSON list.
  missing      TEXT    NOT NULL DEFAULT '[]',
  is_trusted   INTEGER NOT NULL DEFAULT 0 CHECK (is_trusted IN (0, 1)),
  severity     INTEGER NOT NULL,
  received_at  INTEGER NOT NULL,
  -- When nothing was missing any more; NULL: something is. From then on the clock runs.
  valid_at     INTEGER,
  due_at       INTEGER,
  -- How far the search for near copies has come; NULL: there is nothing (more) to be searched.
  search_from  TEXT,
  decided_at   INTEGER,
  outcome      TEXT    CHECK (outcome IN ('prohibited', 'restricted', 'no_action', 'withdrawn')),
  -- What the decision rests on, why in words, by whom, what was seen.
  decided_on   TEXT,
  reason       TEXT,
  operator     TEXT,
  seen         TEXT,
  -- Since when the decision waits to be carried out on some image; NULL: it does not.
  undone_since INTEGER,
  -- When the operators were last reminded.
  reminded_at  INTEGER,
  -- NULL: not yet.
  forget_after INTEGER,
  CHECK ((valid_at IS NULL) = (due_at IS NULL)),
  CHECK ((decided_at IS NULL) = (outcome IS NULL))
) STRICT;

CREATE INDEX notices_by_decided_at ON notices (decided_at) WHERE decided_at IS NOT NULL;

CREATE INDEX notices_by_received_at ON notices (received_at);

CREATE INDEX notices_forgotten ON notices (forget_after)    WHERE forget_after IS NOT NULL;

CREATE INDEX notices_open      ON notices (due_at, id)      WHERE decided_at IS NULL AND valid_at IS NOT NULL;

CREATE INDEX notices_searching ON notices (due_at, id)      WHERE search_from IS NOT NULL;

CREATE INDEX notices_undone    ON notices (undone_since)    WHERE undone_since IS NOT NULL;

CREATE TABLE orders (
  id        TEXT    PRIMARY KEY,
  image_id  TEXT    NOT NULL,
  -- What the authority calls it.
  reference TEXT    NOT NULL,
  placed_at INTEGER NOT NULL,
  until     INTEGER NOT NULL,
  lifted_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX orders_by_image ON orders (image_id, placed_at);

CREATE TRIGGER journal_order_lifted AFTER UPDATE OF lifted_at ON orders WHEN new.lifted_at IS NOT NULL BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('order_lifted', new.id,
          json_object('image_id', new.image_id, 'reference', new.reference, 'placed_at', new.placed_at, 'until', new.until,
                      'lifted_at', new.lifted_at));
END;

CREATE TRIGGER journal_order_placed AFTER INSERT ON orders BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('order_placed', new.id,
          json_object('image_id', new.image_id, 'reference', new.reference, 'placed_at', new.placed_at, 'until', new.until));
END;

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

CREATE TRIGGER journal_passkey_added AFTER INSERT ON passkeys BEGIN
  INSERT INTO journal (kind, subject) VALUES ('password_ended', new.account_id);
END;

CREATE TRIGGER journal_passkey_flagged AFTER UPDATE OF flagged_at ON passkeys WHEN new.flagged_at IS NOT NULL BEGIN
  INSERT INTO journal (kind, subject) VALUES ('passkey_flagged', new.credential_hash);
END;

CREATE TRIGGER journal_passkey_removed AFTER DELETE ON passkeys BEGIN
  INSERT INTO journal (kind, subject) VALUES ('passkey_removed', old.credential_hash);
END;

CREATE TABLE policy_editions (
  number      INTEGER PRIMARY KEY,
  known_since INTEGER NOT NULL
) STRICT;

CREATE TABLE rate_counters (
  caller     TEXT    NOT NULL,
  window     TEXT    NOT NULL,
  started_at INTEGER NOT NULL,
  uploads    INTEGER NOT NULL,
  PRIMARY KEY (caller, window, started_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX rate_counters_age ON rate_counters (started_at);

CREATE TABLE recovery_codes (
  code_hash  TEXT    NOT NULL PRIMARY KEY,
  account_id TEXT    NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX recovery_codes_of_account ON recovery_codes (account_id);

CREATE TRIGGER journal_recovery_code_ended AFTER DELETE ON recovery_codes BEGIN
  INSERT INTO journal (kind, subject) VALUES ('recovery_code_ended', old.code_hash);
END;

CREATE TABLE replays (
  aspect  TEXT NOT NULL,
  subject TEXT NOT NULL,
  kind    TEXT NOT NULL,
  detail  TEXT,
  PRIMARY KEY (aspect, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE reports (
  image_id    TEXT    PRIMARY KEY,
  list        TEXT    NOT NULL,
  category    TEXT    NOT NULL,
  kind        TEXT    NOT NULL CHECK (kind IN ('sha256', 'pdq')),
  distance    INTEGER,
  surface     TEXT    NOT NULL,
  uploaded_at INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  state       TEXT    NOT NULL CHECK (state IN ('due', 'filed', 'dismissed'))
, filed_at    INTEGER, reference   TEXT, reason      TEXT, reminded_at INTEGER) STRICT, WITHOUT ROWID;

CREATE INDEX reports_due ON reports (created_at) WHERE state = 'due';

CREATE INDEX reports_settled ON reports (created_at) WHERE state <> 'due';

CREATE TRIGGER journal_report_due AFTER INSERT ON reports WHEN new.state = 'due' BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('report_due', new.image_id,
          json_object('list', new.list, 'category', new.category, 'kind', new.kind, 'distance', new.distance,
                      'surface', new.surface, 'uploaded_at', new.uploaded_at, 'created_at', new.created_at));
END;

CREATE TRIGGER journal_report_due_again AFTER UPDATE OF state ON reports WHEN new.state = 'due' AND old.state <> 'due' BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('report_due', new.image_id,
          json_object('list', new.list, 'category', new.category, 'kind', new.kind, 'distance', new.distance,
                      'surface', new.surface, 'uploaded_at', new.uploaded_at, 'created_at', new.created_at));
END;

CREATE TRIGGER journal_report_settled AFTER UPDATE OF state ON reports WHEN new.state <> 'due' BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('report_settled', new.image_id,
          json_object('state', new.state, 'filed_at', new.filed_at, 'reference', new.reference, 'reason', new.reason));
END;

CREATE TABLE request_counts (
  account_id TEXT    NOT NULL,
  -- Milliseconds: when the day began.
  day        INTEGER NOT NULL,
  key_id     TEXT    NOT NULL,
  requests   INTEGER NOT NULL,
  -- How many of them are rows of requests.
  listed     INTEGER NOT NULL,
  -- The last that was counted: a write that the platform repeats counts it once.
  last_id    TEXT    NOT NULL,
  PRIMARY KEY (account_id, day, key_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX request_counts_by_day ON request_counts (day);

CREATE TABLE requests (
  -- Whose key it was; '' if there was none.
  account_id TEXT    NOT NULL,
  key_id     TEXT    NOT NULL,
  at         INTEGER NOT NULL,
  -- What the answer called the request, in X-Request-Id.
  id         TEXT    NOT NULL,
  method     TEXT    NOT NULL,
  -- The pattern of the route, never the path that was asked for.
  endpoint   TEXT    NOT NULL,
  status     INTEGER NOT NULL,
  -- The slug of the problem that was answered.
  problem    TEXT,
  -- From which part of the network: a hash whose key is destroyed when its day is over.
  client     TEXT,
  PRIMARY KEY (account_id, key_id, at, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX requests_by_at ON requests (at);

CREATE TABLE restorations (
  id             INTEGER PRIMARY KEY CHECK (id = 1),
  noticed_at     INTEGER NOT NULL,
  phase          TEXT    NOT NULL CHECK (phase IN ('filling', 'noticed', 'reading', 'applying', 'done')),
  -- NULL: nobody signs in, and nothing is written, but for the replay.
  finished_at    INTEGER,
  -- Pictures in public view of which the database does not know, as far as they were counted.
  unknown_images INTEGER NOT NULL DEFAULT 0,
  -- How much was made good: JSON, a number for each aspect.
  counts         TEXT    NOT NULL DEFAULT '{}'
) STRICT;

CREATE TABLE review_log (
  number   INTEGER PRIMARY KEY,
  at       INTEGER NOT NULL,
  -- The account of the operator; '' where a job did it.
  operator TEXT    NOT NULL,
  act      TEXT    NOT NULL,
  -- What it is about, and its name.
  about    TEXT    NOT NULL CHECK (about IN ('image', 'notice', 'appeal', 'report', 'account', 'log')),
  subject  TEXT    NOT NULL,
  seen     TEXT    CHECK (seen IN ('facts', 'image', 'text')),
  ground   TEXT,
  reason   TEXT    NOT NULL
) STRICT;

CREATE INDEX review_log_at ON review_log (at);

CREATE INDEX review_log_subject ON review_log (subject, number);

CREATE TRIGGER review_log_grows BEFORE INSERT ON review_log
WHEN EXISTS (SELECT 1 FROM review_log WHERE number = new.number) BEGIN
  SELECT raise(ABORT, 'the review log is only added to');
END;

CREATE TRIGGER review_log_is_kept BEFORE DELETE ON review_log
WHEN old.at > (SELECT at FROM review_log ORDER BY number DESC LIMIT 1) - 31622400000 BEGIN
  SELECT raise(ABORT, 'the review log is kept for 366 days');
END;

CREATE TRIGGER review_log_stands BEFORE UPDATE ON review_log BEGIN
  SELECT raise(ABORT, 'the review log is only added to');
END;

CREATE TABLE review_queue (
  image_id   TEXT    NOT NULL,
  cause      TEXT    NOT NULL CHECK (cause IN ('flagged', 'prohibited', 'unscanned', 'known_bad', 'reported')),
  severity   INTEGER NOT NULL,
  entered_at INTEGER NOT NULL,
  decided_at INTEGER,
  outcome    TEXT    CHECK (outcome IN ('released', 'restricted', 'prohibited', 'held', 'left')),
  PRIMARY KEY (image_id, cause)
) STRICT, WITHOUT ROWID;

CREATE INDEX review_queue_by_decided_at ON review_queue (decided_at) WHERE decided_at IS NOT NULL;

CREATE INDEX review_queue_open ON review_queue (severity DESC, entered_at, image_id, cause) WHERE decided_at IS NULL;

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

CREATE INDEX sessions_by_expiry  ON sessions (expires_at);

CREATE INDEX sessions_of_account ON sessions (account_id, created_at);

CREATE TABLE signature_nonces (
  key_id     TEXT    NOT NULL,
  nonce      TEXT    NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (key_id, nonce)
) STRICT, WITHOUT ROWID;

CREATE INDEX signature_nonces_by_expiry ON signature_nonces (expires_at);

CREATE TABLE statements (
  -- What is restricted: the image, or the account of a suspension; and which statement about it this is.
  subject        TEXT    NOT NULL,
  number         INTEGER NOT NULL,
  kind           TEXT    NOT NULL CHECK (kind IN ('removal', 'warning', 'held', 'suspension')),
  imposed_at     INTEGER NOT NULL,
  -- Whose it was then; NULL: nobody's, or of an account that was erased.
  account_id     TEXT,
  -- The hash of the delete token, which opens the statement also when the image is erased.
  token_hash     TEXT,
  -- What it rests on, as the latest decision said.
  decided_by     TEXT    NOT NULL,
  operator       TEXT,
  is_detected    INTEGER NOT NULL CHECK (is_detected IN (0, 1)),
  ground         TEXT,
  notice_id      TEXT,
  reason         TEXT    NOT NULL,
  -- Of a list of known material, what that says.
  category       TEXT,
  -- When the image would have left, and when it leaves; both NULL if nothing changed.
  expires_before INTEGER,
  expires_at     INTEGER,
  -- When the restriction ended; NULL: it stands.
  ended_at       INTEGER,
  -- Since when somebody is to be told; NULL: nobody is.
  due_at         INTEGER,
  told_at        INTEGER,
  forget_after   INTEGER NOT NULL,
  PRIMARY KEY (subject, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX statements_by_age      ON statements (forget_after);

CREATE INDEX statements_due         ON statements (due_at) WHERE due_at IS NOT NULL;

CREATE INDEX statements_of_account  ON statements (account_id, imposed_at) WHERE account_id IS NOT NULL;

CREATE INDEX statements_suspensions ON statements (subject) WHERE kind = 'suspension' AND ended_at IS NULL;

CREATE TRIGGER journal_statement_changed AFTER UPDATE OF ended_at, decided_by, account_id ON statements BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('statement', new.subject || ' ' || new.number,
          json_object('kind', new.kind, 'imposed_at', new.imposed_at, 'account_id', new.account_id, 'token_hash', new.token_hash,
                      'decided_by', new.decided_by, 'operator', new.operator, 'is_detected', new.is_detected, 'ground', new.ground,
                      'notice_id', new.notice_id, 'reason', new.reason, 'category', new.category, 'expires_before',
                      new.expires_before, 'expires_at', new.expires_at, 'ended_at', new.ended_at, 'due_at', new.due_at, 'told_at',
                      new.told_at, 'forget_after', new.forget_after));
END;

CREATE TRIGGER journal_statement_made AFTER INSERT ON statements BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('statement', new.subject || ' ' || new.number,
          json_object('kind', new.kind, 'imposed_at', new.imposed_at, 'account_id', new.account_id, 'token_hash', new.token_hash,
                      'decided_by', new.decided_by, 'operator', new.operator, 'is_detected', new.is_detected, 'ground', new.ground,
                      'notice_id', new.notice_id, 'reason', new.reason, 'category', new.category, 'expires_before',
                      new.expires_before, 'expires_at', new.expires_at, 'ended_at', new.ended_at, 'due_at', new.due_at, 'told_at',
                      new.told_at, 'forget_after', new.forget_after));
END;

CREATE TRIGGER strikes_are_reversed AFTER UPDATE OF ended_at ON statements
WHEN new.kind = 'removal' AND new.ended_at IS NOT NULL BEGIN
  UPDATE strikes SET reversed_at = new.ended_at
  WHERE image_id = new.subject AND number = new.number AND reversed_at IS NULL;
END;

CREATE TABLE statistics (
  -- Milliseconds: when the day began.
  day     INTEGER NOT NULL,
  subject TEXT    NOT NULL CHECK (subject IN ('uploads', 'removals')),
  surface TEXT    NOT NULL,
  format  TEXT    NOT NULL,
  verdict TEXT    NOT NULL,
  reason  TEXT    NOT NULL,
  count   INTEGER CHECK (count >= 10),
  PRIMARY KEY (day, subject, surface, format, verdict, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE strikes (
  image_id    TEXT    NOT NULL,
  -- The statement about the image.
  number      INTEGER NOT NULL,
  -- The account; of one that was erased a keyed hash.
  subject     TEXT    NOT NULL,
  ground      TEXT    NOT NULL,
  imposed_at  INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL,
  reversed_at INTEGER,
  PRIMARY KEY (image_id, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX strikes_by_expiry  ON strikes (expires_at);

CREATE INDEX strikes_of_subject ON strikes (subject, expires_at);

CREATE TRIGGER journal_strike_changed AFTER UPDATE ON strikes BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('strike', new.image_id || ' ' || new.number,
          json_object('subject', new.subject, 'ground', new.ground, 'imposed_at', new.imposed_at, 'expires_at', new.expires_at,
                      'reversed_at', new.reversed_at));
END;

CREATE TRIGGER journal_strike_made AFTER INSERT ON strikes BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('strike', new.image_id || ' ' || new.number,
          json_object('subject', new.subject, 'ground', new.ground, 'imposed_at', new.imposed_at, 'expires_at', new.expires_at,
                      'reversed_at', new.reversed_at));
END;

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

CREATE INDEX subject_requests_closed ON subject_requests (closed_at) WHERE closed_at IS NOT NULL;

CREATE INDEX subject_requests_open   ON subject_requests (due_at)    WHERE closed_at IS NULL;

CREATE TABLE team_invitations (
  id           TEXT    PRIMARY KEY,
  team_id      TEXT    NOT NULL,
  invited_by   TEXT    NOT NULL,
  role         TEXT    NOT NULL CHECK (role IN ('editor', 'viewer')),
  -- Where the letter went, sealed under the key of whoever invited: who is invited need have no account.
  email        TEXT    NOT NULL,
  -- Keyed hash of that address, by which whoever answers is recognised.
  email_lookup TEXT    NOT NULL,
  token_hash   TEXT    NOT NULL UNIQUE,
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL
) STRICT;

CREATE INDEX team_invitations_by ON team_invitations (invited_by);

CREATE INDEX team_invitations_by_expiry ON team_invitations (expires_at);

CREATE INDEX team_invitations_of_team ON team_invitations (team_id, created_at, id);

CREATE UNIQUE INDEX team_invitations_to ON team_invitations (team_id, email_lookup);

CREATE TABLE team_members (
  team_id    TEXT    NOT NULL,
  account_id TEXT    NOT NULL,
  role       TEXT    NOT NULL CHECK (role IN ('owner', 'editor', 'viewer')),
  joined_at  INTEGER NOT NULL,
  PRIMARY KEY (team_id, account_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX team_members_of_account ON team_members (account_id, joined_at, team_id);

CREATE UNIQUE INDEX team_members_owner ON team_members (team_id) WHERE role = 'owner';

CREATE TRIGGER journal_member_joined AFTER INSERT ON team_members BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('member_role', new.team_id || ' ' || new.account_id, new.role);
END;

CREATE TRIGGER journal_member_left AFTER DELETE ON team_members BEGIN
  INSERT INTO journal (kind, subject) VALUES ('member_left', old.team_id || ' ' || old.account_id);
END;

CREATE TRIGGER journal_member_role AFTER UPDATE OF role ON team_members WHEN old.role <> new.role BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('member_role', new.team_id || ' ' || new.account_id, new.role);
END;

CREATE TRIGGER team_owners_stay BEFORE DELETE ON team_members
WHEN old.role = 'owner' AND EXISTS (SELECT 1 FROM teams WHERE id = old.team_id AND closed_at IS NULL) BEGIN
  SELECT raise(ABORT, 'an open team has an owner');
END;

CREATE TABLE teams (
  -- An account id, of which no row of accounts knows.
  id         TEXT    PRIMARY KEY,
  -- What its members call it.
  name       TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  -- Since when it is nobody's: what it has is on its way out, and then its row goes. NULL: it is open.
  closed_at  INTEGER
) STRICT;

CREATE INDEX teams_closed ON teams (closed_at) WHERE closed_at IS NOT NULL;

CREATE TRIGGER journal_team_closed AFTER UPDATE OF closed_at ON teams
WHEN old.closed_at IS NULL AND new.closed_at IS NOT NULL BEGIN
  INSERT INTO journal (kind, subject) VALUES ('team_closed', new.id);
END;

CREATE TABLE ticket_uses (
  image_id  TEXT PRIMARY KEY,
  ticket_id TEXT NOT NULL
) STRICT;

CREATE INDEX ticket_uses_of_ticket ON ticket_uses (ticket_id);

CREATE TABLE tickets (
  id            TEXT    PRIMARY KEY,
  -- To whom what is uploaded belongs.
  account_id    TEXT    NOT NULL,
  -- SHA-256 of the ticket, lowercase hexadecimal.
  token_hash    TEXT    NOT NULL UNIQUE,
  -- The collection into which it goes.
  collection_id TEXT,
  -- The largest file in bytes; NULL: what anybody may upload.
  bytes_max     INTEGER,
  -- The formats that are taken, with spaces between; NULL: all.
  formats       TEXT,
  -- How long what is uploaded is kept at most, in milliseconds; NULL: as the account's own uploads.
  ttl_ms        INTEGER,
  is_private    INTEGER NOT NULL CHECK (is_private IN (0, 1)),
  uses_max      INTEGER NOT NULL,
  -- How many uploads were begun with it and not given up.
  uses          INTEGER NOT NULL DEFAULT 0,
  created_at    INTEGER NOT NULL,
  expires_at    INTEGER NOT NULL,
  revoked_at    INTEGER,
  CHECK (uses BETWEEN 0 AND uses_max)
) STRICT;

CREATE INDEX tickets_by_end ON tickets (expires_at);

CREATE INDEX tickets_of_account ON tickets (account_id, created_at, id);

CREATE TRIGGER journal_ticket_ended AFTER UPDATE OF revoked_at, uses ON tickets
WHEN (old.revoked_at IS NULL AND new.revoked_at IS NOT NULL) OR (old.uses < new.uses AND new.uses = new.uses_max) BEGIN
  INSERT INTO journal (kind, subject) VALUES ('ticket_ended', new.id);
END;

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

CREATE TRIGGER journal_totp_added AFTER UPDATE OF confirmed_at ON totp_factors
WHEN old.confirmed_at IS NULL AND new.confirmed_at IS NOT NULL BEGIN
  INSERT INTO journal (kind, subject) VALUES ('password_ended', new.account_id);
END;

CREATE TRIGGER journal_totp_removed AFTER DELETE ON totp_factors WHEN old.confirmed_at IS NOT NULL BEGIN
  INSERT INTO journal (kind, subject) VALUES ('totp_removed', old.account_id);
END;

CREATE TABLE transparency_counts (
  -- Milliseconds: when the month began.
  month   INTEGER NOT NULL,
  measure TEXT    NOT NULL,
  kind    TEXT    NOT NULL,
  count   INTEGER CHECK (count >= 10 AND count % 10 = 0),
  PRIMARY KEY (month, measure, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE variant_budgets (
  image_id TEXT    NOT NULL,
  hour     INTEGER NOT NULL,
  begun    INTEGER NOT NULL,
  PRIMARY KEY (image_id, hour)
) STRICT, WITHOUT ROWID;

CREATE INDEX variant_budgets_by_hour ON variant_budgets (hour);

CREATE TABLE variants (
  image_id TEXT    NOT NULL,
  name     TEXT    NOT NULL,
  -- When the latest request to make it began.
  begun_at INTEGER NOT NULL,
  -- When it was last used, now and then noted; 0: its image left public view.
  used_at  INTEGER NOT NULL,
  -- NULL: not stored yet, as far as is known.
  bytes    INTEGER,
  PRIMARY KEY (image_id, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX variants_by_used_at ON variants (used_at);

CREATE INDEX variants_of_image_by_used_at ON variants (image_id, used_at, name);
