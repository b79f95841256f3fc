/* incident_changes.open */
INSERT INTO incidents (id, kind, severity, device_id, store_id, summary, evidence, opened_at,
                       updated_at, lost_per_hour, plays_lost, counted_at)
SELECT n.id, n.kind, n.severity, n.device_id, n.store_id, n.summary, n.evidence::jsonb, $7, $7,
       n.lost_per_hour, n.lost_per_hour * n.lasted_s / 3600, $7
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::integer[], $8::text[],
            $9::uuid[], $10::double precision[])
     AS n (id, store_id, severity, summary, evidence, lost_per_hour, kind, device_id, lasted_s)
ON CONFLICT DO NOTHING
RETURNING id
