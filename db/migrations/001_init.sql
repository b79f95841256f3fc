-- The core of Playbill: who may act, the fleet, what it shows, when, and the proof of what was shown.
--
-- Rules that hold for every table here:
--   * ids are UUIDv7 made by the application; times are timestamptz; durations are milliseconds;
--   * configuration rows are archived or retired, never deleted, where history refers to them;
--   * fact tables (events, aggregates, quarantine, device_plans) carry no foreign keys and have
--     device_id in every key, so that the same statements run when they are distributed by it.

-- People and keys -------------------------------------------------------------------------------

CREATE TABLE stores (
    id uuid PRIMARY KEY,
    code text NOT NULL UNIQUE CHECK (code ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    timezone text NOT NULL CHECK (length(timezone) BETWEEN 1 AND 64),
    address text NOT NULL DEFAULT '' CHECK (length(address) <= 500),
    region text NOT NULL DEFAULT '' CHECK (length(region) <= 200),
    opening_hours jsonb CHECK (jsonb_typeof(opening_hours) = 'object'),
    closures date[] NOT NULL DEFAULT '{}',
    special_days jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(special_days) = 'object'),
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    archived_at timestamptz
);

CREATE TABLE users (
    id uuid PRIMARY KEY,
    email text NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    role text NOT NULL CHECK (role IN ('admin', 'manager', 'installer', 'analyst', 'advertiser')),
    password_hash text,
    totp_secret bytea,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
    last_login_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX users_email ON users (lower(email));

CREATE TABLE user_stores (
    user_id uuid NOT NULL REFERENCES users (id),
    store_id uuid NOT NULL REFERENCES stores (id),
    PRIMARY KEY (user_id, store_id)
);

-- A sign-in. The cookie holds a random token; only its SHA-256 is here.
CREATE TABLE sessions (
    token_hash bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    address text NOT NULL DEFAULT '',
    user_agent text NOT NULL DEFAULT ''
);
CREATE INDEX sessions_user ON sessions (user_id) WHERE ended_at IS NULL;

-- One-time links: the first administrator's set-up, invitations, password resets.
CREATE TABLE invitations (
    token_hash bytea PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('setup', 'invite', 'reset')),
    user_id uuid REFERENCES users (id),
    email text,
    role text NOT NULL,
    store_ids uuid[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);

CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    role text NOT NULL CHECK (role IN ('admin', 'manager', 'installer', 'analyst', 'advertiser')),
    key_hash bytea NOT NULL UNIQUE,
    store_ids uuid[],
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz
);

-- Failed attempts (sign-in, codes) by what was tried and by whom, counted in fixed windows.
CREATE TABLE attempts (
    kind text NOT NULL,
    subject text NOT NULL,
    window_started_at timestamptz NOT NULL,
    failures integer NOT NULL CHECK (failures > 0),
    PRIMARY KEY (kind, subject, window_started_at)
);

CREATE TABLE settings (
    key text PRIMARY KEY,
    value jsonb NOT NULL,
    changed_by uuid,
    changed_at timestamptz NOT NULL
);

-- The fleet -------------------------------------------------------------------------------------

CREATE TABLE device_groups (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 200),
    rank integer NOT NULL UNIQUE,
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

-- plan_wanted counts the changes that can affect this device's plan; plan_made is the count that the
-- plan named by plan_etag was resolved at. A plan is current when both are equal and its day is today.
CREATE TABLE devices (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    store_id uuid NOT NULL REFERENCES stores (id),
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'revoked', 'retired')),
    tags text[] NOT NULL DEFAULT '{}',
    notes text NOT NULL DEFAULT '' CHECK (length(notes) <= 10000),
    device_info_json jsonb NOT NULL DEFAULT '{}',
    player_version text,
    -- tokens: SHA-256 only; family and generation derive the successor of a refresh token
    token_family uuid,
    token_generation integer NOT NULL DEFAULT 0,
    token_hash bytea UNIQUE,
    token_expires_at timestamptz,
    token_used_at timestamptz,
    previous_token_hash bytea UNIQUE,
    previous_token_until timestamptz,
    refresh_hash bytea UNIQUE,
    refresh_expires_at timestamptz,
    previous_refresh_hash bytea UNIQUE,
    -- the latest heartbeat
    last_seen_at timestamptz,
    last_address text,
    now_playing jsonb,
    plan_etag_reported text,
    disk_used_bytes bigint,
    disk_total_bytes bigint,
    clock_offset_ms bigint,
    last_error text,
    counters jsonb NOT NULL DEFAULT '{}',
    -- the plan
    plan_wanted bigint NOT NULL DEFAULT 1,
    plan_made bigint NOT NULL DEFAULT 0,
    plan_day date,
    plan_etag text,
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX devices_store ON devices (store_id);
CREATE INDEX devices_name ON devices (name, id);
CREATE INDEX devices_tags ON devices USING gin (tags);

