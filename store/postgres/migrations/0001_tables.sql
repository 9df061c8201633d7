-- Domains, because a CHECK of a table is parsed again by every statement that
-- writes to it.
CREATE DOMAIN {{schema}}.state_name AS text COLLATE "C" CHECK (VALUE IN ('SCHEDULED', 'QUEUED', 'PAUSED', 'OFFERED', 'DIALING',
    'ROUTING', 'PROCESSING', 'UNRESOLVED', 'COMPLETED', 'ERASED'));
CREATE DOMAIN {{schema}}.natural_number AS bigint CHECK (VALUE >= 0);

-- What never changes while a callback is claimed and worked on is indexed here;
-- what changes with every claim (next_at, lease) is not, so that those updates
-- stay within the heap page. The tables due and queue take the place of indexes
-- on the latter.
CREATE TABLE {{schema}}.callbacks (
    revision        {{schema}}.natural_number NOT NULL,
    epoch           {{schema}}.natural_number NOT NULL,
    next_at         timestamptz,
    until           timestamptz,
    desired         timestamptz,
    created         timestamptz,
    updated         timestamptz,
    ended           timestamptz,
    queued_at       timestamptz,
    priority        smallint NOT NULL,
    ready           boolean  NOT NULL,
    tenant          text COLLATE "C" NOT NULL,
    id              text COLLATE "C" NOT NULL,
    service         text COLLATE "C" NOT NULL,
    state           {{schema}}.state_name NOT NULL,
    owner           text COLLATE "C",
    reason          text COLLATE "C",
    number          text COLLATE "C",
    alternative     text COLLATE "C",
    customer_id     text COLLATE "C",
    external_id     text COLLATE "C",
    idempotency_key text COLLATE "C",
    lookups         bigint[],
    body            bytea,
    PRIMARY KEY (tenant, id)
) WITH (fillfactor = 60);

-- Statistics would quote the numbers of people, and outlive their rows.
ALTER TABLE {{schema}}.callbacks
    ALTER COLUMN number SET STATISTICS 0,
    ALTER COLUMN alternative SET STATISTICS 0,
    ALTER COLUMN customer_id SET STATISTICS 0,
    ALTER COLUMN external_id SET STATISTICS 0,
    ALTER COLUMN idempotency_key SET STATISTICS 0,
    ALTER COLUMN lookups SET STATISTICS 0,
    ALTER COLUMN body SET STATISTICS 0;

CREATE UNIQUE INDEX callbacks_key ON {{schema}}.callbacks (tenant, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX callbacks_desired ON {{schema}}.callbacks (tenant, desired, id) WHERE desired IS NOT NULL;
CREATE INDEX callbacks_number ON {{schema}}.callbacks (tenant, number) WHERE number IS NOT NULL;
CREATE INDEX callbacks_alternative ON {{schema}}.callbacks (tenant, alternative) WHERE alternative IS NOT NULL;
CREATE INDEX callbacks_customer ON {{schema}}.callbacks (tenant, customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX callbacks_external ON {{schema}}.callbacks (tenant, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX callbacks_lookups ON {{schema}}.callbacks USING gin (lookups) WITH (fastupdate = off) WHERE lookups IS NOT NULL;

-- One row per callback that has a moment of attention.
CREATE TABLE {{schema}}.due (
    next_at timestamptz NOT NULL,
    leased  boolean NOT NULL DEFAULT false, -- by a claim; next_at is the end of the lease
    id      text COLLATE "C" NOT NULL,
    tenant  text COLLATE "C" NOT NULL,
    PRIMARY KEY (next_at, id, tenant)
);

CREATE INDEX due_leased ON {{schema}}.due (next_at) WHERE leased;

-- One row per callback that is Queued.
CREATE TABLE {{schema}}.queue (
    queued_at timestamptz NOT NULL,
    priority  smallint NOT NULL,
    ready     boolean NOT NULL,
    tenant    text COLLATE "C" NOT NULL,
    service   text COLLATE "C" NOT NULL,
    id        text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, service, priority, ready, queued_at, id)
);

CREATE TABLE {{schema}}.counters (
    slot    bigint NOT NULL,
    used    {{schema}}.natural_number NOT NULL,
    ends    timestamptz,
    tenant  text COLLATE "C" NOT NULL,
    service text COLLATE "C" NOT NULL,
    kind    text COLLATE "C" NOT NULL,
    name    text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, service, kind, slot, name, subject)
) WITH (fillfactor = 70);

ALTER TABLE {{schema}}.counters ALTER COLUMN subject SET STATISTICS 0;
CREATE INDEX counters_subject ON {{schema}}.counters (tenant, subject) WHERE subject <> '';
CREATE INDEX counters_ends ON {{schema}}.counters (ends) WHERE ends IS NOT NULL;

-- The sequence hands out places in the feed one by one, under the lock of the
-- callback concerned: the places of one callback's events follow its revisions.
CREATE SEQUENCE {{schema}}.places AS bigint CACHE 1;

CREATE TABLE {{schema}}.events (
    place    bigint NOT NULL DEFAULT nextval('{{schema}}.places'),
    seq      {{schema}}.natural_number NOT NULL,
    nonce    bigint NOT NULL,
    at       timestamptz NOT NULL,
    tenant   text COLLATE "C" NOT NULL,
    callback text COLLATE "C" NOT NULL,
    type     text COLLATE "C" NOT NULL,
    body     bytea       NOT NULL,
    PRIMARY KEY (tenant, callback, seq)
);

CREATE UNIQUE INDEX events_place ON {{schema}}.events (place);
