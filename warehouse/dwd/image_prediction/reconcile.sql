SELECT 'answers' AS measure,
  (SELECT COUNT(*) FROM (SELECT DISTINCT image_id, model_version FROM ods.image_prediction)) AS upstream,
  (SELECT COUNT(*) FROM dwd.image_prediction) AS here
