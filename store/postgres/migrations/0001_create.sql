-- The states that the functions know by number; callback.State has them all. A
-- callback that was erased has the state 0, and nothing else of it is left but
-- its key, so that a late write cannot create it again.

-- The sequence hands out places in the feed one by one, under the lock of the
-- callback concerned: the places of one callback's events follow its revisions.
CREATE SEQUENCE {{schema}}.places AS bigint CACHE 1;

-- k is the key of the callback: its ID, or a hash of tenant and ID (see the
-- function keyOf of the library); then id has the ID. Columns hold what
-- statements ask for, and the body holds all else. accepted is the first event,
-- and place its place in the feed; other events are rows of the table events.
--
-- What never changes while a callback is claimed and worked on is indexed here;
-- what changes with every claim (next_at, lease) is not, so that those updates
-- stay within the heap page. The tables due and queue take the place of indexes
-- on the latter.
CREATE TABLE {{schema}}.callbacks (
    k               uuid NOT NULL PRIMARY KEY,
    place           bigint NOT NULL DEFAULT nextval('{{schema}}.places'),
    nonce           bigint NOT NULL, -- of the write that created it
    revision        bigint NOT NULL,
    epoch           bigint NOT NULL,
    next_at         timestamptz,
    until           timestamptz,
    desired         timestamptz,
    created         timestamptz,
    updated         timestamptz, -- NULL: as created
    ended           timestamptz,
    queued_at       timestamptz,
    accepted_at     timestamptz, -- NULL: as created
    state           smallint NOT NULL,
    priority        smallint NOT NULL,
    ready           boolean  NOT NULL,
    tenant          text COLLATE "C" NOT NULL,
    id              text COLLATE "C", -- NULL: k
    service         text COLLATE "C" NOT NULL,
    owner           text COLLATE "C",
    reason          text COLLATE "C",
    number          text COLLATE "C",
    idempotency_key text COLLATE "C",
    accepted_type   text COLLATE "C", -- NULL: accepted
    lookups         bigint[],
    accepted        bytea,
    body            bytea
) WITH (fillfactor = 85);

-- Statistics would quote the numbers of people, and outlive their rows.
ALTER TABLE {{schema}}.callbacks
    ALTER COLUMN number SET STATISTICS 0,
    ALTER COLUMN idempotency_key SET STATISTICS 0,
    ALTER COLUMN lookups SET STATISTICS 0,
    ALTER COLUMN accepted SET STATISTICS 0,
    ALTER COLUMN body SET STATISTICS 0;

CREATE UNIQUE INDEX callbacks_key ON {{schema}}.callbacks (tenant, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE UNIQUE INDEX callbacks_place ON {{schema}}.callbacks (place) WHERE accepted IS NOT NULL;
CREATE INDEX callbacks_desired ON {{schema}}.callbacks (tenant, desired) WHERE desired IS NOT NULL;
CREATE INDEX callbacks_number ON {{schema}}.callbacks (tenant, number) WHERE number IS NOT NULL;
CREATE INDEX callbacks_lookups ON {{schema}}.callbacks USING gin (lookups) WITH (fastupdate = off) WHERE lookups IS NOT NULL;

-- One row per callback that has a moment of attention.
CREATE TABLE {{schema}}.due (
    next_at timestamptz NOT NULL,
    k       uuid NOT NULL,
    leased  boolean, -- true: by a claim; next_at is the end of the lease
    PRIMARY KEY (next_at, k)
);

CREATE INDEX due_leased ON {{schema}}.due (next_at) WHERE leased;

-- One row per callback that is Queued.
CREATE TABLE {{schema}}.queue (
    queued_at timestamptz NOT NULL,
    k         uuid NOT NULL,
    priority  smallint NOT NULL,
    ready     boolean NOT NULL,
    tenant    text COLLATE "C" NOT NULL,
    service   text COLLATE "C" NOT NULL,
    id        text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, service, priority, ready, queued_at, id)
);

-- h is a hash of the names. parts are those of a rolling window, and NULL for
-- other counters: pairs of end, in Unix seconds, and units, the oldest first; ends
-- is then the end of the last one. Only the function apply changes them.
CREATE TABLE {{schema}}.counters (
    h       uuid NOT NULL PRIMARY KEY,
    used    bigint NOT NULL,
    ends    timestamptz,
    parts   bigint[],
    slot    bigint NOT NULL,
    tenant  text COLLATE "C" NOT NULL,
    service text COLLATE "C" NOT NULL,
    kind    text COLLATE "C" NOT NULL,
    name    text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL
) WITH (fillfactor = 70);

ALTER TABLE {{schema}}.counters ALTER COLUMN subject SET STATISTICS 0;
CREATE INDEX counters_slot ON {{schema}}.counters (tenant, service, kind, slot);
CREATE INDEX counters_subject ON {{schema}}.counters (tenant, subject) WHERE subject <> '';
CREATE INDEX counters_ends ON {{schema}}.counters (ends) WHERE ends IS NOT NULL;

CREATE TABLE {{schema}}.events (
    place bigint NOT NULL DEFAULT nextval('{{schema}}.places'),
    seq   bigint NOT NULL,
    nonce bigint NOT NULL, -- of the write that made the revision seq
    at    timestamptz NOT NULL,
    k     uuid NOT NULL,
    type  text COLLATE "C" NOT NULL,
    body  bytea NOT NULL,
    PRIMARY KEY (k, seq)
);

CREATE UNIQUE INDEX events_place ON {{schema}}.events (place);

-- One row per pause of services that is in force. An empty service is all
-- services of the tenant.
CREATE TABLE {{schema}}.pauses (
    since   timestamptz,
    tenant  text COLLATE "C" NOT NULL,
    service text COLLATE "C" NOT NULL,
    actor   text COLLATE "C" NOT NULL,
    reason  text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, service)
);

-- lost_race fails a statement that met another one that changed the same thing
-- at the same time: to be repeated. Unlike a violated constraint it puts no value
-- into the server's log.
CREATE FUNCTION {{schema}}.lost_race_1() RETURNS boolean
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    RAISE EXCEPTION 'another transaction changed the same thing' USING ERRCODE = '40001';
END
$$;

-- claimed is a callback that was leased: by which of the claims of one call, and
-- when it was due or queued.
CREATE TYPE {{schema}}.claimed AS (
    ask int, was timestamptz, k uuid, tenant text, id text, service text, state smallint, priority smallint, ready boolean,
    revision bigint, epoch bigint, desired timestamptz, created timestamptz, updated timestamptz, ended timestamptz, queued_at timestamptz,
    reason text, number text, idempotency_key text, body bytea);

-- claim_due leases due callbacks, earliest first. Its last row has no key and
-- carries the earliest moment of what is left.
--
-- First it makes leases end at p_until that end after p_last: they were given
-- before the clock was set back.
CREATE FUNCTION {{schema}}.claim_due_1(p_now timestamptz, p_until timestamptz, p_last timestamptz, p_owner text, p_limit bigint)
RETURNS SETOF {{schema}}.claimed
LANGUAGE plpgsql VOLATILE
SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_sort = off
AS $$
DECLARE
    shortened boolean := false;
    dues      tid[];
    rows      tid[];
    ks        uuid[];
    nexts     timestamptz[];
    n         int;
    gone      int;
    rest      {{schema}}.claimed;
