/* incident_changes.resolved_lately */
SELECT DISTINCT ON (kind, device_id, CASE WHEN device_id IS NULL THEN store_id END)
       id, kind, device_id, CASE WHEN device_id IS NULL THEN store_id END AS about_store,
       resolved_by
FROM incidents
WHERE resolved_at > $4 AND kind = ANY ($1)
      AND (device_id = ANY ($2) OR (device_id IS NULL AND store_id = ANY ($3)))
ORDER BY kind, device_id, CASE WHEN device_id IS NULL THEN store_id END, resolved_at DESC
