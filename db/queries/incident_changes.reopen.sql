/* incident_changes.reopen */
UPDATE incidents i
SET resolved_at = NULL, folded_into = NULL, reopened = i.reopened + 1, store_id = n.store_id,
    severity = n.severity, summary = n.summary, evidence = n.evidence::jsonb, updated_at = $7,
    lost_per_hour = n.lost_per_hour, counted_at = $7
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::integer[])
     AS n (id, store_id, severity, summary, evidence, lost_per_hour)
WHERE i.id = n.id AND i.resolved_at IS NOT NULL