BEGIN
    IF EXISTS (SELECT FROM {{schema}}.due d WHERE d.leased AND d.next_at > p_last) THEN
        WITH late AS MATERIALIZED (
            SELECT d.next_at, d.k
            FROM {{schema}}.due d
            JOIN {{schema}}.callbacks c ON c.k = d.k AND c.next_at = d.next_at AND c.until = d.next_at
            WHERE d.leased AND d.next_at > p_last
            FOR UPDATE OF c SKIP LOCKED
        ), gone AS (
            DELETE FROM {{schema}}.due d USING late l WHERE d.next_at = l.next_at AND d.k = l.k
        ), put AS (
            INSERT INTO {{schema}}.due (next_at, k, leased) SELECT p_until, l.k, true FROM late l
        )
        UPDATE {{schema}}.callbacks c SET until = p_until, next_at = p_until FROM late l WHERE c.k = l.k;
        shortened := FOUND;
    END IF;
    -- One statement locks the callbacks, the next lease them: their newer snapshots
    -- see the rows in due, which no other session can change any more.
    SELECT array_agg(x.due), array_agg(x.row), array_agg(x.k), array_agg(x.next_at) INTO dues, rows, ks, nexts
    FROM (
        SELECT d.ctid AS due, c.ctid AS row, d.k, d.next_at
        FROM {{schema}}.due d
        JOIN {{schema}}.callbacks c ON c.k = d.k AND c.next_at = d.next_at
        WHERE d.next_at <= p_now
        ORDER BY d.next_at, d.k
        LIMIT p_limit
        FOR UPDATE OF c SKIP LOCKED
    ) x;
    n := coalesce(cardinality(ks), 0);
    IF n > 0 THEN
        DELETE FROM {{schema}}.due d USING unnest(dues, ks, nexts) x(due, k, next_at) WHERE d.ctid = x.due AND d.k = x.k AND d.next_at = x.next_at;
        GET DIAGNOSTICS gone = ROW_COUNT;
        IF gone <> n THEN
            -- A row came back to the same place while its callback was waited for.
            DELETE FROM {{schema}}.due d USING unnest(ks, nexts) x(k, next_at) WHERE d.next_at = x.next_at AND d.k = x.k;
        END IF;
        INSERT INTO {{schema}}.due (next_at, k, leased) SELECT p_until, x.k, true FROM unnest(ks) x(k);
        RETURN QUERY
        UPDATE {{schema}}.callbacks c
        SET epoch = CASE WHEN c.epoch < 9223372036854775807 THEN c.epoch + 1 ELSE c.epoch END,
            owner = p_owner, until = p_until, next_at = p_until
        FROM unnest(rows, nexts) x(row, next_at)
        WHERE c.ctid = x.row
        RETURNING 1, x.next_at, c.k, c.tenant, c.id, c.service, c.state, c.priority, c.ready, c.revision, c.epoch,
            c.desired, c.created, c.updated, c.ended, c.queued_at, c.reason, c.number, c.idempotency_key, c.body;
        GET DIAGNOSTICS gone = ROW_COUNT;
        IF gone <> n THEN
            PERFORM {{schema}}.lost_race_1();
        END IF;
    END IF;
    IF n >= p_limit THEN
        -- The rows behind the last one first: those before it have just been deleted
        -- and cost as much to pass over as to claim.
        SELECT d.next_at INTO rest.was FROM {{schema}}.due d WHERE d.next_at >= nexts[n] ORDER BY d.next_at, d.k LIMIT 1;
        IF rest.was <= p_now THEN
            RETURN NEXT rest;
            RETURN;
        END IF;
    END IF;
    SELECT d.next_at INTO rest.was
    FROM {{schema}}.due d
    -- What was leased and what was shortened are due at the same time.
    WHERE shortened OR d.xmin IS DISTINCT FROM pg_current_xact_id_if_assigned()::xid
    ORDER BY d.next_at, d.k
    LIMIT 1;
    RETURN NEXT rest;
END
$$;

-- claim_queues leases the heads of queues, or the first behind a place, in the
-- order in which they are asked for.
CREATE FUNCTION {{schema}}.claim_queues_1(p_now timestamptz, p_until timestamptz, p_owner text,
    p_tenants text[], p_services text[], p_priorities smallint[], p_limits bigint[],
    p_after timestamptz[], p_after_ids text[])
RETURNS SETOF {{schema}}.claimed
LANGUAGE plpgsql VOLATILE
SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_sort = off
AS $$
DECLARE
    ks     uuid[];
    places timestamptz[];
BEGIN
    FOR ask IN 1 .. cardinality(p_tenants) LOOP
        -- In two statements, as in claim_due.
        SELECT array_agg(x.k), array_agg(x.queued_at) INTO ks, places
        FROM (
            SELECT q.k, q.queued_at
            FROM {{schema}}.queue q
            JOIN {{schema}}.callbacks c ON c.k = q.k AND coalesce(c.queued_at, '-infinity') = q.queued_at AND c.service = q.service AND c.priority = q.priority
            WHERE q.tenant = p_tenants[ask] AND q.service = p_services[ask] AND q.priority = p_priorities[ask] AND q.ready
                AND (q.queued_at, q.id) > (p_after[ask], p_after_ids[ask])
                AND c.state = 2 AND c.ready AND (c.until IS NULL OR c.until <= p_now)
            ORDER BY q.queued_at, q.id
            LIMIT p_limits[ask]
            FOR UPDATE OF c SKIP LOCKED
        ) x;
        CONTINUE WHEN ks IS NULL;
        RETURN QUERY
        WITH picked AS MATERIALIZED (
            SELECT c.next_at, c.k, x.queued_at
            FROM unnest(ks, places) x(k, queued_at)
            JOIN {{schema}}.callbacks c ON c.k = x.k
        ), gone AS (
            DELETE FROM {{schema}}.due d USING picked p WHERE p.next_at <> p_until AND d.next_at = p.next_at AND d.k = p.k
        ), put AS (
            INSERT INTO {{schema}}.due (next_at, k, leased) SELECT p_until, p.k, true FROM picked p WHERE p.next_at IS DISTINCT FROM p_until
        )
        UPDATE {{schema}}.callbacks c
        SET epoch = CASE WHEN c.epoch < 9223372036854775807 THEN c.epoch + 1 ELSE c.epoch END,
            owner = p_owner, until = p_until, next_at = p_until
        FROM picked p
        WHERE c.k = p.k
        RETURNING ask, p.queued_at, c.k, c.tenant, c.id, c.service, c.state, c.priority, c.ready, c.revision, c.epoch,
            c.desired, c.created, c.updated, c.ended, c.queued_at, c.reason, c.number, c.idempotency_key, c.body;
    END LOOP;
END
$$;

