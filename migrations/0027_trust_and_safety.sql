-- What decisions rest on, more kinds of holds, and a log of everything that operators see and decide.
--
-- contracts: the table holds is made anew with a wider CHECK (see 0003), with its triggers, and takes the rows over.
-- Columns and rows stay as they are; whatever the old code reads or writes, the new table takes.

-- The ground of a decision (src/policy/grounds.rs), and the notice that led to it, if one did.
ALTER TABLE decisions ADD COLUMN ground    TEXT;
ALTER TABLE decisions ADD COLUMN notice_id TEXT;

CREATE TABLE holds_wider (
  image_id    TEXT    NOT NULL,
  kind        TEXT    NOT NULL CHECK (kind IN ('legal', 'counter_notice', 'appeal')),
  placed_at   INTEGER NOT NULL,
  until       INTEGER NOT NULL,
  reason      TEXT    NOT NULL,
  released_at INTEGER,
  PRIMARY KEY (image_id, kind)
) STRICT, WITHOUT ROWID;

INSERT INTO holds_wider SELECT * FROM holds;
DROP TABLE holds;
ALTER TABLE holds_wider RENAME TO holds;

-- The journal's word about a hold: of a legal one the image's name, as before; of others with the kind behind it.
CREATE TRIGGER journal_hold_placed AFTER INSERT ON holds BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('hold_placed', new.image_id || CASE new.kind WHEN 'legal' THEN '' ELSE ' ' || new.kind END,
          json_object('placed_at', new.placed_at, 'until', new.until, 'reason', new.reason));
END;

CREATE TRIGGER journal_hold_placed_again AFTER UPDATE OF until ON holds WHEN new.until <> old.until BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('hold_placed', new.image_id || CASE new.kind WHEN 'legal' THEN '' ELSE ' ' || new.kind END,
          json_object('placed_at', new.placed_at, 'until', new.until, 'reason', new.reason));
END;

CREATE TRIGGER journal_hold_released AFTER UPDATE OF released_at ON holds WHEN new.released_at IS NOT NULL BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('hold_released', new.image_id || CASE new.kind WHEN 'legal' THEN '' ELSE ' ' || new.kind END,
          CAST(new.released_at AS TEXT));
END;

-- What waits for an appeal or a counter-notice is prohibited, and that has ended the exports already.
CREATE TRIGGER exports_end_with_hold AFTER INSERT ON holds WHEN new.kind = 'legal' BEGIN
  UPDATE exports SET expires_at = min(expires_at, max(requested_at, new.placed_at)), next_attempt_at = NULL
  WHERE account_id = (SELECT account_id FROM images WHERE id = new.image_id AND state <> 'pending');
END;

-- Everything that operators look at and decide (promise IMP-22): who, when, what was seen, what was decided, why.
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

CREATE INDEX review_log_subject ON review_log (subject, number);
CREATE INDEX review_log_at ON review_log (at);

CREATE TRIGGER review_log_stands BEFORE UPDATE ON review_log BEGIN
  SELECT raise(ABORT, 'the review log is only added to');
END;

-- REPLACE deletes without asking the trigger below.
CREATE TRIGGER review_log_grows BEFORE INSERT ON review_log
WHEN EXISTS (SELECT 1 FROM review_log WHERE number = new.number) BEGIN
  SELECT raise(ABORT, 'the review log is only added to');
END;

-- It is forgotten by age only: a line goes if there is one of more than a year later, which whoever forgets has to write first.
CREATE TRIGGER review_log_is_kept BEFORE DELETE ON review_log
WHEN old.at > (SELECT at FROM review_log ORDER BY number DESC LIMIT 1) - 31622400000 BEGIN
  SELECT raise(ABORT, 'the review log is kept for 366 days');
END;

-- Who has a key of personal data without an account: somebody who reports a picture, or appeals without one. Its name is that of
-- the notice or the appeal; letters to them are sealed under it, as those to accounts are under theirs.
CREATE TABLE key_holders (
  id      TEXT    PRIMARY KEY,
  kind    TEXT    NOT NULL CHECK (kind IN ('notice', 'appeal')),
  made_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- No code can decide for an operator without a line in the log.
CREATE TRIGGER decisions_of_operators_are_logged AFTER INSERT ON decisions WHEN new.decided_by = 'operator' BEGIN
  INSERT INTO review_log (at, operator, act, about, subject, seen, ground, reason)
  VALUES (new.decided_at, coalesce(new.operator, ''),
          CASE new.verdict WHEN 'prohibited' THEN 'prohibited' WHEN 'restricted' THEN 'restricted' WHEN 'unscanned' THEN 'held'
                           ELSE 'released' END,
          'image', new.image_id, new.seen, new.ground, new.reason);
END;
