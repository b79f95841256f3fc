-- Incidents with a life of their own: somebody takes one on, hands it over, puts it off or writes
-- something down; detectors open, renew and close them; what is being worked on opens none.

-- plays_lost counts up to counted_at; since then they are lost at lost_per_hour, until it is resolved.
-- resolved_by is the person or key that resolved it by hand; null where it ended by itself.
ALTER TABLE incidents
    ADD COLUMN assigned_to uuid,
    ADD COLUMN resolved_by uuid,
    ADD COLUMN folded_into uuid REFERENCES incidents (id),
    ADD COLUMN reopened integer NOT NULL DEFAULT 0,
    ADD COLUMN lost_per_hour integer NOT NULL DEFAULT 0 CHECK (lost_per_hour >= 0),
    ADD COLUMN plays_lost double precision NOT NULL DEFAULT 0 CHECK (plays_lost >= 0),
    ADD COLUMN counted_at timestamptz;

-- Few are open at any time; what is counted in the navigation of every page reads only these.
CREATE INDEX incidents_unresolved ON incidents (store_id, device_id) WHERE resolved_at IS NULL;
CREATE INDEX incidents_resolved ON incidents (resolved_at DESC, id DESC)
    WHERE resolved_at IS NOT NULL;

-- What happened to an incident, by whom; actor_id is a user's or a key's, null for the program.
CREATE TABLE incident_notes (
    id uuid PRIMARY KEY,
    incident_id uuid NOT NULL REFERENCES incidents (id),
    at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN ('opened', 'reopened', 'severity', 'note', 'acknowledged',
                                       'assigned', 'snoozed', 'resolved', 'folded')),
    actor_id uuid,
    actor text NOT NULL DEFAULT '',
    text text NOT NULL DEFAULT '' CHECK (length(text) <= 4000)
);
CREATE INDEX incident_notes_incident ON incident_notes (incident_id, at, id);

-- What looks wrong but not for long enough to be an incident yet.
CREATE TABLE incident_suspicions (
    kind text NOT NULL,
    device_id uuid NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (kind, device_id)
);

-- When a screen's player started, and the starts of the last hours that were noticed.
CREATE TABLE device_starts (
    device_id uuid PRIMARY KEY,
    started_at timestamptz,
    counted bigint,
    recent timestamptz[] NOT NULL DEFAULT '{}'
) WITH (fillfactor = 70);

-- While somebody works on a store or a screen no incident opens there.
CREATE TABLE maintenance_windows (
    id uuid PRIMARY KEY,
    store_id uuid REFERENCES stores (id),
    device_id uuid REFERENCES devices (id),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
    reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    created_by uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    ended_at timestamptz,
    CHECK ((store_id IS NULL) <> (device_id IS NULL))
);
CREATE INDEX maintenance_windows_ends ON maintenance_windows (ends_at DESC, id DESC);
