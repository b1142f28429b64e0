-- What has been removed, by day, for the statistics. It held removals that are under way, too, and was taken for them: each
-- minute, everything removed within three months was read to find what is not finished yet. That is `images_removing`'s.
--
-- contracts: no statement names an index; those of the edition before find their rows by this one or by another.
DROP INDEX images_by_removing_at;
CREATE INDEX images_by_removing_at ON images (removing_at) WHERE state IN ('recovery', 'gone');
