-- Copies of what belongs to a team, for its owner (promise IMP-50).
--
-- expands: a column that the old code does not know, and triggers that end what that code does not make.

-- The team of which it is a copy; NULL: of the account itself.
ALTER TABLE exports ADD COLUMN team_id TEXT;

CREATE INDEX exports_of_team ON exports (team_id) WHERE team_id IS NOT NULL;

-- What may not be passed on any more is in no copy of its team, as it is in none of its account (migrations/0026_exports_end.sql).
CREATE TRIGGER team_exports_end_with_prohibited AFTER UPDATE OF verdict ON images
WHEN new.verdict = 'prohibited' AND old.verdict <> 'prohibited' AND new.account_id IS NOT NULL BEGIN
  UPDATE exports SET expires_at = min(expires_at, max(requested_at, coalesce(new.removing_at, 0))), next_attempt_at = NULL
  WHERE team_id = new.account_id;
END;

CREATE TRIGGER team_exports_end_with_hold AFTER INSERT ON holds WHEN new.kind = 'legal' BEGIN
  UPDATE exports SET expires_at = min(expires_at, max(requested_at, new.placed_at)), next_attempt_at = NULL
  WHERE team_id = (SELECT account_id FROM images WHERE id = new.image_id AND state <> 'pending');
END;

CREATE TRIGGER team_exports_end_with_hold_again AFTER UPDATE OF released_at ON holds
WHEN new.kind = 'legal' AND new.released_at IS NULL AND old.released_at IS NOT NULL BEGIN
  UPDATE exports SET expires_at = min(expires_at, max(requested_at, old.released_at)), next_attempt_at = NULL
  WHERE team_id = (SELECT account_id FROM images WHERE id = new.image_id AND state <> 'pending');
END;
