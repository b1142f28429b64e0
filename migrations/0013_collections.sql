-- Collections of images, and images that only those see who own them or were given a link.
--
-- expands: a new table and two new columns that the old code does not know: what it takes in is in no collection, and
-- public.
CREATE TABLE collections (
  id         TEXT    PRIMARY KEY,
  -- Whose it is: a person's account or a team's.
  account_id TEXT    NOT NULL,
  name       TEXT    NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX collections_of_account ON collections (account_id, created_at, id);

ALTER TABLE images ADD COLUMN collection_id TEXT;
ALTER TABLE images ADD COLUMN is_private INTEGER NOT NULL DEFAULT 0 CHECK (is_private IN (0, 1));

-- The images of a collection, the latest first or last.
CREATE INDEX images_of_collection ON images (collection_id, created_at, id) WHERE collection_id IS NOT NULL;