CREATE TABLE device_group_members (
    group_id uuid NOT NULL REFERENCES device_groups (id),
    device_id uuid NOT NULL REFERENCES devices (id),
    PRIMARY KEY (group_id, device_id)
);
CREATE INDEX device_group_members_device ON device_group_members (device_id);

-- A range over uuid has a GiST operator class of its own, so "one place at a time" needs no extension.
CREATE TYPE uuidrange AS RANGE (subtype = uuid);

CREATE TABLE device_placements (
    device_id uuid NOT NULL REFERENCES devices (id),
    store_id uuid NOT NULL REFERENCES stores (id),
    during tstzrange NOT NULL CHECK (NOT isempty(during)),
    CONSTRAINT device_placements_one_at_a_time
        EXCLUDE USING gist (uuidrange(device_id, device_id, '[]') WITH =, during WITH &&)
);
CREATE INDEX device_placements_device ON device_placements (device_id, lower(during));

-- A claim pairs a screen. code_hash is of the secret claim_code; user_code_hash of what a screen shows.
CREATE TABLE device_claims (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('screen', 'console')),
    state text NOT NULL
        CHECK (state IN ('pending', 'approved', 'redeemed', 'denied', 'revoked', 'expired')),
    code_hash bytea NOT NULL UNIQUE,
    user_code_hash bytea,
    install_secret_hash bytea,
    device_info_json jsonb NOT NULL DEFAULT '{}',
    address text NOT NULL DEFAULT '',
    interval_s integer NOT NULL DEFAULT 5,
    last_polled_at timestamptz,
    store_id uuid REFERENCES stores (id),
    name text,
    group_ids uuid[] NOT NULL DEFAULT '{}',
    replaces_device_id uuid REFERENCES devices (id),
    device_id uuid REFERENCES devices (id),
    approved_by uuid,
    approved_at timestamptz,
    redeemed_at timestamptz,
    created_by uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CHECK ((kind = 'screen') = (user_code_hash IS NOT NULL)),
    CHECK (state NOT IN ('approved', 'redeemed') OR store_id IS NOT NULL)
);
CREATE UNIQUE INDEX device_claims_live_user_code ON device_claims (user_code_hash)
    WHERE state = 'pending';
CREATE INDEX device_claims_pending_address ON device_claims (address) WHERE state = 'pending';
CREATE INDEX device_claims_created ON device_claims (created_at DESC, id DESC);

CREATE TABLE device_commands (
    id uuid PRIMARY KEY,
    device_id uuid NOT NULL REFERENCES devices (id),
    kind text NOT NULL CHECK (kind IN
        ('identify', 'reload', 'reboot', 'screenshot', 'refresh_plan', 'clear_cache')),
    args jsonb NOT NULL DEFAULT '{}',
    state text NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'delivered', 'done', 'failed', 'expired')),
    detail text,
    created_by uuid,
    created_at timestamptz NOT NULL,
    delivered_at timestamptz,
    finished_at timestamptz,
    expires_at timestamptz NOT NULL
);
CREATE INDEX device_commands_open ON device_commands (device_id, created_at)
    WHERE state IN ('queued', 'delivered');
CREATE INDEX device_commands_device ON device_commands (device_id, created_at DESC);

-- What is shown ---------------------------------------------------------------------------------

CREATE TABLE campaigns (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    advertiser text NOT NULL DEFAULT '',
    contract_number text NOT NULL DEFAULT '',
    starts_on date,
    ends_on date CHECK (ends_on >= starts_on),
    planned_plays bigint CHECK (planned_plays >= 0),
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    archived_at timestamptz
);

