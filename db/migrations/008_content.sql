-- The life of a content: approval of each version, the recall, and what the library is found by.
--
-- A version is never changed, so what people decide about it stands beside it. A version without a
-- row here counts as approved: one that an older process adds while this migration is rolled out.
CREATE TABLE content_approvals (
    content_id uuid NOT NULL,
    version integer NOT NULL,
    state text NOT NULL CHECK (state IN ('draft', 'in_review', 'approved', 'rejected')),
    publish_at timestamptz,
    submitted_by uuid,
    submitted_at timestamptz,
    decided_by uuid,
    decided_at timestamptz,
    reason text CHECK (length(reason) BETWEEN 1 AND 1000),
    PRIMARY KEY (content_id, version),
    FOREIGN KEY (content_id, version) REFERENCES content_versions (content_id, version),
    CHECK ((state = 'rejected') = (reason IS NOT NULL))
);
INSERT INTO content_approvals (content_id, version, state, submitted_by, submitted_at, reason)
SELECT c.id, v.version, c.approval_state, v.created_by, v.created_at,
       CASE WHEN c.approval_state = 'rejected' THEN coalesce(c.rejection_reason, 'No reason') END
FROM content c JOIN content_versions v ON v.content_id = c.id;

-- content.approval_state and rejection_reason stay: they are those of the newest version.
ALTER TABLE content
    ADD COLUMN recalled_by uuid,
    ADD COLUMN recall_reason text NOT NULL DEFAULT '' CHECK (length(recall_reason) <= 1000),
    -- LIKE on this reads 50,000 names several times faster than ILIKE on name.
    ADD COLUMN search_name text NOT NULL GENERATED ALWAYS AS (lower(name)) STORED;

-- The orders of the library, each ending in the id so that a page goes on from any row; the folder
-- with its pattern class, so that a folder finds all that is beneath it.
CREATE INDEX content_name ON content (name, id) WHERE archived_at IS NULL;
CREATE INDEX content_changed ON content (updated_at, id) WHERE archived_at IS NULL;
CREATE INDEX content_expiry
    ON content (coalesce(valid_until, timestamptz '9999-12-31T00:00:00Z'), id)
    WHERE archived_at IS NULL;
CREATE INDEX content_folder ON content (folder text_pattern_ops) WHERE archived_at IS NULL;
CREATE INDEX content_owner ON content (created_by);
CREATE INDEX content_undecided ON content (approval_state, id) WHERE approval_state <> 'approved';
CREATE INDEX content_away ON content (created_at, id)
    WHERE archived_at IS NOT NULL OR recalled_at IS NOT NULL;

-- Which plans held a content, for its recall; what it played, for its page.
CREATE INDEX plan_items_content ON plan_items (content_id);
CREATE INDEX playout_plan_items_item ON playout_plan_items (item_id);
CREATE INDEX proof_of_play_daily_content
    ON proof_of_play_aggregate_daily (content_id, report_day);