-- start creates callbacks when nothing stands in the way: their keys are new, and
-- every counter has room for all that is taken. Then it returns true; otherwise
-- it returns false or fails with 40001 and changes nothing, and apply is to
-- decide.
--
-- The counters come last, in the order of their keys: other transactions wait for
-- them no longer than the commit takes. An array that is NULL stands for the
-- usual value of its column. c_room is how many units may be out before all of
-- c_units are taken.
CREATE FUNCTION {{schema}}.start_1(
    p_now timestamptz, p_ks uuid[], p_tenants text[], p_ids text[], p_next_ats timestamptz[], p_services text[], p_states smallint[],
    p_priorities smallint[], p_readies boolean[], p_reasons text[],
    p_desireds timestamptz[], p_createds timestamptz[], p_updateds timestamptz[], p_endeds timestamptz[], p_queueds timestamptz[],
    p_numbers text[], p_keys text[], p_lookups text[], p_bodies bytea[],
    p_types text[], p_ats timestamptz[], p_nonces bigint[], p_events bytea[],
    c_keys uuid[], c_tenants text[], c_services text[], c_kinds text[], c_slots bigint[], c_names text[], c_subjects text[],
    c_units bigint[], c_room bigint[], c_ends timestamptz[])
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET lock_timeout = '100ms' SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    made  int;
    found int;
BEGIN
    -- Before anything is written; the UPDATE below decides.
    IF EXISTS (
        SELECT FROM unnest(c_keys, c_room, c_ends) a(h, room, new_ends)
        JOIN {{schema}}.counters c ON c.h = a.h
        WHERE c.used > a.room AND (c.ends IS NULL OR c.ends > p_now) OR c.ends > a.new_ends + interval '1 second' OR c.parts IS NOT NULL
    ) THEN
        RETURN false;
    END IF;
    -- The feed relies on transactions that have a number before they take a place.
    PERFORM pg_current_xact_id();
    INSERT INTO {{schema}}.callbacks (k, nonce, revision, epoch, next_at, desired, created, updated, ended, queued_at, accepted_at, state,
        priority, ready, tenant, id, service, reason, number, idempotency_key, accepted_type, lookups, accepted, body)
    SELECT a.k, a.nonce, 1, 0, a.next_at, a.desired, a.created, a.updated, a.ended, a.queued_at, a.at, a.state,
        coalesce(a.priority, 0::smallint), coalesce(a.ready, false), a.tenant, a.id, a.service, a.reason, a.number, a.key, a.type,
        a.lookups::bigint[], a.event, a.body
    FROM unnest(p_ks, p_nonces, p_next_ats, p_desireds, p_createds, p_updateds, p_endeds, p_queueds, p_ats, p_states, p_priorities, p_readies,
        p_tenants, p_ids, p_services, p_reasons, p_numbers, p_keys, p_types, p_lookups, p_events, p_bodies)
        a(k, nonce, next_at, desired, created, updated, ended, queued_at, at, state, priority, ready,
        tenant, id, service, reason, number, key, type, lookups, event, body)
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS made = ROW_COUNT;
    IF made <> cardinality(p_ks) THEN
        PERFORM {{schema}}.lost_race_1();
    END IF;
    INSERT INTO {{schema}}.due (next_at, k) SELECT a.next_at, a.k FROM unnest(p_next_ats, p_ks) a(next_at, k) WHERE a.next_at IS NOT NULL;
    IF 2 = ANY (p_states) THEN
        INSERT INTO {{schema}}.queue (tenant, service, priority, ready, queued_at, id, k)
        SELECT a.tenant, a.service, coalesce(a.priority, 0::smallint), coalesce(a.ready, false), coalesce(a.queued_at, '-infinity'), coalesce(a.id, a.k::text), a.k
        FROM unnest(p_tenants, p_services, p_priorities, p_readies, p_queueds, p_ids, p_ks, p_states) a(tenant, service, priority, ready, queued_at, id, k, state)
        WHERE a.state = 2;
    END IF;
    IF c_keys IS NULL THEN
        RETURN true;
    END IF;
    UPDATE {{schema}}.counters c
    SET used = CASE WHEN c.ends <= p_now THEN a.units ELSE c.used + a.units END,
        ends = CASE WHEN c.ends <= p_now THEN a.new_ends ELSE c.ends END
    FROM unnest(c_keys, c_units, c_room, c_ends) a(h, units, room, new_ends)
    WHERE c.h = a.h AND c.parts IS NULL AND (c.used <= a.room OR c.ends <= p_now) AND (c.ends <= a.new_ends + interval '1 second') IS NOT FALSE;
    GET DIAGNOSTICS found = ROW_COUNT;
    IF found <> cardinality(c_keys) THEN
        INSERT INTO {{schema}}.counters (h, tenant, service, kind, slot, name, subject, used, ends)
        SELECT a.* FROM unnest(c_keys, c_tenants, c_services, c_kinds, c_slots, c_names, c_subjects, c_units, c_ends) a(h, tenant, service, kind, slot, name, subject, units, ends)
        WHERE NOT EXISTS (SELECT FROM {{schema}}.counters c WHERE c.h = a.h)
        ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS made = ROW_COUNT;
        IF found + made <> cardinality(c_keys) THEN
            PERFORM {{schema}}.lost_race_1();
        END IF;
    END IF;
    RETURN true;
END
$$;

-- replace does what apply does when it is asked only for replacements, each of
-- which finds the revision it follows, and when no counter is both given to and
-- taken from. Otherwise it returns false or fails with 40001 and changes nothing.
-- Its counters come last, as in start; c_units of a give are negative.
CREATE FUNCTION {{schema}}.replace_1(
    p_now timestamptz, p_ks uuid[], p_revisions bigint[], p_epochs bigint[], p_next_ats timestamptz[], p_services text[], p_states smallint[],
    p_priorities smallint[], p_readies boolean[], p_reasons text[],
    p_desireds timestamptz[], p_createds timestamptz[], p_updateds timestamptz[], p_endeds timestamptz[], p_queueds timestamptz[],
    p_numbers text[], p_keys text[], p_lookups text[], p_bodies bytea[],
    p_types text[], p_ats timestamptz[], p_nonces bigint[], p_events bytea[], p_froms timestamptz[], p_untils timestamptz[],
    c_keys uuid[], c_tenants text[], c_services text[], c_kinds text[], c_slots bigint[], c_names text[], c_subjects text[],
    c_units bigint[], c_room bigint[], c_ends timestamptz[])
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET lock_timeout = '100ms' SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    n       int := cardinality(p_ks);
    rows    tid[];
    nexts   timestamptz[];
    queued  boolean;
    takes   int;
    found   int;
    made    int;
    at      timestamptz;
