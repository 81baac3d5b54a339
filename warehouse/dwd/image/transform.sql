-- One row a photograph: of its messages the first, with the equipment in force when it was taken.
WITH announced AS (
  SELECT * FROM (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY image_id, dt ORDER BY kafka_partition, kafka_offset) AS place FROM ods.image)
  WHERE place = 1
)
SELECT
  image_id, dt, equipment_id, taken_at, kind, file, file_format, width, height, size_bytes, pack, pack_offset, message_id,
  equipment_name, equipment_kind, substation_id, feeder_id, region_id
FROM (
  SELECT i.*, e.name AS equipment_name, e.kind AS equipment_kind, e.substation_id, e.feeder_id, s.region_id,
    ROW_NUMBER() OVER (
      PARTITION BY i.image_id, i.dt ORDER BY e.valid_from DESC NULLS LAST, s.valid_from DESC NULLS LAST) AS rn
  FROM announced AS i
  LEFT JOIN dim.equipment AS e ON e.equipment_id = i.equipment_id AND {{ macros.in_force('e', 'i.taken_at') }}
  LEFT JOIN dim.substation AS s ON s.substation_id = e.substation_id AND {{ macros.in_force('s', 'i.taken_at') }})
WHERE rn = 1
