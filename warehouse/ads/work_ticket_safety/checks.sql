-- check: parts_are_not_more_than_the_whole fail
SELECT region_id, open_risk_points, high_risk_points, untreated_risk_points FROM ads.work_ticket_safety
WHERE high_risk_points > open_risk_points OR untreated_risk_points > open_risk_points

-- check: every_region_is_there fail
SELECT g.region_id FROM dim.region_current AS g
FULL JOIN ads.work_ticket_safety AS w ON g.region_id = w.region_id
WHERE g.region_id IS NULL OR w.region_id IS NULL

-- check: no_high_risk_is_left_untreated warn
SELECT risk_id, region_id, found_at FROM dwd.risk_point WHERE status <> 'closed' AND level = 'high' AND ticket_id IS NULL