CREATE TABLE content (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 300),
    kind text NOT NULL CHECK (kind IN ('image', 'video', 'url')),
    folder text NOT NULL DEFAULT '' CHECK (length(folder) <= 500),
    tags text[] NOT NULL DEFAULT '{}',
    campaign_id uuid REFERENCES campaigns (id),
    valid_from timestamptz,
    valid_until timestamptz CHECK (valid_until > valid_from),
    approval_state text NOT NULL DEFAULT 'approved'
        CHECK (approval_state IN ('draft', 'in_review', 'approved', 'rejected')),
    rejection_reason text,
    latest_version integer NOT NULL DEFAULT 0,
    revision integer NOT NULL DEFAULT 1,
    created_by uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    archived_at timestamptz,
    recalled_at timestamptz
);
CREATE INDEX content_recent ON content (created_at DESC, id DESC);
CREATE INDEX content_campaign ON content (campaign_id);
CREATE INDEX content_tags ON content USING gin (tags);

-- Bytes are named by their SHA-256 (hex). A version is never changed; a new file is a new version.
CREATE TABLE content_versions (
    id uuid PRIMARY KEY,
    content_id uuid NOT NULL REFERENCES content (id),
    version integer NOT NULL CHECK (version > 0),
    sha256 text CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    bytes bigint NOT NULL CHECK (bytes >= 0),
    mime text NOT NULL,
    url text CHECK (length(url) <= 2000),
    width integer CHECK (width > 0),
    height integer CHECK (height > 0),
    duration_ms bigint CHECK (duration_ms > 0),
    frame_rate double precision,
    codec text,
    poster_sha256 text CHECK (poster_sha256 ~ '^[0-9a-f]{64}$'),
    file_name text NOT NULL DEFAULT '' CHECK (length(file_name) <= 300),
    warnings jsonb NOT NULL DEFAULT '[]',
    created_by uuid,
    created_at timestamptz NOT NULL,
    UNIQUE (content_id, version),
    CHECK ((sha256 IS NULL) <> (url IS NULL))
);
CREATE INDEX content_versions_sha256 ON content_versions (sha256);

-- Which version is live from when. Going back to an earlier version is a new row, so the past stays.
CREATE TABLE content_publications (
    content_id uuid NOT NULL,
    live_from timestamptz NOT NULL,
    version integer NOT NULL,
    published_by uuid,
    PRIMARY KEY (content_id, live_from),
    FOREIGN KEY (content_id, version) REFERENCES content_versions (content_id, version)
);

CREATE TABLE playlists (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    revision integer NOT NULL DEFAULT 1,
    published_revision integer,
    published_at timestamptz,
    created_by uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    archived_at timestamptz
);

-- The draft is what people edit, the live edition is what screens play. An item keeps its id in both.
CREATE TABLE playlist_items (
    edition text NOT NULL CHECK (edition IN ('draft', 'live')),
    id uuid NOT NULL,
    playlist_id uuid NOT NULL REFERENCES playlists (id),
    position integer NOT NULL CHECK (position >= 0),
    content_id uuid REFERENCES content (id),
    nested_playlist_id uuid REFERENCES playlists (id),
    pinned_version integer,
    duration_ms integer CHECK (duration_ms BETWEEN 500 AND 86400000),
    weight smallint NOT NULL DEFAULT 1 CHECK (weight BETWEEN 1 AND 10),
    campaign_id uuid REFERENCES campaigns (id),
    not_before timestamptz,
    not_after timestamptz CHECK (not_after > not_before),
    PRIMARY KEY (edition, id),
    CONSTRAINT playlist_items_position UNIQUE (playlist_id, edition, position)
        DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (content_id, pinned_version) REFERENCES content_versions (content_id, version),
    CHECK ((content_id IS NULL) <> (nested_playlist_id IS NULL)),
    CHECK (nested_playlist_id <> playlist_id)
);
CREATE INDEX playlist_items_content ON playlist_items (content_id);
CREATE INDEX playlist_items_nested ON playlist_items (nested_playlist_id);

