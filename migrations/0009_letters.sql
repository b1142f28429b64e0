-- Letters that are to be sent. What they say and to whom is sealed under the key of the account's personal data.
--
-- expands: a new table that the old code does not know.
CREATE TABLE letters (
  id              TEXT    PRIMARY KEY,
  account_id      TEXT    NOT NULL,
  kind            TEXT    NOT NULL,
  -- NULL once it is sent.
  sealed          TEXT,
  state           TEXT    NOT NULL CHECK (state IN ('waiting', 'sent', 'dead')),
  attempts        INTEGER NOT NULL DEFAULT 0,
  next_attempt_at INTEGER NOT NULL,
  created_at      INTEGER NOT NULL,
  -- NULL while it waits.
  forget_after    INTEGER
) STRICT;

CREATE INDEX letters_waiting    ON letters (next_attempt_at) WHERE state = 'waiting';
CREATE INDEX letters_settled    ON letters (forget_after)    WHERE forget_after IS NOT NULL;
CREATE INDEX letters_of_account ON letters (account_id);