BEGIN
    SELECT array_agg(x.row ORDER BY x.i), array_agg(x.next_at ORDER BY x.i), bool_or(x.state = 2) INTO rows, nexts, queued
    FROM (
        SELECT a.i, c.ctid AS row, c.next_at, c.state
        FROM unnest(p_ks, p_revisions, p_epochs, p_keys) WITH ORDINALITY a(k, revision, epoch, key, i)
        JOIN {{schema}}.callbacks c ON c.k = a.k
        WHERE c.revision = a.revision - 1 AND (a.epoch IS NULL OR a.epoch = 0 OR c.epoch = a.epoch) AND c.state <> 0
            AND c.idempotency_key IS NOT DISTINCT FROM a.key
        ORDER BY a.k
        FOR UPDATE OF c
    ) x;
    IF cardinality(rows) IS DISTINCT FROM n THEN
        RETURN false;
    END IF;
    IF queued THEN
        DELETE FROM {{schema}}.queue q
        USING unnest(rows, p_states, p_services, p_priorities, p_readies, p_queueds) a(row, state, service, priority, ready, queued_at)
        JOIN {{schema}}.callbacks o ON o.ctid = a.row
        WHERE o.state = 2 AND (a.state <> 2 OR a.service <> o.service OR coalesce(a.priority, 0::smallint) <> o.priority
                OR coalesce(a.ready, false) <> o.ready OR a.queued_at IS DISTINCT FROM o.queued_at)
            AND q.tenant = o.tenant AND q.service = o.service AND q.priority = o.priority AND q.ready = o.ready
            AND q.queued_at = coalesce(o.queued_at, '-infinity') AND q.id = coalesce(o.id, o.k::text);
    END IF;
    IF 2 = ANY (p_states) THEN
        INSERT INTO {{schema}}.queue (tenant, service, priority, ready, queued_at, id, k)
        SELECT o.tenant, a.service, coalesce(a.priority, 0::smallint), coalesce(a.ready, false), coalesce(a.queued_at, '-infinity'), coalesce(o.id, o.k::text), o.k
        FROM unnest(rows, p_states, p_services, p_priorities, p_readies, p_queueds) a(row, state, service, priority, ready, queued_at)
        JOIN {{schema}}.callbacks o ON o.ctid = a.row
        WHERE a.state = 2 AND (o.state <> 2 OR a.service <> o.service OR coalesce(a.priority, 0::smallint) <> o.priority
            OR coalesce(a.ready, false) <> o.ready OR a.queued_at IS DISTINCT FROM o.queued_at);
    END IF;
    UPDATE {{schema}}.callbacks c
    SET revision = a.revision, owner = NULL, until = NULL, next_at = a.next_at,
        desired = a.desired, created = a.created, updated = a.updated, ended = a.ended, queued_at = a.queued_at,
        priority = coalesce(a.priority, 0::smallint), ready = coalesce(a.ready, false), service = a.service, state = a.state, reason = a.reason,
        number = a.number, lookups = a.lookups::bigint[], body = a.body
    FROM unnest(rows, p_revisions, p_next_ats, p_desireds, p_createds, p_updateds, p_endeds, p_queueds, p_priorities, p_readies,
        p_services, p_states, p_reasons, p_numbers, p_lookups, p_bodies)
        a(row, revision, next_at, desired, created, updated, ended, queued_at, priority, ready, service, state, reason, number, lookups, body)
    WHERE c.ctid = a.row;
    GET DIAGNOSTICS found = ROW_COUNT;
    IF found <> n THEN
        PERFORM {{schema}}.lost_race_1();
    END IF;
    DELETE FROM {{schema}}.due d USING unnest(p_ks, nexts, p_next_ats) a(k, old, next_at)
    WHERE a.next_at IS DISTINCT FROM a.old AND d.next_at = a.old AND d.k = a.k;
    INSERT INTO {{schema}}.due (next_at, k)
    SELECT a.next_at, a.k FROM unnest(p_ks, nexts, p_next_ats) a(k, old, next_at) WHERE a.next_at IS NOT NULL AND a.next_at IS DISTINCT FROM a.old;
    INSERT INTO {{schema}}.events (seq, nonce, at, k, type, body)
    SELECT a.* FROM unnest(p_revisions, p_nonces, p_ats, p_ks, p_types, p_events) a;
    IF c_keys IS NOT NULL THEN
        UPDATE {{schema}}.counters c
        SET used = greatest(0, CASE WHEN c.ends <= p_now THEN 0 ELSE c.used END + a.units),
            ends = CASE WHEN c.ends <= p_now THEN a.new_ends ELSE c.ends END
        FROM unnest(c_keys, c_units, c_room, c_ends) a(h, units, room, new_ends)
        WHERE c.h = a.h AND c.parts IS NULL AND (a.units < 0 OR (c.used <= a.room OR c.ends <= p_now) AND (c.ends <= a.new_ends + interval '1 second') IS NOT FALSE);
        GET DIAGNOSTICS found = ROW_COUNT;
        IF found <> cardinality(c_keys) THEN
            INSERT INTO {{schema}}.counters (h, tenant, service, kind, slot, name, subject, used, ends)
            SELECT a.* FROM unnest(c_keys, c_tenants, c_services, c_kinds, c_slots, c_names, c_subjects, c_units, c_ends) a(h, tenant, service, kind, slot, name, subject, units, ends)
            WHERE a.units > 0 AND NOT EXISTS (SELECT FROM {{schema}}.counters c WHERE c.h = a.h)
            ON CONFLICT DO NOTHING;
            GET DIAGNOSTICS made = ROW_COUNT;
            SELECT count(*) FILTER (WHERE a.units > 0) INTO takes FROM unnest(c_units) a(units);
            -- A counter that is given to and is not there has nothing to lose.
            IF made + found < takes OR EXISTS (
                SELECT FROM unnest(c_keys) a(h) JOIN {{schema}}.counters c ON c.h = a.h WHERE c.parts IS NOT NULL
            ) OR EXISTS (
                SELECT FROM unnest(c_keys, c_units, c_room) a(h, units, room) WHERE a.units > 0 AND NOT EXISTS (
                    SELECT FROM {{schema}}.counters c WHERE c.h = a.h AND c.xmin = pg_current_xact_id()::xid)
            ) THEN
                PERFORM {{schema}}.lost_race_1();
            END IF;
        END IF;
        IF 0 > ANY (c_units) THEN
            DELETE FROM {{schema}}.counters c USING unnest(c_keys, c_units) a(h, units) WHERE a.units < 0 AND c.h = a.h AND c.used = 0;
        END IF;
    END IF;
    IF p_froms IS NOT NULL OR p_untils IS NOT NULL THEN
        -- When all locks are held.
        at := clock_timestamp();
        IF EXISTS (SELECT FROM unnest(p_froms, p_untils) a(f, u) WHERE at < a.f OR at >= a.u) THEN
            PERFORM {{schema}}.lost_race_1();
        END IF;
    END IF;
    RETURN true;
END
$$;

-- roll returns the parts of a rolling window after units were given to it (negative)
-- or taken until p_ends. Parts that have ended by p_now are left out, and so are
-- those that end after p_last, which were taken before the clock was set back. Units
-- are given back to the newest parts first.
CREATE FUNCTION {{schema}}.roll_1(p_parts bigint[], p_now timestamptz, p_last timestamptz, p_ends timestamptz, p_units bigint)
RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE
AS $$
DECLARE
    most  constant bigint := 9223372036854775807;
    kept  bigint[] := '{}';
    give  bigint := greatest(0, -p_units);
    taken boolean := p_units <= 0;
    at    bigint := extract(epoch FROM p_ends)::bigint;
    ends  bigint;
    units bigint;
    back  bigint;
