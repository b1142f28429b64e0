-- Teams: accounts without a person (docs/adr/0028). A team's id is an account id: images and collections are its own as
-- they would be anybody's.
--
-- expands: three new tables that the old code does not know.
CREATE TABLE teams (
  -- An account id, of which no row of accounts knows.
  id         TEXT    PRIMARY KEY,
  -- What its members call it.
  name       TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  -- Since when it is nobody's: what it has is on its way out, and then its row goes. NULL: it is open.
  closed_at  INTEGER
) STRICT;

CREATE INDEX teams_closed ON teams (closed_at) WHERE closed_at IS NOT NULL;

CREATE TABLE team_members (
  team_id    TEXT    NOT NULL,
  account_id TEXT    NOT NULL,
  role       TEXT    NOT NULL CHECK (role IN ('owner', 'editor', 'viewer')),
  joined_at  INTEGER NOT NULL,
  PRIMARY KEY (team_id, account_id)
) STRICT, WITHOUT ROWID;

-- Never two owners.
CREATE UNIQUE INDEX team_members_owner ON team_members (team_id) WHERE role = 'owner';
CREATE INDEX team_members_of_account ON team_members (account_id, joined_at, team_id);

-- Never none: whoever owns an open team passes it on first, or closes it.
CREATE TRIGGER team_owners_stay BEFORE DELETE ON team_members
WHEN old.role = 'owner' AND EXISTS (SELECT 1 FROM teams WHERE id = old.team_id AND closed_at IS NULL) BEGIN
  SELECT raise(ABORT, 'an open team has an owner');
END;

-- Invitations that were sent and not answered yet.
CREATE TABLE team_invitations (
  id           TEXT    PRIMARY KEY,
  team_id      TEXT    NOT NULL,
  invited_by   TEXT    NOT NULL,
  role         TEXT    NOT NULL CHECK (role IN ('editor', 'viewer')),
  -- Where the letter went, sealed under the key of whoever invited: who is invited need have no account.
  email        TEXT    NOT NULL,
  -- Keyed hash of that address, by which whoever answers is recognised.
  email_lookup TEXT    NOT NULL,
  token_hash   TEXT    NOT NULL UNIQUE,
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL
) STRICT;

-- The latest letter to an address counts.
CREATE UNIQUE INDEX team_invitations_to ON team_invitations (team_id, email_lookup);
CREATE INDEX team_invitations_of_team ON team_invitations (team_id, created_at, id);
CREATE INDEX team_invitations_by ON team_invitations (invited_by);
CREATE INDEX team_invitations_by_expiry ON team_invitations (expires_at);
