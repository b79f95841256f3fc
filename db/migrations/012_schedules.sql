-- Schedules as people edit them: exceptions know the series they belong to, and a takeover started
-- from its button knows the instant at which it ends.
ALTER TABLE schedules
    ADD COLUMN series_id uuid REFERENCES schedules (id),
    ADD COLUMN series_on date,
    ADD COLUMN takeover_until timestamptz CHECK (takeover_until IS NULL OR takeover),
    ADD CONSTRAINT schedules_exception CHECK ((series_id IS NULL) = (series_on IS NULL));
CREATE INDEX schedules_series ON schedules (series_id) WHERE series_id IS NOT NULL;
CREATE INDEX schedules_running_takeovers ON schedules (takeover_until)
    WHERE takeover_until IS NOT NULL AND archived_at IS NULL;