BEGIN
    FOR i IN REVERSE coalesce(cardinality(p_parts), 0) / 2 .. 1 LOOP
        ends := p_parts[2 * i - 1];
        units := p_parts[2 * i];
        CONTINUE WHEN to_timestamp(ends) > p_last;
        EXIT WHEN to_timestamp(ends) <= p_now;
        back := least(give, units);
        give := give - back;
        units := units - back;
        CONTINUE WHEN units = 0;
        IF NOT taken AND ends <= at THEN
            taken := true;
            IF ends = at THEN
                units := CASE WHEN units > most - p_units THEN most ELSE units + p_units END;
            ELSE
                kept := ARRAY[at, p_units] || kept;
            END IF;
        END IF;
        kept := ARRAY[ends, units] || kept;
    END LOOP;
    IF NOT taken THEN
        kept := ARRAY[at, p_units] || kept;
    END IF;
    RETURN kept;
END
$$;

-- rolled returns the sum of the units of parts.
CREATE FUNCTION {{schema}}.rolled_1(p_parts bigint[])
RETURNS bigint
LANGUAGE sql IMMUTABLE
AS $$
    SELECT least(coalesce(sum(p_parts[2 * i]), 0), 9223372036854775807)::bigint FROM generate_series(1, cardinality(p_parts) / 2) i
$$;

-- apply makes changes, each atomic on its own, and returns a row for each that
-- did not happen. The IDs and the idempotency keys of one call are all
-- different; counters are listed once, in the order of their keys, and items
-- refer to changes and counters by number, ordered by change, gives (negative
-- units) before takes. op: 1 create, 2 replace, 3 give back a lease, 4 erase.
-- p_sources are the callbacks that must exist at the revisions p_source_revisions
-- for a create to happen; both arrays are NULL when no create has one. p_froms
-- and p_untils are the windows of the changes, NULL where none is bound. The clock
-- is read when all locks are held: waiting for one must not make a change that was
-- in time happen too late. i_lasts are the latest ends that the windows of counters
-- may have: one that ends later began before the clock was set back, and is over.
-- i_rolls says which takes are of a rolling window, until i_ends; NULL: none.
--
-- Locks are taken in one order everywhere: callbacks by key, then counters by
-- key. Only the session that holds the lock of a callback changes its rows in due
-- and queue.
-- Two calls that create the same thing at once make one of them fail with
-- 40001, and so does creating an ID or key that is taken, unless p_careful makes
-- the function look first: the call is to be repeated with it.
CREATE FUNCTION {{schema}}.apply_1(
    p_nows timestamptz[], p_ops smallint[], p_ks uuid[], p_tenants text[], p_ids text[], p_revisions bigint[], p_epochs bigint[],
    p_next_ats timestamptz[], p_services text[], p_states smallint[], p_priorities smallint[], p_readies boolean[], p_reasons text[],
    p_desireds timestamptz[], p_createds timestamptz[], p_updateds timestamptz[], p_endeds timestamptz[], p_queueds timestamptz[],
    p_numbers text[], p_keys text[], p_lookups text[], p_bodies bytea[],
    p_types text[], p_ats timestamptz[], p_nonces bigint[], p_events bytea[], p_masked bytea[], p_sources uuid[], p_source_revisions bigint[],
    p_froms timestamptz[], p_untils timestamptz[],
    c_keys uuid[], c_tenants text[], c_services text[], c_kinds text[], c_slots bigint[], c_names text[], c_subjects text[],
    i_changes int[], i_counters int[], i_units bigint[], i_limits bigint[], i_ends timestamptz[], i_lasts timestamptz[], i_rolls boolean[], p_careful boolean)
RETURNS TABLE (change int, fault text, item int, used bigint, ends timestamptz, stored bigint)
LANGUAGE plpgsql VOLATILE
SET lock_timeout = '100ms' SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    most         constant bigint := 9223372036854775807;
    n            int := cardinality(p_ks);
    m            int := cardinality(c_keys);
    items        int := cardinality(i_changes);
    news         int := 0; -- how many create
    others       int := 0; -- how many concern what exists
    kept         int := 0; -- how many of either happen
    created      int := 0;
    replaced     int := 0;
    unclaimed    int := 0;
    erased       int := 0;
    dropped      int := 0; -- counters that return to zero
    counted      int := 0;
    added        int := 0;
    made         int;
    queued       boolean := false; -- a callback enters or leaves a queue
    ok           boolean[] := array_fill(true, ARRAY[n]);
    known        boolean[] := array_fill(false, ARRAY[n]);
    old_next     timestamptz[] := array_fill(NULL::timestamptz, ARRAY[n]);
    old_service  text[];
    old_priority smallint[];
    old_ready    boolean[];
    old_queued   timestamptz[];
    sources      bigint[] := array_fill(NULL::bigint, ARRAY[n]); -- their revisions
    old_used     bigint[];
    new_used     bigint[];
    old_ends     timestamptz[];
    new_ends     timestamptz[];
    old_parts    text[];
    new_parts    text[];
    undo_used    bigint[];
    undo_ends    timestamptz[];
    undo_parts   text[];
    rolls        boolean;
    parts        bigint[];
    places       bigint[]; -- in the feed
    at           timestamptz; -- when the locks were held
    r            record;
    i            int;
    j            int := 1;
    c            int;
    first_item   int;
    refused      boolean;
