-- claim_due leases due callbacks, earliest first. Its last row has no id and
-- carries the earliest moment of what is left.
--
-- First it makes leases end at p_until that end after p_last: they were given
-- before the clock was set back.
CREATE FUNCTION {{schema}}.claim_due_1(p_now timestamptz, p_until timestamptz, p_last timestamptz, p_owner text, p_limit bigint)
RETURNS TABLE (next_at timestamptz, tenant text, id text, service text, state text, priority smallint, ready boolean,
    revision bigint, epoch bigint, body bytea)
LANGUAGE plpgsql VOLATILE
SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_sort = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    tenants   text[];
    ids       text[];
    shortened boolean := false;
BEGIN
    IF EXISTS (SELECT FROM {{schema}}.due d WHERE d.leased AND d.next_at > p_last) THEN
        WITH late AS MATERIALIZED (
            SELECT d.next_at, d.id, d.tenant
            FROM {{schema}}.due d
            JOIN {{schema}}.callbacks c ON c.tenant = d.tenant AND c.id = d.id AND c.next_at = d.next_at AND c.until = d.next_at
            WHERE d.leased AND d.next_at > p_last
            FOR UPDATE OF c SKIP LOCKED
        ), gone AS (
            DELETE FROM {{schema}}.due d USING late l WHERE d.next_at = l.next_at AND d.id = l.id AND d.tenant = l.tenant
        ), put AS (
            INSERT INTO {{schema}}.due (next_at, leased, id, tenant) SELECT p_until, true, l.id, l.tenant FROM late l
        )
        UPDATE {{schema}}.callbacks c SET until = p_until, next_at = p_until
        FROM late l
        WHERE c.tenant = l.tenant AND c.id = l.id;
        shortened := FOUND;
    END IF;
    -- One statement locks the callbacks, the next leases them: its newer snapshot
    -- sees their rows in due, which no other session can change any more.
    SELECT array_agg(x.tenant), array_agg(x.id) INTO tenants, ids
    FROM (
        SELECT d.tenant, d.id
        FROM {{schema}}.due d
        JOIN {{schema}}.callbacks c ON c.tenant = d.tenant AND c.id = d.id AND c.next_at = d.next_at
        WHERE d.next_at <= p_now
        ORDER BY d.next_at, d.id, d.tenant
        LIMIT p_limit
        FOR UPDATE OF c SKIP LOCKED
    ) x;
    RETURN QUERY
    WITH picked AS MATERIALIZED (
        SELECT c.next_at, c.id, c.tenant
        FROM unnest(tenants, ids) x(tenant, id)
        JOIN {{schema}}.callbacks c ON c.tenant = x.tenant AND c.id = x.id
    ), gone AS (
        DELETE FROM {{schema}}.due d USING picked p WHERE d.next_at = p.next_at AND d.id = p.id AND d.tenant = p.tenant
    ), put AS (
        INSERT INTO {{schema}}.due (next_at, leased, id, tenant) SELECT p_until, true, p.id, p.tenant FROM picked p
    )
    UPDATE {{schema}}.callbacks c
    SET epoch = CASE WHEN c.epoch < 9223372036854775807 THEN c.epoch + 1 ELSE c.epoch END,
        owner = p_owner, until = p_until, next_at = p_until
    FROM picked p
    WHERE c.tenant = p.tenant AND c.id = p.id
    RETURNING p.next_at, c.tenant, c.id, c.service, c.state::text, c.priority, c.ready, c.revision::bigint, c.epoch::bigint, c.body;

    RETURN QUERY
    SELECT d.next_at, NULL::text, NULL::text, NULL::text, NULL::text, NULL::smallint, NULL::boolean, NULL::bigint, NULL::bigint, NULL::bytea
    FROM {{schema}}.due d
    -- What was leased and what was shortened are due at the same time.
    WHERE shortened OR d.xmin IS DISTINCT FROM pg_current_xact_id_if_assigned()::xid
    ORDER BY d.next_at, d.id, d.tenant
    LIMIT 1;
