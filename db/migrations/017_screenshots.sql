-- The latest picture of what a screen shows, as the screen itself took it. One row for each screen:
-- a new picture takes the place of the old one. The bytes stand here and not among the media, as no
-- plan names them, nobody shares them, and they go with the next picture.

CREATE TABLE device_screenshots (
    device_id uuid PRIMARY KEY REFERENCES devices (id),
    taken_at timestamptz NOT NULL,
    mime text NOT NULL CHECK (mime ~ '^image/[a-z]+$'),
    width integer NOT NULL CHECK (width > 0),
    height integer NOT NULL CHECK (height > 0),
    image bytea NOT NULL,
    sha256 bytea NOT NULL GENERATED ALWAYS AS (sha256(image)) STORED
);
-- Pictures are compressed already.
ALTER TABLE device_screenshots ALTER COLUMN image SET STORAGE EXTERNAL;
