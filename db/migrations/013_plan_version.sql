-- By which rules and which time zone tables the plans were made: an upgrade of either makes them anew.
CREATE TABLE plan_version (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    rules integer NOT NULL,
    time_zones text NOT NULL,
    adopted_at timestamptz NOT NULL
);
