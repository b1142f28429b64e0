-- Images of accounts: whose an image is, and as what kind of owner its promise was made.
--
-- expands: two new columns that the old code does not know and leaves NULL: what it takes in belongs to nobody.
ALTER TABLE images ADD COLUMN account_id TEXT;
ALTER TABLE images ADD COLUMN owner_tier TEXT CHECK (owner_tier IN ('anonymous', 'free', 'paid'));

-- The images of an account, the latest first or last.
CREATE INDEX images_of_account ON images (account_id, created_at, id) WHERE account_id IS NOT NULL;
-- Whether an account has these very bytes already.
CREATE INDEX images_of_account_by_digest ON images (account_id, sha256, id) WHERE account_id IS NOT NULL AND state = 'live';
