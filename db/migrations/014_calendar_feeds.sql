-- Secret addresses at which a calendar program reads what is scheduled on a store or a screen.
CREATE TABLE calendar_feeds (
    id uuid PRIMARY KEY,
    target_kind text NOT NULL CHECK (target_kind IN ('device', 'store')),
    device_id uuid REFERENCES devices (id),
    store_id uuid REFERENCES stores (id),
    secret_hash bytea NOT NULL UNIQUE,
    created_by uuid,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CONSTRAINT calendar_feeds_target CHECK (
        (target_kind = 'device') = (device_id IS NOT NULL)
        AND (target_kind = 'store') = (store_id IS NOT NULL))
);