END
$$;

-- claim_queues leases the heads of queues, or the first behind a place, in the
-- order in which they are asked for.
CREATE FUNCTION {{schema}}.claim_queues_1(p_now timestamptz, p_until timestamptz, p_owner text,
    p_tenants text[], p_services text[], p_priorities smallint[], p_limits bigint[],
    p_after timestamptz[], p_after_ids text[])
RETURNS TABLE (place int, queued_at timestamptz, tenant text, id text, service text, state text, priority smallint, ready boolean,
    revision bigint, epoch bigint, body bytea)
LANGUAGE plpgsql VOLATILE
SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_sort = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    ids    text[];
    places timestamptz[];
BEGIN
    FOR ask IN 1 .. cardinality(p_tenants) LOOP
        -- In two statements, as in claim_due.
        SELECT array_agg(x.id), array_agg(x.queued_at) INTO ids, places
        FROM (
            SELECT q.id, q.queued_at
            FROM {{schema}}.queue q
            JOIN {{schema}}.callbacks c ON c.tenant = q.tenant AND c.id = q.id AND c.queued_at = q.queued_at
                AND c.service = q.service AND c.priority = q.priority
            WHERE q.tenant = p_tenants[ask] AND q.service = p_services[ask] AND q.priority = p_priorities[ask] AND q.ready
                AND (q.queued_at, q.id) > (p_after[ask], p_after_ids[ask])
                AND c.state = 'QUEUED' AND c.ready AND (c.until IS NULL OR c.until <= p_now)
            ORDER BY q.queued_at, q.id
            LIMIT p_limits[ask]
            FOR UPDATE OF c SKIP LOCKED
        ) x;
        CONTINUE WHEN ids IS NULL;
        RETURN QUERY
        WITH picked AS MATERIALIZED (
            SELECT c.next_at, c.id, c.tenant, x.queued_at
            FROM unnest(ids, places) x(id, queued_at)
            JOIN {{schema}}.callbacks c ON c.tenant = p_tenants[ask] AND c.id = x.id
        ), gone AS (
            DELETE FROM {{schema}}.due d USING picked p
            WHERE p.next_at <> p_until AND d.next_at = p.next_at AND d.id = p.id AND d.tenant = p.tenant
        ), put AS (
            INSERT INTO {{schema}}.due (next_at, leased, id, tenant)
            SELECT p_until, true, p.id, p.tenant FROM picked p WHERE p.next_at IS DISTINCT FROM p_until
        )
        UPDATE {{schema}}.callbacks c
        SET epoch = CASE WHEN c.epoch < 9223372036854775807 THEN c.epoch + 1 ELSE c.epoch END,
            owner = p_owner, until = p_until, next_at = p_until
        FROM picked p
        WHERE c.tenant = p.tenant AND c.id = p.id
        RETURNING ask, p.queued_at, c.tenant, c.id, c.service, c.state::text, c.priority, c.ready, c.revision::bigint, c.epoch::bigint, c.body;
    END LOOP;
END
$$;

-- lost_race fails a statement that created something at the same time as another
-- one: to be repeated. Unlike a violated constraint it puts no value into the
-- server's log.
CREATE FUNCTION {{schema}}.lost_race_1() RETURNS boolean
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    RAISE EXCEPTION 'another transaction created the same thing' USING ERRCODE = '40001';
END
$$;

