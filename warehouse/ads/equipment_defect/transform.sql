SELECT image_id, model_version, dt, equipment_id, equipment_name, equipment_kind, substation_id, feeder_id, region_id, taken_at,
  defect, probability, confidence, verdict, file, pack, pack_offset, size_bytes
FROM (
  SELECT p.image_id, p.model_version, p.dt, i.equipment_id, i.equipment_name, i.equipment_kind, i.substation_id, i.feeder_id,
    i.region_id, p.taken_at, p.label AS defect, p.probability, p.confidence, l.verdict,
    i.file, i.pack, i.pack_offset, i.size_bytes,
    ROW_NUMBER() OVER (PARTITION BY p.image_id, p.model_version, p.dt ORDER BY p.taken_at) AS rn
  FROM dwd.image_prediction AS p
  JOIN dwd.image AS i ON p.image_id = i.image_id AND p.dt = i.dt
  LEFT JOIN dwd.image_label AS l ON p.image_id = l.image_id
  WHERE p.defect)
WHERE rn = 1
