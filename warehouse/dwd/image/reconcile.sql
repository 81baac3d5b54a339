SELECT 'photographs' AS measure, (SELECT COUNT(DISTINCT image_id) FROM ods.image) AS upstream,
  (SELECT COUNT(*) FROM dwd.image) AS here
UNION ALL
SELECT 'bytes', (SELECT SUM(size_bytes) FROM (SELECT DISTINCT image_id, size_bytes FROM ods.image)),
  (SELECT SUM(size_bytes) FROM dwd.image)
