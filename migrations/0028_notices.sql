-- Notices about images (what people call reports), and the uploader's answers to claims of copyright.
--
-- expands: new tables and a column that the old code leaves alone. The table reports is another matter: what must be reported
-- to an authority.

-- Whether an operator has found that what the account reports can be relied on (Regulation (EU) 2022/2065, Art. 22).
ALTER TABLE accounts ADD COLUMN is_trusted_reporter INTEGER NOT NULL DEFAULT 0 CHECK (is_trusted_reporter IN (0, 1));

CREATE INDEX accounts_trusted ON accounts (id) WHERE is_trusted_reporter = 1;

CREATE TABLE notices (
  id           TEXT    PRIMARY KEY,
  kind         TEXT    NOT NULL CHECK (kind IN ('illegal', 'copyright', 'intimate_imagery', 'abuse')),
  -- What the notifier says is wrong with the images (src/domain/ground.rs).
  ground       TEXT    NOT NULL,
  -- Hash of what opens the page of the notice.
  token_hash   TEXT    NOT NULL,
  -- Everything the notifier has written, and who that is: JSON, sealed under the notice's own key.
  sealed       TEXT    NOT NULL,
  -- Which fields of the law are still missing, as a JSON list.
  missing      TEXT    NOT NULL DEFAULT '[]',
  is_trusted   INTEGER NOT NULL DEFAULT 0 CHECK (is_trusted IN (0, 1)),
  severity     INTEGER NOT NULL,
  received_at  INTEGER NOT NULL,
  -- When nothing was missing any more; NULL: something is. From then on the clock runs.
  valid_at     INTEGER,
  due_at       INTEGER,
  -- How far the search for near copies has come; NULL: there is nothing (more) to be searched.
  search_from  TEXT,
  decided_at   INTEGER,
  outcome      TEXT    CHECK (outcome IN ('prohibited', 'restricted', 'no_action', 'withdrawn')),
  -- What the decision rests on, why in words, by whom, what was seen.
  decided_on   TEXT,
  reason       TEXT,
  operator     TEXT,
  seen         TEXT,
  -- Since when the decision waits to be carried out on some image; NULL: it does not.
  undone_since INTEGER,
  -- When the operators were last reminded.
  reminded_at  INTEGER,
  -- NULL: not yet.
  forget_after INTEGER,
  CHECK ((valid_at IS NULL) = (due_at IS NULL)),
  CHECK ((decided_at IS NULL) = (outcome IS NULL))
) STRICT;

CREATE INDEX notices_open      ON notices (due_at, id)      WHERE decided_at IS NULL AND valid_at IS NOT NULL;
CREATE INDEX notices_searching ON notices (due_at, id)      WHERE search_from IS NOT NULL;
CREATE INDEX notices_undone    ON notices (undone_since)    WHERE undone_since IS NOT NULL;
CREATE INDEX notices_forgotten ON notices (forget_after)    WHERE forget_after IS NOT NULL;

-- The images that a notice is about, whether there are such images or not: nobody learns which by naming them.
CREATE TABLE notice_images (
  notice_id TEXT    NOT NULL,
  image_id  TEXT    NOT NULL,
  -- Named by the notifier, or a copy: of the same bytes, or so near that it looks the same.
  found     TEXT    NOT NULL CHECK (found IN ('named', 'exact', 'near')),
  distance  INTEGER,
  added_at  INTEGER NOT NULL,
  -- When it was taken out of view because of this notice, until it is decided.
  held_at   INTEGER,
  -- When the decision was carried out on it.
  done_at   INTEGER,
  PRIMARY KEY (notice_id, image_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX notice_images_image ON notice_images (image_id, notice_id);

-- What the uploader of an image answers to a claim of copyright (17 U.S.C. 512(g)(3)).
CREATE TABLE counter_notices (
  id                 TEXT    PRIMARY KEY,
  notice_id          TEXT    NOT NULL,
  image_id           TEXT    NOT NULL,
  -- Who answers, and in which words: JSON, sealed under a key of its own.
  sealed             TEXT    NOT NULL,
  received_at        INTEGER NOT NULL,
  -- When the letter to the claimant was written.
  forwarded_at       INTEGER NOT NULL,
  restore_not_before INTEGER NOT NULL,
  restore_not_after  INTEGER NOT NULL,
  -- When the claimant said that a court was asked.
  suit_at            INTEGER,
  settled_at         INTEGER,
  outcome            TEXT    CHECK (outcome IN ('restored', 'stays', 'gone')),
  UNIQUE (notice_id, image_id),
  CHECK ((settled_at IS NULL) = (outcome IS NULL))
) STRICT;

CREATE INDEX counter_notices_open  ON counter_notices (restore_not_before) WHERE settled_at IS NULL AND suit_at IS NULL;
CREATE INDEX counter_notices_image ON counter_notices (image_id);
