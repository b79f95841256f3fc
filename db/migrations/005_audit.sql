-- The audit log: entries that can be read only one way, addresses that can be read for a while, and
-- an index for the days a list is limited to.
--
-- The first form of the hash joins the fields by newlines, so a newline inside an id could stand for
-- a boundary and two different entries could have one hash. New entries take the second form: each
-- field with its length before it, nothing for an absent one. Older entries verify as they were.
ALTER TABLE audit_log ADD COLUMN form smallint NOT NULL DEFAULT 1 CHECK (form IN (1, 2));
ALTER TABLE audit_log ALTER COLUMN form SET DEFAULT 2;

CREATE INDEX audit_log_at ON audit_log (at);

-- Readable addresses, forgotten after 90 days. The log's rows hold only the HMAC.
CREATE TABLE audit_addresses (
    address_hmac bytea PRIMARY KEY CHECK (length(address_hmac) = 32),
    address text NOT NULL CHECK (length(address) BETWEEN 1 AND 100),
    seen_at timestamptz NOT NULL
);
CREATE INDEX audit_addresses_seen ON audit_addresses (seen_at);

CREATE FUNCTION audit_log_fields(row_ audit_log) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY[
        (row_).seq::text,
        to_char((row_).at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        (row_).actor_kind,
        (row_).actor_id::text,
        (row_).action,
        (row_).entity,
        (row_).entity_id,
        (row_).before::text,
        (row_).after::text,
        encode((row_).address_hmac, 'hex'),
        (row_).request_id]
$$;

CREATE OR REPLACE FUNCTION audit_log_digest(row_ audit_log) RETURNS bytea
LANGUAGE sql IMMUTABLE SET search_path = playbill, pg_temp AS $$
    SELECT sha256((row_).previous_hash || convert_to(CASE (row_).form
        WHEN 1 THEN array_to_string(audit_log_fields(row_), E'\n', '-')
        ELSE (SELECT string_agg(coalesce(
                  octet_length(convert_to(field, 'UTF8')) || ':' || field, '-'), E'\n' ORDER BY n)
              FROM unnest(audit_log_fields(row_)) WITH ORDINALITY AS f (field, n)) END, 'UTF8'))
$$;

-- Whatever a writer asks for, a new entry takes the second form.
CREATE OR REPLACE FUNCTION audit_log_chain() RETURNS trigger
LANGUAGE plpgsql SET search_path = playbill, pg_temp AS $$
DECLARE
    head record;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('playbill.audit_log'));
    SELECT seq, hash INTO head FROM audit_log ORDER BY seq DESC LIMIT 1;
    NEW.seq := coalesce(head.seq, 0) + 1;
    NEW.form := 2;
    NEW.previous_hash := coalesce(head.hash, sha256('playbill'::bytea));
    NEW.hash := audit_log_digest(NEW);
    RETURN NEW;
END $$;
