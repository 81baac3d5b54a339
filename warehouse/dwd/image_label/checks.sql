-- check: verdict_is_known fail
SELECT image_id, verdict FROM dwd.image_label WHERE verdict NOT IN ('defect', 'ok') OR verdict IS NULL

-- check: its_photograph_is_there warn
SELECT l.image_id FROM dwd.image_label AS l LEFT JOIN dwd.image AS i ON l.image_id = i.image_id WHERE i.image_id IS NULL
