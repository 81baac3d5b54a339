-- check: status_is_known fail
SELECT ticket_id, status FROM dwd.work_ticket WHERE status NOT IN ('open', 'in_progress', 'closed') OR status IS NULL

-- check: closed_means_closed_at fail
SELECT ticket_id, status, closed_at FROM dwd.work_ticket WHERE (status = 'closed') <> (closed_at IS NOT NULL)
