/* play_sequences.note */
WITH arrived AS (
    SELECT n.device_id, range_agg(int8range(n.first, n.last, '[]')) AS seen,
           min(n.first) FILTER (WHERE n.is_new) AS new_from
    FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::boolean[])
         AS n (device_id, first, last, is_new)
    GROUP BY n.device_id
), summed AS (
    -- Over a hundred gaps are no gaps but numbers at random; what was before is taken as one.
    SELECT a.device_id, coalesce(s.told, false) AS told, s.gap_since,
           CASE WHEN s.seen IS NULL OR s.seen @> a.new_from THEN a.seen
                WHEN (SELECT count(*) FROM unnest(s.seen)) > 100
                THEN int8multirange(range_merge(s.seen)) + a.seen
                ELSE s.seen + a.seen END AS seen
    FROM arrived a
    LEFT JOIN device_sequences s ON s.device_id = a.device_id
), written AS (
    INSERT INTO device_sequences AS d (device_id, seen, gap_since)
    SELECT n.device_id, n.seen,
           CASE WHEN n.seen <> int8multirange(range_merge(n.seen))
                THEN coalesce(n.gap_since, $5) END
    FROM summed n
    ON CONFLICT (device_id) DO UPDATE SET seen = EXCLUDED.seen, gap_since = EXCLUDED.gap_since
    RETURNING d.device_id, d.gap_since, d.told
)
SELECT device_id, gap_since FROM written
WHERE CASE WHEN gap_since IS NULL THEN told ELSE gap_since <= $6 END
