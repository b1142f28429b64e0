-- Variants of images: which there are, so that there are not too many, and when each was last used.
--
-- expands: two new tables that the old code does not know.
CREATE TABLE variants (
  image_id TEXT    NOT NULL,
  name     TEXT    NOT NULL,
  -- When the latest request to make it began.
  begun_at INTEGER NOT NULL,
  -- When it was last used, now and then noted; 0: its image left public view.
  used_at  INTEGER NOT NULL,
  -- NULL: not stored yet, as far as is known.
  bytes    INTEGER,
  PRIMARY KEY (image_id, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX variants_by_used_at ON variants (used_at);
CREATE INDEX variants_of_image_by_used_at ON variants (image_id, used_at, name);

-- How many variants of an image were begun in an hour.
CREATE TABLE variant_budgets (
  image_id TEXT    NOT NULL,
  hour     INTEGER NOT NULL,
  begun    INTEGER NOT NULL,
  PRIMARY KEY (image_id, hour)
) STRICT, WITHOUT ROWID;

CREATE INDEX variant_budgets_by_hour ON variant_budgets (hour);

-- Whatever takes an image out of public view: what was known of its variants is for the job to erase, also one that is
-- stored while this happens.
CREATE TRIGGER images_out_of_view AFTER UPDATE OF state ON images WHEN old.state = 'live' AND new.state <> 'live' BEGIN
  UPDATE variants SET used_at = 0 WHERE image_id = new.id;
END;
