WITH ticket AS (
  SELECT region_id, COUNT(*) AS open_tickets
  FROM dwd.work_ticket WHERE status <> 'closed' GROUP BY region_id
),
risk AS (
  SELECT region_id, COUNT(*) AS open_risk_points,
    SUM(CASE WHEN level = 'high' THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END) AS high_risk_points,
    SUM(CASE WHEN ticket_id IS NULL THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END) AS untreated_risk_points,
    MIN(found_at) AS oldest_risk_found_at
  FROM dwd.risk_point WHERE status <> 'closed' GROUP BY region_id
)
SELECT
  g.region_id, g.name AS region_name,
  COALESCE(t.open_tickets, 0) AS open_tickets,
  COALESCE(r.open_risk_points, 0) AS open_risk_points,
  COALESCE(r.high_risk_points, 0) AS high_risk_points,
  COALESCE(r.untreated_risk_points, 0) AS untreated_risk_points,
  r.oldest_risk_found_at
FROM dim.region_current AS g
LEFT JOIN ticket AS t ON g.region_id = t.region_id
LEFT JOIN risk AS r ON g.region_id = r.region_id