-- start creates callbacks when nothing stands in the way: their IDs and
-- idempotency keys are new, and every counter has room for all that is taken.
-- Then it returns true; otherwise it changes nothing and returns false, or fails
-- with 40001 or 23505, and apply is to decide. It is one statement, because a function
-- prepares each of its expressions again in every transaction.
--
-- An array that is NULL stands for the usual value of its column. c_room is how
-- many units may be out before all of c_units are taken.
CREATE FUNCTION {{schema}}.start_1(
    p_now timestamptz, p_tenants text[], p_ids text[], p_next_ats timestamptz[], p_services text[], p_states text[],
    p_priorities smallint[], p_readies boolean[], p_reasons text[],
    p_desireds timestamptz[], p_createds timestamptz[], p_updateds timestamptz[], p_endeds timestamptz[], p_queueds timestamptz[],
    p_numbers text[], p_alternatives text[], p_customers text[], p_externals text[], p_keys text[], p_lookups text[], p_bodies bytea[],
    p_types text[], p_ats timestamptz[], p_nonces bigint[], p_events bytea[],
    c_tenants text[], c_services text[], c_kinds text[], c_slots bigint[], c_names text[], c_subjects text[],
    c_units bigint[], c_room bigint[], c_ends timestamptz[])
RETURNS SETOF boolean
LANGUAGE plpgsql VOLATILE
SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
    RETURN QUERY
    WITH asked AS MATERIALIZED (
        SELECT a.*
        FROM unnest(c_tenants, c_services, c_kinds, c_slots, c_names, c_subjects, c_units, c_room, c_ends)
            WITH ORDINALITY a(tenant, service, kind, slot, name, subject, units, room, ends, i)
    ), locked AS MATERIALIZED (
        SELECT a.i, a.units, a.room, a.ends AS new_ends, c.tenant, c.service, c.kind, c.slot, c.name, c.subject, c.used, c.ends
        FROM asked a
        JOIN {{schema}}.counters c ON c.tenant = a.tenant AND c.service = a.service AND c.kind = a.kind AND c.slot = a.slot
            AND c.name = coalesce(a.name, '') AND c.subject = coalesce(a.subject, '')
        ORDER BY a.i
        FOR UPDATE OF c
    ), fits AS MATERIALIZED (
        SELECT NOT EXISTS (SELECT FROM locked l WHERE l.room < l.used AND (l.ends IS NULL OR l.ends > p_now)
            OR l.ends > l.new_ends + interval '1 second') AS yes
    ), raised AS (
        UPDATE {{schema}}.counters c
        SET used = CASE WHEN l.ends <= p_now THEN l.units ELSE l.used + l.units END,
            ends = CASE WHEN l.ends <= p_now THEN l.new_ends ELSE l.ends END
        FROM locked l, fits
        WHERE fits.yes AND c.tenant = l.tenant AND c.service = l.service AND c.kind = l.kind AND c.slot = l.slot
            AND c.name = l.name AND c.subject = l.subject
    ), added AS (
        INSERT INTO {{schema}}.counters (tenant, service, kind, slot, name, subject, used, ends)
        SELECT a.tenant, a.service, a.kind, a.slot, coalesce(a.name, ''), coalesce(a.subject, ''), a.units, a.ends
        FROM asked a, fits
        WHERE fits.yes AND NOT EXISTS (SELECT FROM locked l WHERE l.i = a.i)
        ON CONFLICT DO NOTHING
        RETURNING 1
    ), rows AS MATERIALIZED (
        SELECT a.*
        FROM fits, unnest(p_next_ats, p_desireds, p_createds, p_updateds, p_endeds, p_queueds, p_priorities, p_readies,
            p_tenants, p_ids, p_services, p_states, p_reasons, p_numbers, p_alternatives, p_customers, p_externals, p_keys, p_lookups,
            p_bodies, p_types, p_ats, p_nonces, p_events)
            a(next_at, desired, created, updated, ended, queued_at, priority, ready,
            tenant, id, service, state, reason, number, alternative, customer, external, key, lookups, body, type, at, nonce, event)
        WHERE fits.yes
    ), made AS (
        INSERT INTO {{schema}}.callbacks (revision, epoch, next_at, desired, created, updated, ended, queued_at, priority, ready,
            tenant, id, service, state, reason, number, alternative, customer_id, external_id, idempotency_key, lookups, body)
        SELECT 1, 0, a.next_at, a.desired, a.created, coalesce(a.updated, a.created), coalesce(a.ended, '-infinity'),
            coalesce(a.queued_at, '-infinity'), coalesce(a.priority, 0), coalesce(a.ready, false),
            a.tenant, a.id, a.service, a.state, a.reason, a.number, a.alternative, a.customer, a.external, a.key, a.lookups::bigint[], a.body
        FROM rows a
        ON CONFLICT DO NOTHING
        RETURNING 1
    ), due AS (
        INSERT INTO {{schema}}.due (next_at, id, tenant) SELECT a.next_at, a.id, a.tenant FROM rows a WHERE a.next_at IS NOT NULL
    ), queue AS (
        INSERT INTO {{schema}}.queue (tenant, service, priority, ready, queued_at, id)
        SELECT a.tenant, a.service, coalesce(a.priority, 0), coalesce(a.ready, false), coalesce(a.queued_at, '-infinity'), a.id
        FROM rows a WHERE a.state = 'QUEUED'
    ), noted AS (
        INSERT INTO {{schema}}.events (seq, nonce, at, tenant, callback, type, body)
        SELECT 1, a.nonce, coalesce(a.at, a.created), a.tenant, a.id, a.type, a.event FROM rows a
    )
    SELECT CASE
        WHEN NOT fits.yes THEN false
        WHEN (SELECT count(*) FROM added) + (SELECT count(*) FROM locked) = (SELECT count(*) FROM asked)
            AND (SELECT count(*) FROM made) = (SELECT count(*) FROM rows) THEN true
        ELSE {{schema}}.lost_race_1() END
    FROM fits;
