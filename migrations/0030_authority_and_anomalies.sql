-- What is counted of everybody together, so that operators learn of what is unusual (src/policy/anomalies.rs).
--
-- Numbers of nobody: what is counted of a place or an account is in rate_counters, whose callers are pseudonyms.
CREATE TABLE anomaly_counters (
  rule       TEXT    NOT NULL,
  -- When the window began.
  started_at INTEGER NOT NULL,
  events     INTEGER NOT NULL,
  -- When operators were told that there are too many.
  told_at    INTEGER,
  PRIMARY KEY (rule, started_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX anomaly_counters_by_started_at ON anomaly_counters (started_at);

-- What an authority has of a report, and why one was not made; the clock of reminders.
ALTER TABLE reports ADD COLUMN filed_at    INTEGER;
ALTER TABLE reports ADD COLUMN reference   TEXT;
ALTER TABLE reports ADD COLUMN reason      TEXT;
ALTER TABLE reports ADD COLUMN reminded_at INTEGER;

CREATE INDEX reports_settled ON reports (created_at) WHERE state <> 'due';

-- What an authority has ordered to be preserved. An image is under a legal hold as long as an order stands or its report has it
-- kept; which of them ends last, the hold says.
CREATE TABLE orders (
  id        TEXT    PRIMARY KEY,
  image_id  TEXT    NOT NULL,
  -- What the authority calls it.
  reference TEXT    NOT NULL,
  placed_at INTEGER NOT NULL,
  until     INTEGER NOT NULL,
  lifted_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX orders_by_image ON orders (image_id, placed_at);

-- The journal learns what was settled how, and of orders. Rows from before say the state alone; both are read.
DROP TRIGGER journal_report_settled;

CREATE TRIGGER journal_report_settled AFTER UPDATE OF state ON reports WHEN new.state <> 'due' BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('report_settled', new.image_id,
          json_object('state', new.state, 'filed_at', new.filed_at, 'reference', new.reference, 'reason', new.reason));
END;

CREATE TRIGGER journal_report_due_again AFTER UPDATE OF state ON reports WHEN new.state = 'due' AND old.state <> 'due' BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('report_due', new.image_id,
          json_object('list', new.list, 'category', new.category, 'kind', new.kind, 'distance', new.distance,
                      'surface', new.surface, 'uploaded_at', new.uploaded_at, 'created_at', new.created_at));
END;

-- A hold that stands again ends what its placing has ended (migrations/0027_trust_and_safety.sql).
CREATE TRIGGER exports_end_with_hold_again AFTER UPDATE OF released_at ON holds
WHEN new.kind = 'legal' AND new.released_at IS NULL AND old.released_at IS NOT NULL BEGIN
  UPDATE exports SET expires_at = min(expires_at, max(requested_at, old.released_at)), next_attempt_at = NULL
  WHERE account_id = (SELECT account_id FROM images WHERE id = new.image_id AND state <> 'pending');
END;

CREATE TRIGGER journal_order_placed AFTER INSERT ON orders BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('order_placed', new.id,
          json_object('image_id', new.image_id, 'reference', new.reference, 'placed_at', new.placed_at, 'until', new.until));
END;

CREATE TRIGGER journal_order_lifted AFTER UPDATE OF lifted_at ON orders WHEN new.lifted_at IS NOT NULL BEGIN
  INSERT INTO journal (kind, subject, detail)
  VALUES ('order_lifted', new.id,
          json_object('image_id', new.image_id, 'reference', new.reference, 'placed_at', new.placed_at, 'until', new.until,
                      'lifted_at', new.lifted_at));
END;

-- What was decided in a month, of nobody (src/policy/transparency.rs). A month is counted once, when it has ended; the row without
-- a kind says that it was.
CREATE TABLE transparency_counts (
  -- Milliseconds: when the month began.
  month   INTEGER NOT NULL,
  measure TEXT    NOT NULL,
  kind    TEXT    NOT NULL,
  count   INTEGER CHECK (count >= 10 AND count % 10 = 0),
  PRIMARY KEY (month, measure, kind)
) STRICT, WITHOUT ROWID;

-- What is counted is found by these.
CREATE INDEX decisions_by_decided_at ON decisions (decided_at);
CREATE INDEX review_queue_by_decided_at ON review_queue (decided_at) WHERE decided_at IS NOT NULL;
CREATE INDEX notices_by_received_at ON notices (received_at);
CREATE INDEX notices_by_decided_at ON notices (decided_at) WHERE decided_at IS NOT NULL;
