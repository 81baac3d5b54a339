-- check: status_is_known fail
SELECT risk_id, status FROM dwd.risk_point WHERE status NOT IN ('open', 'closed') OR status IS NULL

-- check: closed_means_closed_at fail
SELECT risk_id, status, closed_at FROM dwd.risk_point WHERE (status = 'closed') <> (closed_at IS NOT NULL)
