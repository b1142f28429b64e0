-- Images that wait to be judged: held where nothing serves them, and judged again by a job.
--
-- contracts: the table is made anew with wider CHECKs (see 0003) and six more columns, and takes the rows over.
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
) STRICT;

INSERT INTO images_wider (id, state, surface, verdict, policy_version, created_at, expires_at, retention_class,
                          retention_reason, facts, sha256, details, delete_token_hash, removing_at, removal_reason,
                          erase_after, gone_at, ttl_ms)
SELECT id, state, surface, verdict, policy_version, created_at, expires_at, retention_class, retention_reason, facts,
       sha256, details, delete_token_hash, removing_at, removal_reason, erase_after, gone_at,
       -- Until now only the words told that somebody had asked for a shorter life.
       CASE WHEN retention_reason LIKE 'you asked for%' THEN expires_at - created_at END
FROM images;
DROP TABLE images;
ALTER TABLE images_wider RENAME TO images;

CREATE INDEX images_due       ON images (expires_at)      WHERE state = 'live';
CREATE INDEX images_drafts    ON images (created_at)      WHERE state = 'pending';
CREATE INDEX images_removing  ON images (removing_at)     WHERE state = 'removing';
CREATE INDEX images_recovery  ON images (erase_after)     WHERE state = 'recovery';
CREATE INDEX images_gone      ON images (gone_at)         WHERE state = 'gone';
CREATE INDEX images_held      ON images (held_until)      WHERE state IN ('held', 'releasing');
-- What a job has yet to do about an image that is not being removed.
CREATE INDEX images_attempts  ON images (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
