-- check: what_is_as_sealed_has_no_difference fail
SELECT table_name, partition_path, audited_at, finding FROM ads.audit_status
WHERE finding = 'as sealed' AND changed + added + removed > 0

-- check: nothing_is_tampered fail
SELECT table_name, partition_path, audited_at, changed, added, removed FROM ads.audit_status WHERE finding = 'tampered'
