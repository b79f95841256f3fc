/* plays.insert */
INSERT INTO proof_of_play_events (
    device_id, event_id, play_day, event_type, result, outcome, started_at, device_started_at,
    clock_offset_ms, duration_ms, device_duration_ms, planned_duration_ms, item_id, schedule_id,
    playlist_id, content_id, content_version, campaign_id, store_id, report_day, report_hour, late,
    seq, plan_etag, player_version, error, payload_hash, received_at, rule_version)
SELECT
    n.device_id, n.event_id, n.play_day, n.event_type, n.result, n.outcome, n.started_at,
    n.device_started_at, n.clock_offset_ms, n.duration_ms, n.device_duration_ms,
    n.planned_duration_ms, n.item_id, n.schedule_id, n.playlist_id, n.content_id,
    n.content_version, n.campaign_id, n.store_id, n.report_day, n.report_hour, n.late, n.seq,
    n.plan_etag, n.player_version, n.error, n.payload_hash, n.received_at, n.rule_version
FROM unnest(
    $1::uuid[], $2::uuid[], $3::date[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
    $8::timestamptz[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::text[],
    $14::uuid[], $15::uuid[], $16::uuid[], $17::int[], $18::uuid[], $19::uuid[], $20::date[],
    $21::smallint[], $22::boolean[], $23::bigint[], $24::text[], $25::text[], $26::text[],
    $27::bytea[], $28::timestamptz[], $29::smallint[]
) AS n (
    device_id, event_id, play_day, event_type, result, outcome, started_at, device_started_at,
    clock_offset_ms, duration_ms, device_duration_ms, planned_duration_ms, item_id, schedule_id,
    playlist_id, content_id, content_version, campaign_id, store_id, report_day, report_hour, late,
    seq, plan_etag, player_version, error, payload_hash, received_at, rule_version)
ON CONFLICT (device_id, event_id, play_day) DO NOTHING
RETURNING device_id, event_id
