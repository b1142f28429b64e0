-- Since when a deployment has an edition of the policy: what the auditor measures by whether everybody was told in time.
--
-- expands: a new table that the old code does not know.
CREATE TABLE policy_editions (
  number      INTEGER PRIMARY KEY,
  known_since INTEGER NOT NULL
) STRICT;