BEGIN
    FOR i IN 1 .. n LOOP
        IF p_ops[i] = 1 THEN
            news := news + 1;
        ELSE
            others := others + 1;
            ok[i] := false;
        END IF;
    END LOOP;

    IF p_sources IS NOT NULL THEN
        -- Sources and the callbacks to change are locked together, to keep to
        -- the one order of locks.
        FOR r IN
            SELECT a.i, a.source, c.revision, c.state
            FROM (SELECT x.k, x.i, false AS source FROM unnest(p_ks, p_ops) WITH ORDINALITY x(k, op, i) WHERE x.op <> 1
                UNION ALL
                SELECT x.k, x.i, true FROM unnest(p_sources) WITH ORDINALITY x(k, i) WHERE x.k IS NOT NULL) a
            JOIN {{schema}}.callbacks c ON c.k = a.k
            ORDER BY a.k
            FOR UPDATE OF c
        LOOP
            IF r.source AND r.state <> 0 THEN
                sources[r.i] := r.revision;
            END IF;
        END LOOP;
    END IF;

    IF others > 0 THEN
        old_service := array_fill(NULL::text, ARRAY[n]);
        old_priority := array_fill(NULL::smallint, ARRAY[n]);
        old_ready := array_fill(NULL::boolean, ARRAY[n]);
        old_queued := array_fill(NULL::timestamptz, ARRAY[n]);
        FOR r IN
            SELECT a.i, c.revision, c.epoch, c.next_at, c.state, c.service, c.priority, c.ready, c.queued_at
            FROM unnest(p_ks, p_ops) WITH ORDINALITY a(k, op, i)
            JOIN {{schema}}.callbacks c ON c.k = a.k
            WHERE a.op <> 1
            ORDER BY a.k
            FOR UPDATE OF c
        LOOP
            i := r.i;
            CONTINUE WHEN r.state = 0;
            known[i] := true;
            IF r.revision <> p_revisions[i] - (p_ops[i] <> 3)::int THEN
                change := i; fault := 'revision'; stored := r.revision; RETURN NEXT;
            ELSIF p_epochs[i] <> 0 AND p_epochs[i] <> r.epoch THEN
                change := i; fault := 'epoch'; stored := r.epoch; RETURN NEXT;
            ELSE
                ok[i] := true;
                old_next[i] := r.next_at;
                IF r.state = 2 THEN
                    queued := true;
                    old_service[i] := r.service;
                    old_priority[i] := r.priority;
                    old_ready[i] := r.ready;
                    old_queued[i] := coalesce(r.queued_at, '-infinity');
                END IF;
            END IF;
        END LOOP;
        FOR i IN 1 .. n LOOP
            IF p_ops[i] <> 1 AND NOT known[i] THEN
                change := i; fault := 'missing'; RETURN NEXT;
            END IF;
        END LOOP;
    END IF;

    IF m > 0 THEN
        old_used := array_fill(NULL::bigint, ARRAY[m]);
        old_ends := array_fill(NULL::timestamptz, ARRAY[m]);
        new_used := array_fill(0::bigint, ARRAY[m]);
        new_ends := array_fill(NULL::timestamptz, ARRAY[m]);
        old_parts := array_fill(NULL::text, ARRAY[m]);
        new_parts := old_parts;
        undo_parts := array_fill(NULL::text, ARRAY[items]);
        undo_used := array_fill(0::bigint, ARRAY[items]);
        undo_ends := array_fill(NULL::timestamptz, ARRAY[items]);
        FOR r IN
            SELECT a.i, c.used, c.ends, c.parts
            FROM unnest(c_keys) WITH ORDINALITY a(h, i)
            JOIN {{schema}}.counters c ON c.h = a.h
            ORDER BY a.i
            FOR UPDATE OF c
        LOOP
            old_used[r.i] := r.used;
            old_ends[r.i] := r.ends;
            new_used[r.i] := r.used;
            new_ends[r.i] := r.ends;
            IF r.parts IS NOT NULL THEN
                old_parts[r.i] := r.parts::text;
                new_parts[r.i] := r.parts::text;
            END IF;
        END LOOP;
    END IF;

    -- After the counters are locked, so that a repeated request finds its first
    -- before it is refused the place that the first one holds.
    IF p_careful AND news > 0 THEN
        FOR r IN
            SELECT a.i, c.state
            FROM unnest(p_ks, p_ops) WITH ORDINALITY a(k, op, i)
            JOIN {{schema}}.callbacks c ON c.k = a.k
            WHERE a.op = 1
        LOOP
            ok[r.i] := false;
            change := r.i; fault := CASE r.state WHEN 0 THEN 'missing' ELSE 'id' END; RETURN NEXT;
        END LOOP;
    END IF;
    IF p_keys IS NOT NULL THEN
        FOR r IN
            SELECT a.i, (SELECT o.i FROM unnest(p_ks) WITH ORDINALITY o(k, i) WHERE o.k = c.k) AS owner
            FROM unnest(p_tenants, p_ks, p_keys) WITH ORDINALITY a(tenant, k, key, i)
            JOIN {{schema}}.callbacks c ON c.tenant = a.tenant AND c.idempotency_key = a.key AND c.k <> a.k
            WHERE a.key IS NOT NULL
        LOOP
            IF NOT p_careful AND p_ops[r.i] = 1 THEN
                PERFORM {{schema}}.lost_race_1();
            ELSIF ok[r.i] AND (p_ops[r.i] <> 1 OR p_epochs[r.i] = 0) THEN
                ok[r.i] := false;
                change := r.i; fault := 'key'; item := r.owner; RETURN NEXT;
            END IF;
        END LOOP;
    END IF;

    at := clock_timestamp();
    FOR i IN 1 .. n LOOP
        IF ok[i] AND p_ops[i] = 1 AND p_epochs[i] <> 0 THEN
            -- What does not exist yet was never leased.
            ok[i] := false;
            change := i; fault := 'epoch'; stored := 0; RETURN NEXT;
        ELSIF ok[i] AND p_sources[i] IS NOT NULL AND sources[i] IS DISTINCT FROM p_source_revisions[i] THEN
            IF EXISTS (SELECT FROM {{schema}}.callbacks x WHERE x.k = p_ks[i]) THEN
                PERFORM {{schema}}.lost_race_1(); -- that the ID is taken comes first
            END IF;
            ok[i] := false;
            change := i; fault := CASE WHEN sources[i] IS NULL THEN 'no source' ELSE 'source' END; stored := sources[i]; RETURN NEXT;
        ELSIF ok[i] AND (at < p_froms[i] OR at >= p_untils[i]) THEN
            IF p_ops[i] = 1 AND EXISTS (SELECT FROM {{schema}}.callbacks x WHERE x.k = p_ks[i]) THEN
                PERFORM {{schema}}.lost_race_1();
            END IF;
            ok[i] := false;
            change := i; fault := CASE WHEN at < p_froms[i] THEN 'early' ELSE 'late' END; RETURN NEXT;
        END IF;
        first_item := j;
        refused := false;
        WHILE j <= items AND i_changes[j] = i LOOP
            IF ok[i] AND NOT refused THEN
                c := i_counters[j];
                undo_used[j] := new_used[c];
                undo_ends[j] := new_ends[c];
                undo_parts[j] := new_parts[c];
                rolls := CASE WHEN i_units[j] < 0 THEN new_parts[c] IS NOT NULL ELSE coalesce(i_rolls[j], false) END;
                IF rolls THEN
                    parts := {{schema}}.roll_1(new_parts[c]::bigint[], p_nows[i], i_lasts[j], NULL, least(i_units[j], 0));
                    new_used[c] := {{schema}}.rolled_1(parts);
                    new_ends[c] := to_timestamp(parts[1]);
                ELSIF new_parts[c] IS NOT NULL OR new_ends[c] <= p_nows[i] OR new_ends[c] > i_lasts[j] THEN
                    new_used[c] := 0;
                    new_parts[c] := NULL;
                END IF;
                IF rolls AND i_units[j] < 0 THEN
                    NULL;
                ELSIF i_units[j] < 0 THEN
                    new_used[c] := greatest(0, new_used[c] + i_units[j]);
                ELSIF i_limits[j] >= 0 AND i_units[j] > i_limits[j] - new_used[c] THEN
                    refused := true;
                    IF p_ops[i] = 1 AND EXISTS (SELECT FROM {{schema}}.callbacks x WHERE x.k = p_ks[i]) THEN
                        PERFORM {{schema}}.lost_race_1();
                    END IF;
                    -- A counter that came while the locks were waited for is not
                    -- among them, and might have refused before this one.
                    IF array_position(old_used, NULL) IS NOT NULL AND EXISTS (
                        SELECT FROM unnest(c_keys, old_used) a(h, old) JOIN {{schema}}.counters x ON x.h = a.h WHERE a.old IS NULL
                    ) THEN
                        PERFORM {{schema}}.lost_race_1();
                    END IF;
                    change := i; fault := 'permit'; item := j; used := new_used[c];
                    ends := CASE WHEN new_used[c] > 0 THEN new_ends[c] END;
                    RETURN NEXT;
                    FOR k IN REVERSE j .. first_item LOOP
                        new_used[i_counters[k]] := undo_used[k];
                        new_ends[i_counters[k]] := undo_ends[k];
                        new_parts[i_counters[k]] := undo_parts[k];
                    END LOOP;
                ELSIF rolls THEN
                    parts := {{schema}}.roll_1(parts, p_nows[i], NULL, i_ends[j], i_units[j]);
                    new_used[c] := {{schema}}.rolled_1(parts);
                ELSE
                    IF new_used[c] = 0 THEN
                        new_ends[c] := i_ends[j];
                    END IF;
                    new_used[c] := CASE WHEN new_used[c] > most - i_units[j] THEN most ELSE new_used[c] + i_units[j] END;
                END IF;
                IF rolls AND NOT refused THEN
                    new_parts[c] := nullif(parts, '{}')::text;
                    new_ends[c] := to_timestamp(parts[cardinality(parts) - 1]);
                END IF;
            END IF;
            j := j + 1;
        END LOOP;
        IF refused THEN
            ok[i] := false;
        END IF;
        IF ok[i] THEN
            kept := kept + 1;
            IF p_ops[i] <> 3 THEN
                IF places IS NULL THEN
                    -- The feed relies on transactions that have a number before they take a place.
                    PERFORM pg_current_xact_id();
                    places := array_fill(NULL::bigint, ARRAY[n]);
                END IF;
                places[i] := nextval('{{schema}}.places');
            END IF;
            CASE p_ops[i]
                WHEN 1 THEN created := created + 1;
                WHEN 2 THEN replaced := replaced + 1;
                WHEN 3 THEN unclaimed := unclaimed + 1;
                ELSE replaced := replaced + 1; erased := erased + 1;
            END CASE;
            queued := queued OR p_states[i] = 2;
        END IF;
    END LOOP;
    IF kept = 0 THEN
        RETURN;
    END IF;

    FOR c IN 1 .. coalesce(m, 0) LOOP
        IF old_used[c] IS NULL THEN
            IF new_used[c] > 0 THEN added := added + 1; END IF;
        ELSIF new_used[c] = 0 THEN
            dropped := dropped + 1;
        ELSIF new_used[c] <> old_used[c] OR new_ends[c] IS DISTINCT FROM old_ends[c] OR new_parts[c] IS DISTINCT FROM old_parts[c] THEN
            counted := counted + 1;
        END IF;
    END LOOP;
    IF dropped > 0 THEN
        DELETE FROM {{schema}}.counters c
        USING unnest(c_keys, old_used, new_used) a(h, old, new)
        WHERE a.old IS NOT NULL AND a.new = 0 AND c.h = a.h;
    END IF;
    IF counted > 0 THEN
        UPDATE {{schema}}.counters c SET used = a.new, ends = a.new_ends, parts = a.new_parts::bigint[]
        FROM unnest(c_keys, old_used, new_used, old_ends, new_ends, old_parts, new_parts) a(h, old, new, old_ends, new_ends, old_parts, new_parts)
        WHERE a.old IS NOT NULL AND a.new > 0
            AND (a.new <> a.old OR a.new_ends IS DISTINCT FROM a.old_ends OR a.new_parts IS DISTINCT FROM a.old_parts) AND c.h = a.h;
    END IF;
    IF added > 0 THEN
        INSERT INTO {{schema}}.counters (h, tenant, service, kind, slot, name, subject, used, ends, parts)
        SELECT a.h, a.tenant, a.service, a.kind, a.slot, a.name, a.subject, a.new, a.ends, a.parts::bigint[]
        FROM unnest(c_keys, c_tenants, c_services, c_kinds, c_slots, c_names, c_subjects, old_used, new_used, new_ends, new_parts)
            a(h, tenant, service, kind, slot, name, subject, old, new, ends, parts)
        WHERE a.old IS NULL AND a.new > 0
        ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS made = ROW_COUNT;
        IF made <> added THEN
            PERFORM {{schema}}.lost_race_1();
        END IF;
    END IF;

    IF created > 0 THEN
        INSERT INTO {{schema}}.callbacks (k, place, nonce, revision, epoch, next_at, desired, created, updated, ended, queued_at, accepted_at, state,
            priority, ready, tenant, id, service, reason, number, idempotency_key, accepted_type, lookups, accepted, body)
        SELECT a.k, a.place, a.nonce, 1, 0, a.next_at, a.desired, a.created, a.updated, a.ended, a.queued_at, a.at, a.state,
            a.priority, a.ready, a.tenant, a.id, a.service, a.reason, a.number, a.key, a.type, a.lookups::bigint[], a.event, a.body
        FROM unnest(ok, p_ops, p_ks, places, p_nonces, p_next_ats, p_desireds, p_createds, p_updateds, p_endeds, p_queueds, p_ats, p_states, p_priorities,
            p_readies, p_tenants, p_ids, p_services, p_reasons, p_numbers, p_keys, p_types, p_lookups, p_events, p_bodies)
            a(ok, op, k, place, nonce, next_at, desired, created, updated, ended, queued_at, at, state, priority,
            ready, tenant, id, service, reason, number, key, type, lookups, event, body)
        WHERE a.ok AND a.op = 1
        ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS made = ROW_COUNT;
        IF made <> created THEN
            PERFORM {{schema}}.lost_race_1();
        END IF;
    END IF;
    IF replaced > 0 THEN
        UPDATE {{schema}}.callbacks c
        SET revision = a.revision, owner = NULL, until = NULL, next_at = a.next_at,
            desired = a.desired, created = a.created, updated = a.updated, ended = a.ended, queued_at = a.queued_at,
            priority = a.priority, ready = a.ready, service = a.service, state = a.state, reason = a.reason,
            number = a.number, idempotency_key = a.key, lookups = a.lookups::bigint[], body = a.body,
            accepted = CASE WHEN a.op = 2 THEN coalesce(a.masked, c.accepted) END
        FROM unnest(ok, p_ops, p_ks, p_revisions, p_next_ats, p_desireds, p_createds, p_updateds, p_endeds, p_queueds, p_priorities, p_readies,
            p_services, p_states, p_reasons, p_numbers, p_keys, p_lookups, p_bodies, p_masked)
            a(ok, op, k, revision, next_at, desired, created, updated, ended, queued_at, priority, ready,
            service, state, reason, number, key, lookups, body, masked)
        WHERE a.ok AND a.op IN (2, 4) AND c.k = a.k;
    END IF;
    IF unclaimed > 0 THEN
        UPDATE {{schema}}.callbacks c SET owner = NULL, until = NULL, next_at = a.next_at
        FROM unnest(ok, p_ops, p_ks, p_next_ats) a(ok, op, k, next_at)
        WHERE a.ok AND a.op = 3 AND c.k = a.k;
    END IF;

    IF others > 0 THEN
        DELETE FROM {{schema}}.due d
        USING unnest(ok, p_ks, old_next, p_next_ats) a(ok, k, old, next_at)
        WHERE a.ok AND a.next_at IS DISTINCT FROM a.old AND d.next_at = a.old AND d.k = a.k;
    END IF;
    INSERT INTO {{schema}}.due (next_at, k)
    SELECT a.next_at, a.k
    FROM unnest(ok, p_ks, old_next, p_next_ats) a(ok, k, old, next_at)
    WHERE a.ok AND a.next_at IS NOT NULL AND a.next_at IS DISTINCT FROM a.old;

    IF queued THEN
        IF others > 0 THEN
            DELETE FROM {{schema}}.queue q
            USING unnest(ok, p_ops, p_ks, p_tenants, p_ids, old_service, old_priority, old_ready, old_queued,
                p_states, p_services, p_priorities, p_readies, p_queueds)
                a(ok, op, k, tenant, id, old_service, old_priority, old_ready, old_queued, state, service, priority, ready, queued_at)
            WHERE a.ok AND a.op <> 3
                AND (a.state <> 2 OR a.service <> a.old_service OR a.priority <> a.old_priority
                    OR a.ready <> a.old_ready OR coalesce(a.queued_at, '-infinity') <> a.old_queued)
                AND q.tenant = a.tenant AND q.service = a.old_service AND q.priority = a.old_priority
                AND q.ready = a.old_ready AND q.queued_at = a.old_queued AND q.id = coalesce(a.id, a.k::text);
        END IF;
        INSERT INTO {{schema}}.queue (tenant, service, priority, ready, queued_at, id, k)
        SELECT a.tenant, a.service, a.priority, a.ready, coalesce(a.queued_at, '-infinity'), coalesce(a.id, a.k::text), a.k
        FROM unnest(ok, p_ops, p_ks, p_tenants, p_ids, old_service, old_priority, old_ready, old_queued,
            p_states, p_services, p_priorities, p_readies, p_queueds)
            a(ok, op, k, tenant, id, old_service, old_priority, old_ready, old_queued, state, service, priority, ready, queued_at)
        WHERE a.ok AND a.op <> 3 AND a.state = 2
            AND (a.old_service IS NULL OR a.service <> a.old_service OR a.priority <> a.old_priority
                OR a.ready <> a.old_ready OR coalesce(a.queued_at, '-infinity') <> a.old_queued);
    END IF;

    IF erased > 0 THEN
        DELETE FROM {{schema}}.events e
        USING unnest(ok, p_ops, p_ks) a(ok, op, k)
        WHERE a.ok AND a.op = 4 AND e.k = a.k;
    END IF;
    INSERT INTO {{schema}}.events (place, seq, nonce, at, k, type, body)
    SELECT a.place, a.seq, a.nonce, a.at, a.k, a.type, a.body
    FROM unnest(ok, p_ops, places, p_revisions, p_nonces, p_ats, p_ks, p_types, p_events) a(ok, op, place, seq, nonce, at, k, type, body)
    WHERE a.ok AND a.op IN (2, 4);
