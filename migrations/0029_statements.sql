-- Statements of reasons, appeals against them, and strikes.
--
-- expands. A statement is written by triggers, in the transaction of the restriction itself: no code can restrict an image
-- without one, and none can forget to say that it has ended.

CREATE TABLE statements (
  -- What is restricted: the image, or the account of a suspension; and which statement about it this is.
  subject        TEXT    NOT NULL,
  number         INTEGER NOT NULL,
  kind           TEXT    NOT NULL CHECK (kind IN ('removal', 'warning', 'held', 'suspension')),
  imposed_at     INTEGER NOT NULL,
  -- Whose it was then; NULL: nobody's, or of an account that was erased.
  account_id     TEXT,
  -- The hash of the delete token, which opens the statement also when the image is erased.
  token_hash     TEXT,
  -- What it rests on, as the latest decision said.
  decided_by     TEXT    NOT NULL,
  operator       TEXT,
  is_detected    INTEGER NOT NULL CHECK (is_detected IN (0, 1)),
  ground         TEXT,
  notice_id      TEXT,
  reason         TEXT    NOT NULL,
  -- Of a list of known material, what that says.
  category       TEXT,
  -- When the image would have left, and when it leaves; both NULL if nothing changed.
  expires_before INTEGER,
  expires_at     INTEGER,
  -- When the restriction ended; NULL: it stands.
  ended_at       INTEGER,
  -- Since when somebody is to be told; NULL: nobody is.
  due_at         INTEGER,
  told_at        INTEGER,
  forget_after   INTEGER NOT NULL,
  PRIMARY KEY (subject, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX statements_due         ON statements (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX statements_of_account  ON statements (account_id, imposed_at) WHERE account_id IS NOT NULL;
CREATE INDEX statements_by_age      ON statements (forget_after);
CREATE INDEX statements_suspensions ON statements (subject) WHERE kind = 'suspension' AND ended_at IS NULL;

-- Appeals: at most one against each statement.
CREATE TABLE appeals (
  id          TEXT    PRIMARY KEY,
  subject     TEXT    NOT NULL,
  number      INTEGER NOT NULL,
  -- Who appeals; NULL: whoever has the delete token, under a key of the appeal's own (key_holders).
  account_id  TEXT,
  -- Sealed.
  words       TEXT    NOT NULL,
  opened_at   INTEGER NOT NULL,
  due_at      INTEGER NOT NULL,
  reminded_at INTEGER,
  decided_at  INTEGER,
  outcome     TEXT    CHECK (outcome IN ('upheld', 'reversed', 'withdrawn')),
  -- The operator who decided.
  decided_by  TEXT,
  reason      TEXT,
  -- When everything was done that was decided.
  finished_at INTEGER,
  -- Whether the image is back; NULL: that was not decided, or is not known yet.
  is_back     INTEGER CHECK (is_back IN (0, 1)),
  UNIQUE (subject, number)
) STRICT;

CREATE INDEX appeals_open       ON appeals (due_at, id) WHERE decided_at IS NULL;
CREATE INDEX appeals_decided    ON appeals (decided_at) WHERE decided_at IS NOT NULL;
CREATE INDEX appeals_unfinished ON appeals (decided_at) WHERE decided_at IS NOT NULL AND finished_at IS NULL;
CREATE INDEX appeals_of_account ON appeals (account_id) WHERE account_id IS NOT NULL;

-- A decision stands: whoever was slower changes nothing, and nothing of the batch is written that said so.
CREATE TRIGGER appeals_are_decided_once BEFORE UPDATE OF decided_at ON appeals
WHEN old.decided_at IS NOT NULL AND new.decided_at IS NOT old.decided_at BEGIN
  SELECT raise(ABORT, 'the appeal is decided');
END;

-- Strikes: an image that a person found to be prohibited, on a ground that counts against who uploaded it.
CREATE TABLE strikes (
  image_id    TEXT    NOT NULL,
  -- The statement about the image.
  number      INTEGER NOT NULL,
  -- The account; of one that was erased a keyed hash.
  subject     TEXT    NOT NULL,
  ground      TEXT    NOT NULL,
  imposed_at  INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL,
  reversed_at INTEGER,
  PRIMARY KEY (image_id, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX strikes_of_subject ON strikes (subject, expires_at);
CREATE INDEX strikes_by_expiry  ON strikes (expires_at);

-- What an image is restricted by now, and what it was. A picture that its owner deletes, or whose time ends, leaves the statement as
-- it is: if it comes back, it is as restricted as before. A draft that broke off never was anybody's picture.
CREATE TRIGGER statements_follow_images AFTER UPDATE OF state, verdict, held_reason, removal_reason ON images
WHEN ((new.state = 'live' AND old.state <> 'pending')
   OR (CASE WHEN new.state = 'live' AND new.verdict = 'restricted' THEN 'warning'
            WHEN new.state IN ('removing', 'recovery') AND new.removal_reason IN ('removed', 'prohibited') THEN 'removal'
            WHEN new.state = 'held' AND new.held_reason = 'review' THEN 'held' END) IS NOT NULL)
 AND old.removal_reason IS NOT 'abandoned' BEGIN
  UPDATE statements
  SET due_at = NULL,
      ended_at = max(imposed_at, coalesce((SELECT decided_at FROM decisions WHERE image_id = new.id ORDER BY number DESC LIMIT 1),
                                          new.removing_at, 0))
  WHERE subject = new.id AND ended_at IS NULL
    AND (new.state = 'live' AND new.verdict IN ('safe', 'flagged')
      OR kind <> (CASE WHEN new.state = 'live' AND new.verdict = 'restricted' THEN 'warning'
            WHEN new.state IN ('removing', 'recovery') AND new.removal_reason IN ('removed', 'prohibited') THEN 'removal'
            WHEN new.state = 'held' AND new.held_reason = 'review' THEN 'held' END));
  INSERT INTO statements (subject, number, kind, imposed_at, account_id, token_hash, decided_by, operator, is_detected, ground, notice_id,
                          reason, category, expires_before, expires_at, due_at, forget_after)
  SELECT new.id, 1 + coalesce((SELECT max(number) FROM statements WHERE subject = new.id), 0),
         CASE WHEN new.state = 'live' AND new.verdict = 'restricted' THEN 'warning'
            WHEN new.state IN ('removing', 'recovery') AND new.removal_reason IN ('removed', 'prohibited') THEN 'removal'
            WHEN new.state = 'held' AND new.held_reason = 'review' THEN 'held' END,
         d.decided_at, new.account_id, new.delete_token_hash, d.decided_by, d.operator,
         EXISTS (SELECT 1 FROM decisions WHERE image_id = new.id AND decided_by IN ('model', 'outside', 'known_bad')
                   AND verdict IN ('flagged', 'restricted', 'prohibited')),
         d.ground, d.notice_id, d.reason, json_extract(d.matched, '$.category'),
         CASE WHEN new.expires_at IS NOT old.expires_at AND new.state = 'live' THEN old.expires_at END,
         CASE WHEN new.verdict = 'restricted' THEN new.expires_at END,
         -- Who uploads what is on a list is answered at once, and there.
         CASE WHEN old.state = 'pending' AND d.decided_by = 'known_bad' THEN NULL ELSE d.decided_at END,
         d.decided_at + 31622400000
  FROM decisions AS d
  WHERE d.image_id = new.id AND d.number = (SELECT max(number) FROM decisions WHERE image_id = new.id)
    AND (CASE WHEN new.state = 'live' AND new.verdict = 'restricted' THEN 'warning'
            WHEN new.state IN ('removing', 'recovery') AND new.removal_reason IN ('removed', 'prohibited') THEN 'removal'
            WHEN new.state = 'held' AND new.held_reason = 'review' THEN 'held' END) IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM statements WHERE subject = new.id AND ended_at IS NULL);
END;

-- A person confirms what a program has found: the statement says so from then on, and is sent once more.
CREATE TRIGGER statements_are_confirmed AFTER INSERT ON decisions
WHEN new.decided_by = 'operator' AND new.verdict = 'prohibited' BEGIN
  UPDATE statements
  SET decided_by = 'operator', operator = new.operator, ground = new.ground, notice_id = new.notice_id, reason = new.reason,
      category = NULL, due_at = new.decided_at
  WHERE subject = new.image_id AND kind = 'removal' AND ended_at IS NULL AND decided_by <> 'operator';
END;

-- Whoever claims an image of nobody is whose it is.
CREATE TRIGGER statements_follow_owners AFTER UPDATE OF account_id ON images
WHEN new.account_id IS NOT NULL AND old.account_id IS NULL BEGIN
  UPDATE statements SET account_id = new.account_id WHERE subject = new.id;
END;

CREATE TRIGGER statements_outlive_accounts AFTER DELETE ON accounts BEGIN
  UPDATE statements SET account_id = NULL, due_at = NULL WHERE account_id = old.id;
END;

-- What was not prohibited is no strike.
CREATE TRIGGER strikes_are_reversed AFTER UPDATE OF ended_at ON statements
WHEN new.kind = 'removal' AND new.ended_at IS NOT NULL BEGIN
  UPDATE strikes SET reversed_at = new.ended_at
  WHERE image_id = new.subject AND number = new.number AND reversed_at IS NULL;
END;

-- What its uploader deletes is not kept for an appeal of theirs.
CREATE TRIGGER appeals_do_not_keep_what_is_deleted AFTER UPDATE OF state ON images
WHEN new.state = 'removing' AND old.state <> 'removing' AND new.removal_reason = 'deleted' BEGIN
  UPDATE holds SET released_at = new.removing_at WHERE image_id = new.id AND kind = 'appeal' AND released_at IS NULL;
END;

-- What must not come undone.
CREATE TRIGGER journal_statement_made AFTER INSERT ON statements BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('statement', new.subject || ' ' || new.number,
          json_object('kind', new.kind, 'imposed_at', new.imposed_at, 'account_id', new.account_id, 'token_hash', new.token_hash,
                      'decided_by', new.decided_by, 'operator', new.operator, 'is_detected', new.is_detected, 'ground', new.ground,
                      'notice_id', new.notice_id, 'reason', new.reason, 'category', new.category, 'expires_before',
                      new.expires_before, 'expires_at', new.expires_at, 'ended_at', new.ended_at, 'due_at', new.due_at, 'told_at',
                      new.told_at, 'forget_after', new.forget_after));
END;

CREATE TRIGGER journal_statement_changed AFTER UPDATE OF ended_at, decided_by, account_id ON statements BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('statement', new.subject || ' ' || new.number,
          json_object('kind', new.kind, 'imposed_at', new.imposed_at, 'account_id', new.account_id, 'token_hash', new.token_hash,
                      'decided_by', new.decided_by, 'operator', new.operator, 'is_detected', new.is_detected, 'ground', new.ground,
                      'notice_id', new.notice_id, 'reason', new.reason, 'category', new.category, 'expires_before',
                      new.expires_before, 'expires_at', new.expires_at, 'ended_at', new.ended_at, 'due_at', new.due_at, 'told_at',
                      new.told_at, 'forget_after', new.forget_after));
END;

CREATE TRIGGER journal_strike_made AFTER INSERT ON strikes BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('strike', new.image_id || ' ' || new.number,
          json_object('subject', new.subject, 'ground', new.ground, 'imposed_at', new.imposed_at, 'expires_at', new.expires_at,
                      'reversed_at', new.reversed_at));
END;

CREATE TRIGGER journal_strike_changed AFTER UPDATE ON strikes BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('strike', new.image_id || ' ' || new.number,
          json_object('subject', new.subject, 'ground', new.ground, 'imposed_at', new.imposed_at, 'expires_at', new.expires_at,
                      'reversed_at', new.reversed_at));
END;

CREATE TRIGGER journal_appeal_made AFTER INSERT ON appeals BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('appeal', new.id,
          json_object('subject', new.subject, 'number', new.number, 'account_id', new.account_id, 'words', new.words, 'opened_at',
                      new.opened_at, 'due_at', new.due_at, 'decided_at', new.decided_at, 'outcome', new.outcome, 'decided_by',
                      new.decided_by, 'reason', new.reason, 'finished_at', new.finished_at, 'is_back', new.is_back));
END;

CREATE TRIGGER journal_appeal_changed AFTER UPDATE OF decided_at, finished_at ON appeals BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('appeal', new.id,
          json_object('subject', new.subject, 'number', new.number, 'account_id', new.account_id, 'words', new.words, 'opened_at',
                      new.opened_at, 'due_at', new.due_at, 'decided_at', new.decided_at, 'outcome', new.outcome, 'decided_by',
                      new.decided_by, 'reason', new.reason, 'finished_at', new.finished_at, 'is_back', new.is_back));
END;

-- What is restricted already. Its uploaders were told when they uploaded it, or look at its page.
INSERT INTO statements (subject, number, kind, imposed_at, account_id, token_hash, decided_by, operator, is_detected, ground, notice_id,
                          reason, category, expires_before, expires_at, due_at, forget_after)
SELECT i.id, 1, CASE WHEN i.state = 'live' AND i.verdict = 'restricted' THEN 'warning'
            WHEN i.state IN ('removing', 'recovery') AND i.removal_reason IN ('removed', 'prohibited') THEN 'removal'
            WHEN i.state = 'held' AND i.held_reason = 'review' THEN 'held' END,
       d.decided_at, i.account_id, i.delete_token_hash, d.decided_by, d.operator,
       EXISTS (SELECT 1 FROM decisions WHERE image_id = i.id AND decided_by IN ('model', 'outside', 'known_bad')
                   AND verdict IN ('flagged', 'restricted', 'prohibited')),
       d.ground, d.notice_id, d.reason, json_extract(d.matched, '$.category'), NULL,
       CASE WHEN i.verdict = 'restricted' THEN i.expires_at END, NULL, d.decided_at + 31622400000
FROM images AS i JOIN decisions AS d ON d.image_id = i.id
WHERE d.number = (SELECT max(number) FROM decisions WHERE image_id = i.id)
  AND (CASE WHEN i.state = 'live' AND i.verdict = 'restricted' THEN 'warning'
            WHEN i.state IN ('removing', 'recovery') AND i.removal_reason IN ('removed', 'prohibited') THEN 'removal'
            WHEN i.state = 'held' AND i.held_reason = 'review' THEN 'held' END) IS NOT NULL;
