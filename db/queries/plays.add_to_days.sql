/* plays.add_to_days */
INSERT INTO proof_of_play_aggregate_daily AS d (
    device_id, report_day, store_id, campaign_id, content_id, result, plays, partial, failed,
    skipped, duration_ms, partial_ms, late, first_played_at, last_played_at)
SELECT
    n.device_id, n.report_day, n.store_id, n.campaign_id, n.content_id, n.result, n.plays,
    n.partial, n.failed, n.skipped, n.duration_ms, n.partial_ms, n.late, n.first_played_at,
    n.last_played_at
FROM unnest(
    $1::uuid[], $2::date[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::bigint[],
    $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[],
    $14::timestamptz[], $15::timestamptz[]
) AS n (
    device_id, report_day, store_id, campaign_id, content_id, result, plays, partial, failed,
    skipped, duration_ms, partial_ms, late, first_played_at, last_played_at)
ON CONFLICT (device_id, report_day, store_id, campaign_id, content_id, result) DO UPDATE
SET plays = d.plays + EXCLUDED.plays,
    partial = d.partial + EXCLUDED.partial,
    failed = d.failed + EXCLUDED.failed,
    skipped = d.skipped + EXCLUDED.skipped,
    duration_ms = d.duration_ms + EXCLUDED.duration_ms,
    partial_ms = d.partial_ms + EXCLUDED.partial_ms,
    late = d.late + EXCLUDED.late,
    first_played_at = least(d.first_played_at, EXCLUDED.first_played_at),
    last_played_at = greatest(d.last_played_at, EXCLUDED.last_played_at)