END
$$;

-- forget removes the counters of subjects that no callback has, as a number or
-- as a search value: p_values and p_hashes are the values and, in lookups, what
-- stands for them. Counters are locked first, and a newer snapshot then shows
-- every callback whose change took from them: a single statement would decide by
-- a snapshot older than the locks it waited for.
CREATE FUNCTION {{schema}}.forget_1(p_tenant text, p_subjects text[], p_values text[], p_hashes bigint[])
RETURNS void
LANGUAGE plpgsql VOLATILE
SET lock_timeout = '100ms' SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
DECLARE
    hs uuid[];
BEGIN
    SELECT array_agg(x.h) INTO hs
    FROM (
        SELECT c.h
        FROM {{schema}}.counters c
        WHERE c.tenant = p_tenant AND c.subject = ANY (p_subjects) AND c.subject <> ''
        ORDER BY c.h
        FOR UPDATE OF c
    ) x;
    DELETE FROM {{schema}}.counters c
    WHERE c.h = ANY (hs)
        AND NOT EXISTS (SELECT FROM {{schema}}.callbacks x WHERE x.tenant = p_tenant AND x.number = c.subject)
        AND NOT EXISTS (
            SELECT FROM unnest(p_values, p_hashes) v(value, hash)
            JOIN {{schema}}.callbacks x ON x.tenant = p_tenant AND x.lookups @> ARRAY[v.hash]
            WHERE v.value = c.subject
        );
