/* detectors.restart_loop.note */
WITH told AS (
    SELECT id, last_seen_at,
           CASE WHEN counters ? 'uptime_s' THEN last_seen_at - make_interval(
               secs => least((counters ->> 'uptime_s')::numeric, 1e9)::double precision)
           END AS started_at,
           -- LEAST passes over nulls, so what is absent must not reach it.
           CASE WHEN counters ? 'restarts'
                THEN least((counters ->> 'restarts')::numeric, 1e15)::bigint END AS counted
    FROM devices
    WHERE status = 'active' AND last_seen_at > $1
          AND (counters ? 'uptime_s' OR counters ? 'restarts')
), known AS MATERIALIZED (
    SELECT t.id, t.started_at, t.counted, s.device_id IS NULL AS is_new,
           coalesce(s.recent, '{}') AS recent,
           CASE WHEN s.device_id IS NULL THEN 0
                WHEN t.counted IS NOT NULL THEN greatest(t.counted - coalesce(s.counted, t.counted), 0)
                WHEN t.started_at > s.started_at + make_interval(secs => $4) THEN 1
                ELSE 0 END AS starts,
           s.started_at AS started_before, s.counted AS counted_before
    FROM told t LEFT JOIN device_starts s ON s.device_id = t.id
)
INSERT INTO device_starts AS s (device_id, started_at, counted, recent)
SELECT id, started_at, counted,
       ARRAY(SELECT at FROM unnest(recent || array_fill($2::timestamptz,
                                                        ARRAY[least(starts, 50)::integer])) AS at
             WHERE at > $3 ORDER BY at DESC LIMIT 50)
FROM known
WHERE is_new OR starts > 0 OR counted IS DISTINCT FROM counted_before
ON CONFLICT (device_id) DO UPDATE
SET started_at = EXCLUDED.started_at, counted = EXCLUDED.counted, recent = EXCLUDED.recent
