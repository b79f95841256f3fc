-- Taking in proof of play: the thresholds by which plays count can be set, and each row says by which
-- it was counted; numbers that a screen's events lack are noticed; months of events are dropped when
-- their time is over, and none of them stays in the default partition unnoticed.

CREATE TABLE play_rule_versions (
    version smallint PRIMARY KEY,
    thresholds jsonb NOT NULL UNIQUE,
    first_used_at timestamptz NOT NULL
);
INSERT INTO play_rule_versions (version, thresholds, first_used_at)
VALUES (1, '{"counted_min_ms": 1000, "duration_max_ms": 86400000, "late_after_ms": 86400000,
             "tolerance_ms": 500, "tolerance_percent": 5}', now());

-- Which numbers of its events a screen has sent. told: an incident about the gap is open.
CREATE TABLE device_sequences (
    device_id uuid PRIMARY KEY,
    seen int8multirange NOT NULL,
    gap_since timestamptz,
    told boolean NOT NULL DEFAULT false
) WITH (fillfactor = 70);

-- A day's sums grow for a whole day, and no index has the columns that grow: with room on the page
-- an update touches no index.
ALTER TABLE proof_of_play_aggregate_daily SET (fillfactor = 70);

-- As before, and rows of the month that went to the default partition move into the new one.
CREATE OR REPLACE FUNCTION ensure_event_partitions(first_day date, last_day date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = playbill, pg_temp AS $$
DECLARE
    month_start date := date_trunc('month', first_day)::date;
    next_start date;
    partition_name text;
    written text;
    made integer := 0;
BEGIN
    IF last_day > first_day + 1100 THEN
        RAISE EXCEPTION 'at most three years of partitions at a time';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('playbill.ensure_event_partitions'));
    WHILE month_start <= last_day LOOP
        partition_name := 'proof_of_play_events_' || to_char(month_start, 'YYYYMM');
        next_start := (month_start + interval '1 month')::date;
        IF to_regclass('playbill.' || partition_name) IS NULL THEN
            IF EXISTS (SELECT FROM proof_of_play_events_default
                       WHERE play_day >= month_start AND play_day < next_start) THEN
                SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO written
                FROM pg_attribute
                WHERE attrelid = 'proof_of_play_events'::regclass AND attnum > 0
                      AND NOT attisdropped AND attgenerated = '';
                LOCK TABLE proof_of_play_events IN ACCESS EXCLUSIVE MODE;
                EXECUTE format('CREATE TABLE %I (LIKE proof_of_play_events INCLUDING ALL)',
                    partition_name);
                EXECUTE format(
                    'WITH moved AS (DELETE FROM proof_of_play_events_default
                                    WHERE play_day >= %L AND play_day < %L RETURNING %s)
                     INSERT INTO %I (%s) SELECT %s FROM moved',
                    month_start, next_start, written, partition_name, written, written);
                EXECUTE format(
                    'ALTER TABLE proof_of_play_events ATTACH PARTITION %I
                     FOR VALUES FROM (%L) TO (%L)', partition_name, month_start, next_start);
            ELSE
                EXECUTE format(
                    'CREATE TABLE %I PARTITION OF proof_of_play_events FOR VALUES FROM (%L) TO (%L)',
                    partition_name, month_start, next_start);
            END IF;
            made := made + 1;
        END IF;
        month_start := next_start;
    END LOOP;
    RETURN made;
END $$;

-- Drops the months that ended before the day; the daily sums stay. Runs as the owner, as above. It
-- gives way to whoever reads: the next turn tries again.
CREATE FUNCTION drop_event_partitions(before date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = playbill, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    partition_name text;
    dropped integer := 0;
BEGIN
    FOR partition_name IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'proof_of_play_events'::regclass
              AND c.relname ~ '^proof_of_play_events_[0-9]{6}$'
              AND to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month' <= before
        ORDER BY c.relname
    LOOP
        EXECUTE format('DROP TABLE %I', partition_name);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;
