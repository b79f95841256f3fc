, totals AS (
    SELECT coalesce(sum(plays), 0)::bigint AS total_plays,
           coalesce(sum(partial), 0)::bigint AS total_partial,
           coalesce(sum(failed), 0)::bigint AS total_failed,
           coalesce(sum(skipped), 0)::bigint AS total_skipped,
           coalesce(sum(duration_ms), 0)::bigint AS total_duration_ms,
           coalesce(sum(partial_ms), 0)::bigint AS total_partial_ms,
           (SELECT count(*) FROM (SELECT DISTINCT screen FROM facts) s) AS total_screens,
           (SELECT count(*) FROM (SELECT DISTINCT place FROM facts WHERE place <> '{nil}') p)
               AS total_stores,
           min(first_played_at) AS total_first_played_at,
           max(last_played_at) AS total_last_played_at,
           coalesce(sum(late), 0)::bigint AS total_late
    FROM grouped
), page AS (
    SELECT {names}, {order_names}
    FROM named
    WHERE {after}
    ORDER BY {order}
    LIMIT {limit}
)
SELECT total_plays, total_partial, total_failed, total_skipped, total_duration_ms,
       total_partial_ms, total_screens, total_stores, total_first_played_at, total_last_played_at,
       total_late, {names}, {order_names}
FROM totals
LEFT JOIN page ON true
ORDER BY {order}
