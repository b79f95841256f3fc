/* device_health.keep */
WITH finished AS (
    SELECT (health_past_hour AT TIME ZONE 'UTC')::date AS day,
           extract(hour FROM health_past_hour AT TIME ZONE 'UTC')::int AS hour,
           health_past_minutes AS minutes,
           bit_count(health_past_errors::bit(64))::smallint AS errors,
           disk_used_bytes, disk_total_bytes
    FROM devices WHERE id = $1 AND health_past_hour IS NOT NULL
), kept AS (
    INSERT INTO device_health AS h
        (device_id, day, minutes, errors, disk_used_bytes, disk_total_bytes)
    SELECT $1, day,
           array_fill(0::bigint, ARRAY[hour]) || minutes
               || array_fill(0::bigint, ARRAY[23 - hour]),
           array_fill(0::smallint, ARRAY[hour]) || errors
               || array_fill(0::smallint, ARRAY[23 - hour]),
           disk_used_bytes, disk_total_bytes
    FROM finished
    ON CONFLICT (device_id, day) DO UPDATE
    SET minutes = ARRAY(SELECT old | new
                        FROM unnest(h.minutes, EXCLUDED.minutes) WITH ORDINALITY AS m (old, new, n)
                        ORDER BY n),
        errors = ARRAY(SELECT greatest(old, new)
                       FROM unnest(h.errors, EXCLUDED.errors) WITH ORDINALITY AS e (old, new, n)
                       ORDER BY n),
        disk_used_bytes = EXCLUDED.disk_used_bytes,
        disk_total_bytes = EXCLUDED.disk_total_bytes
)
UPDATE devices SET health_past_hour = NULL WHERE id = $1
