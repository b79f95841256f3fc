/* incident_changes.unresolved */
SELECT id, kind, device_id, CASE WHEN device_id IS NULL THEN store_id END AS about_store, store_id,
       severity, summary, evidence, lost_per_hour
FROM incidents WHERE resolved_at IS NULL AND kind = ANY ($1)
