-- The journal of what must not come undone when the database is set back to an earlier day, and what replays it.
--
-- expands. Rows are written by triggers, in the transaction of the change itself, so that no code can forget to. They hold
-- random names and what the change was; the one value that says who somebody is, an address, is sealed under its account's key.
CREATE TABLE journal (
  number  INTEGER PRIMARY KEY,
  -- One of src/policy/journal.rs.
  kind    TEXT NOT NULL,
  -- What it happened to.
  subject TEXT NOT NULL,
  -- How; what this is depends on the kind.
  detail  TEXT
) STRICT;

-- How far the journal's objects are known to this database. It goes back with it, which is how that is noticed.
CREATE TABLE journal_state (
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  -- The last object that was written from here, or replayed; '': none.
  known      TEXT    NOT NULL,
  -- The object that is being written.
  writing    TEXT,
  -- When no row was left to be copied.
  emptied_at INTEGER NOT NULL
) STRICT;

INSERT INTO journal_state (id, known, emptied_at) VALUES (1, '', 0);

-- That the database was set back, and how far replaying what it had forgotten has come. The latest time only.
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

-- The last word of the journal about each thing, until it is carried out.
CREATE TABLE replays (
  aspect  TEXT NOT NULL,
  subject TEXT NOT NULL,
  kind    TEXT NOT NULL,
  detail  TEXT,
  PRIMARY KEY (aspect, subject)
) STRICT, WITHOUT ROWID;

-- Images. What leaves by its date leaves again by itself.
CREATE TRIGGER journal_image_left AFTER UPDATE OF state ON images
WHEN old.state IN ('live', 'held', 'releasing') AND new.state IN ('removing', 'recovery')
  AND new.removal_reason IS NOT 'expired' BEGIN
  INSERT INTO journal (kind, subject, detail) VALUES ('image_left', new.id, new.removal_reason);
END;

CREATE TRIGGER journal_image_held AFTER UPDATE OF state ON images
WHEN old.state = 'live' AND new.state = 'held' BEGIN
  INSERT INTO journal (kind, subject, detail) VALUES ('image_held', new.id, CAST(new.held_until AS TEXT));
END;

CREATE TRIGGER journal_image_returned AFTER UPDATE OF state ON images
WHEN new.state = 'live' AND old.state IN ('held', 'releasing', 'removing', 'recovery') BEGIN
  INSERT INTO journal (kind, subject) VALUES ('image_returned', new.id);
END;

CREATE TRIGGER journal_image_erased AFTER UPDATE OF state ON images
WHEN new.state = 'gone' AND old.state <> 'gone' AND new.removal_reason IS NOT 'expired' BEGIN
  INSERT INTO journal (kind, subject, detail) VALUES ('image_erased', new.id, new.removal_reason);
END;

CREATE TRIGGER journal_image_privacy AFTER UPDATE OF is_private ON images WHEN old.is_private <> new.is_private BEGIN
  INSERT INTO journal (kind, subject)
  VALUES (CASE new.is_private WHEN 1 THEN 'image_private' ELSE 'image_public' END, new.id);
END;

CREATE TRIGGER journal_image_verdict AFTER UPDATE OF verdict ON images
WHEN old.verdict <> new.verdict AND old.state = 'live' AND new.state = 'live' BEGIN
  INSERT INTO journal (kind, subject, detail) VALUES ('image_verdict', new.id, new.verdict);
END;

CREATE TRIGGER journal_image_end AFTER UPDATE OF expires_at ON images
WHEN old.expires_at IS NOT new.expires_at AND old.state IN ('live', 'held', 'releasing') BEGIN
  INSERT INTO journal (kind, subject, detail) VALUES ('image_end', new.id, coalesce(CAST(new.expires_at AS TEXT), 'never'));
END;

CREATE TRIGGER journal_collection_deleted AFTER DELETE ON collections BEGIN
  INSERT INTO journal (kind, subject) VALUES ('collection_deleted', old.id);
END;

-- What the law forbids to lose, and what was recognised as known.
CREATE TRIGGER journal_hold_placed AFTER INSERT ON holds BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('hold_placed', new.image_id,
          json_object('placed_at', new.placed_at, 'until', new.until, 'reason', new.reason));
END;

CREATE TRIGGER journal_hold_released AFTER UPDATE OF released_at ON holds WHEN new.released_at IS NOT NULL BEGIN
  INSERT INTO journal (kind, subject, detail) VALUES ('hold_released', new.image_id, CAST(new.released_at AS TEXT));
END;

CREATE TRIGGER journal_report_due AFTER INSERT ON reports WHEN new.state = 'due' BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('report_due', new.image_id,
          json_object('list', new.list, 'category', new.category, 'kind', new.kind, 'distance', new.distance,
                      'surface', new.surface, 'uploaded_at', new.uploaded_at, 'created_at', new.created_at));
END;

CREATE TRIGGER journal_report_settled AFTER UPDATE OF state ON reports WHEN new.state <> 'due' BEGIN
  INSERT INTO journal (kind, subject, detail) VALUES ('report_settled', new.image_id, new.state);
END;

-- What operators add one by one; whole lists are imported again.
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

