/* incident_changes.resolve */
UPDATE incidents
SET resolved_at = $2, updated_at = $2, snoozed_until = NULL,
    plays_lost = plays_lost + lost_per_hour
        * extract(epoch FROM $2 - coalesce(counted_at, opened_at)) / 3600,
    counted_at = $2
WHERE id = ANY ($1) AND resolved_at IS NULL
