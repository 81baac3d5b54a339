SELECT 'defects' AS measure,
  (SELECT COUNT(*) FROM dwd.image_prediction AS p JOIN dwd.image AS i ON p.image_id = i.image_id AND p.dt = i.dt
    WHERE p.defect) AS upstream,
  (SELECT COUNT(*) FROM ads.equipment_defect) AS here
