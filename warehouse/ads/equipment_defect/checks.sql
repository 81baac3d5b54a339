-- check: a_defect_has_a_kind fail
SELECT image_id, model_version, defect FROM ads.equipment_defect WHERE defect = 'No-Anomaly'

-- check: a_person_agrees warn
SELECT image_id, model_version, defect, probability FROM ads.equipment_defect WHERE verdict = 'ok'
