-- Who decided, if a person did, and what that person saw (promise IMP-22).
ALTER TABLE decisions ADD COLUMN operator TEXT;
ALTER TABLE decisions ADD COLUMN seen     TEXT CHECK (seen IN ('image', 'facts'));