END
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
--
-- Locks are taken in one order everywhere: callbacks by key, then counters by
-- key. Only the session that holds the lock of a callback changes its rows in due
-- and queue.
-- Two calls that create the same thing at once make one of them fail with
-- 40001, and so does creating an ID or key that is taken, unless p_careful makes
-- the function look first: the call is to be repeated with it.
CREATE FUNCTION {{schema}}.apply_1(
    p_nows timestamptz[], p_ops smallint[], p_tenants text[], p_ids text[], p_revisions bigint[], p_epochs bigint[],
    p_next_ats timestamptz[], p_services text[], p_states text[], p_priorities smallint[], p_readies boolean[], p_reasons text[],
    p_desireds timestamptz[], p_createds timestamptz[], p_updateds timestamptz[], p_endeds timestamptz[], p_queueds timestamptz[],
    p_numbers text[], p_alternatives text[], p_customers text[], p_externals text[], p_keys text[], p_lookups text[], p_bodies bytea[],
    p_types text[], p_ats timestamptz[], p_nonces bigint[], p_events bytea[], p_sources text[], p_source_revisions bigint[],
    p_froms timestamptz[], p_untils timestamptz[],
    c_tenants text[], c_services text[], c_kinds text[], c_slots bigint[], c_names text[], c_subjects text[],
    i_changes int[], i_counters int[], i_units bigint[], i_limits bigint[], i_ends timestamptz[], i_lasts timestamptz[], p_careful boolean)
