-- What the program does by itself: when each duty ran last and how it ended, for every process that
-- shares the database. The one that does the duties holds an advisory lock; this is its memory.
CREATE TABLE duties (
    name text PRIMARY KEY,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    done bigint NOT NULL DEFAULT 0,
    error text
);