-- Accounts.
CREATE TRIGGER journal_erasure_asked AFTER INSERT ON erasures WHEN new.account_id IS NOT NULL BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('erasure_asked', new.account_id,
          json_object('id', new.id, 'requested_at', new.requested_at, 'erase_at', new.erase_at,
                      'hides_images', coalesce((SELECT hides_images FROM accounts WHERE id = new.account_id), 1)));
END;

CREATE TRIGGER journal_erasure_undone AFTER UPDATE OF erase_at ON accounts
WHEN old.erase_at IS NOT NULL AND new.erase_at IS NULL BEGIN
  INSERT INTO journal (kind, subject) VALUES ('erasure_undone', new.id);
END;

CREATE TRIGGER journal_account_erased AFTER DELETE ON accounts BEGIN
  INSERT INTO journal (kind, subject) VALUES ('account_erased', old.id);
END;

CREATE TRIGGER journal_operator_ended AFTER UPDATE OF is_operator ON accounts
WHEN old.is_operator = 1 AND new.is_operator = 0 BEGIN
  INSERT INTO journal (kind, subject) VALUES ('operator_ended', new.id);
END;

CREATE TRIGGER journal_restriction AFTER UPDATE OF restricted_at ON accounts
WHEN (old.restricted_at IS NULL) <> (new.restricted_at IS NULL) BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES (CASE WHEN new.restricted_at IS NULL THEN 'unrestricted' ELSE 'restricted' END, new.id, CAST(new.restricted_at AS TEXT));
END;

CREATE TRIGGER journal_consent AFTER INSERT ON consents BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('consent_' || new.act, new.account_id || ' ' || new.purpose,
          json_object('recorded_at', new.recorded_at, 'text_version', new.text_version,
                      'text_sha256', new.text_sha256, 'surface', new.surface, 'gpc', new.gpc));
END;

-- What somebody proved themselves with, and does not any more. What a password alone opened, it does not open when a factor
-- was added either.
CREATE TRIGGER journal_password_changed AFTER UPDATE OF password_hash ON accounts
WHEN old.password_hash IS NOT NULL AND old.password_hash IS NOT new.password_hash BEGIN
  INSERT INTO journal (kind, subject) VALUES ('password_ended', new.id);
END;

CREATE TRIGGER journal_totp_added AFTER UPDATE OF confirmed_at ON totp_factors
WHEN old.confirmed_at IS NULL AND new.confirmed_at IS NOT NULL BEGIN
  INSERT INTO journal (kind, subject) VALUES ('password_ended', new.account_id);
END;

CREATE TRIGGER journal_passkey_added AFTER INSERT ON passkeys BEGIN
  INSERT INTO journal (kind, subject) VALUES ('password_ended', new.account_id);
END;

CREATE TRIGGER journal_email_changed AFTER UPDATE OF email ON accounts WHEN old.email <> new.email BEGIN
  INSERT INTO journal (kind, subject, detail) VALUES ('email_changed', new.id, new.email);
END;

CREATE TRIGGER journal_totp_removed AFTER DELETE ON totp_factors WHEN old.confirmed_at IS NOT NULL BEGIN
  INSERT INTO journal (kind, subject) VALUES ('totp_removed', old.account_id);
END;

CREATE TRIGGER journal_passkey_removed AFTER DELETE ON passkeys BEGIN
  INSERT INTO journal (kind, subject) VALUES ('passkey_removed', old.credential_hash);
END;

CREATE TRIGGER journal_passkey_flagged AFTER UPDATE OF flagged_at ON passkeys WHEN new.flagged_at IS NOT NULL BEGIN
  INSERT INTO journal (kind, subject) VALUES ('passkey_flagged', new.credential_hash);
END;

CREATE TRIGGER journal_recovery_code_ended AFTER DELETE ON recovery_codes BEGIN
  INSERT INTO journal (kind, subject) VALUES ('recovery_code_ended', old.code_hash);
END;

CREATE TRIGGER journal_api_key_revoked AFTER UPDATE OF revoked_at ON api_keys
WHEN old.revoked_at IS NULL AND new.revoked_at IS NOT NULL BEGIN
  INSERT INTO journal (kind, subject) VALUES ('api_key_revoked', new.id);
END;

CREATE TRIGGER journal_ticket_ended AFTER UPDATE OF revoked_at, uses ON tickets
WHEN (old.revoked_at IS NULL AND new.revoked_at IS NOT NULL) OR (old.uses < new.uses AND new.uses = new.uses_max) BEGIN
  INSERT INTO journal (kind, subject) VALUES ('ticket_ended', new.id);
END;

-- Teams.
CREATE TRIGGER journal_team_closed AFTER UPDATE OF closed_at ON teams
WHEN old.closed_at IS NULL AND new.closed_at IS NOT NULL BEGIN
  INSERT INTO journal (kind, subject) VALUES ('team_closed', new.id);
END;

CREATE TRIGGER journal_member_role AFTER UPDATE OF role ON team_members WHEN old.role <> new.role BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('member_role', new.team_id || ' ' || new.account_id, new.role);
END;

CREATE TRIGGER journal_member_joined AFTER INSERT ON team_members BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('member_role', new.team_id || ' ' || new.account_id, new.role);
END;

CREATE TRIGGER journal_member_left AFTER DELETE ON team_members BEGIN
  INSERT INTO journal (kind, subject) VALUES ('member_left', old.team_id || ' ' || old.account_id);
END;
