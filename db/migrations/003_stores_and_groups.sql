-- Stores that end and groups that follow a rule.
--
-- An archived store keeps its row, as history refers to it, and gives its code free for another. An
-- archived group does the same with its name and its rank.
--
-- rule is {"tags": [...], "match_tags": "all" | "any", "store_ids": [...], "models": [...]}: a screen
-- is a member as long as it matches every part that is given. Without a rule members are put in by
-- hand. Ranks are unique at the end of a statement, so that one statement can put groups in another
-- order.

ALTER TABLE stores DROP CONSTRAINT stores_code_key;
CREATE UNIQUE INDEX stores_code ON stores (code) WHERE archived_at IS NULL;
CREATE INDEX stores_name ON stores (name, id) WHERE archived_at IS NULL;

ALTER TABLE device_groups
    ADD COLUMN rule jsonb CHECK (jsonb_typeof(rule) = 'object' AND rule <> '{}'),
    ADD COLUMN archived_at timestamptz,
    ALTER COLUMN rank DROP NOT NULL,
    ADD CONSTRAINT device_groups_rank_while_live CHECK ((rank IS NULL) = (archived_at IS NOT NULL)),
    DROP CONSTRAINT device_groups_name_key,
    DROP CONSTRAINT device_groups_rank_key,
    ADD CONSTRAINT device_groups_rank UNIQUE (rank) DEFERRABLE INITIALLY IMMEDIATE;
CREATE UNIQUE INDEX device_groups_name ON device_groups (name) WHERE archived_at IS NULL;
