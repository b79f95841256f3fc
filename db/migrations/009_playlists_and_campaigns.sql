-- What people did to a playlist's draft, so that the last change can be undone and two people who
-- edit at once see what the other did; and indexes for the lists of playlists and campaigns.

-- One row per revision of a draft, as it stood after that change. undoes_to and redoes_to name the
-- revisions whose state an undo or a redo goes to; none where there is nothing to go to. Only the
-- newest are kept: this is for editing, the audit log is the record.
CREATE TABLE playlist_revisions (
    playlist_id uuid NOT NULL REFERENCES playlists (id),
    revision integer NOT NULL CHECK (revision > 0),
    name text NOT NULL,
    items jsonb NOT NULL CHECK (jsonb_typeof(items) = 'array'),
    undoes_to integer,
    redoes_to integer,
    changed_by uuid,
    changed_by_name text NOT NULL DEFAULT '',
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (playlist_id, revision)
);

-- The drafts as they stand now, so that the first change after this migration can be undone too.
INSERT INTO playlist_revisions (playlist_id, revision, name, items, changed_at)
SELECT p.id, p.revision, p.name,
       coalesce((SELECT jsonb_agg(jsonb_build_object(
                     'id', i.id, 'content_id', i.content_id, 'playlist_id', i.nested_playlist_id,
                     'version', i.pinned_version, 'duration_ms', i.duration_ms,
                     'weight', i.weight, 'campaign_id', i.campaign_id,
                     'not_before', i.not_before, 'not_after', i.not_after) ORDER BY i.position)
                 FROM playlist_items i WHERE i.playlist_id = p.id AND i.edition = 'draft'), '[]'),
       p.updated_at
FROM playlists p;

CREATE INDEX playlists_name ON playlists (name, id);
CREATE INDEX playlist_items_campaign ON playlist_items (campaign_id);
CREATE INDEX campaigns_name ON campaigns (name, id);
