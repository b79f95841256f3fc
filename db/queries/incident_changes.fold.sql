/* incident_changes.fold */
UPDATE incidents i
SET resolved_at = $3, updated_at = $3, snoozed_until = NULL, folded_into = whole.id,
    plays_lost = i.plays_lost + i.lost_per_hour
        * extract(epoch FROM $3 - coalesce(i.counted_at, i.opened_at)) / 3600,
    counted_at = $3
FROM incidents whole
WHERE whole.kind = ANY ($1) AND whole.device_id IS NULL AND whole.resolved_at IS NULL
      AND i.store_id = whole.store_id AND i.kind = 'offline' AND i.resolved_at IS NULL
      AND i.device_id = ANY ($2)
RETURNING i.id
