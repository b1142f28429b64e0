-- What an image is found by in its owner's gallery.
--
-- expands: a new column that the old code does not know and leaves NULL. NULL says that it has not been written yet, which
-- is also what every older row has: SQLite folds the case of ASCII only, so it cannot be written here. A search looks at
-- the details of such rows themselves, and writes the column of those that it has looked at (usecases/search_images.rs).
ALTER TABLE images ADD COLUMN search_text TEXT;
