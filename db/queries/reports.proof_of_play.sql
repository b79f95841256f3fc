/* reports.proof_of_play */
WITH facts AS (
    SELECT {fact_keys}f.device_id AS screen, f.store_id AS place,
           sum(f.plays)::bigint AS plays, sum(f.partial)::bigint AS partial,
           sum(f.failed)::bigint AS failed, sum(f.skipped)::bigint AS skipped,
           sum(f.duration_ms)::bigint AS duration_ms, sum(f.partial_ms)::bigint AS partial_ms,
           sum(f.late)::bigint AS late,
           min(f.first_played_at) AS first_played_at, max(f.last_played_at) AS last_played_at
    FROM {source} f
    WHERE f.report_day BETWEEN $1 AND $2
          AND ($3::uuid[] IS NULL OR f.store_id = ANY ($3))
          AND ($4::uuid[] IS NULL OR f.campaign_id = ANY ($4))
          AND ($5::uuid[] IS NULL OR f.store_id = ANY ($5))
          AND ($6::uuid[] IS NULL OR f.device_id IN (
              SELECT m.device_id FROM device_group_members m WHERE m.group_id = ANY ($6)))
          AND ($7::uuid[] IS NULL OR f.device_id = ANY ($7))
          AND ($8::uuid[] IS NULL OR f.content_id = ANY ($8))
          AND ($9::text[] IS NULL OR f.result = ANY ($9))
          AND ($10::uuid[] IS NULL OR f.campaign_id = ANY ($10))
    GROUP BY {keys}screen, place
), by_screen AS (
    SELECT {keys}screen, sum(plays)::bigint AS plays, sum(partial)::bigint AS partial,
           sum(failed)::bigint AS failed, sum(skipped)::bigint AS skipped,
           sum(duration_ms)::bigint AS duration_ms, sum(partial_ms)::bigint AS partial_ms,
           min(first_played_at) AS first_played_at, max(last_played_at) AS last_played_at,
           sum(late)::bigint AS late
    FROM facts
    GROUP BY {keys}screen
), grouped AS (
    SELECT {keys}sum(plays)::bigint AS plays, sum(partial)::bigint AS partial,
           sum(failed)::bigint AS failed, sum(skipped)::bigint AS skipped,
           sum(duration_ms)::bigint AS duration_ms, sum(partial_ms)::bigint AS partial_ms,
           count(*) AS screens, min(first_played_at) AS first_played_at,
           max(last_played_at) AS last_played_at, sum(late)::bigint AS late
    FROM by_screen
    {group_by}HAVING count(*) > 0
), named AS (
    SELECT {columns}, {order_columns}
    FROM grouped g
    {joins}
)