-- When it is shown ------------------------------------------------------------------------------

CREATE TABLE playlist_assignments (
    id uuid PRIMARY KEY,
    playlist_id uuid NOT NULL REFERENCES playlists (id),
    target_kind text NOT NULL CHECK (target_kind IN ('device', 'group', 'store', 'fleet')),
    device_id uuid REFERENCES devices (id),
    group_id uuid REFERENCES device_groups (id),
    store_id uuid REFERENCES stores (id),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT playlist_assignments_one_per_target
        UNIQUE NULLS NOT DISTINCT (target_kind, device_id, group_id, store_id),
    CONSTRAINT playlist_assignments_target CHECK (
        (target_kind = 'device') = (device_id IS NOT NULL)
        AND (target_kind = 'group') = (group_id IS NOT NULL)
        AND (target_kind = 'store') = (store_id IS NOT NULL))
);
CREATE INDEX playlist_assignments_playlist ON playlist_assignments (playlist_id);

CREATE TABLE schedules (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    playlist_id uuid NOT NULL REFERENCES playlists (id),
    target_kind text NOT NULL CHECK (target_kind IN ('device', 'group', 'store', 'fleet')),
    device_id uuid REFERENCES devices (id),
    group_id uuid REFERENCES device_groups (id),
    store_id uuid REFERENCES stores (id),
    starts_on date NOT NULL,
    ends_on date CHECK (ends_on >= starts_on),
    all_day boolean NOT NULL DEFAULT false,
    start_time time,
    end_time time,
    rrule text CHECK (length(rrule) <= 500),
    exdates date[] NOT NULL DEFAULT '{}',
    rdates date[] NOT NULL DEFAULT '{}',
    timezone text CHECK (length(timezone) <= 64),
    priority smallint NOT NULL DEFAULT 50 CHECK (priority BETWEEN 0 AND 100),
    takeover boolean NOT NULL DEFAULT false,
    only_when_open boolean NOT NULL DEFAULT false,
    enabled boolean NOT NULL DEFAULT true,
    revision integer NOT NULL DEFAULT 1,
    created_by uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    archived_at timestamptz,
    CONSTRAINT schedules_times CHECK (all_day OR (start_time IS NOT NULL AND end_time IS NOT NULL)),
    CONSTRAINT schedules_ends_on_needs_a_rule CHECK (ends_on IS NULL OR rrule IS NOT NULL),
    CONSTRAINT schedules_target CHECK (
        (target_kind = 'device') = (device_id IS NOT NULL)
        AND (target_kind = 'group') = (group_id IS NOT NULL)
        AND (target_kind = 'store') = (store_id IS NOT NULL))
);
CREATE INDEX schedules_playlist ON schedules (playlist_id) WHERE archived_at IS NULL;
CREATE INDEX schedules_target ON schedules (target_kind, device_id, group_id, store_id)
    WHERE archived_at IS NULL;

-- Plans -----------------------------------------------------------------------------------------

