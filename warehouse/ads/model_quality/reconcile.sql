SELECT 'photographs' AS measure, (SELECT COUNT(*) FROM dwd.image_prediction) AS upstream,
  (SELECT SUM(images) FROM ads.model_quality) AS here
UNION ALL
SELECT 'defects', (SELECT COUNT(*) FROM dwd.image_prediction WHERE defect), (SELECT SUM(defects) FROM ads.model_quality)
