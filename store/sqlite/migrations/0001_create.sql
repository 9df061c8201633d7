-- Times are microseconds since 1970; no time is NULL, which sorts first.

PRAGMA application_id = 1382641255; -- "Ring"

-- One row: the secret under which digests of personal values are made, so that
-- they can be compared and not be guessed from elsewhere.
CREATE TABLE secret (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    value BLOB NOT NULL
) STRICT;
INSERT INTO secret VALUES (1, randomblob(32));

-- Every callback that there ever was, and the key that opens its body.
-- Rows are only added at the end and never change their size, so that SQLite
-- never moves one and leaves no copy of a key behind: filling a key with zeros
-- is the end of what it sealed. A key of zeros is a callback that was erased.
CREATE TABLE ids (
    cb     INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id     TEXT NOT NULL,
    key    BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX ids_id ON ids (tenant, id);

CREATE TABLE callbacks (
    cb        INTEGER PRIMARY KEY,
    tenant    TEXT    NOT NULL,
    id        TEXT    NOT NULL,
    service   TEXT    NOT NULL,
    state     TEXT    NOT NULL CHECK (state IN ('SCHEDULED', 'QUEUED', 'PAUSED', 'OFFERED', 'DIALING', 'ROUTING', 'PROCESSING', 'UNRESOLVED', 'COMPLETED')),
    priority  INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 255),
    ready     INTEGER NOT NULL CHECK (ready IN (0, 1)),
    revision  INTEGER NOT NULL CHECK (revision > 0),
    epoch     INTEGER NOT NULL CHECK (epoch >= 0),
    owner     TEXT,    -- of the lease
    until     INTEGER, -- the end of the lease
    next_at   INTEGER,
    desired   INTEGER,
    created   INTEGER,
    updated   INTEGER,
    ended     INTEGER,
    queued_at INTEGER,
    idem      BLOB,    -- digest of the idempotency key
    terms     BLOB,    -- digests of the exact values, eight bytes each
    fault     TEXT,    -- why the record was set aside
    body      BLOB NOT NULL
) STRICT;
CREATE INDEX callbacks_due ON callbacks (next_at, id, tenant) WHERE next_at IS NOT NULL;
CREATE INDEX callbacks_queue ON callbacks (tenant, service, priority, ready, queued_at, id) WHERE state = 'QUEUED';
CREATE INDEX callbacks_desired ON callbacks (tenant, desired, id);
CREATE INDEX callbacks_created ON callbacks (tenant, created, id);
CREATE UNIQUE INDEX callbacks_idem ON callbacks (idem) WHERE idem IS NOT NULL;
CREATE INDEX callbacks_lease ON callbacks (until) WHERE until IS NOT NULL AND fault IS NULL;
CREATE INDEX callbacks_fault ON callbacks (cb) WHERE fault IS NOT NULL;

-- Numbers, customers, external ids and lookup properties, as digests.
CREATE TABLE terms (
    term INTEGER NOT NULL,
    cb   INTEGER NOT NULL,
    PRIMARY KEY (term, cb)
) STRICT, WITHOUT ROWID;

-- How many callbacks there are of each kind, set-aside ones left out.
CREATE TABLE tallies (
    tenant   TEXT    NOT NULL,
    service  TEXT    NOT NULL,
    priority INTEGER NOT NULL,
    state    TEXT    NOT NULL,
    n        INTEGER NOT NULL,
    ready    INTEGER NOT NULL,
    PRIMARY KEY (tenant, service, priority, state)
) STRICT, WITHOUT ROWID;

-- The feed, in the order of pos.
CREATE TABLE events (
    pos    INTEGER PRIMARY KEY,
    cb     INTEGER NOT NULL,
    seq    INTEGER NOT NULL,
    tenant TEXT    NOT NULL,
    type   TEXT    NOT NULL,
    body   BLOB    NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_cb ON events (cb, seq);

-- A subject is kept as its digest, empty where there is none, and sealed under
-- a key of its own.
CREATE TABLE counters (
    tenant  TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    service TEXT    NOT NULL,
    subject BLOB    NOT NULL,
    slot    INTEGER NOT NULL,
    name    TEXT    NOT NULL,
    used    INTEGER NOT NULL CHECK (used > 0),
    ends    INTEGER,
    parts   BLOB, -- of a rolling window: pairs of end, in seconds, and units
    sealed  BLOB,
    key     INTEGER, -- counter_keys.n
    PRIMARY KEY (tenant, kind, service, subject, slot, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX counters_ends ON counters (ends) WHERE ends IS NOT NULL;

-- As in ids, rows never change their size. A key of zeros is free.
CREATE TABLE counter_keys (
    n   INTEGER PRIMARY KEY,
    key BLOB NOT NULL
) STRICT;
-- Pauses of services that are in force. An empty service is all services of the
-- tenant.
CREATE TABLE pauses (
    tenant  TEXT NOT NULL,
    service TEXT NOT NULL,
    since   INTEGER,
    actor   TEXT NOT NULL,
    reason  TEXT NOT NULL,
    PRIMARY KEY (tenant, service)
) STRICT, WITHOUT ROWID;
