-- What is found later not to be passed on ends the export that it is in.
--
-- expands: new triggers; the old code reads what they write.

-- What may not be passed on any more is in no file that can still be downloaded: its account's exports end when it is found to be
-- prohibited, or held by the law.
CREATE TRIGGER exports_end_with_prohibited AFTER UPDATE OF verdict ON images
WHEN new.verdict = 'prohibited' AND old.verdict <> 'prohibited' AND new.account_id IS NOT NULL BEGIN
  UPDATE exports SET expires_at = min(expires_at, max(requested_at, coalesce(new.removing_at, 0))), next_attempt_at = NULL
  WHERE account_id = new.account_id;
END;

CREATE TRIGGER exports_end_with_hold AFTER INSERT ON holds BEGIN
  UPDATE exports SET expires_at = min(expires_at, max(requested_at, new.placed_at)), next_attempt_at = NULL
  WHERE account_id = (SELECT account_id FROM images WHERE id = new.image_id AND state <> 'pending');
END;