END
$$;

-- The views are for people and reports. Words stand for numbers, numbers of
-- people are masked, and what only the library can decode is left out. Writes do
-- not touch them.
CREATE VIEW {{schema}}.readable_callbacks AS
SELECT c.tenant, coalesce(c.id, c.k::text) AS id, c.service,
    (ARRAY['SCHEDULED', 'QUEUED', 'PAUSED', 'OFFERED', 'DIALING', 'ROUTING', 'PROCESSING', 'UNRESOLVED', 'COMPLETED'])[c.state] AS state,
    c.reason, (ARRAY['Normal', 'StrictPriority', 'Highest', 'VeryHigh', 'High', 'Low', 'VeryLow', 'Lowest', 'NothingElse'])[c.priority + 1] AS priority,
    c.ready, nullif(c.desired, '-infinity') AS desired, nullif(c.created, '-infinity') AS created,
    nullif(coalesce(c.updated, c.created), '-infinity') AS updated, c.queued_at, c.ended, c.next_at, c.owner, c.until, c.revision, c.epoch,
    CASE WHEN c.number ~ '^\+[0-9]{6,}$' THEN '+' || repeat('•', length(c.number) - 5) || right(c.number, 4)
        WHEN c.number IS NOT NULL THEN '•••' END AS number
FROM {{schema}}.callbacks c
WHERE c.state <> 0;

CREATE VIEW {{schema}}.readable_events AS
SELECT c.place, c.tenant, coalesce(c.id, c.k::text) AS id, 1::bigint AS seq, coalesce(c.accepted_type, 'accepted') AS type,
    nullif(coalesce(c.accepted_at, c.created), '-infinity') AS at
FROM {{schema}}.callbacks c
WHERE c.accepted IS NOT NULL
UNION ALL
SELECT e.place, c.tenant, coalesce(c.id, c.k::text), e.seq, e.type, nullif(e.at, '-infinity')
FROM {{schema}}.events e
JOIN {{schema}}.callbacks c ON c.k = e.k;

CREATE VIEW {{schema}}.readable_counters AS
SELECT c.tenant, c.service, c.kind, c.name, CASE WHEN c.slot <> 0 THEN to_timestamp(c.slot) END AS slot, c.used, c.ends, c.subject <> '' AS personal
FROM {{schema}}.counters c;
