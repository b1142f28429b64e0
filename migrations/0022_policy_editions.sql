-- Of which edition of the policy somebody has a letter, and which they have seen in the app.
--
-- expands: columns with a default that the old code leaves alone: the edition that was in force when they came.
ALTER TABLE accounts ADD COLUMN policy_told INTEGER NOT NULL DEFAULT 1;
ALTER TABLE accounts ADD COLUMN policy_seen INTEGER NOT NULL DEFAULT 1;
CREATE INDEX accounts_by_policy_told ON accounts (policy_told);
