-- What each account stores, counted by the database itself in the transaction that changes it: an upload reserves its
-- room with its intent, and whatever takes the image out of the account's hands gives the room back, whichever path that is.
--
-- expands: a new table, a new column and triggers. The old code writes no sizes; what it takes in counts as no bytes
-- until the nightly recount.
ALTER TABLE images ADD COLUMN stored_bytes INTEGER NOT NULL DEFAULT 0;

UPDATE images SET stored_bytes = coalesce(json_extract(facts, '$.bytes'), 0) WHERE facts IS NOT NULL;

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

INSERT INTO account_storage (account_id, images, bytes)
SELECT account_id, count(*), sum(stored_bytes) FROM images
WHERE account_id IS NOT NULL AND state IN ('pending', 'held', 'releasing', 'live')
GROUP BY account_id;

-- What would be too much aborts the transaction: an upload's intent, and an image that changes hands. What is restored
-- always finds room.
CREATE TRIGGER images_within_quota BEFORE INSERT ON images WHEN new.account_id IS NOT NULL BEGIN
  SELECT raise(ABORT, 'over quota: images') FROM account_storage
  WHERE account_id = new.account_id AND images >= images_max;
  SELECT raise(ABORT, 'over quota: bytes') FROM account_storage
  WHERE account_id = new.account_id AND bytes + new.stored_bytes > bytes_max;
  SELECT raise(ABORT, 'over quota: uploads') FROM account_storage
  WHERE account_id = new.account_id AND uploads >= uploads_max
    AND month = strftime('%Y-%m', new.created_at / 1000, 'unixepoch');
END;

CREATE TRIGGER images_change_hands_within_quota BEFORE UPDATE OF account_id ON images
WHEN new.account_id IS NOT NULL AND new.account_id IS NOT old.account_id
  AND new.state IN ('pending', 'held', 'releasing', 'live') BEGIN
  SELECT raise(ABORT, 'over quota: images') FROM account_storage
  WHERE account_id = new.account_id AND images >= images_max;
  SELECT raise(ABORT, 'over quota: bytes') FROM account_storage
  WHERE account_id = new.account_id AND bytes + new.stored_bytes > bytes_max;
END;

CREATE TRIGGER images_take_room AFTER INSERT ON images WHEN new.account_id IS NOT NULL BEGIN
  INSERT INTO account_storage (account_id, images, bytes, month, uploads)
  VALUES (new.account_id, 1, new.stored_bytes, strftime('%Y-%m', new.created_at / 1000, 'unixepoch'), 1)
  ON CONFLICT (account_id) DO UPDATE SET
    images = images + 1, bytes = bytes + excluded.bytes, month = excluded.month,
    uploads = CASE WHEN month = excluded.month THEN uploads + 1 ELSE 1 END;
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

CREATE TRIGGER images_give_room_back AFTER DELETE ON images WHEN old.account_id IS NOT NULL BEGIN
  UPDATE account_storage SET images = images - 1, bytes = bytes - old.stored_bytes
  WHERE account_id = old.account_id AND old.state IN ('pending', 'held', 'releasing', 'live');
END;

-- An upload that came to nothing is none.
CREATE TRIGGER images_abandoned AFTER UPDATE OF state ON images
WHEN old.state = 'pending' AND new.state = 'removing' AND old.account_id IS NOT NULL BEGIN
  UPDATE account_storage SET uploads = uploads - 1
  WHERE account_id = old.account_id AND uploads > 0
    AND month = strftime('%Y-%m', old.created_at / 1000, 'unixepoch');
END;

CREATE TRIGGER images_taken_back AFTER DELETE ON images WHEN old.state = 'pending' AND old.account_id IS NOT NULL BEGIN
  UPDATE account_storage SET uploads = uploads - 1
  WHERE account_id = old.account_id AND uploads > 0
    AND month = strftime('%Y-%m', old.created_at / 1000, 'unixepoch');
END;