RETURNS TABLE (change int, fault text, item int, used bigint, ends timestamptz, stored bigint)
LANGUAGE plpgsql VOLATILE
SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    most         constant bigint := 9223372036854775807;
    n            int := cardinality(p_ids);
    m            int := cardinality(c_kinds);
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
    undo_used    bigint[];
    undo_ends    timestamptz[];
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
            FROM (SELECT x.tenant, x.id, x.i, false AS source FROM unnest(p_tenants, p_ids, p_ops) WITH ORDINALITY x(tenant, id, op, i) WHERE x.op <> 1
                UNION ALL
                SELECT x.tenant, x.id, x.i, true FROM unnest(p_tenants, p_sources) WITH ORDINALITY x(tenant, id, i) WHERE x.id IS NOT NULL) a
            JOIN {{schema}}.callbacks c ON c.tenant = a.tenant AND c.id = a.id
            ORDER BY a.tenant, a.id
            FOR UPDATE OF c
        LOOP
            IF r.source AND r.state <> 'ERASED' THEN
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
            FROM unnest(p_tenants, p_ids, p_ops) WITH ORDINALITY a(tenant, id, op, i)
            JOIN {{schema}}.callbacks c ON c.tenant = a.tenant AND c.id = a.id
            WHERE a.op <> 1
            ORDER BY a.tenant, a.id
            FOR UPDATE OF c
        LOOP
            i := r.i;
            CONTINUE WHEN r.state = 'ERASED';
            known[i] := true;
            IF r.revision <> p_revisions[i] - (p_ops[i] <> 3)::int THEN
                change := i; fault := 'revision'; stored := r.revision; RETURN NEXT;
            ELSIF p_epochs[i] <> 0 AND p_epochs[i] <> r.epoch THEN
                change := i; fault := 'epoch'; stored := r.epoch; RETURN NEXT;
            ELSE
                ok[i] := true;
                old_next[i] := r.next_at;
                IF r.state = 'QUEUED' THEN
                    queued := true;
                    old_service[i] := r.service;
                    old_priority[i] := r.priority;
                    old_ready[i] := r.ready;
                    old_queued[i] := r.queued_at;
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
        undo_used := array_fill(0::bigint, ARRAY[items]);
        undo_ends := array_fill(NULL::timestamptz, ARRAY[items]);
        FOR r IN
            SELECT a.i, c.used, c.ends
            FROM unnest(c_tenants, c_services, c_kinds, c_slots, c_names, c_subjects)
                WITH ORDINALITY a(tenant, service, kind, slot, name, subject, i)
            JOIN {{schema}}.counters c ON c.tenant = a.tenant AND c.service = a.service AND c.kind = a.kind
                AND c.slot = a.slot AND c.name = a.name AND c.subject = a.subject
            ORDER BY a.i
            FOR UPDATE OF c
        LOOP
            old_used[r.i] := r.used;
            old_ends[r.i] := r.ends;
            new_used[r.i] := r.used;
            new_ends[r.i] := r.ends;
        END LOOP;
    END IF;

    -- After the counters are locked, so that a repeated request finds its first
    -- before it is refused the place that the first one holds.
    IF p_careful AND news > 0 THEN
        FOR r IN
            SELECT a.i, c.state
            FROM unnest(p_tenants, p_ids, p_ops) WITH ORDINALITY a(tenant, id, op, i)
            JOIN {{schema}}.callbacks c ON c.tenant = a.tenant AND c.id = a.id
            WHERE a.op = 1
        LOOP
            ok[r.i] := false;
            change := r.i; fault := CASE r.state WHEN 'ERASED' THEN 'missing' ELSE 'id' END; RETURN NEXT;
        END LOOP;
    END IF;
    IF p_keys IS NOT NULL THEN
        FOR r IN
            SELECT a.i, (
                SELECT o.i FROM unnest(p_tenants, p_ids) WITH ORDINALITY o(tenant, id, i) WHERE o.tenant = c.tenant AND o.id = c.id
            ) AS owner
            FROM unnest(p_tenants, p_ids, p_keys) WITH ORDINALITY a(tenant, id, key, i)
            JOIN {{schema}}.callbacks c ON c.tenant = a.tenant AND c.idempotency_key = a.key AND c.id <> a.id
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
            IF EXISTS (SELECT FROM {{schema}}.callbacks x WHERE x.tenant = p_tenants[i] AND x.id = p_ids[i]) THEN
                PERFORM {{schema}}.lost_race_1(); -- that the ID is taken comes first
            END IF;
            ok[i] := false;
            change := i; fault := CASE WHEN sources[i] IS NULL THEN 'no source' ELSE 'source' END; stored := sources[i]; RETURN NEXT;
        ELSIF ok[i] AND (at < p_froms[i] OR at >= p_untils[i]) THEN
            IF p_ops[i] = 1 AND EXISTS (SELECT FROM {{schema}}.callbacks x WHERE x.tenant = p_tenants[i] AND x.id = p_ids[i]) THEN
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
                IF new_ends[c] <= p_nows[i] OR new_ends[c] > i_lasts[j] THEN
                    new_used[c] := 0;
                END IF;
                IF i_units[j] < 0 THEN
                    new_used[c] := greatest(0, new_used[c] + i_units[j]);
                ELSIF i_limits[j] >= 0 AND i_units[j] > i_limits[j] - new_used[c] THEN
                    refused := true;
                    IF p_ops[i] = 1 AND EXISTS (SELECT FROM {{schema}}.callbacks x WHERE x.tenant = p_tenants[i] AND x.id = p_ids[i]) THEN
                        PERFORM {{schema}}.lost_race_1();
                    END IF;
                    -- A counter that came while the locks were waited for is not
                    -- among them, and might have refused before this one.
                    IF array_position(old_used, NULL) IS NOT NULL AND EXISTS (
                        SELECT FROM unnest(c_tenants, c_services, c_kinds, c_slots, c_names, c_subjects, old_used)
                            a(tenant, service, kind, slot, name, subject, old)
                        JOIN {{schema}}.counters x ON x.tenant = a.tenant AND x.service = a.service AND x.kind = a.kind
                            AND x.slot = a.slot AND x.name = a.name AND x.subject = a.subject
                        WHERE a.old IS NULL
                    ) THEN
                        PERFORM {{schema}}.lost_race_1();
                    END IF;
                    change := i; fault := 'permit'; item := j; used := new_used[c];
                    ends := CASE WHEN new_used[c] > 0 THEN new_ends[c] END;
                    RETURN NEXT;
                    new_used[c] := undo_used[j];
                    FOR k IN REVERSE j - 1 .. first_item LOOP
                        new_used[i_counters[k]] := undo_used[k];
                        new_ends[i_counters[k]] := undo_ends[k];
                    END LOOP;
                ELSE
                    IF new_used[c] = 0 THEN
                        new_ends[c] := i_ends[j];
                    END IF;
                    new_used[c] := CASE WHEN new_used[c] > most - i_units[j] THEN most ELSE new_used[c] + i_units[j] END;
                END IF;
            END IF;
            j := j + 1;
        END LOOP;
        IF refused THEN
            ok[i] := false;
        END IF;
        IF ok[i] THEN
            kept := kept + 1;
            CASE p_ops[i]
                WHEN 1 THEN created := created + 1;
                WHEN 2 THEN replaced := replaced + 1;
                WHEN 3 THEN unclaimed := unclaimed + 1;
                ELSE replaced := replaced + 1; erased := erased + 1;
            END CASE;
            queued := queued OR p_states[i] = 'QUEUED';
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
        ELSIF new_used[c] <> old_used[c] OR new_ends[c] IS DISTINCT FROM old_ends[c] THEN
            counted := counted + 1;
        END IF;
    END LOOP;
    IF dropped > 0 THEN
        DELETE FROM {{schema}}.counters c
        USING unnest(c_tenants, c_services, c_kinds, c_slots, c_names, c_subjects, old_used, new_used)
            a(tenant, service, kind, slot, name, subject, old, new)
        WHERE a.old IS NOT NULL AND a.new = 0 AND c.tenant = a.tenant AND c.service = a.service AND c.kind = a.kind
            AND c.slot = a.slot AND c.name = a.name AND c.subject = a.subject;
    END IF;
    IF counted > 0 THEN
        UPDATE {{schema}}.counters c SET used = a.new, ends = a.new_ends
        FROM unnest(c_tenants, c_services, c_kinds, c_slots, c_names, c_subjects, old_used, new_used, old_ends, new_ends)
            a(tenant, service, kind, slot, name, subject, old, new, old_ends, new_ends)
        WHERE a.old IS NOT NULL AND a.new > 0 AND (a.new <> a.old OR a.new_ends IS DISTINCT FROM a.old_ends)
            AND c.tenant = a.tenant AND c.service = a.service AND c.kind = a.kind
            AND c.slot = a.slot AND c.name = a.name AND c.subject = a.subject;
    END IF;
    IF added > 0 THEN
        INSERT INTO {{schema}}.counters (tenant, service, kind, slot, name, subject, used, ends)
        SELECT a.tenant, a.service, a.kind, a.slot, a.name, a.subject, a.new, a.ends
        FROM unnest(c_tenants, c_services, c_kinds, c_slots, c_names, c_subjects, old_used, new_used, new_ends)
            a(tenant, service, kind, slot, name, subject, old, new, ends)
        WHERE a.old IS NULL AND a.new > 0
        ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS made = ROW_COUNT;
        IF made <> added THEN
            PERFORM {{schema}}.lost_race_1();
        END IF;
    END IF;

    IF created > 0 THEN
        INSERT INTO {{schema}}.callbacks (revision, epoch, next_at, desired, created, updated, ended, queued_at, priority, ready,
            tenant, id, service, state, reason, number, alternative, customer_id, external_id, idempotency_key, lookups, body)
        SELECT 1, 0, a.next_at, a.desired, a.created, a.updated, a.ended, a.queued_at, a.priority, a.ready,
            a.tenant, a.id, a.service, a.state, a.reason, a.number, a.alternative, a.customer, a.external, a.key, a.lookups::bigint[], a.body
        FROM unnest(ok, p_ops, p_next_ats, p_desireds, p_createds, p_updateds, p_endeds, p_queueds, p_priorities, p_readies,
            p_tenants, p_ids, p_services, p_states, p_reasons, p_numbers, p_alternatives, p_customers, p_externals, p_keys, p_lookups, p_bodies)
            a(ok, op, next_at, desired, created, updated, ended, queued_at, priority, ready,
            tenant, id, service, state, reason, number, alternative, customer, external, key, lookups, body)
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
            number = a.number, alternative = a.alternative, customer_id = a.customer, external_id = a.external,
            idempotency_key = a.key, lookups = a.lookups::bigint[], body = a.body
        FROM unnest(ok, p_ops, p_revisions, p_next_ats, p_desireds, p_createds, p_updateds, p_endeds, p_queueds, p_priorities, p_readies,
            p_tenants, p_ids, p_services, p_states, p_reasons, p_numbers, p_alternatives, p_customers, p_externals, p_keys, p_lookups, p_bodies)
            a(ok, op, revision, next_at, desired, created, updated, ended, queued_at, priority, ready,
            tenant, id, service, state, reason, number, alternative, customer, external, key, lookups, body)
        WHERE a.ok AND a.op IN (2, 4) AND c.tenant = a.tenant AND c.id = a.id;
    END IF;
    IF unclaimed > 0 THEN
        UPDATE {{schema}}.callbacks c SET owner = NULL, until = NULL, next_at = a.next_at
        FROM unnest(ok, p_ops, p_tenants, p_ids, p_next_ats) a(ok, op, tenant, id, next_at)
        WHERE a.ok AND a.op = 3 AND c.tenant = a.tenant AND c.id = a.id;
    END IF;

    IF others > 0 THEN
        DELETE FROM {{schema}}.due d
        USING unnest(ok, p_tenants, p_ids, old_next, p_next_ats) a(ok, tenant, id, old, next_at)
        WHERE a.ok AND a.next_at IS DISTINCT FROM a.old AND d.next_at = a.old AND d.id = a.id AND d.tenant = a.tenant;
    END IF;
    INSERT INTO {{schema}}.due (next_at, id, tenant)
    SELECT a.next_at, a.id, a.tenant
    FROM unnest(ok, p_tenants, p_ids, old_next, p_next_ats) a(ok, tenant, id, old, next_at)
    WHERE a.ok AND a.next_at IS NOT NULL AND a.next_at IS DISTINCT FROM a.old;

    IF queued THEN
        IF others > 0 THEN
            DELETE FROM {{schema}}.queue q
            USING unnest(ok, p_ops, p_tenants, p_ids, old_service, old_priority, old_ready, old_queued,
                p_states, p_services, p_priorities, p_readies, p_queueds)
                a(ok, op, tenant, id, old_service, old_priority, old_ready, old_queued, state, service, priority, ready, queued_at)
            WHERE a.ok AND a.op <> 3
                AND (a.state <> 'QUEUED' OR a.service <> a.old_service OR a.priority <> a.old_priority
                    OR a.ready <> a.old_ready OR a.queued_at <> a.old_queued)
                AND q.tenant = a.tenant AND q.service = a.old_service AND q.priority = a.old_priority
                AND q.ready = a.old_ready AND q.queued_at = a.old_queued AND q.id = a.id;
        END IF;
        INSERT INTO {{schema}}.queue (tenant, service, priority, ready, queued_at, id)
        SELECT a.tenant, a.service, a.priority, a.ready, a.queued_at, a.id
        FROM unnest(ok, p_ops, p_tenants, p_ids, old_service, old_priority, old_ready, old_queued,
            p_states, p_services, p_priorities, p_readies, p_queueds)
            a(ok, op, tenant, id, old_service, old_priority, old_ready, old_queued, state, service, priority, ready, queued_at)
        WHERE a.ok AND a.op <> 3 AND a.state = 'QUEUED'
            AND (a.old_service IS NULL OR a.service <> a.old_service OR a.priority <> a.old_priority
                OR a.ready <> a.old_ready OR a.queued_at <> a.old_queued);
    END IF;

    IF erased > 0 THEN
        DELETE FROM {{schema}}.events e
        USING unnest(ok, p_ops, p_tenants, p_ids) a(ok, op, tenant, id)
        WHERE a.ok AND a.op = 4 AND e.tenant = a.tenant AND e.callback = a.id;
    END IF;
    INSERT INTO {{schema}}.events (seq, nonce, at, tenant, callback, type, body)
    SELECT a.seq, a.nonce, a.at, a.tenant, a.id, a.type, a.body
    FROM unnest(ok, p_ops, p_revisions, p_nonces, p_ats, p_tenants, p_ids, p_types, p_events)
        a(ok, op, seq, nonce, at, tenant, id, type, body)
    WHERE a.ok AND a.op <> 3;
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
SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    services text[];
    kinds    text[];
    slots    bigint[];
    names    text[];
    subjects text[];
