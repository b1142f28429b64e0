-- Verdicts that ask for a person, and images that are withheld from the public before they ever were public.
--
-- contracts: SQLite cannot change a CHECK, so the table is made anew with wider ones and takes the rows over.
-- Columns and rows stay as they are; whatever the old code reads or writes, the new table takes.
CREATE TABLE images_wider (
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
  removal_reason    TEXT    CHECK (removal_reason IN ('expired', 'deleted', 'abandoned', 'lost', 'prohibited', 'removed')),
  erase_after       INTEGER,
  gone_at           INTEGER
) STRICT;

INSERT INTO images_wider SELECT * FROM images;
DROP TABLE images;
ALTER TABLE images_wider RENAME TO images;

CREATE INDEX images_due      ON images (expires_at)  WHERE state = 'live';
CREATE INDEX images_drafts   ON images (created_at)  WHERE state = 'pending';
CREATE INDEX images_removing ON images (removing_at) WHERE state = 'removing';
CREATE INDEX images_recovery ON images (erase_after) WHERE state = 'recovery';
CREATE INDEX images_gone     ON images (gone_at)     WHERE state = 'gone';

-- What waits for a person. An image enters once for each cause; entries leave with their image's row.
CREATE TABLE review_queue (
  image_id   TEXT    NOT NULL,
  cause      TEXT    NOT NULL CHECK (cause IN ('flagged', 'prohibited', 'unscanned', 'known_bad', 'reported')),
  severity   INTEGER NOT NULL,
  entered_at INTEGER NOT NULL,
  decided_at INTEGER,
  outcome    TEXT    CHECK (outcome IN ('released', 'restricted', 'prohibited', 'held', 'left')),
  PRIMARY KEY (image_id, cause)
) STRICT, WITHOUT ROWID;

-- The severest first, then the longest waiting.
CREATE INDEX review_queue_open ON review_queue (severity DESC, entered_at, image_id, cause) WHERE decided_at IS NULL;
