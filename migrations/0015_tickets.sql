-- Upload tickets: what lets somebody without an account upload for one, within limits and so many times.
--
-- expands: two new tables that the old code does not know.
CREATE TABLE tickets (
  id            TEXT    PRIMARY KEY,
  -- To whom what is uploaded belongs.
  account_id    TEXT    NOT NULL,
  -- SHA-256 of the ticket, lowercase hexadecimal.
  token_hash    TEXT    NOT NULL UNIQUE,
  -- The collection into which it goes.
  collection_id TEXT,
  -- The largest file in bytes; NULL: what anybody may upload.
  bytes_max     INTEGER,
  -- The formats that are taken, with spaces between; NULL: all.
  formats       TEXT,
  -- How long what is uploaded is kept at most, in milliseconds; NULL: as the account's own uploads.
  ttl_ms        INTEGER,
  is_private    INTEGER NOT NULL CHECK (is_private IN (0, 1)),
  uses_max      INTEGER NOT NULL,
  -- How many uploads were begun with it and not given up.
  uses          INTEGER NOT NULL DEFAULT 0,
  created_at    INTEGER NOT NULL,
  expires_at    INTEGER NOT NULL,
  revoked_at    INTEGER,
  CHECK (uses BETWEEN 0 AND uses_max)
) STRICT;

CREATE INDEX tickets_of_account ON tickets (account_id, created_at, id);
CREATE INDEX tickets_by_end ON tickets (expires_at);

-- Which ticket brought which image: what has to be given back if an upload is given up, once.
CREATE TABLE ticket_uses (
  image_id  TEXT PRIMARY KEY,
  ticket_id TEXT NOT NULL
) STRICT;

CREATE INDEX ticket_uses_of_ticket ON ticket_uses (ticket_id);