BEGIN
    SELECT array_agg(x.service), array_agg(x.kind), array_agg(x.slot), array_agg(x.name), array_agg(x.subject)
    INTO services, kinds, slots, names, subjects
    FROM (
        SELECT c.service, c.kind, c.slot, c.name, c.subject
        FROM {{schema}}.counters c
        WHERE c.tenant = p_tenant AND c.subject = ANY (p_subjects) AND c.subject <> ''
        ORDER BY c.service, c.kind, c.slot, c.name, c.subject
        FOR UPDATE OF c
    ) x;
    DELETE FROM {{schema}}.counters c
    USING unnest(services, kinds, slots, names, subjects) a(service, kind, slot, name, subject)
    WHERE c.tenant = p_tenant AND c.service = a.service AND c.kind = a.kind AND c.slot = a.slot AND c.name = a.name AND c.subject = a.subject
        AND NOT EXISTS (SELECT FROM {{schema}}.callbacks x WHERE x.tenant = p_tenant AND x.number = a.subject)
        AND NOT EXISTS (SELECT FROM {{schema}}.callbacks x WHERE x.tenant = p_tenant AND x.alternative = a.subject)
        AND NOT EXISTS (
            SELECT FROM unnest(p_values, p_hashes) v(value, hash)
            JOIN {{schema}}.callbacks x ON x.tenant = p_tenant AND x.lookups @> ARRAY[v.hash]
            WHERE v.value = a.subject
        );
END
$$;