-- plan_json is text, so that its bytes are kept exactly as they were hashed and served.
CREATE TABLE playout_plans (
    etag text PRIMARY KEY,
    plan_json text NOT NULL,
    horizon_from timestamptz NOT NULL,
    horizon_until timestamptz NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE playout_plan_items (
    etag text NOT NULL REFERENCES playout_plans (etag),
    item_id text NOT NULL,
    PRIMARY KEY (etag, item_id)
);

-- What an item_id stands for; a play is billed by this row, however its playlist changed since.
CREATE TABLE plan_items (
    item_id text PRIMARY KEY,
    schedule_id uuid,
    assignment_id uuid,
    playlist_id uuid NOT NULL,
    playlist_item_id uuid NOT NULL,
    content_id uuid NOT NULL,
    content_version integer NOT NULL,
    campaign_id uuid,
    duration_ms bigint NOT NULL CHECK (duration_ms > 0),
    created_at timestamptz NOT NULL
);

-- Which plan a device was due from when, whether it fetched it or not.
CREATE TABLE device_plans (
    device_id uuid NOT NULL,
    due_from timestamptz NOT NULL,
    etag text NOT NULL,
    fetched_at timestamptz,
    PRIMARY KEY (device_id, due_from)
);
CREATE INDEX device_plans_etag ON device_plans (device_id, etag);

-- Proof of play ---------------------------------------------------------------------------------

-- started_at is corrected by clock_offset_ms; device_started_at is the device's own clock.
-- outcome is what the play counts as, decided once at acceptance under rule_version.
-- planned_duration_ms is the server's figure, by which the play was judged.
-- The nil UUID stands for "none" in store_id, campaign_id and content_id, as keys cannot be null.
CREATE TABLE proof_of_play_events (
    device_id uuid NOT NULL,
    event_id uuid NOT NULL,
    play_day date NOT NULL,
    event_type text NOT NULL CHECK (event_type IN ('play', 'fallback', 'test')),
    result text NOT NULL CHECK (result IN
        ('completed', 'interrupted', 'content_failed', 'hardware_failed', 'skipped')),
    outcome text NOT NULL CHECK (outcome IN ('played', 'partial', 'failed', 'skipped', 'none')),
    started_at timestamptz NOT NULL,
    device_started_at timestamptz NOT NULL,
    clock_offset_ms bigint NOT NULL,
    duration_ms bigint NOT NULL CHECK (duration_ms >= 0),
    device_duration_ms bigint NOT NULL CHECK (device_duration_ms >= 0),
    capped boolean NOT NULL GENERATED ALWAYS AS (device_duration_ms > duration_ms) STORED,
    planned_duration_ms bigint,
    item_id text,
    schedule_id uuid,
    playlist_id uuid,
    content_id uuid NOT NULL,
    content_version integer,
    campaign_id uuid NOT NULL,
    store_id uuid NOT NULL,
    report_day date NOT NULL,
    report_hour smallint NOT NULL CHECK (report_hour BETWEEN 0 AND 23),
    late boolean NOT NULL,
    seq bigint,
    plan_etag text,
    player_version text,
    error text,
    payload_hash bytea NOT NULL,
    rule_version smallint NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (device_id, event_id, play_day)
) PARTITION BY RANGE (play_day);
CREATE INDEX proof_of_play_events_report ON proof_of_play_events (report_day, store_id);
CREATE INDEX proof_of_play_events_device ON proof_of_play_events (device_id, started_at);
CREATE TABLE proof_of_play_events_default PARTITION OF proof_of_play_events DEFAULT;

-- Refused events as they came. received_at and sent_at are kept so that a replay corrects the clock
-- and judges the age as the first attempt did.
CREATE TABLE proof_of_play_quarantine (
    device_id uuid NOT NULL,
    event_id text NOT NULL,
    code text NOT NULL,
    payload text NOT NULL,
    detail text NOT NULL DEFAULT '',
    sent_at timestamptz,
    received_at timestamptz NOT NULL,
    replayed_at timestamptz,
    PRIMARY KEY (device_id, event_id, code)
);
CREATE INDEX proof_of_play_quarantine_received ON proof_of_play_quarantine (received_at DESC);

-- What the events of every kind of result add up to; events with the outcome none are not in it.
-- result is in the key so that a report filtered by it never needs the events, which are kept for
-- a shorter time.
CREATE TABLE proof_of_play_aggregate_daily (
    device_id uuid NOT NULL,
    report_day date NOT NULL,
    store_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    content_id uuid NOT NULL,
    result text NOT NULL DEFAULT 'completed',
    plays bigint NOT NULL DEFAULT 0,
    partial bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    skipped bigint NOT NULL DEFAULT 0,
    duration_ms bigint NOT NULL DEFAULT 0,
    partial_ms bigint NOT NULL DEFAULT 0,
    late bigint NOT NULL DEFAULT 0,
    first_played_at timestamptz NOT NULL,
    last_played_at timestamptz NOT NULL,
    PRIMARY KEY (device_id, report_day, store_id, campaign_id, content_id, result)
);
CREATE INDEX proof_of_play_daily_campaign ON proof_of_play_aggregate_daily (campaign_id, report_day);
CREATE INDEX proof_of_play_daily_store ON proof_of_play_aggregate_daily (store_id, report_day);
CREATE INDEX proof_of_play_daily_day ON proof_of_play_aggregate_daily (report_day);

-- Makes one partition a month for every month that touches [first_day, last_day]. It runs as the
-- owner, since the application's role may not create tables. Safe to repeat.
CREATE FUNCTION ensure_event_partitions(first_day date, last_day date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = playbill, pg_temp AS $$
DECLARE
    month_start date := date_trunc('month', first_day)::date;
    partition_name text;
    made integer := 0;
BEGIN
    IF last_day > first_day + 1100 THEN
        RAISE EXCEPTION 'at most three years of partitions at a time';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('playbill.ensure_event_partitions'));
    WHILE month_start <= last_day LOOP
        partition_name := 'proof_of_play_events_' || to_char(month_start, 'YYYYMM');
        IF to_regclass('playbill.' || partition_name) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF proof_of_play_events FOR VALUES FROM (%L) TO (%L)',
                partition_name, month_start, (month_start + interval '1 month')::date);
            made := made + 1;
        END IF;
        month_start := (month_start + interval '1 month')::date;
    END LOOP;
    RETURN made;
