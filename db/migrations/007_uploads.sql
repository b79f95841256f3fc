-- Uploads that can go on where they stopped, and what keeps stored bytes from being collected.
--
-- An upload belongs to whoever began it. Its bytes are on the disk of the machine that receives them;
-- what is here is what the bytes are to become, and what became of them.
CREATE TABLE uploads (
    id uuid PRIMARY KEY,
    owner_kind text NOT NULL CHECK (owner_kind IN ('user', 'key', 'system')),
    owner_id uuid,
    state text NOT NULL DEFAULT 'receiving' CHECK (state IN ('receiving', 'finished', 'refused')),
    length_bytes bigint CHECK (length_bytes >= 0),
    metadata text NOT NULL DEFAULT '' CHECK (length(metadata) <= 8000),
    file_name text NOT NULL CHECK (length(file_name) <= 300),
    details jsonb NOT NULL,
    replaces_content_id uuid REFERENCES content (id),
    publish_at timestamptz,
    draft boolean NOT NULL DEFAULT false,
    content_id uuid REFERENCES content (id),
    refusal_code text,
    refusal_detail text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CHECK ((state = 'finished') = (content_id IS NOT NULL)),
    CHECK ((state = 'refused') = (refusal_code IS NOT NULL))
);
CREATE INDEX uploads_owner ON uploads (owner_kind, owner_id, created_at DESC, id DESC);
CREATE INDEX uploads_expires ON uploads (expires_at);

-- Bytes that somebody is about to refer to: between being stored and being named by a version they
-- look unused, and without this a collection at that moment would take them away.
CREATE TABLE media_reservations (
    id uuid PRIMARY KEY,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    reserved_until timestamptz NOT NULL
);
CREATE INDEX media_reservations_sha256 ON media_reservations (sha256);

-- Every column that names stored bytes. A migration that adds one adds it here.
CREATE VIEW media_references AS
    SELECT sha256 FROM content_versions WHERE sha256 IS NOT NULL
    UNION ALL
    SELECT poster_sha256 FROM content_versions WHERE poster_sha256 IS NOT NULL;
CREATE INDEX content_versions_poster_sha256 ON content_versions (poster_sha256);
