SELECT image_id, model_version, dt, taken_at, defect, label, probability, confidence, grey_mean, message_id
FROM (
  SELECT *, ROW_NUMBER() OVER (
    PARTITION BY image_id, model_version, dt ORDER BY kafka_partition, kafka_offset) AS place
  FROM ods.image_prediction)
WHERE place = 1
