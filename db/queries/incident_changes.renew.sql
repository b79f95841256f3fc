/* incident_changes.renew */
UPDATE incidents i
SET store_id = n.store_id, severity = n.severity, summary = n.summary,
    evidence = n.evidence::jsonb, updated_at = $7,
    plays_lost = i.plays_lost + i.lost_per_hour
        * extract(epoch FROM $7 - coalesce(i.counted_at, i.opened_at)) / 3600,
    lost_per_hour = n.lost_per_hour, counted_at = $7
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::integer[])
     AS n (id, store_id, severity, summary, evidence, lost_per_hour)
WHERE i.id = n.id AND i.resolved_at IS NULL
