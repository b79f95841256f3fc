-- 004: people. Invitations and reset links that can be listed, sent again and withdrawn; a second
-- factor with recovery codes; sessions that their owner can tell apart and end; the campaigns that
-- an advertiser may see.
--
-- The secret of a second factor is not kept: it is the HMAC of the server's secret, the person and
-- totp_generation, so a copy of the database signs nobody in. totp_secret was never written.

ALTER TABLE users
    DROP COLUMN totp_secret,
    ADD COLUMN campaign_ids uuid[] NOT NULL DEFAULT '{}',
    ADD COLUMN last_seen_at timestamptz,
    ADD COLUMN totp_generation integer NOT NULL DEFAULT 0 CHECK (totp_generation >= 0),
    ADD COLUMN totp_since timestamptz,
    ADD COLUMN totp_last_step bigint,
    ADD COLUMN revision integer NOT NULL DEFAULT 1,
    ADD CONSTRAINT users_campaigns CHECK (role = 'advertiser' OR campaign_ids = '{}');
CREATE INDEX users_name ON users (name, id);

ALTER TABLE sessions ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid();
CREATE UNIQUE INDEX sessions_id ON sessions (id);

-- Ten for each person with a second factor, each good once; only their HMAC is here.
CREATE TABLE recovery_codes (
    user_id uuid NOT NULL REFERENCES users (id),
    code_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (user_id, code_hash)
);

-- A sign-in whose password was right and whose code is awaited. The cookie holds a random token.
CREATE TABLE sign_in_steps (
    token_hash bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

ALTER TABLE invitations
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN campaign_ids uuid[] NOT NULL DEFAULT '{}',
    ADD COLUMN invited_by uuid,
    ADD COLUMN updated_at timestamptz,
    ADD COLUMN withdrawn_at timestamptz;
CREATE UNIQUE INDEX invitations_id ON invitations (id);
CREATE UNIQUE INDEX invitations_pending ON invitations (lower(email))
    WHERE kind = 'invite' AND used_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX invitations_user ON invitations (user_id) WHERE used_at IS NULL;

ALTER TABLE api_keys
    ADD COLUMN campaign_ids uuid[] NOT NULL DEFAULT '{}',
    ADD COLUMN created_by uuid,
    ADD CONSTRAINT api_keys_campaigns CHECK (role = 'advertiser' OR campaign_ids = '{}');
CREATE INDEX api_keys_recent ON api_keys (created_at DESC, id DESC);
