-- What programs ask of the API, for 30 days, so that whoever owns a key can see what is done with it; and how many uploads and
-- removals there were on each day, of nobody, for twelve months.
--
-- expands: new tables and indexes that the old code does not know.

-- One request. Rows lie together by key, as they are read and as they leave with an account.
CREATE TABLE requests (
  -- Whose key it was; '' if there was none.
  account_id TEXT    NOT NULL,
  key_id     TEXT    NOT NULL,
  at         INTEGER NOT NULL,
  -- What the answer called the request, in X-Request-Id.
  id         TEXT    NOT NULL,
  method     TEXT    NOT NULL,
  -- The pattern of the route, never the path that was asked for.
  endpoint   TEXT    NOT NULL,
  status     INTEGER NOT NULL,
  -- The slug of the problem that was answered.
  problem    TEXT,
  -- From which part of the network: a hash whose key is destroyed when its day is over.
  client     TEXT,
  PRIMARY KEY (account_id, key_id, at, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX requests_by_at ON requests (at);

-- How many there were of a key in a UTC day, those too that are not listed.
CREATE TABLE request_counts (
  account_id TEXT    NOT NULL,
  -- Milliseconds: when the day began.
  day        INTEGER NOT NULL,
  key_id     TEXT    NOT NULL,
  requests   INTEGER NOT NULL,
  -- How many of them are rows of requests.
  listed     INTEGER NOT NULL,
  -- The last that was counted: a write that the platform repeats counts it once.
  last_id    TEXT    NOT NULL,
  PRIMARY KEY (account_id, day, key_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX request_counts_by_day ON request_counts (day);

-- What there was on a UTC day, by kinds of which there were ten or more. The row without any kind is all the rest of the day;
-- NULL: too few to tell.
CREATE TABLE statistics (
  -- Milliseconds: when the day began.
  day     INTEGER NOT NULL,
  subject TEXT    NOT NULL CHECK (subject IN ('uploads', 'removals')),
  surface TEXT    NOT NULL,
  format  TEXT    NOT NULL,
  verdict TEXT    NOT NULL,
  reason  TEXT    NOT NULL,
  count   INTEGER CHECK (count >= 10),
  PRIMARY KEY (day, subject, surface, format, verdict, reason)
) STRICT, WITHOUT ROWID;

-- What is counted is found by these.
CREATE INDEX images_by_created_at ON images (created_at);
CREATE INDEX images_by_removing_at ON images (removing_at) WHERE removing_at IS NOT NULL;
