-- What was concluded about each image, by whom and on what grounds. Append-only: a later decision is a later row.
-- An image becomes live only under a decision that allows it (promises IMP-20, IMP-21).
CREATE TABLE decisions (
  image_id       TEXT    NOT NULL,
  number         INTEGER NOT NULL,
  decided_at     INTEGER NOT NULL,
  decided_by     TEXT    NOT NULL CHECK (decided_by IN ('policy', 'model', 'operator')),
  verdict        TEXT    NOT NULL CHECK (verdict IN ('safe', 'flagged', 'restricted', 'prohibited', 'unscanned')),
  model_id       TEXT,
  model_sha256   TEXT,
  scores         TEXT,
  thresholds     TEXT    NOT NULL,
  policy_version INTEGER NOT NULL,
  reason         TEXT    NOT NULL,
  PRIMARY KEY (image_id, number)
) STRICT, WITHOUT ROWID;

-- Until now there was no classifier, and one value of the policy decided. A draft that the old code began and
-- publishes while this migration runs has no row; it was judged by the same value.
INSERT INTO decisions (image_id, number, decided_at, decided_by, verdict, thresholds, policy_version, reason)
SELECT id, 1, created_at, 'policy', verdict, '[]', policy_version, 'no classifier: the policy''s value for that applies'
FROM images;
