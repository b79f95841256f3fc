-- Pairing at the size of a roll-out: codes made for many screens at once and printed on one sheet,
-- limits on what strangers may open that stay cheap when they are reached, and machines that share
-- one identity noticed with the heartbeat they send anyway.

-- Claims that were made in one go; a new sheet for them takes the former codes back.
ALTER TABLE device_claims ADD COLUMN batch_id uuid;
CREATE INDEX device_claims_batch ON device_claims (batch_id) WHERE batch_id IS NOT NULL;
-- Who may open how many, and what has run out.
CREATE INDEX device_claims_pending_install ON device_claims (install_secret_hash)
    WHERE state = 'pending' AND install_secret_hash IS NOT NULL;
CREATE INDEX device_claims_live ON device_claims (expires_at)
    WHERE state IN ('pending', 'approved');
-- Screens that are expected: their codes are made, and nobody has typed them yet.
CREATE INDEX device_claims_expected ON device_claims (store_id, lower(name))
    WHERE state = 'approved' AND kind = 'console';

-- Which machine the last heartbeat came from, so that two that take turns show. ``machines`` holds
-- the few that beat lately; it is written only when another one than the last beats.
ALTER TABLE devices
    ADD COLUMN machine_fingerprint text,
    ADD COLUMN machine_address text,
    ADD COLUMN machines jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN before_last_seen_at timestamptz;