END $$;

-- Trouble and accountability --------------------------------------------------------------------

CREATE TABLE incidents (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    device_id uuid REFERENCES devices (id),
    store_id uuid REFERENCES stores (id),
    summary text NOT NULL,
    evidence jsonb NOT NULL DEFAULT '{}',
    opened_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by uuid,
    snoozed_until timestamptz,
    resolved_at timestamptz,
    CHECK (device_id IS NOT NULL OR store_id IS NOT NULL)
);
CREATE UNIQUE INDEX incidents_one_open_per_device ON incidents (device_id, kind)
    WHERE resolved_at IS NULL AND device_id IS NOT NULL;
CREATE UNIQUE INDEX incidents_one_open_per_store ON incidents (store_id, kind)
    WHERE resolved_at IS NULL AND device_id IS NULL;
CREATE INDEX incidents_opened ON incidents (opened_at DESC, id DESC);

-- actor_id and entity_id name rows; address_hmac lets an address be compared, not read.
CREATE TABLE audit_log (
    seq bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    actor_kind text NOT NULL CHECK (actor_kind IN ('user', 'key', 'device', 'system')),
    actor_id uuid,
    action text NOT NULL,
    entity text NOT NULL,
    entity_id text NOT NULL,
    before jsonb,
    after jsonb,
    address_hmac bytea,
    request_id text,
    previous_hash bytea NOT NULL,
    hash bytea NOT NULL
);
CREATE INDEX audit_log_entity ON audit_log (entity, entity_id, seq DESC);
CREATE INDEX audit_log_actor ON audit_log (actor_id, seq DESC);

-- One canonical text per row, so that a verifier in any language can repeat the hash.
CREATE FUNCTION audit_log_digest(row_ audit_log) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256((row_).previous_hash || convert_to(concat_ws(E'\n',
        (row_).seq::text,
        to_char((row_).at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        (row_).actor_kind,
        coalesce((row_).actor_id::text, '-'),
        (row_).action,
        (row_).entity,
        (row_).entity_id,
        coalesce((row_).before::text, '-'),
        coalesce((row_).after::text, '-'),
        coalesce(encode((row_).address_hmac, 'hex'), '-'),
        coalesce((row_).request_id, '-')), 'UTF8'))
$$;

-- The lock makes the chain one line: the next writer reads the head only after this one committed.
CREATE FUNCTION audit_log_chain() RETURNS trigger
LANGUAGE plpgsql SET search_path = playbill, pg_temp AS $$
DECLARE
    head record;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('playbill.audit_log'));
    SELECT seq, hash INTO head FROM audit_log ORDER BY seq DESC LIMIT 1;
    NEW.seq := coalesce(head.seq, 0) + 1;
    NEW.previous_hash := coalesce(head.hash, sha256('playbill'::bytea));
    NEW.hash := audit_log_digest(NEW);
    RETURN NEW;
END $$;
CREATE TRIGGER audit_log_chain BEFORE INSERT ON audit_log
    FOR EACH ROW EXECUTE FUNCTION audit_log_chain();

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: its rows are never changed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER content_versions_immutable BEFORE UPDATE OR DELETE ON content_versions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
