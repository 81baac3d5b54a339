SELECT 'open tickets' AS measure,
  (SELECT COUNT(*) FROM dwd.work_ticket WHERE status <> 'closed' AND region_id IN (SELECT region_id FROM dim.region_current)) AS upstream,
  (SELECT SUM(open_tickets) FROM ads.work_ticket_safety) AS here
UNION ALL
SELECT 'open risk points',
  (SELECT COUNT(*) FROM dwd.risk_point WHERE status <> 'closed' AND region_id IN (SELECT region_id FROM dim.region_current)),
  (SELECT SUM(open_risk_points) FROM ads.work_ticket_safety)
