-- Accounts that are to be erased, what their owners' change of mind brings back, and receipts of what was erased.
--
-- contracts: the table links is made anew with a wider CHECK and takes the rows over; whatever the old code reads or writes,
-- the new table takes.
ALTER TABLE accounts ADD COLUMN erase_at INTEGER;
-- 1: its images are out of public view until then.
ALTER TABLE accounts ADD COLUMN hides_images INTEGER NOT NULL DEFAULT 0 CHECK (hides_images IN (0, 1));
-- What the payment processor calls the person; NULL: it knows nobody.
ALTER TABLE accounts ADD COLUMN billing_customer TEXT;
-- When that subscription was cancelled because the account is to be erased.
ALTER TABLE accounts ADD COLUMN subscription_cancelled_at INTEGER;
CREATE INDEX accounts_leaving ON accounts (erase_at) WHERE erase_at IS NOT NULL;

CREATE TABLE erasures (
  -- Random: whoever has it sees the receipt, in which there is nothing about a person.
  id           TEXT    PRIMARY KEY,
  -- NULL once it is erased.
  account_id   TEXT    UNIQUE,
  requested_at INTEGER NOT NULL,
  erase_at     INTEGER NOT NULL,
  -- When erasing it was last tried: one that cannot be finished keeps no other waiting.
  tried_at     INTEGER,
  finished_at  INTEGER,
  -- How much of what was erased: JSON, a number for each name.
  counts       TEXT
) STRICT;

CREATE INDEX erasures_finished ON erasures (finished_at) WHERE finished_at IS NOT NULL;

-- Images that left public view because their account is to be erased, and would come back with it.
CREATE TABLE leaving_images (
  image_id   TEXT    PRIMARY KEY,
  account_id TEXT    NOT NULL,
  -- NULL until their owner has changed their mind; then when bringing it back is next tried.
  returns_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX leaving_images_of_account ON leaving_images (account_id);
CREATE INDEX leaving_images_returning  ON leaving_images (returns_at) WHERE returns_at IS NOT NULL;

CREATE TABLE links_wider (
  id           TEXT    PRIMARY KEY,
  account_id   TEXT    NOT NULL,
  purpose      TEXT    NOT NULL CHECK (purpose IN ('verify_email', 'reset_password', 'change_email', 'undo_email_change',
                                                   'undo_erasure')),
  token_hash   TEXT    NOT NULL UNIQUE,
  -- The address it was sent to, where that is not yet the account's.
  email        TEXT,
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL
) STRICT;

INSERT INTO links_wider (id, account_id, purpose, token_hash, email, created_at, expires_at)
SELECT id, account_id, purpose, token_hash, email, created_at, expires_at FROM links;
DROP TABLE links;
ALTER TABLE links_wider RENAME TO links;

CREATE INDEX links_of_account ON links (account_id, purpose);
CREATE INDEX links_by_expiry  ON links (expires_at);
