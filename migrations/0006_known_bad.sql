-- Images that are known already, what is known of ours to find them by, and what must be kept and reported.
--
-- contracts: the table decisions is made anew with a wider CHECK (see 0003) and one more column, and takes the rows
-- over. Columns and rows stay as they are; whatever the old code reads or writes, the new table takes.
CREATE TABLE decisions_wider (
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
  matched        TEXT,
  PRIMARY KEY (image_id, number)
) STRICT, WITHOUT ROWID;

INSERT INTO decisions_wider (image_id, number, decided_at, decided_by, verdict, model_id, model_sha256, scores,
                             thresholds, policy_version, reason, operator, seen)
SELECT image_id, number, decided_at, decided_by, verdict, model_id, model_sha256, scores, thresholds, policy_version,
       reason, operator, seen
FROM decisions;
DROP TABLE decisions;
ALTER TABLE decisions_wider RENAME TO decisions;

-- By which an image can be recognised; forgotten with its bytes.
ALTER TABLE images ADD COLUMN hashes TEXT;
-- For an operator's question which images are copies of one another.
CREATE INDEX images_sha256 ON images (sha256) WHERE sha256 IS NOT NULL;

-- Entries of lists. A value may be on several.
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

-- The 16 bands of each PDQ hash: its number as one digit, and 16 bits as four. Kept by the database itself, because
-- entries come from outside the program (npm run known-bad), and an entry without bands would never be found.
CREATE TABLE known_bad_bands (
  band   TEXT    NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY (band, number)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER known_bad_added AFTER INSERT ON known_bad WHEN new.kind = 'pdq' BEGIN
  INSERT INTO known_bad_bands (band, number)
  SELECT substr('0123456789abcdef', key + 1, 1) || substr(new.value, 4 * key + 1, 4), new.number
  FROM json_each('[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]');
END;

CREATE TRIGGER known_bad_removed AFTER DELETE ON known_bad WHEN old.kind = 'pdq' BEGIN
  DELETE FROM known_bad_bands
  WHERE number = old.number
    AND band IN (SELECT substr('0123456789abcdef', key + 1, 1) || substr(old.value, 4 * key + 1, 4)
                 FROM json_each('[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]'));
END;

CREATE TRIGGER known_bad_fixed BEFORE UPDATE OF number, kind, value ON known_bad BEGIN
  SELECT raise(ABORT, 'an entry is replaced, not changed: its bands would no longer be its own');
END;

-- What may not be erased, whatever else says so. An image stands under a hold until its end, or its release.
CREATE TABLE holds (
  image_id    TEXT    NOT NULL,
  kind        TEXT    NOT NULL CHECK (kind IN ('legal')),
  placed_at   INTEGER NOT NULL,
  until       INTEGER NOT NULL,
  reason      TEXT    NOT NULL,
  released_at INTEGER,
  PRIMARY KEY (image_id, kind)
) STRICT, WITHOUT ROWID;

-- What must be reported to an authority, and whether that was done.
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
) STRICT, WITHOUT ROWID;

CREATE INDEX reports_due ON reports (created_at) WHERE state = 'due';
