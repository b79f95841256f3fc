-- The device registry at ten thousand screens: search, order, saved views, and health over time.
--
-- Lists. What a list is sorted by has an index, except for last_seen_at and the storage values: they
-- change with every heartbeat, and an index on them would make each heartbeat write all indexes of
-- the row instead of none (a heap-only update). Those two orders sort a narrow scan.
--
-- Health. A heartbeat sets the bit of its minute in health_minutes of its own row, which it updates
-- anyway. With the first heartbeat of another hour the finished one stands in health_past_* until it
-- is added to device_health: one row per device and UTC day, 24 numbers of 60 bits. So 100,000
-- devices write 28 rows a second there, and 90 days of them are nine million rows.

ALTER TABLE devices
    ADD COLUMN search_text text NOT NULL GENERATED ALWAYS AS
        (lower(name || E'\n' || coalesce(device_info_json ->> 'serial', ''))) STORED,
    ADD COLUMN health_hour timestamptz,
    ADD COLUMN health_minutes bigint NOT NULL DEFAULT 0,
    ADD COLUMN health_errors bigint NOT NULL DEFAULT 0,
    ADD COLUMN health_past_hour timestamptz,
    ADD COLUMN health_past_minutes bigint NOT NULL DEFAULT 0,
    ADD COLUMN health_past_errors bigint NOT NULL DEFAULT 0;

CREATE INDEX devices_store_name ON devices (store_id, name, id);
DROP INDEX devices_store;
CREATE INDEX devices_version ON devices ((coalesce(player_version, '')), id);
CREATE INDEX devices_created ON devices (created_at, id);

-- minutes has a bit for each minute of an hour in which a heartbeat came, errors counts the minutes
-- in which one named an error; both begin with the hour from 00:00 UTC.
CREATE TABLE device_health (
    device_id uuid NOT NULL,
    day date NOT NULL,
    minutes bigint[] NOT NULL CHECK (cardinality(minutes) = 24),
    errors smallint[] NOT NULL CHECK (cardinality(errors) = 24),
    disk_used_bytes bigint,
    disk_total_bytes bigint,
    PRIMARY KEY (device_id, day)
) WITH (fillfactor = 80);
CREATE INDEX device_health_day ON device_health USING brin (day);

-- A list that somebody keeps: the query of its address. owner_id is a user's or an API key's.
CREATE TABLE device_views (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    query jsonb NOT NULL CHECK (jsonb_typeof(query) = 'object'),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT device_views_name UNIQUE (owner_id, name)
);

-- The incidents of one screen, open and past.
CREATE INDEX incidents_device ON incidents (device_id, opened_at DESC, id DESC);

-- Whose plan was this? Plans are looked up by their tag alone, whichever device was due them.
CREATE INDEX device_plans_by_etag ON device_plans (etag);
