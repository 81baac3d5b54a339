-- check: its_photograph_is_there warn
SELECT p.image_id, p.model_version FROM dwd.image_prediction AS p
LEFT JOIN dwd.image AS i ON p.image_id = i.image_id AND p.dt = i.dt
WHERE i.image_id IS NULL

-- check: its_model_is_registered fail
SELECT DISTINCT p.model_version FROM dwd.image_prediction AS p
LEFT JOIN dim.model_current AS m ON p.model_version = m.version
WHERE m.version IS NULL

-- check: defect_and_label_agree fail
SELECT image_id, model_version, defect, label FROM dwd.image_prediction WHERE defect = (label = 'No-Anomaly')
