/* heartbeats.record */
UPDATE devices
SET last_seen_at = greatest(last_seen_at, $2), before_last_seen_at = last_seen_at,
    machine_fingerprint = CASE WHEN machine_address = $3
        THEN coalesce(machine_fingerprint, $13) ELSE machine_fingerprint END,
    last_address = $3, now_playing = $4,
    disk_used_bytes = $5, disk_total_bytes = coalesce($6, disk_total_bytes),
    plan_etag_reported = $7, last_error = $8, counters = coalesce($9, counters),
    clock_offset_ms = coalesce($10, clock_offset_ms),
    player_version = coalesce($11, player_version),
    device_info_json = coalesce($12, device_info_json),
    health_past_hour = CASE WHEN health_hour < $14 THEN health_hour ELSE health_past_hour END,
    health_past_minutes = CASE WHEN health_hour < $14 THEN health_minutes
                               ELSE health_past_minutes END,
    health_past_errors = CASE WHEN health_hour < $14 THEN health_errors
                              ELSE health_past_errors END,
    health_hour = greatest(health_hour, $14),
    health_minutes = CASE WHEN health_hour > $14 THEN health_minutes
                          WHEN health_hour = $14 THEN health_minutes | $15 ELSE $15 END,
    health_errors = CASE WHEN health_hour > $14 THEN health_errors
                         WHEN health_hour = $14 THEN health_errors | $16 ELSE $16 END
WHERE id = $1
RETURNING machine_address IS DISTINCT FROM $3
              OR coalesce(machine_fingerprint <> $13, false) AS another_machine,
          health_past_hour IS NOT NULL AS hour_finished
