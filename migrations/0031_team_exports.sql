-- Copies of what belongs to a team, for its owner (promise IMP-50).
--
-- expands: a column that the old code does not know, and triggers that do for its copies what those before them did.

-- The team of which it is a copy; NULL: of the account itself.
ALTER TABLE exports ADD COLUMN team_id TEXT;

CREATE INDEX exports_of_team ON exports (team_id) WHERE team_id IS NOT NULL;

-- What may not be passed on any more is in no file that can still be downloaded: the copies of whose it is end, be it an account or a
-- team (the reasons are in 0026_exports_end.sql, 0027_trust_and_safety.sql and 0030_authority_and_anomalies.sql).
DROP TRIGGER exports_end_with_prohibited;
DROP TRIGGER exports_end_with_hold;
DROP TRIGGER exports_end_with_hold_again;

CREATE TRIGGER exports_end_with_prohibited AFTER UPDATE OF verdict ON images
WHEN new.verdict = 'prohibited' AND old.verdict <> 'prohibited' AND new.account_id IS NOT NULL BEGIN
  UPDATE exports SET expires_at = min(expires_at, max(requested_at, coalesce(new.removing_at, 0))), next_attempt_at = NULL
  WHERE team_id = new.account_id OR (account_id = new.account_id AND team_id IS NULL);
END;

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
